"""One PeerConnection on the relay: the shell that joins ICE, DTLS, negotiation and the streams."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from media import rtcp
from media.api import Answer, Direction, Kind, Offer, PeerEvents, PeerQuality, Preference, Publication
from media.dtls import SecureTransport
from media.forward import ForwardStream
from media.inbound import OUR_SSRC, Inbound
from media.negotiate import Negotiation, Offering
from media.outbound import Outbound, forward_layers
from media.readings import quality_of, stats_of
from media.receive import ReceiveStream
from media.rtp import RtpPacket, is_rtcp, parse_rtp
from media.sdp import parse_description
from media.sdp_write import TransportLines, write_description
from media.tracks import Downstream, Upstream

if TYPE_CHECKING:
    from media.ice import Source
    from media.io_plain import DatagramSocket, Sender
    from media.node import RelayNode

CONNECT_S = 10.0
CONSENT_S = 30.0
MAX_REPORTERS = 256
#: packets a second a peer may send us (three layers and a shared screen are under 1,000), and at once
PACKET_RATE: Final = 5_000.0
PACKET_BURST: Final = 2_000.0


class RelayPeer:
    """Implements `media.api.Peer`."""

    def __init__(self, node: RelayNode, name: str, events: PeerEvents, direction: Direction) -> None:
        now = node.now()
        self.name = name
        self.node = node
        self.events = events
        self.direction = direction
        self.side = node.ice.open(*node.credentials(), now)
        offers = direction is Direction.SUBSCRIBER
        self.secure = SecureTransport(
            node.certificate, self._send, self._heard_data, active=not offers, creates_channels=offers
        )
        self.negotiation = Negotiation()
        self.inbound = Inbound(self.negotiation, now, events.on_first_packet, node.count)
        self.offering = Offering() if offers else None
        self.ups: dict[str, Upstream] = {}
        self.downs: dict[str, Downstream] = {}
        self.closed = False
        self.outbound = Outbound(self)
        self._may_publish = True
        self._selected = asyncio.Event()
        self._remote_ufrag = ""
        self._version = 1
        self._changed = False
        self.loss_up = 0.0
        self._last_report = now
        self._allowance = PACKET_BURST
        #: SSRCs that sent us reports
        self._reporters: set[bytes] = set()
        #: where the selected pair leads, kept until another is selected
        self._path: Source | None = None
        self._sender: Sender | None = None
        self._address: Any = None
        self._tasks: list[asyncio.Task[None]] = []

    # ── publishing ───────────────────────────────────────────────────────────────────────────────

    def publish(self, publication: Publication) -> None:
        up = Upstream(publication, muted=publication.muted)
        self.ups[publication.sid] = up
        self.node.tracks[publication.sid] = (self, up)

    def unpublish(self, sid: str) -> None:
        up = self.ups.pop(sid, None)
        if up is None:
            return
        self.node.tracks.pop(sid, None)
        self.inbound.routes.drop(up)
        for peer in self.node.peers:
            peer.unsubscribe(sid)

    def set_muted(self, sid: str, muted: bool) -> None:
        if (up := self.ups.get(sid)) is not None:
            up.set_muted(muted)

    def set_may_publish(self, allowed: bool) -> None:
        self._may_publish = allowed

    def answer(self, sdp: str) -> Answer:
        offer = parse_description(sdp)
        if self._remote_ufrag and offer.ufrag != self._remote_ufrag:
            self.restart_ice()
        self._remote_ufrag = offer.ufrag
        sections, started, ended = self.negotiation.answer(offer, self.ups.values(), self.downs.values())
        for up in ended:
            self.inbound.routes.drop(up)
        for up in started:
            self.inbound.routes.described(up)
        self.inbound.negotiated()
        now = self.node.now()
        for down in self.downs.values():
            self.outbound.refresh(down, now)
        self._connect(offer.fingerprints, next((s.sctp_port for s in offer.sections if s.kind == "application"), 5000))
        self._version += 1
        return Answer(
            write_description(self.node.session_id, self._version, self._lines("active"), sections, mixed=offer.mixed),
            {mid: down.up.sid for mid, down in self.negotiation.bound.items()},
            tuple(up.sid for up in started),
            tuple(up.sid for up in ended),
            {up.sid: up.mid for up in self.ups.values() if up.negotiated},
        )

    # ── subscribing ──────────────────────────────────────────────────────────────────────────────

    def subscribe(self, sid: str) -> bool:
        if sid in self.downs:
            return True
        _, up = self.node.tracks.get(sid, (None, None))
        if up is None or self.direction is Direction.PUBLISHER:
            return False
        stream = ForwardStream(
            self.node.new_ssrc(), self.node.new_ssrc(), {}, sequence=self.node.new_ssrc(), video=up.is_video
        )
        down = Downstream(up, stream, owner=self)
        self.downs[sid] = down
        up.downs.append(down)
        self._changed = True
        return True

    def unsubscribe(self, sid: str) -> None:
        down = self.downs.pop(sid, None)
        if down is not None:
            down.active = False
            if down in down.up.downs:
                down.up.downs.remove(down)
            self._changed = True

    def subscriptions(self) -> Sequence[str]:
        return tuple(self.downs)

    def prefer(self, sid: str, preference: Preference) -> None:
        down = self.downs.get(sid)
        if down is None:
            return
        if preference.disabled and not down.preference.disabled:
            down.stream.pause()
        down.preference = preference
        self.outbound.refresh(down, self.node.now())

    def sections_needed(self) -> tuple[int, int] | None:
        if not self._changed or self._version == 1:
            return None
        self._changed = False
        downs = self.downs.values()
        return self.negotiation.missing(Kind.AUDIO, downs), self.negotiation.missing(Kind.VIDEO, downs)

    def offer(self, *, ice_restart: bool = False) -> Offer | None:
        if self.offering is None:
            return None
        if ice_restart:
            self.restart_ice()
            self.offering.restart()
        elif not self._changed and self.offering.offer_id:
            return None
        sections = self.offering.offer(self.downs.values())
        if sections is None:
            return None
        self._changed = False
        self._version += 1
        sdp = write_description(self.node.session_id, self._version, self._lines("actpass"), sections, mixed=True)
        mids = {slot.mid: slot.down.up.sid for slot in self.offering.slots if slot.down is not None}
        return Offer(self.offering.offer_id, sdp, mids)

    def accept_answer(self, sdp: str, offer_id: int = 0) -> bool:
        if self.offering is None or (offer_id and offer_id != self.offering.offer_id):
            return False
        answer = parse_description(sdp)
        again = self.offering.answered(answer)
        now = self.node.now()
        for down in self.downs.values():
            self.outbound.refresh(down, now)
        self._connect(answer.fingerprints, 5000)
        return again or self._changed

    def restart_ice(self) -> None:
        self.node.ice.restart(self.side, *self.node.credentials())

    # ── data, insight, end ───────────────────────────────────────────────────────────────────────

    def send_data(self, label: str, data: bytes) -> bool:
        return not self.closed and self.secure.connected and self.secure.send_data(label, data)

    def audio_level(self) -> float:
        return self.inbound.levels.read()

    def quality(self) -> PeerQuality:
        return quality_of(self)

    def stats(self) -> dict[str, object]:
        return stats_of(self)

    async def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self.node.peers.discard(self)
        for sid in tuple(self.downs):
            self.unsubscribe(sid)
        for sid in tuple(self.ups):
            self.unpublish(sid)
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        await self.secure.close()
        self.node.ice.close(self.side)
        self.node.by_side.pop(self.side, None)

    # ── transport ────────────────────────────────────────────────────────────────────────────────

    def selected(self) -> None:
        self._selected.set()
        self.secure.moved()

    def received(self, data: bytes, now: float) -> None:
        """A datagram from a validated address: DTLS, SRTP or SRTCP."""
        if data[0] < 64:
            if not self.secure.received(data):
                self.node.count["dropped_dtls"] += 1
        elif is_rtcp(data):
            reporter = data[4:8]
            if reporter not in self._reporters and len(self._reporters) >= MAX_REPORTERS:
                self.node.count["dropped_unrouted"] += 1
            elif (plain := self.secure.unprotect_rtcp(data)) is None:
                self.node.count["dropped_srtp"] += 1
            elif self._within_allowance():
                self._reporters.add(reporter)
                self.outbound.heard(plain, now)
        else:
            plain = self.secure.unprotect(data)
            self._on_rtp(None if plain is None else parse_rtp(plain), now)

    def received_rtp(self, socket: DatagramSocket, slot: int, size: int, now: float) -> None:
        """SRTP that lies in a socket's slot; the same as `received`, with one copy less."""
        key = self.secure.rx
        plain = None if key is None else socket.cipher.unprotect(key, slot, size)
        self._on_rtp(None if plain is None else parse_rtp(plain), now)

    def tick(self, now: float, *, second: bool) -> None:
        """Twenty times a second: feedback and keyframe requests; once a second reports and adaptation too."""
        if now - self.side.last_check > CONSENT_S:
            self._fail("consent_lost")
            return
        self._allowance = min(PACKET_BURST, self._allowance + PACKET_RATE * self.node.tick_s)
        if not self.secure.connected:
            return
        for packet in self.inbound.feedback(self.ups.values(), now):
            self.send_rtcp(packet)
        for down in self.downs.values():
            if down.active and down.up.is_video and (now >= down.look_at or not down.settled):
                self.outbound.refresh(down, now)
        for up in self.ups.values():
            if up.is_video and up.rewant(now):
                self.events.on_wanted(up.sid, up.wanted)
        if second:
            self.loss_up, report = self.inbound.report(self.ups.values(), now)
            if report is not None:
                self.send_rtcp(report)
            self.outbound.share(now)

    def forward(self, down: Downstream, packet: RtpPacket, sequence: int) -> None:
        """Send what ``down`` accepted under that number."""
        key, node = self.secure.tx, self.node
        sender = self._sender if self.side.selected is self._path else self._find_path()
        if key is None or sender is None:
            return
        stream = down.stream
        stamp = self.outbound.number() if stream.transport_cc else node.send_time
        size = stream.write(sender.out_view, sender.out_at, packet, sequence, stamp)
        if size and sender.put(size, key, self._address):
            node.packets_out += 1
            if stream.transport_cc:
                self.outbound.sent(stamp, size, node.now_s)

    def resend(self, down: Downstream, sequence: int) -> None:
        """Send again what ``down`` got under that number, if it is still known."""
        sent, key, sender = down.stream.retransmit(sequence), self.secure.tx, self._find_path()
        if sent is None or key is None or sender is None:
            return
        stream = down.stream
        stamp = self.outbound.number() if stream.transport_cc else self.node.send_time
        size = stream.write_again(sender.out_view, sender.out_at, sent, stamp)
        if size and sender.put(size, key, self._address):
            self.node.count["retransmitted"] += 1
            if stream.transport_cc:
                self.outbound.sent(stamp, size, self.node.now_s)

    def _within_allowance(self) -> bool:
        self._allowance -= 1
        if self._allowance >= 0:
            return True
        self._allowance = 0.0
        self.node.count["dropped_flood"] += 1
        return False

    def _find_path(self) -> Sender | None:
        """The way to the peer, if there is one; kept until another pair is selected."""
        selected = self.side.selected
        if selected is not self._path:
            self._path = selected
            self._sender, self._address = (None, None) if selected is None else self.node.sender_to(selected)
        return self._sender

    def send_rtcp(self, packet: bytes) -> None:
        if self.secure.connected and (protected := self.secure.protect_rtcp(packet)) is not None:
            self._send(protected)

    def request_keyframe(self, up: Upstream, stream: ReceiveStream, now: float) -> None:
        if up.wants_keyframe(stream, now):
            self.send_rtcp(rtcp.build_pli(OUR_SSRC, stream.ssrc))

    def _send(self, data: bytes) -> None:
        if (sender := self._find_path()) is not None:
            sender.send(data, self._address)
            self.node.flush_soon()

    def _lines(self, setup: str) -> TransportLines:
        return TransportLines(
            self.side.ufrag, self.side.password, self.node.certificate.sha256, setup, self.node.addresses
        )

    def _connect(self, fingerprints: Sequence[tuple[str, str]], sctp_port: int) -> None:
        if not self._tasks:
            self._tasks.append(asyncio.create_task(self._run(fingerprints, sctp_port), name=f"peer {self.name}"))

    async def _run(self, fingerprints: Sequence[tuple[str, str]], sctp_port: int) -> None:
        connected = False
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._selected.wait()
            connected = await self.secure.connect(fingerprints, sctp_port)
        except TimeoutError:
            pass
        except Exception as error:
            # Parameters of the offer that aiortc cannot use show only here.
            self.node.warn("connect_failed", error)
        if not connected:
            self._fail("connect_timeout")
            return
        self.events.on_connected()
        now = self.node.now()
        for down in self.downs.values():
            self.outbound.refresh(down, now)
        await self.secure.closed.wait()
        self._fail("dtls_closed")

    def _fail(self, reason: str) -> None:
        if not self.closed:
            self.events.on_closed(reason)

    # ── media in ─────────────────────────────────────────────────────────────────────────────────

    def _on_rtp(self, packet: RtpPacket | None, now: float) -> None:
        if packet is None:
            self.node.count["dropped_srtp"] += 1
            return
        # Only what the peer itself sent counts against it: a forger must not silence it.
        if not self._may_publish or not self._within_allowance():
            return
        taken = self.inbound.take(packet, now)
        if taken is None:
            if not self.inbound.routes.awaits(packet.ssrc):
                # libsrtp keeps books for each SSRC it hears
                self.secure.forget(packet.ssrc)
            return
        packet, up, stream = taken
        self.node.packets_in += 1
        if stream.scalable is not None:
            forward_layers(packet, up, stream, now)
            return
        for down in up.downs:
            sequence = down.take(packet, stream, now)
            if sequence >= 0 and (owner := down.owner) is not None:
                owner.forward(down, packet, sequence)

    def _heard_data(self, label: str, data: bytes) -> None:
        if not self.closed:
            self.events.on_data(label, data)
