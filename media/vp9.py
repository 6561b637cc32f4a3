"""VP9's payload descriptor (RFC 9628 §4.2): which layer of a picture a packet belongs to. Pure."""

from __future__ import annotations

_PICTURE_ID, _INTER, _LAYERS, _FLEXIBLE, _BEGINS, _ENDS, _STRUCTURE = 0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02
MAX_REFERENCES = 3


class Vp9Descriptor:
    """``begins`` and ``ends`` are of the layer's frame; a picture is one frame a spatial layer.

    ``inter``: predicted from earlier pictures. ``up``: later pictures of higher temporal layers need none from before.
    ``spatial_layers`` is 0 where the packet does not say how many there are.
    """

    __slots__ = ("begins", "ends", "inter", "spatial", "spatial_layers", "temporal", "up")

    def __init__(self, first: int) -> None:
        self.begins = bool(first & _BEGINS)
        self.ends = bool(first & _ENDS)
        self.inter = bool(first & _INTER)
        self.spatial = self.temporal = self.spatial_layers = 0
        self.up = False

    @property
    def is_key(self) -> bool:
        """Does a picture that decodes by itself begin here?"""
        return self.begins and not self.inter and self.spatial == 0


def parse_vp9(payload: bytes) -> Vp9Descriptor | None:
    """None for bytes that are no descriptor."""
    try:
        first, at = payload[0], 1
        seen = Vp9Descriptor(first)
        if first & _PICTURE_ID:
            at += 2 if payload[at] & 0x80 else 1
        if first & _LAYERS:
            layers = payload[at]
            seen.temporal, seen.up, seen.spatial = layers >> 5, bool(layers & 0x10), layers >> 1 & 7
            # without explicit references there is TL0PICIDX, too
            at += 1 if first & _FLEXIBLE else 2
        if first & _FLEXIBLE and first & _INTER:
            at = _after_references(payload, at)
        if first & _STRUCTURE:
            head = payload[at]
            seen.spatial_layers = (head >> 5) + 1
            at = _after_structure(payload, at, head)
        # there is nothing of the picture in it
        return seen if at < len(payload) else None
    except IndexError:
        return None


def _after_references(payload: bytes, at: int) -> int:
    for _ in range(MAX_REFERENCES):
        at += 1
        if not payload[at - 1] & 1:
            break
    return at


def _after_structure(payload: bytes, at: int, head: int) -> int:
    at += 1
    if head & 0x10:
        at += 4 * ((head >> 5) + 1)
    if head & 0x08:
        pictures, at = payload[at], at + 1
        for _ in range(pictures):
            at += 1 + (payload[at] >> 2 & 3)
    return at
