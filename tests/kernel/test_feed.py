"""What every feed does for the listeners of its own process, on both twins."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from kernel.clock import SystemClock
from kernel.feed import Gap, LocalFeed, MemoryFeed
from kernel.messages import GroupId, QueueChanged
from kernel.redis import open_redis
from kernel.redis_feed import RedisFeed

Feed = MemoryFeed | RedisFeed
Make = Callable[..., Feed]


def change(n: int) -> QueueChanged:
    return QueueChanged(at_ms=n, group_id=GroupId(f"g-{n}"))


@pytest.fixture(params=["memory", "redis", "redis that is away"])
async def make(request: pytest.FixtureRequest, redis_prefix: str) -> AsyncIterator[Make]:
    if request.param == "memory":
        yield MemoryFeed
        return
    away = request.param == "redis that is away"
    url = "redis://127.0.0.1:1" if away else request.getfixturevalue("redis_alone").url
    door = open_redis(url, SystemClock())
    running: list[asyncio.Task[None]] = []

    def made(epoch: str, history: int = 10_000) -> Feed:
        feed = RedisFeed(epoch, door, redis_prefix, history=history)
        running.append(asyncio.create_task(feed.run()))
        return feed

    yield made
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    await door.close()


async def test_every_listener_hears_everything_in_order(make: Make) -> None:
    feed = make("e")
    one, two = feed.subscribe(), feed.subscribe()
    feed.publish([change(1), change(2)])
    for subscription in (one, two):
        heard = aiter(subscription)
        assert [(await anext(heard)).seq for _ in range(2)] == [1, 2]


async def test_what_a_process_published_itself_has_no_origin(make: Make) -> None:
    feed = make("e")
    heard = aiter(feed.subscribe())
    feed.publish([change(1)])
    assert (await anext(heard)).origin == ""


async def test_a_waiting_listener_is_woken(make: Make) -> None:
    feed = make("e")
    heard = aiter(feed.subscribe())
    waiting = asyncio.ensure_future(anext(heard))
    await asyncio.sleep(0)
    feed.publish([change(1)])
    assert (await waiting).event == change(1)


async def test_a_slow_listener_gets_what_was_kept_and_then_a_gap(make: Make) -> None:
    feed = make("e")
    subscription = feed.subscribe(keep=2)
    feed.publish([change(n) for n in range(5)])
    heard = aiter(subscription)
    assert [(await anext(heard)).seq for _ in range(2)] == [1, 2]
    with pytest.raises(Gap):
        await anext(heard)


async def test_a_closed_listener_ends(make: Make) -> None:
    feed = make("e")
    subscription = feed.subscribe()
    subscription.close()
    assert [numbered async for numbered in subscription] == []


async def test_resume_after_n(make: Make) -> None:
    feed = make("e", history=3)
    assert feed.since(0) == []
    feed.publish([change(n) for n in range(1, 6)])
    assert [numbered.seq for numbered in feed.since(3) or []] == [4, 5]
    assert [numbered.seq for numbered in feed.since(2) or []] == [3, 4, 5]
    assert feed.since(5) == []
    assert feed.since(1) is None, "event 2 is no longer kept"
    assert feed.since(6) is None, "the future is another epoch's"


async def test_after_a_loss_nobody_resumes_from_before_it() -> None:
    feed = LocalFeed("e")
    subscription = feed.subscribe()
    feed._deliver(change(1))
    before = feed.last_seq
    feed._lose()
    feed._deliver(change(2))
    assert feed.since(before) is None
    assert [numbered.event for numbered in feed.since(before + 1) or []] == [change(2)]
    heard = aiter(subscription)
    assert (await anext(heard)).event == change(1)
    with pytest.raises(Gap):
        await anext(heard)
