"""Broken variants of good input, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

_EDGES = (0, 1, 0x7F, 0x80, 0xFF)


def mutations(corpus: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)
    for _ in range(count):
        case = bytearray(chance.choice(corpus))
        for _ in range(chance.choice((1, 1, 2, 3, 8))):
            _mutate(case, corpus, chance)
        yield bytes(case)


def _mutate(case: bytearray, corpus: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(case) + 1)
    match chance.randrange(8):
        case 0 if at < len(case):
            case[at] ^= 1 << chance.randrange(8)
        case 1 if at < len(case):
            case[at] = chance.choice(_EDGES)
        case 2:
            del case[at:]
        case 3:
            del case[at : at + chance.randrange(1, 9)]
        case 4:
            case[at:at] = chance.randbytes(chance.randrange(1, 9))
        case 5 if at + 2 <= len(case):
            case[at : at + 2] = chance.choice((0, 1, 0x7FFF, 0x8000, 0xFFFF, len(case))).to_bytes(2, "big")
        case 6:
            other = chance.choice(corpus)
            case[at:] = other[chance.randrange(len(other) + 1) :]
        case 7 if case:
            begin = chance.randrange(len(case))
            case[at:at] = case[begin : begin + chance.randrange(1, 65)]
