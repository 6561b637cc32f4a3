"""Many questions of one kind, one query: what is asked while a query runs is answered together by the next one.

Alone, a question costs what its own query costs; when thousands come at once they cost little more than one. Nothing is
remembered: every answer is from a query that began after the question was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

#: questions that one query answers
MOST = 400


class Batch(Generic[Key, Value]):
    """``load`` answers for all keys that it finds; the others get None."""

    def __init__(self, load: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]], *, most: int = MOST) -> None:
        self._load = load
        self._most = most
        self._waiting: dict[Key, list[asyncio.Future[Value | None]]] = {}
        self._running: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value | None:
        """Raises what ``load`` raised."""
        return await self.ask(key)

    def ask(self, key: Key) -> asyncio.Future[Value | None]:
        """As `get`, for whoever has more to ask before waiting."""
        # a future for each who asks: one who stops waiting must not take the answer from the others
        future: asyncio.Future[Value | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="batch")
        return future

    async def _run(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[: self._most]
                asked = {key: self._waiting.pop(key) for key in keys}
                try:
                    found = await self._load(keys)
                except Exception as error:
                    for future in _open(asked):
                        future.set_exception(error)
                        # whoever asked may have gone
                        future.exception()
                else:
                    for key, futures in asked.items():
                        answer = found.get(key)
                        for future in futures:
                            if not future.done():
                                future.set_result(answer)
        finally:
            self._running = None


def _open(asked: Mapping[Key, list[asyncio.Future[Value | None]]]) -> Iterator[asyncio.Future[Value | None]]:
    return (future for futures in asked.values() for future in futures if not future.done())
