"""One outgoing RTP stream towards a subscriber: numbers rewritten so that layers, gaps and pauses do not show.

The invariant: to the subscriber it is one continuous stream. Sequence numbers never jump but for real loss, timestamps
move with time, VP8's picture ids run on, and after any switch the first packet begins a keyframe.

Two steps, so that nothing is made anew for each subscriber: `accept` decides and gives the packet its number, `write`
puts it straight into the buffer it is sent from.
"""

from __future__ import annotations

import struct
from collections import deque
from typing import Final

from media.payload import move_vp8, strip_red
from media.receive import ReceiveStream
from media.rtp import RtpPacket, begins_keyframe, newer, vp8_of

#: packets kept for retransmission, a power of two
CACHE: Final = 512
OFFSETS: Final = 64
_CACHE_MASK: Final = CACHE - 1
MAX_HEADS: Final = 512
MAX_SENT: Final = 1_600
_U32: Final = 0xFFFFFFFF

_SHORT = struct.Struct("!H")


class _Head:
    """How a header is written: its form, its first byte, and its extension block.

    The block is ``begins``, the stamp's word (``stamped`` without its value) and ``rest``; without one ``rest`` alone.
    """

    __slots__ = ("begins", "first", "form", "rest", "shift", "size", "stamped")

    def __init__(  # noqa: PLR0917
        self, form: struct.Struct, first: int, begins: bytes, stamped: int, shift: int, rest: bytes
    ) -> None:
        self.form = form
        self.size = form.size
        self.first = first
        self.begins = begins
        self.stamped = stamped
        self.shift = shift
        self.rest = rest


class _Epoch:
    """What is added to the source's numbers between two switches."""

    __slots__ = ("moves", "picture", "timestamp", "tl0")

    def __init__(self) -> None:
        self.timestamp = self.picture = self.tl0 = 0
        #: do VP8's numbers change?
        self.moves = False


#: a packet as it was sent: its number, the packet, what was added to its other numbers
Sent = tuple[int, RtpPacket, _Epoch]


