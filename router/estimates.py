"""How long it may take: a range from what people really waited, or nothing. See ``docs/routing.md``."""

from __future__ import annotations

from collections import deque

from kernel.ids import GroupId

#: Fewer connected waits than this say nothing.
MIN_SAMPLES = 20
KEEP = 200


class Estimates:
    def __init__(self) -> None:
        self._waits: dict[GroupId, deque[int]] = {}

    def connected(self, group_id: GroupId, waited_ms: int) -> None:
        self._waits.setdefault(group_id, deque(maxlen=KEEP)).append(waited_ms)

    def range_s(self, group_id: GroupId) -> tuple[int, int] | None:
        """(low, high) seconds: the middle half of the recent waits; None under `MIN_SAMPLES`."""
        waits = sorted(self._waits.get(group_id, ()))
        if len(waits) < MIN_SAMPLES:
            return None
        low, high = waits[len(waits) // 4], waits[(3 * len(waits)) // 4]
        return low // 1000, -(-high // 1000)
