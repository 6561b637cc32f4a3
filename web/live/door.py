"""The door of the live channel: who finds no place waits inside for a while, so that a herd asks once and not again and
again. A call that waits costs memory; one that is sent away costs as much as one that is let in."""

from __future__ import annotations

import asyncio
import random
from collections import deque

from kernel.clock import Clock
from web.live.admission_core import Admission

#: calls that wait inside; more are told when to ask again. One takes no more memory than the console that it becomes
ROOM = 10_000
#: how long one waits; the answer then is the same as to those who found no room, and the place in the line is lost, so
#: this is more than even a slow day needs for a full room, and less than what proxies allow a call
PATIENCE_S = 25.0


class Door:
    def __init__(self, clock: Clock, admission: Admission, *, room: int = ROOM, patience_s: float = PATIENCE_S) -> None:
        self._clock = clock
        self._admission = admission
        self._room = room
        self._patience_s = patience_s
        # those in a session before the others
        self._first: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    def is_busy(self) -> bool:
        """Whether `enter` may make somebody wait; until then nobody needs to know who is in a session."""
        return bool(self._others or self._first) or self._admission.is_full(self._clock.mono())

    async def enter(self, *, in_session: bool) -> int | None:
        """None: come in. Otherwise whole seconds after which to ask again."""
        line = self._first if in_session else self._others
        if not line and self._admission.enter(self._clock.mono(), in_session=in_session):
            return None
        if len(self._first) + len(self._others) < self._room and await self._wait_in(line):
            return None
        luck = random.random()  # noqa: S311  (only to part a crowd)
        return self._admission.ask(self._clock.mono(), in_session=in_session, luck=luck)

    async def _wait_in(self, line: deque[asyncio.Future[None]]) -> bool:
        """Whether the turn came: then the place is taken."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        try:
            async with asyncio.timeout(self._patience_s):
                await turn
        except TimeoutError:
            # it may have come at the very moment
            return not turn.cancelled()
        return True

    def came(self) -> None:
        """A console is up to date: the next may come in."""
        self._admission.came(self._clock.mono())
        for line, in_session in ((self._first, True), (self._others, False)):
            while line:
                if line[0].done():
                    line.popleft()
                elif self._admission.enter(self._clock.mono(), in_session=in_session):
                    line.popleft().set_result(None)
                else:
                    break
