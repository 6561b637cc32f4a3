"""One PeerConnection on the relay: the shell that joins ICE, DTLS, negotiation and the streams."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from media import rtcp
from media.api import Answer, Direction, Kind, Offer, PeerEvents, PeerQuality, Preference, Publication
from media.dtls import SecureTransport
from media.forward import ForwardStream
from media.levels import LevelMeter
from media.negotiate import Negotiation, Offering
from media.receive import ReceiveStream
from media.routes import SsrcRoutes
from media.rtp import RtpPacket, build_rtp, is_rtcp, parse_rtp
from media.sdp import parse_description
from media.sdp_write import TransportLines, write_description
from media.tracks import Downstream, Upstream
from media.twcc import ArrivalLog

if TYPE_CHECKING:
    from media.node import RelayNode

OUR_SSRC = 1
CONNECT_S = 10.0
CONSENT_S = 30.0

log = structlog.get_logger("media")


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
        self._routes = SsrcRoutes(self.negotiation)
        self.offering = Offering() if offers else None
        self.ups: dict[str, Upstream] = {}
        self.downs: dict[str, Downstream] = {}
        self.closed = False
        self._may_publish = True
        self._arrivals = ArrivalLog(now)
        self._media_ssrc = 0
        self._levels = LevelMeter()
        self._selected = asyncio.Event()
        self._remote_ufrag = ""
        self._version = 1
        self._changed = False
        self._estimate: float | None = None
        self.loss_up = self._loss_down = 0.0
        self._last_report = now
        self._rtt: float | None = None
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
        self._routes.drop(up)
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
            self._routes.drop(up)
        for up in started:
            self._routes.described(up)
        now = self.node.now()
        for down in self.downs.values():
            self._refresh(down, now)
        self._connect(offer.fingerprints, next((s.sctp_port for s in offer.sections if s.kind == "application"), 5000))
        self._version += 1
        return Answer(
            write_description(self.node.session_id, self._version, self._lines("active"), sections),
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
        down = Downstream(up, stream)
        self.downs[sid] = down
        up.downs.append(down)
        self.node.owners[stream.ssrc] = self
        self._changed = True
        return True

    def unsubscribe(self, sid: str) -> None:
        down = self.downs.pop(sid, None)
        if down is not None:
            down.active = False
            self.node.owners.pop(down.stream.ssrc, None)
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
        self._refresh(down, self.node.now())

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
        sdp = write_description(self.node.session_id, self._version, self._lines("actpass"), sections)
        mids = {slot.mid: slot.down.up.sid for slot in self.offering.slots if slot.down is not None}
        return Offer(self.offering.offer_id, sdp, mids)

    def accept_answer(self, sdp: str, offer_id: int = 0) -> bool:
        if self.offering is None or (offer_id and offer_id != self.offering.offer_id):
            return False
        answer = parse_description(sdp)
        again = self.offering.answered(answer)
        now = self.node.now()
        for down in self.downs.values():
            self._refresh(down, now)
        self._connect(answer.fingerprints, 5000)
        return again or self._changed

    def restart_ice(self) -> None:
        self.node.ice.restart(self.side, *self.node.credentials())

    # ── data, insight, end ───────────────────────────────────────────────────────────────────────

    def send_data(self, label: str, data: bytes) -> bool:
        return not self.closed and self.secure.connected and self.secure.send_data(label, data)

    def audio_level(self) -> float:
        return self._levels.read()

    def quality(self) -> PeerQuality:
        silent = self.node.now() - self.side.last_check
        return PeerQuality(self.secure.connected, self.loss_up, self._loss_down, self._rtt, silent)

    def stats(self) -> dict[str, object]:
        return {
            "published": {up.sid: up.stats() for up in self.ups.values()},
            "subscribed": {sid: down.stats() for sid, down in self.downs.items()},
        }

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

    def received(self, data: bytes, now: float) -> None:
        """A datagram from a validated address: DTLS, SRTP or SRTCP."""
        if data[0] < 64:
            if not self.secure.received(data):
                self.node.count["dropped_dtls"] += 1
        elif is_rtcp(data):
            plain = self.secure.unprotect_rtcp(data)
            if plain is not None:
                self._on_rtcp(plain, now)
        else:
            plain = self.secure.unprotect(data)
            packet = None if plain is None else parse_rtp(plain)
            if packet is None:
                self.node.count["dropped_srtp"] += 1
            elif self._may_publish:
                self._on_rtp(packet, now)

    def tick(self, now: float, *, second: bool) -> None:
        """Twenty times a second: feedback and keyframe requests; once a second reports and adaptation too."""
        if now - self.side.last_check > CONSENT_S:
            self._fail("consent_lost")
            return
        if not self.secure.connected:
            return
        if (feedback := self._arrivals.feedback(OUR_SSRC, self._media_ssrc)) is not None:
            self.send_rtcp(feedback)
        for up in self.ups.values():
            for stream in up.streams.values():
                if lost := stream.nacks(now):
                    self.send_rtcp(rtcp.build_nack(OUR_SSRC, stream.ssrc, lost[:60]))
        for down in self.downs.values():
            if down.active and down.up.is_video:
                self._refresh(down, now)
        if second:
            self._report(now)

    def send_rtp(self, packet: RtpPacket) -> None:
        protected = self.secure.protect(build_rtp(packet))
        if protected is not None:
            self._send(protected)

    def send_rtcp(self, packet: bytes) -> None:
        if self.secure.connected and (protected := self.secure.protect_rtcp(packet)) is not None:
            self._send(protected)

    def request_keyframe(self, up: Upstream, stream: ReceiveStream, now: float) -> None:
        if up.wants_keyframe(stream, now):
            self.send_rtcp(rtcp.build_pli(OUR_SSRC, stream.ssrc))

    def _send(self, data: bytes) -> None:
        if self.side.selected is not None:
            self.node.send(data, self.side.selected)

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
            log.warning("connect_failed", error=repr(error))
        if not connected:
            self._fail("connect_timeout")
            return
        self.events.on_connected()
        now = self.node.now()
        for down in self.downs.values():
            self._refresh(down, now)
        await self.secure.closed.wait()
        self._fail("dtls_closed")

    def _fail(self, reason: str) -> None:
        if not self.closed:
            self.events.on_closed(reason)

    # ── media in ─────────────────────────────────────────────────────────────────────────────────

    def _on_rtp(self, packet: RtpPacket, now: float) -> None:
        negotiation = self.negotiation
        number = packet.extensions.get(negotiation.transport_cc) if negotiation.transport_cc else None
        if number is not None and len(number) == 2:
            self._media_ssrc = packet.ssrc
            self._arrivals.received(number[0] << 8 | number[1], now)
        found = self._routes.find(packet)
        if found is None:
            self.node.count["dropped_unrouted"] += 1
            return
        packet, (up, stream) = found
        if packet.payload_type not in up.codecs or not stream.received(packet, now):
            return
        self.node.count["packets_in"] += 1
        if not up.started:
            up.started = True
            self.events.on_first_packet(up.sid)
        if not up.is_video and not up.muted:
            level = packet.extensions.get(negotiation.level_extension)
            if level:
                self._levels.add(level[0] & 0x7F)
        for down in up.downs:
            sent = down.take(packet, stream, now)
            if sent is not None:
                self.node.deliver(down, sent, now)

    # ── media out ────────────────────────────────────────────────────────────────────────────────

    def _refresh(self, down: Downstream, now: float) -> None:
        """Choose the layer and ask its publisher for a keyframe while one is needed."""
        if not down.active or not down.up.is_video:
            return
        down.retarget(now)
        if down.needs_keyframe() and self.secure.connected and down.target is not None:
            self.node.ask_keyframe(down.up, down.target, now)

    def _on_rtcp(self, data: bytes, now: float) -> None:
        for item in rtcp.parse_rtcp(data):
            match item:
                case rtcp.SenderReport(ssrc=ssrc) if (route := self._routes.known(ssrc)) is not None:
                    up, stream = route
                    stream.reported(item, now)
                    for down in up.downs:
                        if down.stream.layer is stream and down.stream.flowing:
                            self.node.forward_report(down, item)
                case rtcp.ReportBlock(ssrc=ssrc):
                    self._on_report(ssrc, item, now)
                case rtcp.Nack(ssrc=ssrc, sequences=sequences):
                    if (lossy := self._down(ssrc)) is not None:
                        for sequence in sequences[:64]:
                            if (packet := lossy.stream.retransmit(sequence)) is not None:
                                self.send_rtp(packet)
                case rtcp.KeyframeRequest(ssrc=ssrc):
                    if (asking := self._down(ssrc)) is not None and asking.stream.layer is not None:
                        self.node.ask_keyframe(asking.up, asking.stream.layer, now)
                case rtcp.Remb(bitrate=bitrate):
                    self._estimate = float(bitrate)

    def _on_report(self, ssrc: int, block: rtcp.ReportBlock, now: float) -> None:
        down = self._down(ssrc)
        if down is None:
            return
        # What was lost before it reached us is no fault of this line.
        loss = max(0.0, block.fraction_lost / 256 - self.node.loss_upstream(down.up))
        self._loss_down = max(loss, self._loss_down * 0.7)
        down.adapt(loss, self._estimate, now)

    def _down(self, ssrc: int) -> Downstream | None:
        return next((down for down in self.downs.values() if down.stream.ssrc == ssrc), None)

    def _report(self, now: float) -> None:
        blocks = [block for up in self.ups.values() for stream in up.streams.values() if (block := stream.block(now))]
        self.loss_up = max((block.fraction_lost / 256 for block in blocks), default=0.0)
        if blocks:
            self.send_rtcp(rtcp.build_receiver_report(OUR_SSRC, blocks))

    def _heard_data(self, label: str, data: bytes) -> None:
        if not self.closed:
            self.events.on_data(label, data)
