"""Durable consumers: every event of the ledger, in order, with effects exactly once.

A consumer's cursor moves in the same transaction as what its handler changed, so a crash at any point repeats nothing
and skips nothing. An event that fails five times goes to ``dead_letters`` with an alert and the line moves on.

Every web process runs every consumer; the cursor's row is the turnstile. A handler's transaction holds it, whoever
finds it held leaves the work to the holder, and a process that is killed lets go of it with its connection. Nothing is
forgotten in between: the holder reads the events anew after each release, so it sees what the other was woken for.

When many wait they are handled several in one transaction: a commit costs more than most handlers. A handler whose
effect nobody looks for at once (`hears`, ``gather_s``) lets them gather on purpose.
"""

from __future__ import annotations

import asyncio
import enum
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from kernel.clock import Clock
from kernel.feed import Gap
from kernel.ledger import Ledger, Transaction, cursors, dead_letters
from kernel.messages import AnyEvent, Event

Handler = Callable[[Transaction, AnyEvent], Awaitable[None]]
"""Does its work in the given transaction; may record further events. `hears` says of which kinds it is told."""

Method = Callable[[Any, Transaction, AnyEvent], Awaitable[None]]

TRIES = 5
#: events in one transaction, when so many wait
BATCH = 50
#: events of other kinds, after which the cursor moves although there was nothing to do
FAR = 100
POLL_S = 1.0
#: events of the feed that may wait for us to see whether they concern us
KEEP = 1_000

log = structlog.get_logger("consumer")


class _Turn(enum.Enum):
    OURS = enum.auto()
    PAST = enum.auto()  # another process has handled it
    ELSEWHERE = enum.auto()  # another process is handling events at this moment


def hears(*kinds: type[Event], gather_s: float = 0.0) -> Callable[[Method], Method]:
    """Marks a service's handler: events of other kinds do not reach it, and cost it nothing.

    ``gather_s``: after the first, others may come for so long before they are handled together.
    """

    def mark(method: Method) -> Method:
        @functools.wraps(method)
        async def handler(self: Any, tx: Transaction, event: AnyEvent) -> None:
            if isinstance(event, kinds):
                await method(self, tx, event)

        handler.kinds, handler.gather_s = kinds, gather_s  # type: ignore[attr-defined]
        return handler

    return mark


