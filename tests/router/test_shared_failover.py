"""What Redis forgets when a replica takes over, and how it is noticed. The servers are the tests' own."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pytest

from kernel.breaker_core import Policy
from kernel.clock import SystemClock
from kernel.errors import IndexUnavailable
from kernel.redis import RedisDoor, open_redis
from router.shared import EpochGone, Head, Heard, LogGone
from router.shared_redis import RedisIndex
from tests import redis_servers
from tests.redis_servers import RedisServer
from tests.router.shared_twins import A, head_of, hear, loaded, step

T = TypeVar("T")
QUICK = Policy(failures=1_000)


def opened(url: str) -> RedisDoor:
    return open_redis(url, SystemClock(), timeout_s=1.0, policy=QUICK)


async def until(ask: Callable[[], Awaitable[T]]) -> T:
    """The answer, as soon as Redis serves again."""
    deadline = time.monotonic() + 30.0
    while True:
        try:
            return await ask()
        except IndexUnavailable:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


def replicated(master: RedisServer) -> None:
    """Until the replica has what the master has; WAIT would only tell of what its own connection wrote."""
    deadline = time.monotonic() + 30.0
    with closing(master.admin()) as admin:
        written = admin.info("replication")["master_repl_offset"]
        while admin.info("replication").get("slave0", {}).get("offset", -1) < written:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def cut_off(replica: RedisServer) -> None:
    """From now on the replica copies nothing, and cannot find back."""
    with closing(replica.admin()) as admin:
        admin.config_set("masterauth", "refused")
        admin.execute_command("CLIENT", "KILL", "TYPE", "master")
        while admin.info("replication")["master_link_status"] != "down":
            time.sleep(0.01)


async def test_a_failover_that_loses_nothing_is_only_a_pause(tmp_path: Path) -> None:
    with redis_servers.sentinels(tmp_path) as servers:
        door = opened(servers.url)
        index = RedisIndex(door, "t")
        head = await step(index, await index.install(A, 1, {}, {}), 1)
        replicated(servers.master)
        servers.master.kill()
        with pytest.raises(IndexUnavailable):
            await step(index, head, 2)
        after = await until(lambda: step(index, head, 2, mark="two"))
        assert after.version == head.version + 1
        assert set((await loaded(index)).requests) == {"r1", "r2"}
        await door.close()


async def test_steps_that_a_failover_forgot_are_noticed_by_all(tmp_path: Path) -> None:
    with redis_servers.sentinels(tmp_path) as servers:
        door = opened(servers.url)
        index = RedisIndex(door, "t")
        kept = await step(index, await index.install(A, 1, {}, {}), 1)
        replicated(servers.master)
        cut_off(servers.replica)
        known = await step(index, await step(index, kept, 2), 3)
        follower = index.follow({A: known})
        listening = asyncio.create_task(hear(follower, 1))
        servers.master.kill()

        assert await until(lambda: head_of(index)) == kept < known
        with pytest.raises(EpochGone) as caught:
            await step(index, known, 4)
        assert caught.value.current == kept
        with pytest.raises(LogGone):
            await index.entries(A, known)
        assert await listening == [Heard(A, None)]

        # one who had not seen the lost steps goes on, up to the same version: the marks still tell
        other = await step(index, await step(index, kept, 7), 8)
        assert other == known
        with pytest.raises(EpochGone):
            await step(index, known, 4)
        with pytest.raises(LogGone):
            await index.entries(A, known)

        assert await index.install(A, 2, {"r1": b""}, {}) > known
        await follower.close()
        await door.close()


async def test_an_installation_torn_by_a_failover_never_comes_into_force(tmp_path: Path) -> None:
    with redis_servers.sentinels(tmp_path) as servers:
        door = opened(servers.url)
        index = RedisIndex(door, "t")
        await index.begin(A, 1)
        await index.put(A, 1, {"r1": b""}, {})
        replicated(servers.master)
        cut_off(servers.replica)
        await index.put(A, 1, {"r2": b""}, {})
        servers.master.kill()
        with pytest.raises(EpochGone):
            await until(lambda: index.finish(A, 1, 2, 0))
        assert await index.head(A) is None
        await door.close()


async def test_a_cluster_goes_on_after_losing_a_master(tmp_path: Path) -> None:
    with redis_servers.cluster(tmp_path) as nodes:
        door = opened(nodes.url)
        index = RedisIndex(door, "t")
        agencies = [f"agency-{n}" for n in range(9)]
        heads = {agency: await index.install(agency, 1, {}, {}) for agency in agencies}
        replicated(nodes.masters[0])
        nodes.masters[0].kill()

        async def go_on(agency: str) -> Head:
            return await until(lambda: step(index, heads[agency], 1, agency=agency, mark="one"))

        after = await asyncio.gather(*map(go_on, agencies))
        assert [head.version for head in after] == [2] * len(agencies)
        await door.close()
