"""What one peer says of what it gets: losses, keyframes, its line; and which layer of a track it gets next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from media import rtcp
from media.allocate_core import FILL, Demand, allocate
from media.estimate_core import LineEstimator
from media.guard_core import Allowance
from media.receive import ReceiveStream
from media.rtp import RtpPacket
from media.tracks import Downstream, Upstream, has_layers
from media.twcc import TICK, parse_feedback

if TYPE_CHECKING:
    from media.peer import RelayPeer

#: retransmissions one NACK may cause, and those of a peer a second and at once
MAX_RESENT: Final = 64
RESEND_RATE: Final = 1_000.0
RESEND_BURST: Final = 500.0
#: packets of whose fate a peer may tell, a second and at once: a few bytes of feedback can claim to tell of thousands
TOLD_RATE: Final = 10_000.0
TOLD_BURST: Final = 20_000.0
#: reports of a sender that are passed on, a second at most
REPORTS_APART_S: Final = 0.1
#: reports come every second or more often
SILENT_S: Final = 5.0
#: packets remembered until feedback tells of them, a power of two
SENT: Final = 2_048
_SENT_MASK: Final = SENT - 1
#: the oldest keyframe that is shown to a new subscriber while a fresh one is on its way
KEYFRAME_AGE_S = 10.0


#: between two looks at a picture that flows as it should
LOOK_S = 0.25


class _Sent:
    """A packet under a transport-wide number: when it left, and its bytes; 0 once it was heard of."""

    __slots__ = ("at", "number", "size")

    def __init__(self) -> None:
        self.number = self.size = 0
        self.at = 0.0


class Outbound:
    def __init__(self, peer: RelayPeer) -> None:
        self._peer = peer
        self.estimate: float | None = None
        self.loss = 0.0
        self.rtt: float | None = None
        self.line = LineEstimator()
        now = peer.node.now()
        self._resends = Allowance(RESEND_RATE, RESEND_BURST, now)
        self._tellings = Allowance(TOLD_RATE, TOLD_BURST, now)
        self._reported_at = now
        self._number = 0
        #: what was sent under the last transport-wide numbers, by their lower bits; made when needed
        self._sent: list[_Sent] = []

    def number(self) -> int:
        """The next transport-wide number."""
        self._number = number = (self._number + 1) & 0xFFFF
        return number

    def sent(self, number: int, size: int, now: float) -> None:
        if not self._sent:
            self._sent = [_Sent() for _ in range(SENT)]
        sent = self._sent[number & _SENT_MASK]
        sent.number, sent.at, sent.size = number, now, size

    def refresh(self, down: Downstream, now: float) -> None:
        """Choose the layer and ask its publisher for a keyframe while one is needed."""
        if not down.active or not down.up.is_video:
            return
        down.retarget(now)
        down.look_at = now + LOOK_S
        if not down.stream.packets and down.target is not None and not down.up.muted:
            self._show_kept(down, now)
        if down.needs_keyframe() and self._peer.secure.connected and down.target is not None:
            self._peer.node.ask_keyframe(down.up, down.target, now)

    def _show_kept(self, down: Downstream, now: float) -> None:
        """An instant first picture: the newest keyframe of the layer; the stream itself begins with the next one."""
        layer, peer = down.target, self._peer
        kept = [] if layer is None or peer.secure.tx is None else layer.keyframe
        if layer is None or not is_whole(kept) or now - layer.keyframe_at > KEYFRAME_AGE_S:
            return
        for packet in kept:
            forward_share(down, packet, layer, now)
        peer.node.flush_soon()
        down.stream.pause()

    def heard(self, data: bytes, now: float) -> None:
        """A compound RTCP packet of the peer."""
        peer = self._peer
        for item in rtcp.parse_rtcp(data):
            match item:
                case rtcp.SenderReport(ssrc=ssrc) if (route := peer.inbound.routes.known(ssrc)) is not None:
                    up, stream = route
                    if not stream.reported(item, now, REPORTS_APART_S):
                        continue
                    for down in up.downs:
                        if down.stream.layer is stream and down.stream.flowing:
                            peer.node.forward_report(down, item)
                case rtcp.ReportBlock(ssrc=ssrc):
                    self._on_report(ssrc, item, now)
                case rtcp.Nack(ssrc=ssrc, sequences=sequences):
                    if (lossy := self._down(ssrc)) is not None:
                        for sequence in sequences[: self._resends.take(min(len(sequences), MAX_RESENT), now)]:
                            peer.resend(lossy, sequence)
                case rtcp.KeyframeRequest(ssrc=ssrc):
                    if (asking := self._down(ssrc)) is not None and asking.stream.layer is not None:
                        peer.node.ask_keyframe(asking.up, asking.stream.layer, now)
                case rtcp.TransportFeedback(packet=packet):
                    self._on_arrivals(packet, now)
                case rtcp.Remb(bitrate=bitrate):
                    self.estimate = float(bitrate)

    def _on_arrivals(self, packet: bytes, now: float) -> None:
        sent, line = self._sent, self.line
        if not sent or self._tellings.take(told_of(packet), now) < told_of(packet):
            return
        base, arrivals = parse_feedback(packet)
        for place, arrived in enumerate(arrivals):
            known = sent[(base + place) & _SENT_MASK]
            if known.size and known.number == (base + place) & 0xFFFF:
                if arrived >= 0:
                    line.arrived(known.at, arrived * TICK, known.size)
                else:
                    line.missed(known.at)
                known.size = 0
        before = line.budget()
        line.judge(now, self._audio())
        after = line.budget()
        if after is not None and (before is None or after < before):
            # Less must show at once; more comes with the next round.
            self.share(now)

    def share(self, now: float) -> None:
        """Divide the line among the pictures by what the feedback says of it."""
        if now - self._reported_at > SILENT_S:
            # Nothing is sent that could be lost: an old reading says nothing of the line.
            self.loss = 0.0
        downs = [down for down in self._peer.downs.values() if down.active and down.stream.transport_cc]
        line, audio = self.line, self._audio()
        wanted = [down for down in downs if not down.preference.disabled and not down.up.muted]
        demands = [demand_of(down, now) for down in wanted]
        if wanted and all(down.paused for down in wanted) and line.may_try(now):
            # What is not sent is not heard of: nothing else would end the pause.
            line.attempt((audio + min(lowest_of(demand) for demand in demands)) / FILL + 1, now)
        given = allocate(line.budget(), audio, demands)
        suffers = line.suffers(now)
        for down in wanted:
            if down.grant(given[down.up.sid], now, suffers=suffers):
                self._peer.events.on_paused(down.up.sid, down.paused)
            self.refresh(down, now)

    def _audio(self) -> float:
        """bit/s of what is heard, which no feedback tells of."""
        return sum(
            max((stream.bitrate for stream in down.up.streams.values()), default=0.0)
            for down in self._peer.downs.values()
            if not down.up.is_video
        )

    def _on_report(self, ssrc: int, block: rtcp.ReportBlock, now: float) -> None:
        down = self._down(ssrc)
        if down is None:
            return
        down.jitter_s = block.jitter / down.up.clock_rate
        answered, at = down.reported
        if block.last_sr and block.last_sr == answered:
            # RFC 3550 §6.4.1, in our own clock: the report's times are the publisher's
            rtt = max(0.0, now - at - block.delay / 65_536)
            self.rtt = rtt if self.rtt is None else 0.8 * self.rtt + 0.2 * rtt
        # What was lost before it reached us is no fault of this line.
        loss = max(0.0, block.fraction_lost / 256 - self._peer.node.loss_upstream(down.up))
        self.loss, self._reported_at = max(loss, self.loss * 0.7), now
        down.loss = loss
        if not down.stream.transport_cc:
            down.adapt(loss, self.estimate, now)

    def _down(self, ssrc: int) -> Downstream | None:
        return next((down for down in self._peer.downs.values() if down.stream.ssrc == ssrc), None)


def forward_layers(packet: RtpPacket, up: Upstream, stream: ReceiveStream, now: float) -> None:
    """Of a stream that holds several layers each subscriber gets their own share."""
    for down in up.downs:
        forward_share(down, packet, stream, now)


def forward_share(down: Downstream, packet: RtpPacket, stream: ReceiveStream, now: float) -> None:
    share = down.share_of(packet, stream)
    sequence = -1 if share is None else down.take(share, stream, now)
    if share is not None and sequence >= 0 and (owner := down.owner) is not None:
        owner.forward(down, share, sequence)


def demand_of(down: Downstream, now: float) -> Demand:
    live = down.up.live(now)
    rates: Mapping[int, float] = {stream.quality: stream.bitrate for stream in live}
    if len(live) == 1 and has_layers(live[0]) and (scalable := live[0].scalable) is not None:
        rates = scalable.rates(now)
    return Demand(down.up.sid, down.up.publication.screen, down.wanted_quality(), rates)


def lowest_of(demand: Demand) -> float:
    """bit/s of its smallest layer."""
    return demand.rates[min(demand.rates)] if demand.rates else 0.0


def told_of(feedback: bytes) -> int:
    """Of how many packets it says that it tells."""
    return feedback[14] << 8 | feedback[15] if len(feedback) > 15 else 0


def is_whole(keyframe: list[RtpPacket]) -> bool:
    """Did every packet of it arrive, up to the marker that ends a picture?"""
    if not keyframe:
        return False
    first, last = keyframe[0].sequence, max(keyframe, key=lambda p: (p.sequence - keyframe[0].sequence) & 0xFFFF)
    return bool(last.marker) and (last.sequence - first) & 0xFFFF == len(keyframe) - 1
