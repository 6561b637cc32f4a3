"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, §3.1).

The sender estimates its line from these arrival times; without them a simulcast publisher stays on its lowest layer.
"""

from __future__ import annotations

import struct
from typing import Final

TICK: Final = 0.000_25
REFERENCE_TICKS: Final = 256  # 64 ms
MAX_SPAN: Final = 2_000
#: a feedback packet that claims to tell of more is not read
MAX_TOLD: Final = 8_192


class ArrivalLog:
    """Collects arrivals by transport sequence number and turns them into feedback packets."""

    def __init__(self, started: float) -> None:
        self._started = started
        #: number → ticks since the start
        self._arrivals: dict[int, int] = {}
        self._last = -1
        self._next: int | None = None
        self._count = 0

    def received(self, sequence: int, now: float) -> None:
        last = self._last
        if last >= 0:
            ahead = (sequence - last) & 0xFFFF
            sequence = last + ahead if ahead < 0x8000 else last + ahead - 0x10000
            if sequence < 0:
                return
        if sequence > last:
            self._last = sequence
        self._arrivals[sequence] = int((now - self._started) / TICK + 0.5)

    def __bool__(self) -> bool:
        return bool(self._arrivals)

    def feedback(self, sender: int, media: int) -> bytes | None:
        """The feedback for everything since the last call; None when nothing arrived."""
        arrivals = self._arrivals
        if not arrivals:
            return None
        self._arrivals = {}
        first, last = min(arrivals), max(arrivals)
        base = first if self._next is None else min(first, self._next)
        if last - base > MAX_SPAN:
            base = max(first, last - MAX_SPAN)
        self._next = last + 1
        symbols: list[int] = []
        deltas: list[int] = []
        reference, clock = -1, 0
        for number in range(base, last + 1):
            at = arrivals.get(number, -1)
            if at < 0:
                symbols.append(0)
                continue
            if reference < 0:
                reference = at // REFERENCE_TICKS
                clock = reference * REFERENCE_TICKS
            delta = max(-0x8000, min(0x7FFF, at - clock))
            clock += delta
            if 0 <= delta <= 0xFF:
                symbols.append(1)
                deltas.append(delta)
            else:
                symbols.append(2)
                deltas.append(delta >> 8 & 0xFF)
                deltas.append(delta & 0xFF)
        body = struct.pack("!IIHH", sender, media, base & 0xFFFF, len(symbols))
        body += struct.pack("!I", (reference & 0xFFFFFF) << 8 | self._count & 0xFF)
        self._count += 1
        body += bytes(_chunks(symbols)) + bytes(deltas)
        padding = -len(body) % 4
        head = 0x8F
        if padding:
            head |= 0x20
            body += bytes(padding - 1) + bytes((padding,))
        return struct.pack("!BBH", head, 205, len(body) // 4) + body


def _chunks(symbols: list[int]) -> list[int]:
    """Bytes of run-length chunks where they pay, of two-bit vectors of seven elsewhere."""
    chunks: list[int] = []
    at, count = 0, len(symbols)
    while at < count:
        symbol, run = symbols[at], 1
        while at + run < count and symbols[at + run] == symbol and run < 0x1FFF:
            run += 1
        if run >= 7 or at + run == count:
            chunk = symbol << 13 | run
            at += run
        else:
            chunk, end = 0xC000, min(at + 7, count)
            shift = 12
            while at < end:
                chunk |= symbols[at] << shift
                shift -= 2
                at += 1
        chunks.append(chunk >> 8)
        chunks.append(chunk & 0xFF)
    return chunks


def parse_feedback(packet: bytes) -> tuple[int, list[int]]:
    """(first transport-wide number, arrival of it and each next in ticks of 250 µs, -1 for lost).

    The list is empty when it does not parse. Arrivals count from a moment of the receiver's own: only their differences
    mean something.
    """
    try:
        return _parse_feedback(packet)
    except IndexError:
        return 0, []


def _parse_feedback(packet: bytes) -> tuple[int, list[int]]:
    base, count = packet[12] << 8 | packet[13], packet[14] << 8 | packet[15]
    if count > MAX_TOLD:
        return base, []
    clock = (packet[16] << 16 | packet[17] << 8 | packet[18]) * REFERENCE_TICKS
    at = 20
    symbols: list[int] = []
    while len(symbols) < count:
        chunk = packet[at] << 8 | packet[at + 1]
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13] * min(chunk & 0x1FFF, count)
        elif chunk & 0x4000:
            for shift in range(12, -1, -2):
                symbols.append(chunk >> shift & 3)
        else:
            for shift in range(13, -1, -1):
                symbols.append(chunk >> shift & 1)
    arrivals: list[int] = []
    for place in range(count):
        symbol = symbols[place]
        if symbol == 1:
            clock += packet[at]
            at += 1
        elif symbol == 2:
            clock += (packet[at] ^ 0x80) - 0x80 << 8 | packet[at + 1]
            at += 2
        else:
            arrivals.append(-1)
            continue
        arrivals.append(max(clock, 0))
    return base, arrivals
