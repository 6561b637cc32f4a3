"""Parts of a deflated message (RFC 1951, RFC 7692) that can be put together without packing them again. Pure.

Each part is whole blocks that end at a byte and look back to nothing before them, so any parts in a row are a stream.
"""

from __future__ import annotations

import zlib

#: how far back the receiver must remember, in bits: what repeats does so within a few hundred bytes
WINDOW_BITS = 12
#: the end of a message: an empty block without the four bytes that the receiver adds (RFC 7692 §7.2.1)
END = b"\0"
#: most of the gain for a third of the time of the usual level
_LEVEL = 1
_MOST_STORED = 0xFFFF


def packed(text: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -WINDOW_BITS)
    return packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)


def stored(text: bytes) -> bytes:
    """As it is, in blocks without compression: for what one console gets, where packing costs more than it gains."""
    blocks = []
    for begin in range(0, len(text), _MOST_STORED):
        part = text[begin : begin + _MOST_STORED]
        size = len(part)
        blocks += [b"\0", size.to_bytes(2, "little"), (size ^ 0xFFFF).to_bytes(2, "little"), part]
    return b"".join(blocks)
