"""Which publication an incoming SSRC belongs to (RFC 8843 §9.2): named by the offer, or learned from MID and RID.

Pure. An SSRC counts only inside its own transport, and a spray of them is bounded.
"""

from __future__ import annotations

from media.negotiate import Negotiation
from media.receive import ReceiveStream
from media.rtp import RtpPacket, unwrap_rtx
from media.tracks import Upstream

#: SSRCs a peer may bring, and as many again for retransmissions.
MAX_SSRCS = 64

Route = tuple[Upstream, ReceiveStream]


class SsrcRoutes:
    def __init__(self, negotiation: Negotiation) -> None:
        self._negotiation = negotiation
        self.media: dict[int, Route] = {}
        #: RTX ssrc → publication and the ssrc or rid it repairs
        self._repairs: dict[int, tuple[Upstream, int | str]] = {}

    def known(self, ssrc: int) -> Route | None:
        return self.media.get(ssrc)

    def awaits(self, ssrc: int) -> bool:
        return ssrc in self.media or ssrc in self._repairs

    def find(self, packet: RtpPacket) -> tuple[RtpPacket, Route] | None:
        """The packet (unwrapped when it is a retransmission) and where it belongs; None when nobody awaits it."""
        route = self.media.get(packet.ssrc)
        if route is not None:
            return packet, route
        original = self._negotiation.repairs.get(packet.payload_type)
        if original is None:
            route = self._learn(packet)
            return None if route is None else (packet, route)
        repair = self._repairs.get(packet.ssrc) or self._learn_repair(packet)
        if repair is None:
            return None
        up, key = repair
        stream = next((s for s in up.streams.values() if key in (s.ssrc, s.rid)), None)
        plain = None if stream is None else unwrap_rtx(packet, original, stream.ssrc)
        return None if plain is None or stream is None else (plain, (up, stream))

    def described(self, up: Upstream) -> None:
        """Take the SSRCs that the offer names for the publication (no simulcast by RID)."""
        section = next((s for s in self._negotiation.sections if s.mid == up.mid), None)
        if section is None or section.rids:
            return
        for ssrc in section.ssrcs[:MAX_SSRCS]:
            if ssrc in section.repairs:
                self._repairs[ssrc] = (up, section.repairs[ssrc])
            elif ssrc not in self.media:
                self.media[ssrc] = (up, up.stream(ssrc, ""))

    def drop(self, up: Upstream) -> None:
        """The publication is over."""
        up.streams.clear()
        self.media = {ssrc: route for ssrc, route in self.media.items() if route[0] is not up}
        self._repairs = {ssrc: route for ssrc, route in self._repairs.items() if route[0] is not up}

    def _learn(self, packet: RtpPacket) -> Route | None:
        up = self._negotiation.published.get(_text(packet, self._negotiation.mid_extension))
        rid = _text(packet, self._negotiation.rid_extension)
        if up is None or len(self.media) >= MAX_SSRCS or (up.rids and rid not in up.rids):
            return None
        for ssrc, (_, stream) in list(self.media.items()):
            if rid and stream.rid == rid and up.streams.get(ssrc) is stream:
                del self.media[ssrc]
        route = self.media[packet.ssrc] = (up, up.stream(packet.ssrc, rid))
        return route

    def _learn_repair(self, packet: RtpPacket) -> tuple[Upstream, int | str] | None:
        up = self._negotiation.published.get(_text(packet, self._negotiation.mid_extension))
        rid = _text(packet, self._negotiation.repaired_extension)
        if up is None or not rid or len(self._repairs) >= MAX_SSRCS:
            return None
        repair = self._repairs[packet.ssrc] = (up, rid)
        return repair


def _text(packet: RtpPacket, number: int) -> str:
    return packet.extensions[number].decode("ascii", "replace") if number and number in packet.extensions else ""