class ForwardStream:
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
        self.layer: ReceiveStream | None = None
        self.packets = 0
        self.octets = 0
        #: the subscriber's ids of what we stamp ourselves; 0: not agreed
        self.transport_cc = 0
        self.abs_send_time = 0
        #: the subscriber's id of the dependency descriptor
        self.dependency = 0
        self._extensions: dict[int, int] = {}
        self._heads: dict[bytes, _Head] = {}
        #: the newest packet that was sent, its number and when
        self._newest = (sequence - 1) & 0xFFFF
        self._newest_packet: RtpPacket | None = None
        self._newest_at = 0.0
        self._rtx_sequence = (sequence * 7 + 13) & 0xFFFF
        self._synced = False
        self._source_highest = 0
        #: (first source sequence number, offset): the newest entry that is not after a packet applies to it
        self._offsets: deque[tuple[int, int]] = deque(maxlen=OFFSETS)
        self._offset = 0
        self._offset_from = 0
        self._epoch = _Epoch()
        self._cache: list[Sent | None] = [None] * CACHE if video else []

    @property
    def extensions(self) -> dict[int, int]:
        """Publisher's extension id → the subscriber's, of those that travel on."""
        return self._extensions

    @extensions.setter
    def extensions(self, extensions: dict[int, int]) -> None:
        self._extensions = extensions
        self._heads.clear()

    def stamp(self, transport_cc: int, abs_send_time: int) -> None:
        """Agree the ids of transport-wide numbers and, without those, send times."""
        self.transport_cc = transport_cc
        self.abs_send_time = 0 if transport_cc else abs_send_time
        self._heads.clear()

    def pause(self) -> None:
        """Stop; the next packet will have to begin a keyframe."""
        self.layer = None
        self._synced = False

    def accept(self, packet: RtpPacket, layer: ReceiveStream, now: float, clock_rate: int) -> int:
        """The number under which the packet goes to the subscriber, -1 when it is not for it."""
        source = packet.sequence
        if layer is not self.layer or not self._synced:
            if not self.begins(packet):
                return -1
            self._sync(packet, layer, now, clock_rate)
        elif not packet.payload:
            self.skip(source)
            return -1
        elif packet.payload_type not in self.payload_types and self.codecs.get(packet.payload_type) != "red":
            return -1
        if (source - self._source_highest) & 0xFFFF < 0x8000:
            sequence = (source + self._offset) & 0xFFFF
            self._source_highest = source
            self._newest, self._newest_at = sequence, now
            self._newest_packet = packet
        else:
            sequence = self._map(source)
            if sequence < 0:
                return -1
        self.packets += 1
        self.octets += len(packet.payload)
        if self.video:
            self._cache[sequence & _CACHE_MASK] = (sequence, packet, self._epoch)
        return sequence

    def write(self, out: memoryview, at: int, packet: RtpPacket, sequence: int, stamp: int) -> int:
        """Put the packet that was accepted under ``sequence`` at ``out[at:]``; its size, 0 when it cannot be sent.

        ``stamp`` is the transport-wide number, or the send time in its 24 bits.
        """
        payload_type = self.payload_types.get(packet.payload_type)
        if payload_type is None:
            payload_type, payload = self._unpacked(packet)
            if payload is None:
                return 0
        else:
            payload = packet.payload
        return self._put(out, at, packet, self._epoch, payload_type, sequence, self.ssrc, payload, stamp)

    def retransmit(self, sequence: int) -> Sent | None:
        """What was sent under that number, if it is still known."""
        sent = self._cache[sequence & _CACHE_MASK] if self.video else None
        return sent if sent is not None and sent[0] == sequence else None

    def write_again(self, out: memoryview, at: int, sent: Sent, stamp: int) -> int:
        """Put a retransmission at ``out[at:]``: as RTX (RFC 4588) when that was agreed, else the plain packet."""
        sequence, packet, epoch = sent
        payload_type = self.payload_types.get(packet.payload_type)
        if payload_type is None:
            return 0
        rtx_type = self.rtx_types.get(payload_type)
        if rtx_type is None:
            return self._put(out, at, packet, epoch, payload_type, sequence, self.ssrc, packet.payload, stamp)
        self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
        size = self._put(
            out, at, packet, epoch, rtx_type, self._rtx_sequence, self.rtx_ssrc, packet.payload, stamp, prefix=2
        )
        if size:
            _SHORT.pack_into(out, at + size - len(packet.payload) - 2, sequence)
        return size

    def to_rtp_time(self, source_time: float) -> int:
        """The publisher's RTP time in this stream's numbers, for sender reports."""
        return (round(source_time) + self._epoch.timestamp) & 0xFFFFFFFF

    @property
    def flowing(self) -> bool:
        return self._synced

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────

    def begins(self, packet: RtpPacket) -> bool:
        """May the stream begin, or go on after a switch, with this packet?"""
        codec = self.codecs.get(packet.payload_type)
        if codec is None or not packet.payload:
            return False
        if packet.payload_type not in self.payload_types and codec != "red":
            return False
        return not self.video or begins_keyframe(codec, packet)

    def _sync(self, packet: RtpPacket, layer: ReceiveStream, now: float, clock_rate: int) -> None:
        self.layer = layer
        self._synced = True
        self._offsets.clear()
        self._offset_from, self._offset = packet.sequence, (self._newest + 1 - packet.sequence) & 0xFFFF
        self._offsets.append((self._offset_from, self._offset))
        self._source_highest = packet.sequence
        before, self._epoch = self._epoch, _Epoch()
        last = self._newest_packet
        if last is None:
            return
        # at least one frame's worth on: two pictures never share a moment
        elapsed = max(round((now - self._newest_at) * clock_rate), clock_rate // 60)
        self._epoch.timestamp = (last.timestamp + before.timestamp + elapsed - packet.timestamp) & 0xFFFFFFFF
        if self.video and self.codecs.get(packet.payload_type) == "vp8":
            seen, shown = vp8_of(packet), vp8_of(last)
            if seen.picture_id_at >= 0 and shown.picture_id_at >= 0:
                self._epoch.picture = shown.picture_id + before.picture + 1 - seen.picture_id
            if seen.tl0_at >= 0 and shown.tl0_at >= 0:
                self._epoch.tl0 = shown.tl0 + before.tl0 + 1 - seen.tl0
            self._epoch.moves = bool(self._epoch.picture or self._epoch.tl0)

    def _map(self, sequence: int) -> int:
        for first, offset in reversed(self._offsets):
            if sequence == first or newer(sequence, first):
                return (sequence + offset) & 0xFFFF
        return -1  # from before the switch

    def skip(self, sequence: int) -> None:
        """A packet that is not forwarded (padding, a layer that is left out); what follows moves up by one."""
        if newer(sequence, self._source_highest):
            self._source_highest = sequence
            if self._offset_from == sequence:
                # nothing was sent since the last one: one entry for the whole run
                self._offsets.pop()
            self._offset_from, self._offset = (sequence + 1) & 0xFFFF, (self._offset - 1) & 0xFFFF
            self._offsets.append((self._offset_from, self._offset))

    def _unpacked(self, packet: RtpPacket) -> tuple[int, bytes | None]:
        """RED is unpacked for a subscriber that lacks it."""
        if self.codecs.get(packet.payload_type) != "red":
            return 0, None
        opus = next((pt for pt, name in self.codecs.items() if name == "opus"), -1)
        target = self.payload_types.get(opus)
        return (0, None) if target is None else (target, strip_red(packet.payload))

    # ── writing ──────────────────────────────────────────────────────────────────────────────────

    def _put(  # noqa: PLR0917  (named arguments cost a tenth of this function)
        self,
        out: memoryview,
        at: int,
        packet: RtpPacket,
        epoch: _Epoch,
        payload_type: int,
        sequence: int,
        ssrc: int,
        payload: bytes,
        stamp: int,
        *,
        prefix: int = 0,
    ) -> int:
        """``prefix`` bytes are left free before the payload."""
        head = self._block(packet.kept, packet.dependency) if packet.dependency else self._heads.get(packet.kept)
        if head is None:
            head = self._head(packet.kept)
        second, moment = packet.marker << 7 | payload_type, packet.timestamp + epoch.timestamp & _U32
        if head.stamped:
            word = head.stamped | stamp << head.shift
            head.form.pack_into(out, at, head.first, second, sequence, moment, ssrc, head.begins, word, head.rest)
        else:
            head.form.pack_into(out, at, head.first, second, sequence, moment, ssrc, head.rest)
        begin = at + head.size + prefix
        end = begin + len(payload)
        if end - at > MAX_SENT:
            return 0
        out[begin:end] = payload
        if epoch.moves:
            move_vp8(out, begin, vp8_of(packet), epoch.picture, epoch.tl0)
        return end - at

    def _head(self, kept: bytes) -> _Head:
        """How to write a header whose extensions are those that travel on; remembered by them."""
        head = self._block(kept, b"")
        if len(self._heads) >= MAX_HEADS:
            self._heads.clear()
        self._heads[kept] = head
        return head

    def _block(self, kept: bytes, dependency: bytes) -> _Head:
        """The extensions that travel on, in the short form; with one of more than 16 bytes in the long (RFC 8285)."""
        wide = len(dependency) > 16
        carried = []
        at = 0
        while at + 1 < len(kept):
            number, length = self._extensions.get(kept[at]), kept[at + 1]
            if number is not None:
                carried.append((number, kept[at + 2 : at + 2 + length]))
            at += 2 + length
        if dependency and self.dependency:
            carried.append((self.dependency, dependency))
        rest = b""
        for number, value in carried:
            rest += (bytes((number, len(value))) if wide else bytes((number << 4 | len(value) - 1,))) + value
        # Our stamp comes first and fills a word: a number, with a padding byte in the short form, or a time, for which
        # the long form has no room in a word.
        stamped, shift = 0, 0
        if self.transport_cc:
            stamped, shift = (self.transport_cc << 24 | 2 << 16, 0) if wide else (self.transport_cc << 28 | 1 << 24, 8)
        elif self.abs_send_time and not wide:
            stamped = self.abs_send_time << 28 | 2 << 24
        rest += bytes(-len(rest) % 4)
        begins = struct.pack("!HH", 0x1000 if wide else 0xBEDE, len(rest) // 4 + bool(stamped))
        if stamped:
            return _Head(struct.Struct(f"!BBHII4sI{len(rest)}s"), 0x90, begins, stamped, shift, rest)
        rest = begins + rest if rest else b""
        return _Head(struct.Struct(f"!BBHII{len(rest)}s"), 0x90 if rest else 0x80, b"", 0, 0, rest)
