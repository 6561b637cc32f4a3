"""RTP headers and extensions (RFC 3550 §5.1, RFC 8285): parse defensively, build exactly."""

from __future__ import annotations

import struct

from media.payload import Vp8Descriptor, is_keyframe, parse_vp8

_FIXED = struct.Struct("!BBHII")
_WORDS = struct.Struct("!HH")
_ONE_BYTE = 0xBEDE

MAX_PACKET = 1600


class RtpPacket:
    """A parsed packet; ``payload`` excludes padding.

    ``profile`` and ``raw`` are the extension block as it came (0 and empty without one); ``extensions`` maps ids to
    values and is parsed when it is first asked for: most packets are forwarded without. ``vp8`` is a memo of the
    payload's descriptor, read once however many subscribers there are.
    """

    __slots__ = (
        "_extensions",
        "dependency",
        "frame",
        "kept",
        "marker",
        "payload",
        "payload_type",
        "profile",
        "raw",
        "sequence",
        "size",
        "ssrc",
        "timestamp",
        "vp8",
    )

    def __init__(  # noqa: PLR0917  (one for each packet: named arguments cost a third more)
        self,
        payload_type: int,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        marker: int = 0,
        extensions: dict[int, bytes] | None = None,
        size: int = 0,
    ) -> None:
        self.payload_type = payload_type
        self.sequence = sequence
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
        self.marker = marker
        self.size = size
        self.profile = 0
        self.raw = b""
        self.vp8: Vp8Descriptor | None = None
        #: extensions that travel on to subscribers, as (publisher's id, length, value)… in one string
        self.kept = b""
        #: the dependency descriptor as it came, and what `media.svc_core` read of the packet's layers
        self.dependency = b""
        self.frame: object | None = None
        self._extensions = extensions

    @property
    def extensions(self) -> dict[int, bytes]:
        if self._extensions is None:
            self._extensions = _parse_extensions(self.raw, self.profile, 0, len(self.raw)) if self.raw else {}
        return self._extensions

    @extensions.setter
    def extensions(self, extensions: dict[int, bytes]) -> None:
        self._extensions = extensions


def is_rtcp(data: bytes) -> bool:
    """RFC 5761 §4: the second byte tells RTCP packet types from RTP payload types."""
    return 192 <= data[1] <= 223


def parse_rtp(whole: bytes) -> RtpPacket | None:
    """The packet; None for anything that is not well-formed RTP."""
    size = len(whole)
    if size < 12:
        return None
    first = whole[0]
    if first & 0xC0 != 0x80:
        return None
    start, end, profile, raw = 12 + 4 * (first & 15), size, 0, b""
    if first & 0x10:
        begin = start + 4
        if begin > end:
            return None
        profile = whole[start] << 8 | whole[start + 1]
        start = begin + 4 * (whole[start + 2] << 8 | whole[start + 3])
        if start > end:
            return None
        raw = whole[begin:start]
    if first & 0x20:
        padding = whole[size - 1]
        if padding == 0:
            return None
        end -= padding
    if start > end:
        return None
    # byte by byte: compiled, that is a fraction of what unpacking by a format costs
    second = whole[1]
    packet = RtpPacket(
        second & 0x7F,
        whole[2] << 8 | whole[3],
        whole[4] << 24 | whole[5] << 16 | whole[6] << 8 | whole[7],
        whole[8] << 24 | whole[9] << 16 | whole[10] << 8 | whole[11],
        whole[start:end],
        second >> 7,
        None,
        size,
    )
    if raw:
        packet.profile, packet.raw = profile, raw
    return packet


def vp8_of(packet: RtpPacket) -> Vp8Descriptor:
    """What the payload's descriptor says, read once."""
    seen = packet.vp8
    if seen is None:
        seen = packet.vp8 = parse_vp8(packet.payload)
    return seen


def begins_keyframe(codec: str, packet: RtpPacket) -> bool:
    return vp8_of(packet).keyframe if codec == "vp8" else is_keyframe(codec, packet.payload)


def _parse_extensions(data: bytes, profile: int, at: int, end: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    if profile == _ONE_BYTE:
        while at < end:
            head = data[at]
            if head == 0:
                at += 1
                continue
            number, length = head >> 4, (head & 15) + 1
            if number == 15 or at + 1 + length > end:
                break
            found[number] = data[at + 1 : at + 1 + length]
            at += 1 + length
    elif profile & 0xFFF0 == 0x1000:
        while at + 1 < end:
            number = data[at]
            if number == 0:
                at += 1
                continue
            length = data[at + 1]
            if at + 2 + length > end:
                break
            found[number] = data[at + 2 : at + 2 + length]
            at += 2 + length
    return found


def build_rtp(packet: RtpPacket) -> bytes:
    """The wire form, without padding."""
    second = packet.marker << 7 | packet.payload_type
    if not packet.extensions:
        return _FIXED.pack(0x80, second, packet.sequence, packet.timestamp, packet.ssrc) + packet.payload
    block = bytearray()
    one_byte = all(number < 15 and 0 < len(value) <= 16 for number, value in packet.extensions.items())
    for number, value in packet.extensions.items():
        if one_byte:
            block.append(number << 4 | len(value) - 1)
        else:
            block += bytes((number, len(value)))
        block += value
    block += bytes(-len(block) % 4)
    head = _FIXED.pack(0x90, second, packet.sequence, packet.timestamp, packet.ssrc)
    return head + _WORDS.pack(_ONE_BYTE if one_byte else 0x1000, len(block) // 4) + bytes(block) + packet.payload


def newer(sequence: int, than: int) -> bool:
    """Serial-number comparison of 16-bit sequence numbers (RFC 1982)."""
    return 0 < (sequence - than) & 0xFFFF < 0x8000


def unwrap_rtx(packet: RtpPacket, payload_type: int, ssrc: int) -> RtpPacket | None:
    """The original packet inside a retransmission (RFC 4588 §4); None for a padding probe."""
    if len(packet.payload) < 2:
        return None
    (sequence,) = struct.unpack_from("!H", packet.payload)
    plain = RtpPacket(
        payload_type,
        sequence,
        packet.timestamp,
        ssrc,
        packet.payload[2:],
        marker=packet.marker,
        extensions=packet.extensions,
        size=packet.size,
    )
    plain.kept, plain.dependency = packet.kept, packet.dependency
    return plain


def varied(packet: RtpPacket, marker: int, dependency: bytes) -> RtpPacket:
    """The packet as a subscriber of fewer layers gets it."""
    other = RtpPacket(
        packet.payload_type, packet.sequence, packet.timestamp, packet.ssrc, packet.payload, marker, None, packet.size
    )
    other.kept, other.dependency = packet.kept, dependency
    return other


def wrap_rtx(packet: RtpPacket, payload_type: int, ssrc: int, sequence: int) -> RtpPacket:
    return RtpPacket(
        payload_type,
        sequence,
        packet.timestamp,
        ssrc,
        struct.pack("!H", packet.sequence) + packet.payload,
        marker=packet.marker,
        extensions=packet.extensions,
    )
