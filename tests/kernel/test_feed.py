import asyncio

import pytest

from kernel.feed import Gap, MemoryFeed
from kernel.messages import GroupId, QueueChanged


def change(n: int) -> QueueChanged:
    return QueueChanged(at_ms=n, group_id=GroupId(f"g-{n}"))


async def test_every_listener_hears_everything_in_order() -> None:
    feed = MemoryFeed("e")
    one, two = feed.subscribe(), feed.subscribe()
    feed.publish([change(1), change(2)])
    for subscription in (one, two):
        heard = aiter(subscription)
        assert [(await anext(heard)).seq for _ in range(2)] == [1, 2]


async def test_a_waiting_listener_is_woken() -> None:
    feed = MemoryFeed("e")
    heard = aiter(feed.subscribe())
    waiting = asyncio.ensure_future(anext(heard))
    await asyncio.sleep(0)
    feed.publish([change(1)])
    assert (await waiting).event == change(1)


async def test_a_slow_listener_gets_what_was_kept_and_then_a_gap() -> None:
    feed = MemoryFeed("e")
    subscription = feed.subscribe(keep=2)
    feed.publish([change(n) for n in range(5)])
    heard = aiter(subscription)
    assert [(await anext(heard)).seq for _ in range(2)] == [1, 2]
    with pytest.raises(Gap):
        await anext(heard)


async def test_a_closed_listener_ends() -> None:
    feed = MemoryFeed("e")
    subscription = feed.subscribe()
    subscription.close()
    assert [numbered async for numbered in subscription] == []


def test_resume_after_n() -> None:
    feed = MemoryFeed("e", history=3)
    assert feed.since(0) == []
    feed.publish([change(n) for n in range(1, 6)])
    assert [numbered.seq for numbered in feed.since(3) or []] == [4, 5]
    assert [numbered.seq for numbered in feed.since(2) or []] == [3, 4, 5]
    assert feed.since(5) == []
    assert feed.since(1) is None, "event 2 is no longer kept"
    assert feed.since(6) is None, "the future is another epoch's"
