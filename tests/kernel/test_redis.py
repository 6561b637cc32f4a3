"""The door to Redis against real servers: each way of running it, limits, cancellation, rights."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.breaker_core import Policy
from kernel.clock import ManualClock, SystemClock
from kernel.errors import IndexUnavailable
from kernel.keys import house_key
from kernel.processes import HEARTBEAT
from kernel.redis import RedisDoor, open_redis
from tests import redis_servers
from tests.redis_servers import RedisSentinels, RedisServer, free_ports


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[tuple[RedisServer, RedisDoor]]:
    """A server that the test may maltreat, and a door to it."""
    with redis_servers.standalone(tmp_path) as server:
        door = open_redis(server.url, SystemClock(), timeout_s=1.0, policy=Policy(failures=100))
        yield server, door
        await door.close()


async def append(door: RedisDoor, key: str, text: str) -> None:
    await door.call(key, "XADD", key, "*", "text", text)


async def texts(door: RedisDoor, key: str) -> list[str]:
    return [fields[b"text"].decode() for _, fields in await door.call(key, "XRANGE", key, "-", "+")]


async def test_commands_and_scripts_are_answered(redis_door: RedisDoor, redis_prefix: str) -> None:
    await redis_door.ping()
    key = house_key(redis_prefix, "log")
    await append(redis_door, key, "one")
    assert await texts(redis_door, key) == ["one"]
    found = await redis_door.run(HEARTBEAT, [house_key(redis_prefix, "processes")], ["me", 5000])
    assert (found.code, found.values) == ("new", [b"me"])


async def test_keys_of_many_tags_find_their_servers(redis_door: RedisDoor, redis_prefix: str) -> None:
    keys = [house_key(f"{redis_prefix}{n}", "log") for n in range(30)]
    await asyncio.gather(*(append(redis_door, key, key) for key in keys))
    assert [await texts(redis_door, key) for key in keys] == [[key] for key in keys]


async def test_sentinels_lead_to_the_master(redis_sentinels: RedisSentinels, redis_prefix: str) -> None:
    door = open_redis(redis_sentinels.url, SystemClock(), timeout_s=5.0)
    key = house_key(redis_prefix, "log")
    await append(door, key, "one")
    assert await texts(door, key) == ["one"]
    await door.close()


async def test_a_script_that_the_server_forgot_is_sent_again(own: tuple[RedisServer, RedisDoor]) -> None:
    server, door = own
    key = house_key("t", "processes")
    await door.run(HEARTBEAT, [key], ["me", 5000])
    admin = server.admin()
    admin.script_flush()
    admin.close()
    assert (await door.run(HEARTBEAT, [key], ["me", 5000])).code == "alive"


async def test_a_blocking_call_waits_and_does_not_hinder_others(redis_door: RedisDoor, redis_prefix: str) -> None:
    key = house_key(redis_prefix, "log")
    waiting = asyncio.create_task(
        redis_door.wait(key, "XREAD", "BLOCK", 5000, "STREAMS", key, "0", block_s=5.0), name="waiting"
    )
    await asyncio.sleep(0)
    await redis_door.ping()
    await append(redis_door, key, "one")
    ((name, entries),) = await waiting
    assert name.decode() == key
    assert len(entries) == 1


async def test_many_wait_at_once(redis_door: RedisDoor, redis_prefix: str) -> None:
    """As many as there are agencies, and more than the library's pool would hold."""
    key = house_key(redis_prefix, "log")
    reading = ("XREAD", "BLOCK", 10_000, "STREAMS", key, "0")
    waiting = [asyncio.create_task(redis_door.wait(key, *reading, block_s=10.0)) for _ in range(150)]
    await asyncio.sleep(0.2)
    await append(redis_door, key, "one")
    assert [len(answer) for answer in await asyncio.gather(*waiting)] == [1] * 150


async def test_a_cancelled_call_never_answers_the_next_caller(redis_door: RedisDoor, redis_prefix: str) -> None:
    """Every stream holds its owner's name. Callers are cancelled at every possible moment; nobody may ever read
    another's name, which is what happens when a connection goes back with an unread answer in it."""
    keys = [house_key(f"{redis_prefix}{n}", "log") for n in range(8)]
    for key in keys:
        await append(redis_door, key, key)
    answered = 0
    for moment in range(0, 120, 3):
        callers = [asyncio.create_task(texts(redis_door, key)) for key in keys]
        for _ in range(moment):
            await asyncio.sleep(0)
        for caller in callers[::2]:
            caller.cancel()
        found = await asyncio.gather(*callers, return_exceptions=True)
        for key, answer in zip(keys, found, strict=True):
            if isinstance(answer, BaseException):
                assert isinstance(answer, asyncio.CancelledError)
            else:
                assert answer == [key]
                answered += 1
    assert answered >= 40 * 4
    assert not redis_door.resting(), "callers who went away are nobody's failure"


async def test_a_slow_server_is_given_up_in_time_and_answers_the_right_caller_later(
    own: tuple[RedisServer, RedisDoor],
) -> None:
    server, door = own
    await append(door, house_key("t1", "log"), "one")
    await append(door, house_key("t2", "log"), "two")
    impatient = open_redis(server.url, SystemClock(), timeout_s=0.2)
    server.freeze()
    with pytest.raises(IndexUnavailable) as caught:
        await texts(impatient, house_key("t1", "log"))
    server.thaw()
    assert caught.value.details["reason"] == "slow"
    assert caught.value.retryable
    assert await texts(impatient, house_key("t2", "log")) == ["two"]
    await impatient.close()


async def test_after_failures_it_rests_and_after_the_rest_it_tries(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    clock = ManualClock()
    door = open_redis(f"redis://127.0.0.1:{port}", clock, timeout_s=1.0, policy=Policy(failures=2, rest_s=3.0))
    reasons = []
    for _ in range(3):
        with pytest.raises(IndexUnavailable) as caught:
            await door.ping()
        reasons.append(caught.value.details["reason"])
    assert reasons == ["unreachable", "unreachable", "resting"]
    assert door.resting()
    server = RedisServer(tmp_path / "late", port, [])
    try:
        server.wait()
        with pytest.raises(IndexUnavailable):
            await door.ping()
        clock.advance(3.0)
        await door.ping()
        assert not door.resting()
    finally:
        server.kill()
        await door.close()


async def test_a_restarted_server_is_found_again(own: tuple[RedisServer, RedisDoor]) -> None:
    server, door = own
    await door.ping()
    server.kill()
    with pytest.raises(IndexUnavailable) as caught:
        await door.ping()
    assert caught.value.details["reason"] == "unreachable"
    server.start()
    server.wait()
    await door.ping()


@pytest.mark.parametrize("again", [True, False])
async def test_only_what_may_happen_twice_is_repeated(own: tuple[RedisServer, RedisDoor], again: bool) -> None:
    server, door = own
    key = house_key("t", "processes")
    await door.run(HEARTBEAT, [key], ["me", 5000])
    admin = server.admin()
    admin.execute_command("CLIENT", "PAUSE", 10_000, "WRITE")
    running = asyncio.create_task(door.run(HEARTBEAT, [key], ["me", 5000], again=again))
    async with asyncio.timeout(5):
        while admin.info("clients")["blocked_clients"] == 0:  # noqa: ASYNC110  (the server has no event for it)
            await asyncio.sleep(0.01)
    admin.execute_command("CLIENT", "KILL", "USER", redis_servers.USER)
    admin.execute_command("CLIENT", "UNPAUSE")
    admin.close()
    if again:
        assert (await running).code == "alive"
    else:
        with pytest.raises(IndexUnavailable):
            await running