class DurableConsumer:
    def __init__(self, name: str, ledger: Ledger, clock: Clock, handler: Handler) -> None:
        self.name = name
        self._ledger = ledger
        self._clock = clock
        self._handler = handler
        self._kinds: tuple[type[Event], ...] = getattr(handler, "kinds", (Event,))
        self._gather_s: float = getattr(handler, "gather_s", 0.0)
        self._failures = 0
        self._cursor = sa.select(cursors.c.event_id).where(cursors.c.consumer == name)
        #: up to here nothing waits; None: ask the ledger
        self._looked: int | None = None
        #: where the cursor was when we last saw it
        self._reached = 0

    async def run(self) -> None:
        """Serve until cancelled. Woken by the feed, and by a slow poll in case a wake-up was lost."""
        subscription = self._ledger.feed.subscribe(keep=KEEP, kinds=self._kinds)
        wake = asyncio.Event()

        async def listen() -> None:
            nonlocal subscription
            while True:
                try:
                    async for numbered in subscription:
                        if numbered.event.durable:
                            wake.set()
                except Gap:
                    # more came at once than we keep: ours may be among them
                    wake.set()
                    subscription.close()
                    subscription = self._ledger.feed.subscribe(keep=KEEP, kinds=self._kinds)

        listener = asyncio.create_task(listen(), name=f"{self.name}-listener")
        quiet = False
        try:
            while True:
                wake.clear()
                try:
                    await self.catch_up()
                    if quiet:
                        await self.look_over()
                except Exception as error:
                    log.warning("consumer_waits", consumer=self.name, error=type(error).__name__)
                    await asyncio.sleep(min(5.0, 0.2 * 2**self._failures))
                    continue
                try:
                    async with asyncio.timeout(POLL_S):
                        await wake.wait()
                    quiet = False
                    await asyncio.sleep(self._gather_s)
                except TimeoutError:
                    quiet = True
        finally:
            listener.cancel()
            subscription.close()

    async def catch_up(self) -> int:
        """Handle everything that waits, unless another process is at it; how many events were handled here."""
        handled = 0
        # whatever fails is tried alone, so that one poisoned event is found and holds up nobody else
        most = 1 if self._failures else BATCH
        while True:
            if self._looked is None:
                self._looked = self._reached = await self._position()
            batch = await self._ledger.events_after(self._looked, most, self._kinds)
            if not batch:
                return handled
            try:
                turn = await self._handle(batch)
            except Exception:
                if len(batch) == 1:
                    raise
                most = 1
                continue
            if turn is _Turn.ELSEWHERE:
                return handled
            self._looked = None
            if turn is _Turn.OURS:
                self._looked = self._reached = batch[-1][0]
                handled += len(batch)
            most = min(2 * most, BATCH)

    async def look_over(self) -> None:
        """When nothing waits, all that others recorded meanwhile is behind us: it is not looked through again."""
        if self._looked is None:
            return
        last = await self._ledger.last_event()
        if last <= self._looked or await self._ledger.events_after(self._looked, 1, self._kinds):
            return
        self._looked = last
        if last - self._reached >= FAR:
            async with self._ledger.transaction() as tx:
                if await self._take_turn(tx, last) is _Turn.OURS:
                    await self._move(tx, last)
            self._reached = last

    async def _handle(self, batch: list[tuple[int, AnyEvent]]) -> _Turn:
        """All of it in one transaction, or nothing."""
        event_id = batch[0][0]
        try:
            async with self._ledger.transaction() as tx:
                turn = await self._take_turn(tx, event_id)
                if turn is _Turn.OURS:
                    for _, event in batch:
                        await self._handler(tx, event)
                    await self._move(tx, batch[-1][0])
        except Exception as error:
            if len(batch) > 1:
                raise
            self._failures += 1
            if self._failures < TRIES:
                raise
            log.error("dead_letter", consumer=self.name, event_id=event_id, error=repr(error))
            async with self._ledger.transaction() as tx:
                turn = await self._take_turn(tx, event_id)
                if turn is _Turn.OURS:
                    await tx.execute(
                        sa.insert(dead_letters).values(
                            consumer=self.name,
                            event_id=event_id,
                            at_ms=self._clock.wall_ms(),
                            error=type(error).__name__,
                        )
                    )
                    await self._move(tx, event_id)
        if turn is not _Turn.ELSEWHERE:
            self._failures = 0
        return turn

    async def _position(self) -> int:
        """The last event that was handled, by whomever; the first time, the cursor is made."""
        async with self._ledger.reading() as connection:
            found: int | None = await connection.scalar(self._cursor)
        if found is not None:
            return found
        fresh = {"consumer": self.name, "event_id": 0}
        insert = sqlite.insert if self._ledger.is_sqlite else postgresql.insert
        async with self._ledger.transaction() as tx:
            await tx.execute(insert(cursors).values(fresh).on_conflict_do_nothing())
        return 0

    async def _take_turn(self, tx: Transaction, event_id: int) -> _Turn:
        """Hold the cursor until the transaction ends. SQLite has one writer: being in a transaction is holding it."""
        reached = await tx.connection.scalar(self._cursor.with_for_update(skip_locked=True))
        if reached is None:
            return _Turn.ELSEWHERE
        return _Turn.PAST if reached >= event_id else _Turn.OURS

    async def _move(self, tx: Transaction, event_id: int) -> None:
        await tx.execute(sa.update(cursors).where(cursors.c.consumer == self.name).values(event_id=event_id))
