"""``kill -9`` of web processes and of Redis at random moments, and a checker of every answer that was given.

Clerks ask and withdraw, officers accept, through whichever process answers. Whatever got an answer went into the
history; what got none may or may not have happened. Afterwards the ledger must bear out every answer, and both
processes must show every request in exactly one state.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from kernel.feed import MemoryFeed
from kernel.ledger import open_ledger
from router.tables import claims, requests
from tests import redis_servers
from tests.web.crowd import GROUP, clerk_account, gather_crowd, officer_account
from tests.web.forge import forge
from tests.web.person import Person
from tests.web.planes import Plane, planes

pytestmark = [pytest.mark.slow, pytest.mark.torture, pytest.mark.postgres, pytest.mark.timeout(4 * 3600)]

CLERKS, OFFICERS = 4, 3
#: requests of a clerk that wait at most: the town must not fill up while the killing lasts
WAITING = 8
#: a start may take so long on a machine that does much else for hours
STARTED_S = 900.0
#: how long the processes may take to agree with the ledger after the last kill
SETTLED_S = 60.0


@dataclass
class History:
    """What was answered."""

    created: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    accepted: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __str__(self) -> str:
        return (
            f"{len(self.created)} requests, {len(self.withdrawn)} withdrawn, {len(self.accepted)} accepted, "
            f"{len(self.ended)} ended"
        )


class Town:
    """Two processes that are started again whenever they were killed, and the people who use them."""

    def __init__(self, started: list[Plane], stack: ExitStack) -> None:
        self.planes = started
        self.history = History()
        self.over = threading.Event()
        self._people = {
            account: stack.enter_context(Person(started[0].url, account))
            for account in [clerk_account(n) for n in range(CLERKS)] + [officer_account(n) for n in range(OFFICERS)]
        }

    def restart(self, number: int) -> None:
        self.planes[number].kill()
        self.planes[number] = self.planes[number].twin()
        self.planes[number].wait(STARTED_S)

    def call(self, account: str, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response | None:
        """Through any process; None when there was no answer."""
        plane = random.choice(self.planes)
        with suppress(httpx.HTTPError), Person(plane.url, account, signed_in=self._people[account]) as person:
            answer = person.call(method, path, body, **headers)
            return answer if answer.status_code < 500 else None
        return None

    def clerk(self, number: int) -> None:
        account, mine = clerk_account(number), list[str]()
        while not self.over.is_set():
            body = {"pak": "PAK_01", "group_id": GROUP, "language": "lv", "priority": "normal"}
            key = f"{account}-{time.monotonic_ns()}"
            body["client"] = {"kind": "anonymous"}  # type: ignore[assignment]
            answer = self.call(account, "POST", "/api/requests", body, idempotency_key=key)
            if answer is not None and answer.status_code == 201:
                mine.append(answer.json()["id"])
                with self.history.lock:
                    self.history.created.add(mine[-1])
            while len(mine) > WAITING and not self.over.is_set():
                if not self._leave(account, mine[0]):
                    break
                del mine[0]
            time.sleep(random.uniform(0, 0.1))

    def _leave(self, account: str, request: str) -> bool:
        """Out of the queue, or out of the session when somebody has accepted; False: no answer, try again."""
        answer = self.call(account, "POST", f"/api/requests/{request}/withdraw", {"reason": "clerk_cancelled"})
        if answer is None:
            return False
        if answer.status_code == 200:
            with self.history.lock:
                self.history.withdrawn.add(request)
            return True
        answer = self.call(account, "POST", f"/api/sessions/{request}/end", {"outcome": "solved"})
        if answer is not None and answer.status_code == 200:
            with self.history.lock:
                self.history.ended.add(request)
        return answer is not None

    def officer(self, number: int) -> None:
        """A console that comes back wherever it can, and accepts whatever rings."""
        account = officer_account(number)
        while not self.over.is_set():
            plane = random.choice(self.planes)
            with suppress(Exception), Person(plane.url, account, signed_in=self._people[account]) as person:
                person.go_live(tab=account)
                person.post("/api/presence", {"choice": "available"})
                while person.is_live() and not self.over.is_set():
                    self._accept(person, number)
                    time.sleep(0.05)
            time.sleep(0.2)

    def _accept(self, person: Person, number: int) -> None:
        for message in person.heard("event")[::-1]:
            if message.get("type") == "offer.changed":
                if offer := message["data"].get("offer"):
                    path = f"/api/offers/{offer['request_id']}/accept"
                    answer = person.post(path, {"version": offer["version"]})
                    if answer.status_code == 200:
                        with self.history.lock:
                            assert offer["request_id"] not in self.history.accepted, "accepted twice"
                            self.history.accepted[offer["request_id"]] = f"crowd-{number}"
                return


def test_no_answer_is_taken_back(
    postgres_url: str, tmp_path: Path, redis_prefix: str, amount: Callable[[int, int], int]
) -> None:
    kills = amount(4, 1_000)
    gather_crowd(postgres_url, officers=OFFICERS, clerks=CLERKS)
    with ExitStack() as stack:
        redis = stack.enter_context(redis_servers.standalone(tmp_path / "redis"))
        settings = {
            "ledger_url": postgres_url,
            "redis_url": redis.url,
            "redis_prefix": redis_prefix,
            "web_processes": "2",
            "wrap_up_s": "1",
        }
        forging = stack.enter_context(forge())
        started = stack.enter_context(planes(2, tmp_path / "var", forge=forging, **settings))
        town = Town(started, stack)
        people = stack.enter_context(ThreadPoolExecutor(CLERKS + OFFICERS))
        busy = [people.submit(town.clerk, n) for n in range(CLERKS)]
        busy += [people.submit(town.officer, n) for n in range(OFFICERS)]
        try:
            for _ in range(kills):
                time.sleep(random.uniform(0.1, 1.0))
                victim = random.choice(["first", "second", "redis", "both"])
                if victim in ("redis", "both"):
                    redis.kill()
                if victim in ("first", "second", "both"):
                    number = random.randrange(2) if victim == "both" else int(victim == "second")
                    town.planes[number].kill()
                time.sleep(random.uniform(0.0, 0.3))
                if victim in ("redis", "both"):
                    redis.start()
                    redis.wait()
                if victim != "redis":
                    town.restart(number)
        finally:
            town.over.set()
            outcomes = [each.result(60) for each in busy]
        assert outcomes == [None] * len(busy)
        assert len(town.history.created) > kills, "hardly anything was answered"
        check(town, postgres_url)
        # for whoever runs the full amount
        print(f"{kills} kills; answered: {town.history}")


def check(town: Town, postgres_url: str) -> None:
    history = town.history
    states = asyncio.run(_ledger(postgres_url))
    assert history.created <= states.keys(), "an acknowledged request is lost"
    for each in history.withdrawn:
        assert states[each][0] == "withdrawn", "a withdrawal that was answered did not hold"
    for each, officer_id in history.accepted.items():
        # a session that nobody joined ends by itself after a while
        assert states[each] in {("accepted", officer_id), ("ended", officer_id)}, (
            "an accept that was answered did not hold"
        )
    for each in history.created - history.withdrawn - history.accepted.keys():
        assert states[each][0] in {"queued", "accepted", "ended", "withdrawn"}
    deadline = time.monotonic() + SETTLED_S
    while True:
        wrong = [
            error for plane in town.planes for error in _differences(town, plane, asyncio.run(_ledger(postgres_url)))
        ]
        if not wrong:
            return
        assert time.monotonic() < deadline, wrong[:5]
        time.sleep(1)


def _differences(town: Town, plane: Plane, ledger: dict[str, tuple[str, str | None]]) -> list[str]:
    """What a process shows of each request, beside the ledger."""
    with Person(plane.url, clerk_account(0)) as clerk:
        waiting = sum(state == "queued" for state, _ in ledger.values())
        groups = {each["id"]: each for each in clerk.go_live().heard("snapshot")[0]["state"]["groups"]}
        shown = groups[GROUP]["waiting"]
    ringing = 0
    wrong = [f"{each} was ended" for each in town.history.ended if ledger[each][0] != "ended"]
    for account, person in town._people.items():
        if account.startswith("crowd-clerk"):
            with Person(plane.url, account, signed_in=person) as clerk:
                for request in clerk.go_live().heard("snapshot")[0]["state"]["requests"]:
                    state = ledger[request["id"]][0]
                    ringing += request["state"] == "offered"
                    expected = {"queued", "offered"} if state == "queued" else {state}
                    if request["state"] not in expected:
                        wrong.append(f"{request['id']} is {request['state']}, in the ledger {state}")
    if shown + ringing != waiting:
        wrong.append(f"{shown} wait and {ringing} ring, in the ledger {waiting} are queued")
    return wrong


async def _ledger(url: str) -> dict[str, tuple[str, str | None]]:
    ledger = open_ledger(url, MemoryFeed("checker"))
    async with ledger.reading() as connection:
        rows = list(await connection.execute(sa.select(requests.c.id, requests.c.state, requests.c.officer_id)))
        active = sa.select(claims.c.consultation_id).where(claims.c.state == "active")
        claimed = [row.consultation_id for row in await connection.execute(active)]
    await ledger.close()
    assert len(claimed) == len(set(claimed)), "a request has two officers"
    accepted = {row.id for row in rows if row.state == "accepted"}
    assert accepted == set(claimed), "an accepted request without its officer, or the other way round"
    return {row.id: (row.state, row.officer_id) for row in rows}
