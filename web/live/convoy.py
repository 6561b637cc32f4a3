"""Those who come within a few milliseconds go on together, so that what each of them reads is one query for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

#: one that takes longer than this holds up the next no more
MOST_S = 0.5


class Convoy:
    """The next leaves when the last has arrived, and not sooner than ``every_s`` after it left. Whoever comes when
    nobody did just before goes on at once."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._left_at = 0.0
        self._under_way = 0
        self._waiting: asyncio.Event | None = None
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def joined(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        if self._waiting is None and not self._under_way and loop.time() >= self._left_at + self._every_s:
            self._left_at = loop.time()
        else:
            if self._waiting is None:
                self._waiting = asyncio.Event()
                self._leave_in(self._left_at + (MOST_S if self._under_way else self._every_s))
            await self._waiting.wait()
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way and self._waiting is not None:
                self._leave_in(self._left_at + self._every_s)

    def _leave_in(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(at, self._leave)

    def _leave(self) -> None:
        waiting, self._waiting, self._timer = self._waiting, None, None
        self._left_at = asyncio.get_running_loop().time()
        if waiting is not None:
            waiting.set()
