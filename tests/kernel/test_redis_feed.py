"""The feed between processes: each feed here stands for a process of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from kernel.breaker_core import Policy
from kernel.clock import SystemClock
from kernel.feed import Gap, Numbered, Subscription
from kernel.keys import house_key
from kernel.messages import GroupId, QueueChanged
from kernel.redis import RedisDoor, open_redis
from kernel.redis_feed import BATCH, RedisFeed
from tests import redis_servers
from tests.redis_servers import RedisServer

LONG_S = 15.0


def change(n: int) -> QueueChanged:
    return QueueChanged(at_ms=n, group_id=GroupId("g"))


@asynccontextmanager
async def process(
    name: str, door: RedisDoor, prefix: str, *, buffer: int = 1000, beat_s: float = 0.2
) -> AsyncIterator[RedisFeed]:
    feed = RedisFeed(name, door, prefix, buffer=buffer, beat_s=beat_s)
    await feed.start()
    running = asyncio.create_task(feed.run())
    try:
        yield feed
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def hear(subscription: Subscription, count: int) -> list[Numbered]:
    found: list[Numbered] = []
    async with asyncio.timeout(LONG_S):
        async for numbered in subscription:
            found.append(numbered)
            if len(found) == count:
                return found
    raise AssertionError("closed")


async def hear_until_gap(subscription: Subscription) -> list[Numbered]:
    found: list[Numbered] = []
    with pytest.raises(Gap):
        async with asyncio.timeout(LONG_S):
            async for numbered in subscription:
                found.append(numbered)
    return found


async def test_what_one_publishes_all_others_hear_in_order(redis_door: RedisDoor, redis_prefix: str) -> None:
    async with AsyncExitStack() as stack:
        a, b, c = [await stack.enter_async_context(process(name, redis_door, redis_prefix)) for name in ("a", "b", "c")]
        at_a, at_b, at_c = (feed.subscribe() for feed in (a, b, c))
        count = 2 * BATCH + 50
        a.publish([change(n) for n in range(count)])
        for subscription in (at_b, at_c):
            heard = await hear(subscription, count)
            assert [numbered.event.at_ms for numbered in heard] == list(range(count))
            assert {numbered.origin for numbered in heard} == {"a"}
            assert [numbered.seq for numbered in heard] == list(range(1, count + 1)), "numbers are the listener's own"
        assert {numbered.origin for numbered in await hear(at_a, count)} == {""}
        b.publish([change(7)])
        assert [(numbered.event.at_ms, numbered.origin) for numbered in await hear(at_a, 1)] == [(7, "b")]
        assert a.gaps == b.gaps == c.gaps == 0


async def test_a_newcomer_hears_only_what_comes(redis_door: RedisDoor, redis_prefix: str) -> None:
    async with process("a", redis_door, redis_prefix) as a:
        a.publish([change(1), change(2)])
        await a.drain()
        async with process("b", redis_door, redis_prefix) as b:
            at_b = b.subscribe()
            a.publish([change(3)])
            assert [numbered.event.at_ms for numbered in await hear(at_b, 1)] == [3]
            assert b.gaps == 0


async def test_what_a_leaving_process_still_had_to_say_is_heard(redis_door: RedisDoor, redis_prefix: str) -> None:
    async with process("b", redis_door, redis_prefix) as b:
        at_b = b.subscribe()
        leaving = RedisFeed("a", redis_door, redis_prefix)
        leaving.publish([change(1)])
        await leaving.drain()
        assert [numbered.event.at_ms for numbered in await hear(at_b, 1)] == [1]


async def test_what_comes_twice_is_heard_once(redis_door: RedisDoor, redis_prefix: str) -> None:
    async with process("b", redis_door, redis_prefix) as b:
        at_b = b.subscribe()
        a = RedisFeed("a", redis_door, redis_prefix)
        a.publish([change(1), change(2)])
        await a._send_batch()
        # its answer was lost: the same again, with what came in the meantime
        a._outgoing.extend([change(1), change(2)])
        a.publish([change(3)])
        await a._send_batch()
        assert [numbered.event.at_ms for numbered in await hear(at_b, 3)] == [1, 2, 3]
        assert b.gaps == 0


async def test_a_trimmed_stream_is_a_gap(redis_door: RedisDoor, redis_prefix: str) -> None:
    async with process("b", redis_door, redis_prefix) as b:
        at_b = b.subscribe()
        async with process("a", redis_door, redis_prefix, beat_s=100) as a:
            a.publish([change(1)])
            await hear(at_b, 1)
            # b was away while these were written and trimmed
            a._published += 5
            a.publish([change(7)])
            assert await hear_until_gap(at_b) == []
            assert b.since(1) is None
            after = b.subscribe()
            a.publish([change(8)])
            assert (await hear(after, 1))[0].event.at_ms in (7, 8)


async def test_unknown_events_of_a_newer_version_are_passed_over(redis_door: RedisDoor, redis_prefix: str) -> None:
    async with process("b", redis_door, redis_prefix) as b:
        at_b = b.subscribe()
        key = house_key(redis_prefix, "feed")
        body = b'[{"type":"of_the_future","at_ms":1},' + b'{"type":"queue_changed","at_ms":2,"group_id":"g"}]'
        await redis_door.call(key, "XADD", key, "*", "process", "a", "first", 0, "events", body)
        assert [numbered.event.at_ms for numbered in await hear(at_b, 1)] == [2]


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[RedisServer, RedisDoor]]:
    with redis_servers.standalone(tmp_path) as server:
        door = open_redis(server.url, SystemClock(), timeout_s=1.0, policy=Policy(rest_s=0.1, longest_rest_s=0.2))
        yield server, door
        await door.close()


async def test_redis_away_blocks_nobody_and_events_arrive_late(own: tuple[RedisServer, RedisDoor]) -> None:
    server, door = own
    async with process("a", door, "t") as a, process("b", door, "t") as b:
        at_a, at_b = a.subscribe(), b.subscribe()
        a.publish([change(1)])
        await hear(at_b, 1)
        server.kill()
        a.publish([change(2), change(3)])
        assert [numbered.event.at_ms for numbered in await hear(at_a, 3)] == [1, 2, 3], "one's own are heard at once"
        server.start()
        server.wait()
        heard: list[int] = []
        while 3 not in heard:
            # the server came back empty, which b notices sooner or later than the first new entry
            try:
                heard += [numbered.event.at_ms for numbered in await hear(at_b, 1)]
            except Gap:
                at_b = b.subscribe()
                a.publish([change(3)])
        assert heard[-1] == 3


async def test_a_full_buffer_drops_its_oldest_and_the_others_get_a_gap(own: tuple[RedisServer, RedisDoor]) -> None:
    server, door = own
    async with process("a", door, "t", buffer=3) as a, process("b", door, "t") as b:
        at_b = b.subscribe()
        a.publish([change(0)])
        await hear(at_b, 1)
        server.kill()
        a.publish([change(n) for n in range(1, 10)])
        server.start()
        server.wait()
        assert await hear_until_gap(at_b) == []
        assert b.gaps >= 1


async def test_a_loss_is_noticed_though_nothing_more_is_said(own: tuple[RedisServer, RedisDoor]) -> None:
    """A failover may forget what was acknowledged; the next beat of its silent author shows it."""
    _, door = own
    async with process("a", door, "t", beat_s=0.2) as a, process("b", door, "t") as b:
        a.publish([change(0)])
        at_b = b.subscribe()
        await hear(at_b, 1)
        a._published += 1
        assert await hear_until_gap(at_b) == []


async def test_a_process_that_starts_without_redis_joins_later_with_a_gap(own: tuple[RedisServer, RedisDoor]) -> None:
    server, door = own
    server.kill()
    async with process("b", door, "t") as b:
        at_b = b.subscribe()
        server.start()
        server.wait()
        await hear_until_gap(at_b)
        after = b.subscribe()
        async with process("a", door, "t") as a:
            a.publish([change(1)])
            assert [numbered.event.at_ms for numbered in await hear(after, 1)] == [1]
