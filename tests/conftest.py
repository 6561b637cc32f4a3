"""What tests of every package share: a ledger on each database that it promises to run on, and a clock."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from kernel.clock import ManualClock, SystemClock
from kernel.feed import MemoryFeed
from kernel.ledger import Ledger, open_ledger
from kernel.redis import RedisDoor, open_redis
from tests import postgres_servers, redis_servers
from tests.redis_servers import RedisCluster, RedisSentinels, RedisServer

# How long an example takes says more about the machine than about the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--torture", action="store_true", help="full amounts: hours, for `make torture`")


class Shares(LoadScopeScheduling):
    """For several workers: what shows pictures is one share and takes turns, of everything else a module is one.

    Two browsers at once would be too much for a small machine; a browser leaves room for tests that mostly wait.
    """

    def _split_scope(self, nodeid: str) -> str:
        module: str = nodeid.split("::", 1)[0]
        return "pictures" if module.startswith(("tests/browser/", "tests/lab/")) else module


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Shares:
    return Shares(config, log)


@pytest.fixture
def amount(request: pytest.FixtureRequest) -> Callable[[int, int], int]:
    """``amount(few, many)``: few in everyday tests, many under torture."""
    full = bool(request.config.getoption("--torture"))
    return lambda few, many: many if full else few


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Ledger]:
    """An empty ledger with every table that has been declared."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/ledger.db" if on_sqlite else request.getfixturevalue("postgres_url")
    opened = open_ledger(url, MemoryFeed("epoch"))
    await opened.create_all()
    yield opened
    await opened.close()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database of its own for one test."""
    name = f"test_{time.monotonic_ns()}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgres_server}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL cluster that lives as long as the tests; its address without a database."""
    with postgres_servers.alone(durable=False) as url:
        yield url


@pytest.fixture(scope="session")
def redis_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Shared by all tests: leave it running, and touch only keys of the test's own `redis_prefix`."""
    with redis_servers.standalone(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    """As `redis_alone`: three masters and their replicas."""
    with redis_servers.cluster(tmp_path_factory.mktemp("redis-cluster")) as nodes:
        yield nodes


@pytest.fixture(scope="session")
def redis_sentinels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisSentinels]:
    """As `redis_alone`: a master and its replica under three Sentinels. Tests of failovers start their own."""
    with redis_servers.sentinels(tmp_path_factory.mktemp("redis-sentinels")) as servers:
        yield servers


@pytest.fixture
def redis_prefix() -> str:
    """Keys of one test: tests share a server and disturb each other no more than agencies do."""
    return f"{redis_servers.TEST_PREFIX}{secrets.token_hex(6)}"


@pytest.fixture(params=["standalone", "cluster"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """A server alone and a Cluster, one after the other."""
    name = "redis_alone" if request.param == "standalone" else "redis_cluster"
    return str(request.getfixturevalue(name).url)


@pytest.fixture
async def redis_door(redis_url: str) -> AsyncIterator[RedisDoor]:
    opened = open_redis(redis_url, SystemClock(), timeout_s=5.0)
    yield opened
    await opened.close()
