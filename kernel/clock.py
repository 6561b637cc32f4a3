"""Two clocks: wall time for what people read and the ledger keeps, monotonic time for leases and timeouts.

The wall clock may jump; nothing that expires may depend on it. Cores take ``now`` as an argument, shells ask a `Clock`.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    def wall_ms(self) -> int:
        """Milliseconds since the Unix epoch, UTC."""

    def mono(self) -> float:
        """Seconds from an arbitrary start; never goes back."""


class SystemClock:
    def wall_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def mono(self) -> float:
        return time.monotonic()


class ManualClock:
    """A clock that moves when it is told to."""

    def __init__(self, wall_ms: int = 1_767_225_600_000, mono: float = 1_000.0) -> None:
        self._wall_ms = wall_ms
        self._mono = mono

    def wall_ms(self) -> int:
        return self._wall_ms

    def mono(self) -> float:
        return self._mono

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("monotonic time does not go back; use jump_wall for the wall clock")
        self._wall_ms += round(seconds * 1000)
        self._mono += seconds

    def jump_wall(self, seconds: float) -> None:
        """Move only the wall clock, as an administrator or NTP would."""
        self._wall_ms += round(seconds * 1000)
