"""The event feed: numbered events to many listeners, resumable "after N".

The feed is a wire, not a store: what must survive lies in the ledger's ``events`` table (`kernel.ledger`) and is read
from there by `kernel.consumer`. A feed's numbers are valid within its ``epoch``; a new process is a new epoch.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import islice
from typing import Protocol

import msgspec

from kernel.messages import Event


class Numbered(msgspec.Struct, frozen=True):
    """``origin`` names the process where the event happened; empty: this one."""

    seq: int
    event: Event
    origin: str = ""


class Gap(Exception):
    """The listener fell behind what the feed keeps; it must take a snapshot and start anew."""


class Subscription(Protocol):
    def __aiter__(self) -> AsyncIterator[Numbered]:
        """Yields every event after the start in order; raises `Gap` when one was lost to this listener."""

    def close(self) -> None: ...


class EventFeed(Protocol):
    epoch: str

    @property
    def last_seq(self) -> int: ...

    def publish(self, events: Sequence[Event]) -> None:
        """Number and send. Never blocks and never raises for a slow listener."""

    def inject(self, events: Sequence[Event], origin: str = "") -> None:
        """Number and send to the listeners of this process only: the others hear of it by another way."""

    def subscribe(self, *, keep: int = 4096, kinds: tuple[type[Event], ...] = (Event,)) -> Subscription:
        """Hear everything of these kinds published from now on; ``keep`` bounds what may wait unread."""

    def since(self, after: int) -> list[Numbered] | None:
        """What was published after ``after``, or None when that is no longer (or not yet) known."""


class MemorySubscription:
    def __init__(self, feed: LocalFeed, keep: int, kinds: tuple[type[Event], ...]) -> None:
        self._feed = feed
        self._keep = keep
        self._kinds = kinds
        self._waiting: deque[Numbered] = deque()
        self._wake = asyncio.Event()
        self._lost = False
        self._closed = False

    def offer(self, numbered: Numbered) -> None:
        if self._lost or not isinstance(numbered.event, self._kinds):
            return
        if len(self._waiting) >= self._keep:
            self._lost = True
        else:
            self._waiting.append(numbered)
        self._wake.set()

    def lose(self) -> None:
        """What still waits is heard, then comes a `Gap`."""
        self._lost = True
        self._wake.set()

    async def __aiter__(self) -> AsyncIterator[Numbered]:
        while not self._closed:
            while self._waiting:
                yield self._waiting.popleft()
            if self._lost:
                raise Gap
            self._wake.clear()
            if not self._waiting and not self._lost and not self._closed:
                await self._wake.wait()

    def close(self) -> None:
        self._closed = True
        self._wake.set()
        self._feed.forget(self)


class LocalFeed:
    """What every twin does within its process: number, keep a history, tell the listeners."""

    def __init__(self, epoch: str, *, history: int = 10_000) -> None:
        self.epoch = epoch
        self._seq = 0
        self._history: deque[Numbered] = deque(maxlen=history)
        self._listeners: set[MemorySubscription] = set()

    @property
    def last_seq(self) -> int:
        return self._seq

    def subscribe(self, *, keep: int = 4096, kinds: tuple[type[Event], ...] = (Event,)) -> MemorySubscription:
        subscription = MemorySubscription(self, keep, kinds)
        self._listeners.add(subscription)
        return subscription

    def forget(self, subscription: MemorySubscription) -> None:
        self._listeners.discard(subscription)

    def since(self, after: int) -> list[Numbered] | None:
        if after > self._seq:
            return None
        oldest = self._history[0].seq if self._history else self._seq + 1
        if after + 1 < oldest:
            return None
        # numbers have no holes, so this is the place to start
        return list(islice(self._history, after + 1 - oldest, None))

    def inject(self, events: Iterable[Event], origin: str = "") -> None:
        for event in events:
            self._deliver(event, origin)

    def _deliver(self, event: Event, origin: str = "") -> None:
        self._seq += 1
        numbered = Numbered(self._seq, event, origin)
        self._history.append(numbered)
        for listener in tuple(self._listeners):
            listener.offer(numbered)

    def _lose(self) -> None:
        """Something was not heard: every listener gets a `Gap`, and nobody can resume from before it."""
        self._seq += 1
        self._history.clear()
        for listener in tuple(self._listeners):
            listener.lose()


class MemoryFeed(LocalFeed):
    """The twin for one process."""

    def publish(self, events: Iterable[Event]) -> None:
        self.inject(events)
