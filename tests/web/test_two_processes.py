"""Two real web processes, one ledger, one Redis: whoever is connected where, everybody sees and does the same."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.redis_servers import TEST_PREFIX, RedisServer
from tests.web.person import WAIT_S, Person
from tests.web.planes import Plane, planes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: an officer who is gone is seen to be gone within
GONE_S = 15.0
#: a changed directory is in effect everywhere within
EFFECTIVE_S = 5.0


@pytest.fixture(params=[pytest.param("postgresql", marks=pytest.mark.postgres)])
def pair(
    request: pytest.FixtureRequest, tmp_path: Path, redis_alone: RedisServer, redis_prefix: str
) -> Iterator[tuple[Plane, Plane]]:
    """Two processes for one test, which may kill them."""
    on_sqlite = request.param == "sqlite"
    ledger = f"sqlite:///{tmp_path}/ledger.db" if on_sqlite else request.getfixturevalue("postgres_url")
    with planes(2, tmp_path, ledger_url=ledger, redis_url=redis_alone.url, redis_prefix=redis_prefix) as (one, two):
        yield one, two


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory, redis_alone: RedisServer) -> Iterator[tuple[Plane, Plane]]:
    """Two processes, on SQLite, for tests that leave them alive."""
    prefix = f"{TEST_PREFIX}{secrets.token_hex(6)}"
    with planes(2, tmp_path_factory.mktemp("steady"), redis_url=redis_alone.url, redis_prefix=prefix) as (one, two):
        yield one, two


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
        clerk.wait_for_indicator("vsaa-2", "offline", wait_s=GONE_S)
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
        officer.post("/api/presence", {"choice": "available"})
        asked = clerk.request(made["id"], pak="PAK_02").json()["id"]
        assert officer.wait_for_offer(asked)["group_id"] == made["id"]
        clerk.post(f"/api/requests/{asked}/withdraw", {"reason": "clerk_cancelled"})
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


def test_a_contact_point_entered_at_one_is_known_at_the_other(steady: tuple[Plane, Plane]) -> None:
    a, b = steady
    point = {"id": "jauns-punkts", "name": "Jauns punkts", "kind": "library", "atvk": "LV0021000"}
    with Person(a.url, "network-manager") as manager, Person(b.url, "clerk-adazi") as clerk:

        def served() -> set[str]:
            return {each["id"] for each in clerk.get("/api/cases/suggestions").json()["points"]}

        assert "jauns-punkts" not in served()
        # a point of nobody's, then one that the centre in Ādaži serves
        for version, host in enumerate((None, "adazi")):
            saved = manager.post("/api/network/points", {"version": version, "point": point | {"host_point_id": host}})
            assert saved.status_code == 200, saved.text
        deadline = time.monotonic() + EFFECTIVE_S
        while "jauns-punkts" not in served():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        entry = {"pak": "PAK_01", "channel": "in_person", "language": "lv", "outcome": "solved", "minutes": 5}
        made = clerk.post("/api/cases", entry | {"client": {"kind": "anonymous"}, "point_id": "jauns-punkts"})
        assert made.json()["point_name"] == "Jauns punkts"


def test_sign_in_tickets_and_signing_out_are_the_same_everywhere(steady: tuple[Plane, Plane]) -> None:
    a, b = steady
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


def event_of(kind: str, **wanted: object) -> Callable[[dict[str, Any]], bool]:
    """A message about an entity whose view has these values."""

    def matches(message: dict[str, Any]) -> bool:
        data = message.get("data") or {}
        return message.get("type") == kind and all(data.get(name) == value for name, value in wanted.items())

    return matches


@pytest.mark.parametrize("pair", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_one_consultation_across_two_processes(pair: tuple[Plane, Plane]) -> None:
    a, b = pair
    with ExitStack() as stack:
        officer = stack.enter_context(Person(a.url, "officer-vsaa-1")).go_live()
        kiosk = stack.enter_context(Person(a.url, "kiosk-zeltini")).go_live()
        clerk = stack.enter_context(Person(b.url, "clerk-grobina")).go_live()
        supervisor = stack.enter_context(Person(b.url, "supervisor-vsaa")).go_live()
        officer.post("/api/presence", {"choice": "available"})
        clerk.wait_for_indicator("vsaa-1", "available")
        clerk.wait_for(
            lambda m: (
                m.get("type") == "overview.changed" and any(group["available"] > 0 for group in m["data"]["groups"])
            )
        )

        # asked at one process, rings at the other
        asked = clerk.request("vsaa-pabalsti", workstation_id="zeltini-1")
        assert asked.status_code == 201, asked.text
        request_id = asked.json()["id"]
        offer = officer.wait_for_offer(request_id)
        for person in (clerk, supervisor):
            person.wait_for_indicator("vsaa-1", "ringing")
        clerk.wait_for(event_of("request.changed", id=request_id, state="offered"))

        # accepted at one process, opened for both
        accepted = officer.post(f"/api/offers/{request_id}/accept", {"version": offer["version"]})
        assert accepted.status_code == 200, accepted.text
        for person in (officer, clerk, kiosk):
            person.wait_for(event_of("session.changed", id=request_id))
        clerk.wait_for_indicator("vsaa-1", "busy")
        supervisor.wait_for(lambda m: m.get("type") == "board.changed" and m["data"]["totals"]["in_session"] == 1)

        # the code is given at one process and pushed to the page at the other
        body = {"workstation_id": "zeltini-1", "delivery": "push"}
        given = clerk.post(f"/api/sessions/{request_id}/authorisation", body).json()
        pushed = kiosk.wait_for(event_of("authorisation.offered", session_id=request_id))
        assert pushed["data"]["code"] == given["code"]
        late = stack.enter_context(Person(b.url, "kiosk-zeltini", signed_in=kiosk)).go_live(tab="late")
        assert late.wait_for(event_of("authorisation.offered", session_id=request_id))["data"]["code"] == given["code"]

        # ended at one process, wrapped up at the other
        ended = clerk.post(f"/api/sessions/{request_id}/end", {"outcome": "solved"})
        assert ended.status_code == 200, ended.text
        officer.wait_for(lambda m: m.get("type") == "wrap_up.changed" and bool(m["data"]["wrap_up"]))
        clerk.wait_for_indicator("vsaa-1", "wrap_up")
        finished = officer.post("/api/wrap-up", {"session_id": request_id, "outcome": "solved"})
        assert finished.status_code == 200, finished.text
        for person in (officer, clerk, supervisor):
            person.wait_for_indicator("vsaa-1", "available")
        clerk.wait_for(lambda m: m.get("type") == "case.changed")
        supervisor.wait_for(lambda m: m.get("type") == "board.changed" and m["data"]["totals"]["answered_today"] == 1)
        # asked of either process, the answer is the same
        for url in (a.url, b.url):
            asker = stack.enter_context(Person(url, "clerk-grobina", signed_in=clerk))
            assert asker.get(f"/api/requests/{request_id}").json()["state"] == "ended"
            [case] = asker.get("/api/cases").json()["cases"]
            assert case["outcome"] == "solved"


def test_a_process_that_is_killed_loses_nothing_that_was_acknowledged(pair: tuple[Plane, Plane]) -> None:
    a, b = pair
    with ExitStack() as stack:
        clerk = stack.enter_context(Person(a.url, "clerk-grobina")).go_live()
        officer = stack.enter_context(Person(a.url, "officer-vsaa-1")).go_live(tab="one")
        officer.post("/api/presence", {"choice": "available"})
        clerk.wait_for_indicator("vsaa-1", "available")
        rings = clerk.request("vsaa-pabalsti").json()["id"]
        offer = officer.wait_for_offer(rings)
        waits = [clerk.request("vsaa-pabalsti").json()["id"] for _ in range(3)]
        hello = clerk.heard("hello")[0]
        a.kill()
        # both come back at the other process: what rang rings on, and everything is in its place
        clerk = stack.enter_context(Person(b.url, "clerk-grobina", signed_in=clerk))
        clerk.go_live(resume=(hello["epoch"], hello["seq"]))
        assert clerk.heard("hello")[0]["epoch"] != hello["epoch"]
        assert len(clerk.heard("snapshot")) == 1, "numbers of another process mean nothing here"
        officer = stack.enter_context(Person(b.url, "officer-vsaa-1", signed_in=officer)).go_live(tab="one")
        assert officer.heard("snapshot")[0]["state"]["offer"]["request_id"] == rings
        accepted = officer.post(f"/api/offers/{rings}/accept", {"version": offer["version"]})
        assert accepted.status_code == 200, accepted.text
        clerk.wait_for(event_of("session.changed", id=rings))
        assert [clerk.get(f"/api/requests/{each}").json()["position"] for each in waits] == [1, 2, 3]
        clerk.wait_for_indicator("vsaa-1", "busy")
        # one that is started in the middle of it shows all of it
        newcomer = b.twin()
        stack.callback(newcomer.kill)
        newcomer.wait()
        late = stack.enter_context(Person(newcomer.url, "clerk-grobina", signed_in=clerk)).go_live()
        late.wait_for_indicator("vsaa-1", "busy")
        assert [late.get(f"/api/requests/{each}").json()["position"] for each in waits] == [1, 2, 3]
        assert late.heard("snapshot")[0]["state"]["session"]["id"] == rings


def accept_at(at: list[Person], request_id: str, version: int, turn: int) -> int:
    return at[turn % 2].post(f"/api/offers/{request_id}/accept", {"version": version}).status_code


def test_many_accept_on_two_processes_and_one_gets_it(steady: tuple[Plane, Plane]) -> None:
    with ExitStack() as stack:
        at = [stack.enter_context(Person(plane.url, "officer-vsaa-1")) for plane in steady]
        clerks = [stack.enter_context(Person(plane.url, "clerk-grobina")) for plane in steady]
        officer = stack.enter_context(Person(steady[0].url, "officer-vsaa-1", signed_in=at[0])).go_live()
        officer.post("/api/presence", {"choice": "available"})
        clerk = clerks[1].go_live()
        clerk.wait_for_indicator("vsaa-1", "available")
        for n in range(3):
            request_id = clerks[n % 2].request("vsaa-pabalsti").json()["id"]
            version = officer.wait_for_offer(request_id)["version"]
            accept = partial(accept_at, at, request_id, version)
            with ThreadPoolExecutor(8) as pool:
                codes = list(pool.map(accept, range(8)))
            assert codes.count(200) >= 1
            assert set(codes) <= {200, 409, 410}
            clerk.wait_for(event_of("session.changed", id=request_id))
            assert clerk.post(f"/api/sessions/{request_id}/end", {"outcome": "solved"}).status_code == 200
            officer.wait_for(
                lambda m, wanted=request_id: (  # type: ignore[misc]
                    m.get("type") == "wrap_up.changed" and (m["data"]["wrap_up"] or {}).get("session_id") == wanted
                )
            )
            assert at[n % 2].post("/api/wrap-up", {"session_id": request_id, "outcome": "solved"}).status_code == 200
            clerk.wait_for_indicator("vsaa-1", "available")
