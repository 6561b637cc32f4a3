"""The shared index on each of its twins: in memory, one Redis, a Redis Cluster."""

from collections.abc import AsyncIterator

import pytest

from kernel.clock import SystemClock
from kernel.keys import agency_key
from kernel.redis import open_redis
from router.shared import MemoryIndex, SharedIndex
from router.shared_redis import RedisIndex
from tests.router.shared_twins import A, Twin


@pytest.fixture(params=["memory", "standalone", "cluster"])
async def twin(request: pytest.FixtureRequest, redis_prefix: str) -> AsyncIterator[Twin]:
    if request.param == "memory":
        memory = MemoryIndex()

        async def forget(agency: str) -> None:
            memory.lose(agency)

        yield Twin(memory, forget, MemoryIndex(log_length=10))
        return
    server = request.getfixturevalue("redis_alone" if request.param == "standalone" else "redis_cluster")
    door = open_redis(server.url, SystemClock(), timeout_s=10.0)

    async def flush(agency: str) -> None:
        keys = [agency_key(redis_prefix, agency, name) for name in ("head", "requests", "leases", "log")]
        await door.call(keys[0], "UNLINK", *keys)

    yield Twin(RedisIndex(door, redis_prefix), flush, RedisIndex(door, redis_prefix, log_length=10))
    await door.close()


@pytest.fixture
async def index(twin: Twin) -> SharedIndex:
    """With an installed agency that has one request and one lease."""
    await twin.index.install(A, 1, {"r0": b"zero"}, {"o0": b"free"})
    return twin.index
