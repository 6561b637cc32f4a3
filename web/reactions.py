"""Facts lead to deeds: every event of the feed in order, from the first one after the start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kernel.feed import EventFeed, Gap
from kernel.messages import Event

log = structlog.get_logger("reactions")

#: what may wait; beyond it the listener takes stock anew
KEEP = 100_000
TRIES = 100

React = Callable[[Event, bool], Awaitable[None]]
"""Told an event and whether it happened on this process."""


class Reactions:
    """Listens from the moment it is made."""

    def __init__(self, feed: EventFeed) -> None:
        self._feed = feed
        self._subscription = feed.subscribe(keep=KEEP)

    async def run(self, react: React, take_stock: Callable[[], Awaitable[None]]) -> None:
        """``take_stock`` is called when events were lost: out of touch with the other processes, or too slow."""
        while True:
            try:
                async for numbered in self._subscription:
                    await _until_it_holds(react, numbered.event, not numbered.origin)
                return
            except Gap:
                log.warning("reactions_take_stock")
                self._subscription.close()
                self._subscription = self._feed.subscribe(keep=KEEP)
                await take_stock()


async def _until_it_holds(react: React, event: Event, here: bool) -> None:
    """A failed reaction is tried again: the ledger may be away for a while."""
    for attempt in range(TRIES):
        try:
            await react(event, here)
            return
        except Exception:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(min(2.0, 0.05 * 2**attempt))
