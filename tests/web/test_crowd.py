"""Many at once over real HTTP with real sessions: each request is served once, the rest wait in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.redis_servers import RedisServer
from tests.web.crowd import GROUP, clerk_account, gather_crowd, officer_account
from tests.web.person import Person
from tests.web.planes import Plane, planes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

REQUESTS, OFFICERS, CLERKS = 50, 10, 25


@pytest.fixture(
    params=["one process on SQLite", pytest.param("two on PostgreSQL and Redis", marks=pytest.mark.postgres)]
)
def running(
    request: pytest.FixtureRequest, tmp_path: Path, redis_alone: RedisServer, redis_prefix: str
) -> Iterator[list[Plane]]:
    alone = request.param == "one process on SQLite"
    ledger_url = f"sqlite:///{tmp_path}/ledger.db" if alone else request.getfixturevalue("postgres_url")
    gather_crowd(ledger_url, officers=OFFICERS, clerks=CLERKS)
    together = {} if alone else {"redis_url": redis_alone.url, "redis_prefix": redis_prefix, "web_processes": "2"}
    with planes(1 if alone else 2, tmp_path, ledger_url=ledger_url, offer_timeout_s="300", **together) as started:
        yield started


def settled(look: Callable[[], list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Each process is asked, and each shows what it has heard of: they agree a moment later."""
    views = look()
    for _ in range(50):
        again = look()
        if again == views:
            break
        views = again
    return views


def test_fifty_requests_to_ten_free_officers(running: list[Plane]) -> None:
    with ExitStack() as stack:
        people = ThreadPoolExecutor(CLERKS)
        stack.callback(people.shutdown)
        officers = [
            stack.enter_context(Person(running[n % len(running)].url, officer_account(n))).go_live()
            for n in range(OFFICERS)
        ]
        clerks = [stack.enter_context(Person(running[n % len(running)].url, clerk_account(n))) for n in range(CLERKS)]
        clerks[0].go_live()
        list(people.map(lambda each: each.post("/api/presence", {"choice": "available"}), officers))
        for n in range(OFFICERS):
            clerks[0].wait_for_indicator(f"crowd-{n}", "available")

        answers = list(people.map(lambda n: clerks[n % CLERKS].request(GROUP), range(REQUESTS)))
        assert [answer.status_code for answer in answers] == [201] * REQUESTS
        made = [answer.json()["id"] for answer in answers]
        views = settled(
            lambda: list(
                people.map(lambda n: clerks[n % CLERKS].get(f"/api/requests/{made[n]}").json(), range(REQUESTS))
            )
        )

        ringing = [view for view in views if view["state"] == "offered"]
        waiting = [view for view in views if view["state"] == "queued"]
        assert (len(ringing), len(waiting)) == (OFFICERS, REQUESTS - OFFICERS)
        assert len({view["officer_id"] for view in ringing}) == OFFICERS
        in_order = sorted(waiting, key=lambda view: view["position"])
        assert [view["position"] for view in in_order] == list(range(1, 41))
        assert [view["ticket"] for view in in_order] == sorted(view["ticket"] for view in waiting)

        # each officer takes the own offer, through every process at once
        rung = {view["officer_id"]: view for view in ringing}

        def accept(call: tuple[int, int]) -> int:
            number, plane = call
            offer = rung[f"crowd-{number}"]
            with Person(running[plane].url, officer_account(number), signed_in=officers[number]) as officer:
                path = f"/api/offers/{offer['id']}/accept"
                return officer.post(path, {"version": offer["version"]}).status_code

        calls = [(number, plane) for number in range(OFFICERS) for plane in range(len(running))] * 2
        codes = list(people.map(accept, calls))
        assert codes.count(200) == OFFICERS
        assert set(codes) <= {200, 409}
