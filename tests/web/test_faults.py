"""A bad day for what the control plane stands on: a Redis that is slow, gone, or new; a ledger locked or full.

A request is either in the ledger and said to be, or refused with a time to come again; the process itself lives on.
"""

from __future__ import annotations

import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import redis_servers
from tests.redis_servers import RedisServer
from tests.web.person import Person
from tests.web.planes import Plane, planes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

GROUP = "vsaa-pabalsti"
#: an answer comes within, whatever Redis does: its time limit, and the patience of the index
ANSWERED_S = 8.0
MENDED_S = 40.0


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_servers.standalone(tmp_path / "redis") as server:
        yield server


@pytest.fixture
def plane(redis: RedisServer, redis_prefix: str, tmp_path: Path) -> Iterator[Plane]:
    settings = {"redis_url": redis.url, "redis_prefix": redis_prefix, "redis_timeout_s": "0.5"}
    with planes(1, tmp_path / "var", ledger_url=f"sqlite:///{tmp_path}/ledger.db", **settings) as started:
        yield started[0]


def until(holds: Callable[[], Any], seconds: float = MENDED_S) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.2)


def place_of(clerk: Person, request: str) -> int | None:
    position = clerk.get(f"/api/requests/{request}").json()["position"]
    return None if position is None else int(position)


def alive(plane: Plane) -> bool:
    return httpx.get(f"{plane.url}/healthz", timeout=ANSWERED_S).status_code == 200


@pytest.mark.torture
@pytest.mark.parametrize("fault", ["frozen", "killed"])
def test_requests_are_taken_while_redis_is_away_and_placed_when_it_is_back(
    plane: Plane, redis: RedisServer, fault: str, amount: Callable[[int, int], int]
) -> None:
    away_s = amount(0, 60)
    with Person(plane.url, "clerk-grobina") as clerk:
        before = clerk.request(GROUP).json()["id"]
        until(lambda: place_of(clerk, before) == 1)
        if fault == "frozen":
            redis.freeze()
        else:
            redis.kill()
        back_at = time.monotonic() + away_s
        try:
            made: list[str] = []
            while len(made) < 3 or time.monotonic() < back_at:
                started = time.monotonic()
                answer = clerk.request(GROUP)
                assert time.monotonic() - started < ANSWERED_S
                assert (answer.status_code, answer.json()["next"]["code"]) == (201, "routing_delayed")
                made.append(answer.json()["id"])
                assert alive(plane), "liveness does not depend on Redis"
                time.sleep(min(0.5, away_s))
        finally:
            if fault == "frozen":
                redis.thaw()
            else:
                # it comes back empty
                redis.start()
                redis.wait()
        until(lambda: [place_of(clerk, each) for each in (before, *made)] == list(range(1, len(made) + 2)))
        with Person(plane.url, "officer-vsaa-1") as officer:
            officer.go_live()
            officer.post("/api/presence", {"choice": "available"})
            officer.wait_for_offer(before)


def test_a_locked_ledger_refuses_with_a_time_to_come_again(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with (
        planes(1, tmp_path / "var", ledger_url=f"sqlite:///{ledger}") as started,
        Person(started[0].url, "clerk-grobina") as clerk,
    ):
        with closing(sqlite3.connect(ledger, isolation_level=None)) as rival:
            rival.execute("BEGIN IMMEDIATE")
            refused = clerk.request(GROUP)
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "ledger_unavailable")
            assert int(refused.headers["retry-after"]) >= 1
            assert alive(started[0])
            rival.execute("ROLLBACK")
        assert clerk.request(GROUP).json()["position"] == 1, "what was refused left nothing behind"


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    with (
        planes(1, tmp_path / "var", ledger_url=f"sqlite:///{ledger}") as started,
        Person(started[0].url, "clerk-grobina") as clerk,
    ):
        kept = clerk.request(GROUP).json()["id"]
        pid = started[0].process.pid
        limits = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        # not a byte more in any file, as on a disk that is full
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, limits[1]))
        try:
            refused = clerk.request(GROUP)
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "ledger_unavailable")
            assert alive(started[0])
            assert place_of(clerk, kept) == 1
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        until(lambda: clerk.request(GROUP).status_code == 201)
        assert place_of(clerk, kept) == 1
