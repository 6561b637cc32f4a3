"""Durable consumers: every event of the ledger, in order, with effects exactly once.

A consumer's cursor moves in the same transaction as what its handler changed, so a crash at any point repeats nothing
and skips nothing. An event that fails five times goes to ``dead_letters`` with an alert and the line moves on.

Every web process runs every consumer; the cursor's row is the turnstile. A handler's transaction holds it, whoever
finds it held leaves the work to the holder, and a process that is killed lets go of it with its connection. Nothing is
forgotten in between: the holder reads the events anew after each release, so it sees what the other was woken for.

When many wait they are handled several in one transaction: a commit costs more than most handlers.
"""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects import postgresql, sqlite

from kernel.clock import Clock
from kernel.feed import Gap
from kernel.ledger import Ledger, Transaction, cursors, dead_letters
from kernel.messages import AnyEvent

Handler = Callable[[Transaction, AnyEvent], Awaitable[None]]
"""Does its work in the given transaction; may record further events. Must ignore types it does not know."""

TRIES = 5
#: events in one transaction, when so many wait
BATCH = 50
POLL_S = 1.0

log = structlog.get_logger("consumer")


class _Turn(enum.Enum):
    OURS = enum.auto()
    PAST = enum.auto()  # another process has handled it
    ELSEWHERE = enum.auto()  # another process is handling events at this moment


class DurableConsumer:
    def __init__(self, name: str, ledger: Ledger, clock: Clock, handler: Handler) -> None:
        self.name = name
        self._ledger = ledger
        self._clock = clock
        self._handler = handler
        self._failures = 0

    async def run(self) -> None:
        """Serve until cancelled. Woken by the feed, and by a slow poll in case a wake-up was lost."""
        subscription = self._ledger.feed.subscribe(keep=1)
        wake = asyncio.Event()

        async def listen() -> None:
            nonlocal subscription
            while True:
                try:
                    async for numbered in subscription:
                        if numbered.event.durable:
                            wake.set()
                except Gap:
                    # More came at once than we keep: one wake-up stands for all of them.
                    wake.set()
                    subscription.close()
                    subscription = self._ledger.feed.subscribe(keep=1)

        listener = asyncio.create_task(listen(), name=f"{self.name}-listener")
        try:
            while True:
                wake.clear()
                try:
                    await self.catch_up()
                except Exception as error:
                    log.warning("consumer_waits", consumer=self.name, error=type(error).__name__)
                    await asyncio.sleep(min(5.0, 0.2 * 2**self._failures))
                    continue
                try:
                    async with asyncio.timeout(POLL_S):
                        await wake.wait()
                except TimeoutError:
                    pass
        finally:
            listener.cancel()
            subscription.close()

    async def catch_up(self) -> int:
        """Handle everything that waits, unless another process is at it; how many events were handled here."""
        handled = 0
        # whatever fails is tried alone, so that one poisoned event is found and holds up nobody else
        most = 1 if self._failures else BATCH
        while batch := await self._ledger.events_after(await self._position(), most):
            try:
                turn = await self._handle(batch)
            except Exception:
                if len(batch) == 1:
                    raise
                most = 1
                continue
            if turn is _Turn.ELSEWHERE:
                return handled
            if turn is _Turn.OURS:
                handled += len(batch)
            most = min(2 * most, BATCH)
        return handled

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
        mine = sa.select(cursors.c.event_id).where(cursors.c.consumer == self.name)
        async with self._ledger.reading() as connection:
            found: int | None = await connection.scalar(mine)
        if found is not None:
            return found
        fresh = {"consumer": self.name, "event_id": 0}
        insert = sqlite.insert if self._ledger.is_sqlite else postgresql.insert
        async with self._ledger.transaction() as tx:
            await tx.execute(insert(cursors).values(fresh).on_conflict_do_nothing())
        return 0

    async def _take_turn(self, tx: Transaction, event_id: int) -> _Turn:
        """Hold the cursor until the transaction ends. SQLite has one writer: being in a transaction is holding it."""
        row = sa.select(cursors.c.event_id).where(cursors.c.consumer == self.name).with_for_update(skip_locked=True)
        reached = await tx.connection.scalar(row)
        if reached is None:
            return _Turn.ELSEWHERE
        return _Turn.PAST if reached >= event_id else _Turn.OURS

    async def _move(self, tx: Transaction, event_id: int) -> None:
        await tx.execute(sa.update(cursors).where(cursors.c.consumer == self.name).values(event_id=event_id))
