"""One outgoing RTP stream towards a subscriber: numbers rewritten so that layers, gaps and pauses do not show.

The invariant: to the subscriber it is one continuous stream. Sequence numbers never jump but for real loss, timestamps
move with time, VP8's picture ids run on, and after any switch the first packet begins a keyframe.
"""

from __future__ import annotations

from collections import OrderedDict, deque

from media.payload import is_keyframe, parse_vp8, rewrite_vp8, strip_red
from media.receive import ReceiveStream
from media.rtp import RtpPacket, newer, wrap_rtx

CACHE = 512
OFFSETS = 16


class ForwardStream:
    """Pure: `forward` maps a packet of the current layer to the packet to send, or to None."""

    def __init__(self, ssrc: int, rtx_ssrc: int, codecs: dict[int, str], *, sequence: int, video: bool) -> None:
        """``codecs`` maps the publisher's payload types to codec names; ``sequence`` is the first number sent."""
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.codecs = codecs
        self.video = video
        #: publisher's payload type → the subscriber's; filled by the negotiation
        self.payload_types: dict[int, int] = {}
        #: subscriber's payload type → its RTX payload type
        self.rtx_types: dict[int, int] = {}
        #: publisher's extension id → the subscriber's
        self.extensions: dict[int, int] = {}
        self.layer: ReceiveStream | None = None
        self.packets = 0
        self.octets = 0
        self._next = sequence & 0xFFFF
        self._rtx_sequence = (sequence * 7 + 13) & 0xFFFF
        self._synced = False
        self._source_highest = 0
        #: (first source sequence number, offset): the newest entry that is not after a packet applies to it
        self._offsets: deque[tuple[int, int]] = deque(maxlen=OFFSETS)
        self._timestamp_offset = 0
        self._last_timestamp: int | None = None
        self._last_at = 0.0
        self._picture_offset = self._tl0_offset = 0
        self._last_picture = self._last_tl0 = -1
        self._cache: OrderedDict[int, RtpPacket] = OrderedDict()

    def pause(self) -> None:
        """Stop; the next packet will have to begin a keyframe."""
        self.layer = None
        self._synced = False

    def forward(self, packet: RtpPacket, layer: ReceiveStream, now: float, clock_rate: int) -> RtpPacket | None:
        """The packet as the subscriber shall see it, remembered for retransmission; None when it is not for it."""
        target, payload = self._translate(packet)
        if target is None or payload is None:
            return None
        if layer is not self.layer or not self._synced:
            codec = self.codecs.get(packet.payload_type, "")
            if not packet.payload or (self.video and not is_keyframe(codec, packet.payload)):
                return None
            self._sync(packet, layer, now, clock_rate)
        elif not packet.payload:
            self._close_gap(packet.sequence)
            return None
        sequence = self._map(packet.sequence)
        if sequence is None:
            return None
        timestamp = (packet.timestamp + self._timestamp_offset) & 0xFFFFFFFF
        if self.video and self.codecs.get(packet.payload_type) == "vp8":
            payload = self._rewrite_vp8(payload)
        if newer(packet.sequence, self._source_highest) or self._last_timestamp is None:
            self._source_highest = packet.sequence
            self._next = (sequence + 1) & 0xFFFF
            self._last_timestamp, self._last_at = timestamp, now
        kept = {new: packet.extensions[old] for old, new in self.extensions.items() if old in packet.extensions}
        sent = RtpPacket(target, sequence, timestamp, self.ssrc, payload, marker=packet.marker, extensions=kept)
        self.packets += 1
        self.octets += len(payload)
        if self.video:
            self._cache[sequence] = sent
            if len(self._cache) > CACHE:
                self._cache.popitem(last=False)
        return sent

    def retransmit(self, sequence: int) -> RtpPacket | None:
        """The packet sent under that number, wrapped as RTX when that was negotiated."""
        packet = self._cache.get(sequence)
        if packet is None:
            return None
        rtx_type = self.rtx_types.get(packet.payload_type)
        if rtx_type is None:
            return packet
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        return wrap_rtx(packet, rtx_type, self.rtx_ssrc, self._rtx_sequence)

    def to_rtp_time(self, source_time: float) -> int:
        """The publisher's RTP time in this stream's numbers, for sender reports."""
        return (round(source_time) + self._timestamp_offset) & 0xFFFFFFFF

    @property
    def flowing(self) -> bool:
        return self._synced

    def _sync(self, packet: RtpPacket, layer: ReceiveStream, now: float, clock_rate: int) -> None:
        self.layer = layer
        self._synced = True
        self._offsets.clear()
        self._offsets.append((packet.sequence, (self._next - packet.sequence) & 0xFFFF))
        self._source_highest = packet.sequence
        if self._last_timestamp is not None:
            # at least one frame's worth on: two pictures never share a moment
            elapsed = max(round((now - self._last_at) * clock_rate), clock_rate // 60)
            self._timestamp_offset = (self._last_timestamp + elapsed - packet.timestamp) & 0xFFFFFFFF
        self._last_timestamp = None
        if self.video and self.codecs.get(packet.payload_type) == "vp8":
            seen = parse_vp8(packet.payload)
            if seen.picture_id_at >= 0 and self._last_picture >= 0:
                self._picture_offset = self._last_picture + 1 - seen.picture_id
            if seen.tl0_at >= 0 and self._last_tl0 >= 0:
                self._tl0_offset = self._last_tl0 + 1 - seen.tl0

    def _translate(self, packet: RtpPacket) -> tuple[int | None, bytes | None]:
        """(payload type at the subscriber, payload); RED is unpacked for a subscriber that lacks it."""
        target = self.payload_types.get(packet.payload_type)
        if target is not None or self.codecs.get(packet.payload_type) != "red":
            return target, packet.payload
        opus = next((pt for pt, name in self.codecs.items() if name == "opus"), -1)
        return self.payload_types.get(opus), strip_red(packet.payload) if packet.payload else b""

    def _map(self, sequence: int) -> int | None:
        for first, offset in reversed(self._offsets):
            if sequence == first or newer(sequence, first):
                return (sequence + offset) & 0xFFFF
        return None  # from before the switch

    def _close_gap(self, sequence: int) -> None:
        """A padding packet is not forwarded; what follows moves up by one."""
        if newer(sequence, self._source_highest):
            self._source_highest = sequence
            self._offsets.append(((sequence + 1) & 0xFFFF, (self._offsets[-1][1] - 1) & 0xFFFF))

    def _rewrite_vp8(self, payload: bytes) -> bytes:
        seen = parse_vp8(payload)
        if seen.picture_id_at >= 0:
            self._last_picture = (seen.picture_id + self._picture_offset) & 0x7FFF
        if seen.tl0_at >= 0:
            self._last_tl0 = (seen.tl0 + self._tl0_offset) & 0xFF
        if not self._picture_offset and not self._tl0_offset:
            return payload
        return rewrite_vp8(payload, seen, self._picture_offset, self._tl0_offset)
