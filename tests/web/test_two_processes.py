"""Two real web processes, one ledger, one Redis: whoever is connected where, everybody sees and does the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.redis_servers import RedisServer
from tests.web.person import WAIT_S, Person
from tests.web.planes import Plane, planes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

#: an officer who is gone is seen to be gone within
GONE_S = 15.0
#: a changed directory is in effect everywhere within
EFFECTIVE_S = 5.0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path, redis_alone: RedisServer, redis_prefix: str
) -> Iterator[tuple[Plane, Plane]]:
    on_sqlite = request.param == "sqlite"
    ledger = f"sqlite:///{tmp_path}/ledger.db" if on_sqlite else request.getfixturevalue("postgres_url")
    with planes(
        2, tmp_path, ledger_url=ledger, redis_url=redis_alone.url, redis_prefix=redis_prefix, web_processes="2"
    ) as started:
        yield started[0], started[1]


def test_presence_is_one_picture(pair: tuple[Plane, Plane]) -> None:
    a, b = pair
    with ExitStack() as stack:
        clerk = stack.enter_context(Person(b.url, "clerk-grobina")).go_live()
        officer = stack.enter_context(Person(a.url, "officer-vsaa-1"))
        assert clerk.indicator_of("vsaa-1") == "offline"
        with Person(a.url, "officer-vsaa-1", signed_in=officer) as first_tab:
            first_tab.go_live(tab="one")
            # the choice is made through the other process
            with Person(b.url, "officer-vsaa-1", signed_in=officer) as through_b:
                assert through_b.post("/api/presence", {"choice": "available"}).status_code < 300
            for person in (clerk, first_tab):
                person.wait_for_indicator("vsaa-1", "available")
            second_tab = stack.enter_context(Person(b.url, "officer-vsaa-1", signed_in=officer))
            second_tab.go_live(tab="two")
        # the first tab is closed; the second one, at the other process, is still there
        supervisor = stack.enter_context(Person(a.url, "supervisor-vsaa")).go_live()
        time.sleep(4.5)
        assert supervisor.indicator_of("vsaa-1") == clerk.indicator_of("vsaa-1") == "available"
        # a process that dies takes nobody along who is connected elsewhere; the others are gone in time
        other = stack.enter_context(Person(a.url, "officer-vsaa-2")).go_live()
        other.post("/api/presence", {"choice": "available"})
        clerk.wait_for_indicator("vsaa-2", "available")
        a.kill()
        clerk.wait_for_indicator("vsaa-2", "offline", GONE_S)
        assert clerk.indicator_of("vsaa-1") == "available"


def test_a_directory_changed_at_one_is_changed_at_the_other(pair: tuple[Plane, Plane]) -> None:
    a, b = pair

    def tells_of(group_id: str) -> Callable[[dict[str, Any]], bool]:
        return lambda m: (
            m.get("type") in ("directory.changed", "membership.changed")
            and group_id in [each["id"] for each in m["data"]["groups"]]
        )

    with ExitStack() as stack:
        admin = stack.enter_context(Person(a.url, "administrator-vsaa"))
        clerk = stack.enter_context(Person(b.url, "clerk-grobina")).go_live()
        officer = stack.enter_context(Person(b.url, "officer-vsaa-1")).go_live()
        group = {"name": {"lv": "Jauna", "en": "New"}, "paks": ["PAK_02"], "levels": {"vsaa-1": 2}}
        made = admin.post("/api/admin/changes", {"change": {"kind": "group", "document": group}}).json()
        begun = time.monotonic()
        for person in (clerk, officer):
            person.wait_for(tells_of(made["id"]))
        assert time.monotonic() - begun < EFFECTIVE_S
        # an officer who is new signs in at the other process and is seen from the first
        new = {"name": "VSAA speciālists 3", "levels": {made["id"]: 1}}
        officer_id = admin.post("/api/admin/changes", {"change": {"kind": "officer", "document": new}}).json()["id"]
        clerk.wait_for(
            lambda m: (
                m.get("type") == "directory.changed" and officer_id in [each["id"] for each in m["data"]["officers"]]
            )
        )
        joined = stack.enter_context(Person(b.url, f"officer-{officer_id}")).go_live()
        supervisor = stack.enter_context(Person(a.url, "supervisor-vsaa")).go_live()
        joined.post("/api/presence", {"choice": "available"})
        supervisor.wait_for_indicator(officer_id, "available")
        # who leaves is signed out wherever the console is
        seen = next(each for each in admin.get("/api/admin").json()["officers"] if each["id"] == officer_id)
        leaves = {"kind": "officer_active", "id": officer_id, "etag": seen["etag"], "active": False}
        assert admin.post("/api/admin/changes", {"change": leaves}).status_code == 200
        joined.wait_until_closed(4401)


def test_sign_in_tickets_and_signing_out_are_the_same_everywhere(pair: tuple[Plane, Plane]) -> None:
    a, b = pair
    with ExitStack() as stack:
        here = stack.enter_context(Person(a.url, "clerk-grobina"))
        there = stack.enter_context(Person(b.url, "clerk-grobina", signed_in=here))
        ticket = here.ticket()
        there.go_live(ticket=ticket)
        with connect(there.live_url(ticket), origin=there.url) as channel:
            assert '"code":"token_invalid"' in channel.recv(timeout=WAIT_S)
        unused = here.ticket()
        assert here.post("/api/sign-out").status_code < 300
        deadline = time.monotonic() + 5
        while there.is_live():
            assert time.monotonic() < deadline, "the channel at the other process stayed open"
            time.sleep(0.05)
        with connect(there.live_url(unused), origin=there.url) as channel:
            assert '"code":"token_invalid"' in channel.recv(timeout=WAIT_S)
            with pytest.raises(ConnectionClosed):
                channel.recv(timeout=WAIT_S)


def test_workstations_are_online_at_every_process(pair: tuple[Plane, Plane]) -> None:
    a, b = pair
    with ExitStack() as stack:
        clerk = stack.enter_context(Person(b.url, "clerk-grobina")).go_live()

        def shows(online: bool) -> None:
            clerk.wait_for(
                lambda m: (
                    m.get("type") == "workstation.changed"
                    and m["data"]["id"] == "zeltini-1"
                    and m["data"]["online"] is online
                )
            )

        with Person(a.url, "kiosk-zeltini") as kiosk:
            kiosk.go_live()
            shows(True)
            late = stack.enter_context(Person(b.url, "clerk-grobina")).go_live()
            known = {each["id"]: each["online"] for each in late.heard("snapshot")[0]["state"]["workstations"]}
            assert known["zeltini-1"] is True
        shows(False)
        kiosk = stack.enter_context(Person(a.url, "kiosk-zeltini")).go_live()
        shows(True)
        a.kill()
        deadline = time.monotonic() + GONE_S
        while clerk.heard("event")[-1]["data"].get("online") is not False:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_console_that_comes_to_another_process_starts_with_a_snapshot(pair: tuple[Plane, Plane]) -> None:
    a, b = pair
    with Person(a.url, "clerk-grobina") as clerk:
        clerk.go_live(tab="one")
        hello = clerk.heard("hello")[0]
        a.kill()
        with Person(b.url, "clerk-grobina", signed_in=clerk) as moved:
            moved.go_live(tab="one", resume=(hello["epoch"], hello["seq"]))
            assert moved.heard("hello")[0]["epoch"] != hello["epoch"]
            assert len(moved.heard("snapshot")) == 1
