"""What the relay must read of a payload: keyframes, and VP8's running numbers (RFC 7741, RFC 6184, RFC 9628).

Encrypted payloads look like noise after the first bytes; every reader answers for any bytes and never raises.
"""

from __future__ import annotations

from media.vp9 import parse_vp9


class Vp8Descriptor:
    """Offsets are -1 when the field is absent. ``picture_id`` is 15 bits wide when ``wide``."""

    __slots__ = ("keyframe", "picture_id", "picture_id_at", "tl0", "tl0_at", "wide")

    def __init__(  # noqa: PLR0917  (one for each packet)
        self,
        keyframe: bool,
        picture_id_at: int = -1,
        picture_id: int = 0,
        wide: bool = False,
        tl0_at: int = -1,
        tl0: int = 0,
    ) -> None:
        self.keyframe = keyframe
        self.picture_id_at = picture_id_at
        self.picture_id = picture_id
        self.wide = wide
        self.tl0_at = tl0_at
        self.tl0 = tl0


_NO_VP8 = Vp8Descriptor(False)


def parse_vp8(payload: bytes) -> Vp8Descriptor:
    try:
        first = payload[0]
        at, picture_id_at, picture_id, wide, tl0_at, tl0 = 1, -1, 0, False, -1, 0
        if first & 0x80:
            flags, at = payload[1], 2
            if flags & 0x80:
                picture_id_at = at
                if payload[at] & 0x80:
                    picture_id, wide = (payload[at] & 0x7F) << 8 | payload[at + 1], True
                    at += 2
                else:
                    picture_id = payload[at]
                    at += 1
            if flags & 0x40:
                tl0_at, tl0 = at, payload[at]
                at += 1
            if flags & 0x30:
                at += 1
        starts = bool(first & 0x10) and first & 0x07 == 0
        return Vp8Descriptor(starts and not payload[at] & 1, picture_id_at, picture_id, wide, tl0_at, tl0)
    except IndexError:
        return _NO_VP8


def move_vp8(out: memoryview, at: int, seen: Vp8Descriptor, picture_offset: int, tl0_offset: int) -> None:
    """Move picture id and TL0PICIDX by the offsets in the payload that begins at ``out[at]``."""
    if seen.picture_id_at >= 0:
        place = at + seen.picture_id_at
        if seen.wide:
            moved = (seen.picture_id + picture_offset) & 0x7FFF
            out[place], out[place + 1] = 0x80 | moved >> 8, moved & 0xFF
        else:
            out[place] = (seen.picture_id + picture_offset) & 0x7F
    if seen.tl0_at >= 0:
        out[at + seen.tl0_at] = (seen.tl0 + tl0_offset) & 0xFF


def _h264_keyframe(payload: bytes) -> bool:
    kind = payload[0] & 31
    if kind == 24:  # STAP-A
        at = 1
        while at + 2 < len(payload):
            if payload[at + 2] & 31 in (5, 7):
                return True
            at += 2 + (payload[at] << 8 | payload[at + 1])
        return False
    if kind == 28 and len(payload) > 1:  # FU-A
        return bool(payload[1] & 0x80) and payload[1] & 31 in (5, 7)
    return kind in (5, 7)


def _vp9_keyframe(payload: bytes) -> bool:
    seen = parse_vp9(payload)
    return seen is not None and seen.is_key


def _av1_keyframe(payload: bytes) -> bool:
    # N: first packet of a coded video sequence
    return bool(payload[0] & 0x08)


def is_keyframe(codec: str, payload: bytes) -> bool:
    """Does this packet begin a frame that decodes by itself? Audio and unknown codecs always do."""
    if not payload:
        return False
    match codec:
        case "vp8":
            return parse_vp8(payload).keyframe
        case "h264":
            return _h264_keyframe(payload)
        case "vp9":
            return _vp9_keyframe(payload)
        case "av1":
            return _av1_keyframe(payload)
    return True


def strip_red(payload: bytes) -> bytes | None:
    """The primary block of a RED payload (RFC 2198 §3); None when it does not parse."""
    at, skip = 0, 0
    while at < len(payload) and payload[at] & 0x80:
        if at + 4 > len(payload):
            return None
        skip += (payload[at + 2] & 0x03) << 8 | payload[at + 3]
        at += 4
    begin = at + 1 + skip
    return payload[begin:] if begin <= len(payload) and at < len(payload) else None
