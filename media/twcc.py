"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, §3.1).

The sender estimates its line from these arrival times; without them a simulcast publisher stays on its lowest layer.
"""

from __future__ import annotations

import struct

TICK = 0.000_25
REFERENCE_TICKS = 256  # 64 ms
MAX_SPAN = 2_000


class ArrivalLog:
    """Collects arrivals by transport sequence number and turns them into feedback packets."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._arrivals: dict[int, float] = {}
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
        self._arrivals[sequence] = now

    def __bool__(self) -> bool:
        return bool(self._arrivals)

    def feedback(self, sender: int, media: int) -> bytes | None:
        """The feedback for everything since the last call; None when nothing arrived."""
        if not self._arrivals:
            return None
        arrivals, self._arrivals = self._arrivals, {}
        first, last = min(arrivals), max(arrivals)
        base = first if self._next is None else min(first, self._next)
        if last - base > MAX_SPAN:
            base = max(first, last - MAX_SPAN)
        self._next = last + 1
        ticks = {n: round((at - self._started) / TICK) for n, at in arrivals.items() if n >= base}
        reference = ticks[min(ticks)] // REFERENCE_TICKS
        body = struct.pack("!IIHH", sender, media, base & 0xFFFF, last - base + 1)
        body += (reference & 0xFFFFFF).to_bytes(3, "big") + bytes((self._count & 0xFF,))
        self._count += 1
        symbols, deltas = _deltas(ticks, base, last, reference * REFERENCE_TICKS)
        body += b"".join(struct.pack("!H", chunk) for chunk in _chunks(symbols)) + deltas
        padding = -len(body) % 4
        head = 0x8F
        if padding:
            head |= 0x20
            body += bytes(padding - 1) + bytes((padding,))
        return struct.pack("!BBH", head, 205, len(body) // 4) + body


def _deltas(ticks: dict[int, int], base: int, last: int, clock: int) -> tuple[list[int], bytes]:
    symbols: list[int] = []
    deltas = bytearray()
    for number in range(base, last + 1):
        at = ticks.get(number)
        if at is None:
            symbols.append(0)
            continue
        delta = max(-0x8000, min(0x7FFF, at - clock))
        clock += delta
        if 0 <= delta <= 0xFF:
            symbols.append(1)
            deltas.append(delta)
        else:
            symbols.append(2)
            deltas += struct.pack("!h", delta)
    return symbols, bytes(deltas)


def _chunks(symbols: list[int]) -> list[int]:
    """Run-length chunks where they pay, two-bit vectors of seven elsewhere."""
    chunks: list[int] = []
    at = 0
    while at < len(symbols):
        run = 1
        while at + run < len(symbols) and symbols[at + run] == symbols[at] and run < 0x1FFF:
            run += 1
        if run >= 7 or at + run == len(symbols):
            chunks.append(symbols[at] << 13 | run)
            at += run
        else:
            chunk = 0xC000
            for place, symbol in enumerate(symbols[at : at + 7]):
                chunk |= symbol << (12 - 2 * place)
            chunks.append(chunk)
            at += 7
    return chunks


def parse_feedback(packet: bytes) -> list[tuple[int, int]]:
    """(transport-wide number, arrival in ticks of 250 µs or -1 for lost) in order; empty when it does not parse.

    Arrivals count from a moment of the receiver's own: only their differences mean something.
    """
    try:
        return _parse_feedback(packet)
    except (struct.error, IndexError):
        return []


def _parse_feedback(packet: bytes) -> list[tuple[int, int]]:
    base, count = struct.unpack_from("!HH", packet, 12)
    clock = int.from_bytes(packet[16:19], "big") * REFERENCE_TICKS
    at = 20
    symbols: list[int] = []
    while len(symbols) < count:
        (chunk,) = struct.unpack_from("!H", packet, at)
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk & 0x4000:
            symbols += [chunk >> (12 - 2 * place) & 3 for place in range(7)]
        else:
            symbols += [chunk >> (13 - place) & 1 for place in range(14)]
    arrivals: list[tuple[int, int]] = []
    for place, symbol in enumerate(symbols[:count]):
        arrived = -1
        if symbol == 1:
            clock += packet[at]
            at += 1
            arrived = clock
        elif symbol == 2:
            clock += struct.unpack_from("!h", packet, at)[0]
            at += 2
            arrived = clock
        arrivals.append(((base + place) & 0xFFFF, max(arrived, 0) if symbol in (1, 2) else -1))
    return arrivals
