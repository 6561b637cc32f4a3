"""Many questions of one kind, one query: what is asked while a query runs is answered together by the next one.

Alone, a question costs what its own query costs; when thousands come at once they cost little more than one. Nothing is
remembered: every answer is from a query that began after the question was asked.

A query is much dearer than a row of it, and a crowd whose questions come one by one would keep the ledger busy with
queries for one or two. So whoever had to wait for a running query waits a little longer for more to come, the longer
the more that query answered: a crowd that lasts gathers, a few are hardly held up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

#: questions that one query answers
MOST = 400
#: from the beginning of a query to that of one for those who came meanwhile: so long for each question that it answers,
#: and no longer than that. So gathering begins at 200 questions a second
EACH_S, LONGEST_S = 0.005, 0.05


class Batch(Generic[Key, Value]):
    """``load`` answers for all keys that it finds; the others get None."""

    def __init__(
        self,
        load: Callable[[list[Key]], Awaitable[Mapping[Key, Value]]],
        *,
        most: int = MOST,
        each_s: float = EACH_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._load = load
        self._most = most
        self._each_s = each_s
        self._longest_s = longest_s
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
        loop, next_at = asyncio.get_running_loop(), 0.0
        try:
            while self._waiting:
                early_s = next_at - loop.time()
                if early_s > 0 and len(self._waiting) < self._most:
                    await asyncio.sleep(early_s)
                keys = list(self._waiting)[: self._most]
                next_at = loop.time() + min(self._longest_s, len(keys) * self._each_s)
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
