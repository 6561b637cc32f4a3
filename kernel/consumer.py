"""Durable consumers: every event of the ledger, in order, with effects exactly once.

A consumer's cursor moves in the same transaction as what its handler changed, so a crash at any point repeats nothing
and skips nothing. An event that fails five times goes to ``dead_letters`` with an alert and the line moves on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
import structlog

from kernel.clock import Clock
from kernel.feed import Gap
from kernel.ledger import Ledger, Transaction, cursors, dead_letters
from kernel.messages import AnyEvent

Handler = Callable[[Transaction, AnyEvent], Awaitable[None]]
"""Does its work in the given transaction; may record further events. Must ignore types it does not know."""

TRIES = 5
POLL_S = 1.0

log = structlog.get_logger("consumer")


class DurableConsumer:
    def __init__(self, name: str, ledger: Ledger, clock: Clock, handler: Handler) -> None:
        self.name = name
        self._ledger = ledger
        self._clock = clock
        self._handler = handler
        self._position: int | None = None
        self._failures = 0

    async def run(self) -> None:
        """Serve until cancelled. Woken by the feed, and by a slow poll in case another process wrote."""
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
        """Handle everything that waits; how many events that were."""
        handled = 0
        if self._position is None:
            self._position = await self._load()
        while batch := await self._ledger.events_after(self._position):
            for event_id, event in batch:
                await self._handle(event_id, event)
                handled += 1
        return handled

    async def _handle(self, event_id: int, event: AnyEvent) -> None:
        try:
            async with self._ledger.transaction() as tx:
                await self._handler(tx, event)
                await self._save(tx, event_id)
        except Exception as error:
            self._failures += 1
            if self._failures < TRIES:
                raise
            log.error("dead_letter", consumer=self.name, event_id=event_id, error=repr(error))
            async with self._ledger.transaction() as tx:
                await tx.execute(
                    sa.insert(dead_letters).values(
                        consumer=self.name,
                        event_id=event_id,
                        at_ms=self._clock.wall_ms(),
                        error=type(error).__name__,
                    )
                )
                await self._save(tx, event_id)
        self._failures = 0
        self._position = event_id

    async def _load(self) -> int:
        async with self._ledger.reading() as connection:
            found = await connection.scalar(sa.select(cursors.c.event_id).where(cursors.c.consumer == self.name))
        return found or 0

    async def _save(self, tx: Transaction, event_id: int) -> None:
        moved = await tx.execute(sa.update(cursors).where(cursors.c.consumer == self.name).values(event_id=event_id))
        if moved.rowcount == 0:
            await tx.execute(sa.insert(cursors).values(consumer=self.name, event_id=event_id))
