import asyncio
import secrets

import pytest

from kernel.clock import ManualClock, SystemClock
from kernel.errors import IndexUnavailable
from kernel.processes import ProcessRegistry
from kernel.processes_core import Watch
from kernel.redis import RedisDoor, open_redis

# ── the core ─────────────────────────────────────────────────────────────────────────────────────


def test_who_is_missing_has_vanished() -> None:
    watch = Watch(5.0)
    assert watch.look(["a", "b"], known=True, now=0.0) == []
    assert watch.look(["a", "b"], known=True, now=4.0) == []
    assert watch.look(["a"], known=True, now=6.0) == ["b"]
    assert watch.live == {"a"}
    assert watch.look(["a"], known=True, now=7.0) == [], "told once"


@pytest.mark.parametrize(("known", "absent_s"), [(True, 60.0), (False, 1.0)])
def test_after_the_list_was_away_or_lost_the_others_get_time(known: bool, absent_s: float) -> None:
    watch = Watch(5.0)
    watch.look(["a", "b", "c"], known=True, now=0.0)
    watch.look(["a", "b", "c"], known=True, now=9.0)
    back = 9.0 + absent_s
    assert watch.look(["a"], known=known, now=back) == []
    assert watch.look(["a", "b"], known=True, now=back + 4.0) == []
    assert watch.look(["a", "b"], known=True, now=back + 5.0) == ["c"]


# ── with Redis ───────────────────────────────────────────────────────────────────────────────────


async def test_processes_see_each_other_and_who_leaves(redis_door: RedisDoor, redis_prefix: str) -> None:
    clock = ManualClock()
    a, b = (ProcessRegistry(name, redis_door, redis_prefix, clock) for name in "ab")
    await a.beat()
    clock.advance(5.0)
    assert await b.beat() == []
    assert await a.beat() == []
    assert a.live == b.live == {"a", "b"}
    clock.advance(4.9)
    await a.beat()
    await b.leave()
    clock.advance(1.0)
    assert await a.beat() == ["b"]
    assert a.live == {"a"}


async def test_a_silent_process_vanishes(redis_door: RedisDoor, redis_prefix: str) -> None:
    clock = SystemClock()
    silent = ProcessRegistry("silent", redis_door, redis_prefix, clock, ttl_s=0.4)
    alive = ProcessRegistry("alive", redis_door, redis_prefix, clock, ttl_s=0.4, beat_s=0.05)
    await silent.beat()
    vanished: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.create_task(alive.run(vanished.put))
    async with asyncio.timeout(10):
        assert await vanished.get() == "silent"
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_without_redis_nobody_vanishes() -> None:
    door = open_redis("redis://127.0.0.1:1", SystemClock())
    registry = ProcessRegistry(secrets.token_hex(4), door, "t", ManualClock())
    with pytest.raises(IndexUnavailable):
        await registry.beat()
    await registry.leave()
    assert registry.live == frozenset()
    await door.close()
