"""Words for tests of the shared index."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from router.shared import Follower, Head, Heard, SharedIndex, Snapshot

A = "vsaa"
LONG_S = 20.0


@dataclass(frozen=True)
class Twin:
    index: SharedIndex
    lose: Callable[[str], Awaitable[None]]
    """Forget all about an agency, as FLUSHALL or a restart without files does."""
    trimmed: SharedIndex
    """The same store, whose log keeps hardly anything."""


async def step(index: SharedIndex, head: Head, n: int = 0, *, mark: str | None = None, agency: str = A) -> Head:
    """Commit a small step."""
    return await index.commit(
        agency, head, requests={f"r{n}": b"%d" % n}, leases={}, payload=b"step %d" % n, origin="me", mark=mark
    )


async def head_of(index: SharedIndex, agency: str = A) -> Head:
    head = await index.head(agency)
    assert head is not None
    return head


async def loaded(index: SharedIndex, agency: str = A) -> Snapshot:
    snapshot = await index.load(agency)
    assert snapshot is not None
    return snapshot


async def hear(follower: Follower, count: int) -> list[Heard]:
    """Until so many steps or losses came."""
    found: list[Heard] = []
    heard = 0
    async with asyncio.timeout(LONG_S):
        async for one in follower:
            found.append(one)
            heard += 1 if one.entries is None else len(one.entries)
            if heard >= count:
                return found
    raise AssertionError("closed")
