"""What the web processes share, and who the others are; a process alone shares with nobody."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from kernel.clock import Clock
from kernel.feed import EventFeed, MemoryFeed
from kernel.identity import Identity
from kernel.ledger import Ledger
from kernel.processes import ProcessRegistry
from kernel.redis import RedisDoor, open_redis
from kernel.redis_feed import RedisFeed
from kernel.settings import Settings
from router.index import RouterIndex
from router.opening import local_index, replicated_index
from router.shared_redis import RedisIndex
from web.live.tickets import MemoryTickets, RedisTickets, Tickets
from web.tasks import Tasks


@dataclass(frozen=True)
class Together:
    """``process`` is this process' name, new at each start and empty when it is alone."""

    feed: EventFeed
    process: str = ""
    prefix: str = ""
    door: RedisDoor | None = None
    registry: ProcessRegistry | None = None

    def live(self) -> frozenset[str]:
        """The names of all processes that live; empty for one that is alone."""
        return frozenset() if self.registry is None else self.registry.live

    def leads(self) -> bool:
        """Whether this process does what one of them must do. Two may believe it for a moment: that does no harm."""
        return min(self.live(), default=self.process) >= self.process

    def tickets(self, clock: Clock, identity: Identity) -> Tickets:
        if self.door is None:
            return MemoryTickets(clock)
        return RedisTickets(clock, identity, self.door, self.prefix)

    def index(self, settings: Settings, ledger: Ledger, clock: Clock) -> RouterIndex:
        """The live index: this process' own, or a replica of the one that all share."""
        times = {"offer_timeout_s": settings.offer_timeout_s, "wrap_up_s": settings.wrap_up_s}
        if self.door is None:
            return local_index(ledger, clock, **times)
        return replicated_index(ledger, clock, RedisIndex(self.door, self.prefix), self.process, **times)

    def run(self, tasks: Tasks, on_vanished: Callable[[str], Awaitable[None]]) -> None:
        """Hear the others, be heard, and learn who vanished."""
        if isinstance(self.feed, RedisFeed):
            tasks.keep("feed", self.feed.run)
        if (registry := self.registry) is not None:
            tasks.keep("processes", lambda: registry.run(on_vanished))


async def join(settings: Settings, clock: Clock, stack: AsyncExitStack) -> Together:
    """Redis may be away: what it carries then arrives late."""
    name = secrets.token_hex(8)
    if not settings.redis_url:
        return Together(MemoryFeed(epoch=name))
    door = open_redis(settings.redis_url, clock, timeout_s=settings.redis_timeout_s)
    stack.push_async_callback(door.close)
    feed = RedisFeed(name, door, settings.redis_prefix)
    registry = ProcessRegistry(name, door, settings.redis_prefix, clock)
    stack.push_async_callback(registry.leave)
    stack.push_async_callback(feed.drain)
    await feed.start()
    return Together(feed, name, settings.redis_prefix, door, registry)
