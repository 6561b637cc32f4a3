"""What one peer sends: from an unprotected RTP packet to its publication, the books, and everybody who subscribed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from media import rtcp
from media.levels import LevelMeter
from media.receive import ReceiveStream
from media.routes import SsrcRoutes
from media.rtp import RtpPacket, begins_keyframe
from media.sdp import FORWARDED_EXTENSIONS
from media.tracks import Upstream
from media.twcc import ArrivalLog

if TYPE_CHECKING:
    from media.negotiate import Negotiation

OUR_SSRC = 1
#: arrival times are told ten times a second, as browsers do it for each other
FEEDBACK_S: Final = 0.09
#: A picture that takes more packets is not kept for newcomers.
KEYFRAME_PACKETS: Final = 300

#: what a header extension is to us
_NUMBER: Final = 1
_LEVEL: Final = 2
_KEPT: Final = 3
_DEPENDENCY: Final = 4


class Inbound:
    def __init__(
        self, negotiation: Negotiation, now: float, on_first: Callable[[str], None], count: Counter[str]
    ) -> None:
        self.routes = SsrcRoutes(negotiation)
        self.arrivals = ArrivalLog(now)
        self.levels = LevelMeter()
        self.media_ssrc = 0
        self._negotiation = negotiation
        self._on_first = on_first
        self._count = count
        self._uses = [0] * 256
        self._told_at = now

    def negotiated(self) -> None:
        """An offer was answered: extension ids may mean other things from now on."""
        uses = [0] * 256
        for section in self._negotiation.sections:
            for uri, number in section.extensions.items():
                if uri in FORWARDED_EXTENSIONS:
                    uses[number] = _KEPT
        uses[self._negotiation.transport_cc] = _NUMBER
        uses[self._negotiation.level_extension] = _LEVEL
        uses[self._negotiation.dependency_extension] = _DEPENDENCY
        uses[0] = 0
        self._uses = uses

    def take(self, packet: RtpPacket, now: float) -> tuple[RtpPacket, Upstream, ReceiveStream] | None:
        """Book the packet; what to forward, or None when it ends here."""
        level = self._read_extensions(packet, now) if packet.raw else -1
        route = self.routes.media.get(packet.ssrc)
        if route is None:
            found = self.routes.find(packet)
            if found is None:
                self._count["dropped_unrouted"] += 1
                return None
            packet, route = found
        up, stream = route
        if packet.payload_type not in up.codecs or not stream.received(packet, now):
            return None
        if not up.started:
            up.started = True
            self._on_first(up.sid)
        if up.muted:
            return packet, up, stream
        if up.is_video:
            if stream.scalable is not None:
                packet.frame = stream.scalable.read(packet, now)
            if packet.timestamp != stream.frame_time:
                self._begin_frame(packet, up, stream, now)
            elif stream.keyframe and stream.keyframe[0].timestamp == packet.timestamp:
                stream.keyframe.append(packet)
        elif level >= 0:
            self.levels.add(level)
        return packet, up, stream

    def feedback(self, ups: Iterable[Upstream], now: float) -> Iterator[bytes]:
        """RTCP that is due to the publisher: arrival times, and what is missing."""
        if now - self._told_at >= FEEDBACK_S:
            self._told_at = now
            if (arrivals := self.arrivals.feedback(OUR_SSRC, self.media_ssrc)) is not None:
                yield arrivals
        for up in ups:
            for stream in up.streams.values():
                if lost := stream.nacks(now):
                    yield rtcp.build_nack(OUR_SSRC, stream.ssrc, lost[:60])
                # Those who watch it would wait for what cannot come, and ask by themselves after seconds.
                if stream.broken and up.shows(stream) and up.wants_keyframe(stream, now):
                    yield rtcp.build_pli(OUR_SSRC, stream.ssrc)
            for stream in up.overdue(now):
                if up.wants_keyframe(stream, now):
                    yield rtcp.build_pli(OUR_SSRC, stream.ssrc)

    def report(self, ups: Iterable[Upstream], now: float) -> tuple[float, bytes | None]:
        """(share lost on the publisher's line, receiver report) since the last one."""
        blocks = [block for up in ups for stream in up.streams.values() if (block := stream.block(now))]
        loss = max((block.fraction_lost / 256 for block in blocks), default=0.0)
        return loss, rtcp.build_receiver_report(OUR_SSRC, blocks) if blocks else None

    def _begin_frame(self, packet: RtpPacket, up: Upstream, stream: ReceiveStream, now: float) -> None:
        stream.frame_time = packet.timestamp
        if begins_keyframe(up.codecs[packet.payload_type].name, packet):
            stream.keyframe, stream.keyframe_at, stream.broken = [packet], now, False
        elif len(stream.keyframe) > KEYFRAME_PACKETS:
            stream.keyframe = []

    def _read_extensions(self, packet: RtpPacket, now: float) -> int:
        """Note the transport-wide number, keep what travels on; the audio level or -1 (RFC 8285 one-byte form)."""
        raw, uses = packet.raw, self._uses
        if packet.profile != 0xBEDE:
            return self._read_wide_extensions(packet, now)
        level, at, end = -1, 0, len(raw)
        while at < end:
            head = raw[at]
            if not head:
                at += 1
                continue
            number, after = head >> 4, at + (head & 15) + 2
            if number == 15 or after > end:
                break
            use = uses[number]
            if use == _NUMBER:
                if after - at == 3:
                    self.media_ssrc = packet.ssrc
                    self.arrivals.received(raw[at + 1] << 8 | raw[at + 2], now)
            elif use == _DEPENDENCY:
                packet.dependency = raw[at + 1 : after]
            elif use:
                if use == _LEVEL:
                    level = raw[at + 1] & 0x7F
                packet.kept += bytes((number, (head & 15) + 1)) + raw[at + 1 : after]
            at = after
        return level

    def _read_wide_extensions(self, packet: RtpPacket, now: float) -> int:
        level = -1
        for number, value in packet.extensions.items():
            use = self._uses[number]
            if use == _NUMBER and len(value) == 2:
                self.media_ssrc = packet.ssrc
                self.arrivals.received(value[0] << 8 | value[1], now)
            elif use == _DEPENDENCY:
                packet.dependency = value
            elif use in (_LEVEL, _KEPT) and 0 < len(value) <= 16:
                if use == _LEVEL:
                    level = value[0] & 0x7F
                packet.kept += bytes((number, len(value))) + value
        return level
