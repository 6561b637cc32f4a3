"""From home by a personal link, over HTTP and WebSocket: one device, one consultation, one door."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from consultation.home_store import home_links
from kernel.clock import ManualClock
from kernel.identity import accounts, web_sessions
from kernel.messages import Role
from tests.router.test_calendar import at
from tests.web import test_planned as planned
from tests.web.person import Person
from tests.web.running import Running, running_house
from tests.web.sessions import begin, both_sides, finish, outcomes
from web.app import ENDPOINTS
from web.client import Refused
from web.device import Device, new_key

OPEN = "/api/home/open"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    var: Path = tmp_path_factory.mktemp("home")
    with running_house(
        var, ManualClock(), node=True, offer_timeout_s=300.0, home_agencies=("vsaa",), home_link_ttl_s=4.0
    ) as running:
        yield running


@pytest.fixture
def people(house: Running) -> Iterator[dict[str, Person]]:
    with both_sides(house) as found:
        yield found


@pytest.fixture
def session_id(house: Running, people: dict[str, Person]) -> Iterator[str]:
    found = begin(people)
    yield found
    if people["clerk"].get(f"/api/sessions/{found}").json()["state"] != "ended":
        finish(house, people, found)


class Browser:
    """A browser at home: a key of its own, and what a link gave it."""

    def __init__(self, house: Running) -> None:
        self.house = house
        self.device = Device(house.url, new_key(), now_s=lambda: house.clock.wall_ms() / 1000)

    def open(self, link: dict[str, Any]) -> dict[str, Any]:
        self.device.access = ""
        opened = dict(self.call("POST", OPEN, {"code": code_of(link)}))
        self.device.access = opened["access_token"]
        return opened

    def call(self, method: str, path: str, body: Any = None) -> Any:
        async def run() -> Any:
            async with httpx.AsyncClient(base_url=self.house.url, timeout=20) as http:
                return await self.device.call(http, method, path, body)

        return asyncio.run(run())

    def refused(self, act: Callable[[], Any]) -> Refused:
        with pytest.raises(Refused) as refused:
            act()
        return refused.value

    def live(self) -> ClientConnection:
        ticket = self.call("POST", "/api/ws-ticket")["ticket"]
        return connect(f"{self.house.url.replace('http', 'ws', 1)}/ws?ticket={ticket}", origin=self.house.url)


def code_of(link: dict[str, Any]) -> str:
    """What stands in the fragment, and nowhere else in the address."""
    address, _, code = str(link["url"]).partition("#")
    assert "?" not in address
    assert len(code) >= 26
    return code


def make(person: Person, session_id: str) -> dict[str, Any]:
    made = person.post(f"/api/sessions/{session_id}/link")
    assert made.status_code == 201, made.text
    return dict(made.json())


def error_of(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def of(session: dict[str, Any], role: str = "citizen") -> dict[str, Any]:
    return next(each for each in session["participants"] if each["role"] == role)


def test_one_door_and_the_moderator_opens_it(house: Running, people: dict[str, Person], session_id: str) -> None:
    clerk, browser = people["clerk"], Browser(house)
    browser.open(make(clerk, session_id))
    me = browser.call("GET", "/api/me")["principal"]
    assert (me["role"], me["name"]) == ("at_home", "")
    # opening it lets nobody in, and tells nothing of what goes on inside
    outside = browser.call("GET", f"/api/sessions/{session_id}")
    assert set(outside) == {"id", "state", "role", "workstation", "door"}
    join = f"/api/sessions/{session_id}/join"
    assert browser.refused(lambda: browser.call("POST", join)).code == "participant_held"
    with browser.live() as live:
        assert json.loads(live.recv())["t"] == "hello"
        assert json.loads(live.recv())["state"]["session"]["id"] == session_id
        browser.call("POST", f"/api/sessions/{session_id}/knock", {"on": True})
        told = clerk.wait_for(lambda m: m.get("type") == "session.changed" and bool(m["data"].get("lobby")))
        (waiting,) = told["data"]["lobby"]
        assert (waiting["via"], waiting["role"], waiting["held"]) == ("link", "citizen", False)
        # no code of a workstation, no other act opens the door
        assert (
            browser.refused(lambda: browser.call("POST", "/api/authorisations/redeem", {"code": "123456"})).status
            == 403
        )
        let_in = clerk.post(f"/api/sessions/{session_id}/participants/{waiting['identity']}/admit")
        assert let_in.status_code == 204, let_in.text
        assert browser.call("POST", join)["room"] == session_id
        # chat's files, as anybody inside
        assert browser.call("GET", f"/api/sessions/{session_id}")["participants"]
        # a check of the line is said, and kept for no library
        line = {"transport": "udp", "up_kbps": 100, "down_kbps": 9000, "loss": 0.0, "rtt_ms": 20}
        check = {"camera": "ok", "microphone": "ok", "speaker": "ok", "line": line}
        assert browser.call("POST", "/api/checks", check)["weak"]
    assert clerk.get("/api/checks").json()["checks"] == []
    # the client's own device is nobody's to lend, and no document before a camera is worth more than "low"
    officer = of(clerk.get(f"/api/sessions/{session_id}").json(), "officer")["identity"]
    lent = clerk.post(f"/api/sessions/{session_id}/control", {"identity": officer, "level": "view", "seconds": 60})
    assert lent.status_code in (403, 404)
    shown = clerk.post(f"/api/sessions/{session_id}/identity", {"personal_code": "020101-00013", "method": "passport"})
    assert shown.json()["client"]["verified"]["level"] == "low"


def test_nothing_else_is_open_to_a_client_at_home(house: Running, people: dict[str, Person], session_id: str) -> None:
    """Every operation that does not name the role refuses it, whatever it is asked for."""
    browser = Browser(house)
    browser.open(make(people["clerk"], session_id))
    open_to = [each for each in ENDPOINTS if isinstance(each.allow, str) or Role.AT_HOME in each.allow]
    assert len(open_to) < len(ENDPOINTS) / 3
    for endpoint in set(ENDPOINTS) - set(open_to):
        path = re.sub(r"{[^}]+}", session_id, endpoint.path)
        with pytest.raises(Refused) as refused:
            browser.call(endpoint.method, path)
        assert refused.value.code == "not_allowed", endpoint.path


def test_the_first_device_and_no_other(house: Running, people: dict[str, Person], session_id: str) -> None:
    link, first, second = make(people["clerk"], session_id), Browser(house), Browser(house)
    first.open(link)
    refused = second.refused(lambda: second.open(link))
    assert (refused.status, refused.code) == (403, "link_used")
    # nor with the first one's token, which is good beside its key only
    second.device.access = first.device.access
    assert second.refused(lambda: second.call("GET", "/api/me")).code == "token_invalid"
    # the first one may come again, also when the time to open it has passed
    house.clock.advance(5)
    first.open(link)
    assert first.call("GET", f"/api/sessions/{session_id}")["state"] == "lobby"
    assert outcomes(house, f"home-{session_id}", "home_link.open") == ["ok", "link_used", "ok"]


def test_too_late_and_never_made(house: Running, people: dict[str, Person], session_id: str) -> None:
    link, browser = make(people["clerk"], session_id), Browser(house)
    house.clock.advance(5)
    refused = browser.refused(lambda: browser.open(link))
    assert (refused.status, refused.code) == (410, "link_expired")
    assert browser.refused(lambda: browser.open({"url": "x#" + "a" * 27})).code == "link_unknown"
    # a new one takes the place of the old one, and the old one is no link any more
    again = make(people["clerk"], session_id)
    assert browser.refused(lambda: browser.open(link)).code == "link_unknown"
    browser.open(again)
    assert outcomes(house, f"home-{session_id}", "home_link.open") == ["link_expired", "ok"]


def test_taken_back(house: Running, people: dict[str, Person], session_id: str) -> None:
    """By the officer, who may make one too: media, live channel and token end at once."""
    officer, browser = people["officer"], Browser(house)
    link = make(officer, session_id)
    browser.open(link)
    with browser.live() as live:
        browser.call("POST", f"/api/sessions/{session_id}/knock", {"on": True})
        identity = of(people["clerk"].get(f"/api/sessions/{session_id}").json())["identity"]
        people["clerk"].post(f"/api/sessions/{session_id}/participants/{identity}/admit")
        assert browser.call("POST", f"/api/sessions/{session_id}/join")
        assert officer.call("DELETE", f"/api/sessions/{session_id}/link").status_code == 200
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                live.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
    assert browser.refused(lambda: browser.call("POST", f"/api/sessions/{session_id}/join")).status == 401
    assert browser.refused(lambda: browser.open(link)).code == "link_revoked"
    # the place is free: a workstation can be named in its stead
    given = people["clerk"].post(
        f"/api/sessions/{session_id}/authorisation", {"workstation_id": "zeltini-1", "delivery": "code"}
    )
    assert given.status_code == 200
    assert error_of(people["clerk"].call("DELETE", f"/api/sessions/{session_id}/link")) == "link_unknown"


def test_the_end_forgets(house: Running, people: dict[str, Person], session_id: str) -> None:
    browser, link = Browser(house), make(people["clerk"], session_id)
    browser.open(link)
    finish(house, people, session_id)

    async def left() -> tuple[list[Any], list[Any], list[str]]:
        async with house.house.ledger.reading() as connection:
            mine = f"home-{session_id}"
            known = (await connection.execute(sa.select(accounts).where(accounts.c.id == mine))).all()
            signed = (await connection.execute(sa.select(web_sessions).where(web_sessions.c.account_id == mine))).all()
            states = (
                await connection.execute(
                    sa.select(home_links.c.state).where(home_links.c.consultation_id == session_id)
                )
            ).scalars()
            return list(known), list(signed), list(states)

    # until the record is closed the same device may still come
    with pytest.raises(Refused) as refused:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            browser.open(link)
    assert (refused.value.status, refused.value.code) == (410, "link_over")
    assert house.do(left()) == ([], [], ["over"])
    assert browser.refused(lambda: browser.call("GET", "/api/me")).status == 401


def test_who_makes_one_and_where(house: Running, people: dict[str, Person], session_id: str) -> None:
    clerk = people["clerk"]
    with Person(house.url, "clerk-adazi") as stranger, Person(house.url, "kiosk-zeltini") as kiosk:
        for nobody in (stranger, kiosk):
            assert error_of(nobody.post(f"/api/sessions/{session_id}/link")) == "session_unknown"
        # somebody who sits at a workstation is not at home as well
        code = clerk.post(
            f"/api/sessions/{session_id}/authorisation", {"workstation_id": "zeltini-1", "delivery": "code"}
        ).json()["code"]
        assert kiosk.post("/api/authorisations/redeem", {"code": code}).status_code == 200
        assert error_of(clerk.post(f"/api/sessions/{session_id}/link")) == "client_present"
    # an agency that takes nobody from home
    with Person(house.url, "officer-vid-1") as officer:
        officer.go_live()
        theirs = begin({"clerk": clerk, "officer": officer}, "vid-iin")
        assert error_of(clerk.post(f"/api/sessions/{theirs}/link")) == "home_not_offered"
        assert outcomes(house, "clerk-grobina", "session.link")[-1:] == ["home_not_offered"]
        finish(house, {"clerk": clerk, "officer": officer}, theirs)


def test_a_booked_appointment(tmp_path: Path) -> None:
    """The link of an appointment opens shortly before it; who has it open is there, and is put through at the time."""
    clock = ManualClock(wall_ms=at("2026-11-23 08:00"))
    with running_house(tmp_path, clock, node=True, home_agencies=("*",), home_link_early_s=1800.0) as house:
        house.do(planned.set_rules(house))
        with Person(house.url, "clerk-grobina") as clerk:
            booked = planned.book(clerk).json()
            other = planned.book(clerk, planned.HALF_PAST).json()
            made = clerk.post(f"/api/appointments/{booked['id']}/link")
            assert made.status_code == 201, made.text
            link, browser = made.json(), Browser(house)
            assert (link["opens_at_ms"], link["expires_at_ms"]) == (at("2026-11-23 08:30"), at("2026-11-23 09:15"))
            early = browser.refused(lambda: browser.open(link))
            assert (early.code, early.details["starts_at_ms"]) == ("link_early", planned.NINE)
            with Person(house.url, "clerk-adazi") as stranger:
                assert error_of(stranger.post(f"/api/appointments/{booked['id']}/link")) == "appointment_unknown"
            # one that is cancelled takes its link along
            theirs = clerk.post(f"/api/appointments/{other['id']}/link").json()
            clerk.post(f"/api/appointments/{other['id']}/cancel", {"reason": "client_cancelled"})
            assert error_of(clerk.post(f"/api/appointments/{other['id']}/link")) == "appointment_closed"
        clock.advance(1860)
        with Person(house.url, "clerk-grobina") as clerk, Person(house.url, "officer-vsaa-1") as officer:
            clerk.go_live()
            officer.go_live()
            opened = browser.open(link)
            assert (opened["consultation_id"], opened["starts_at_ms"]) == (booked["request_id"], planned.NINE)
            late = Browser(house)
            assert late.refused(lambda: late.open(theirs)).code == "link_over"
        clock.advance(1800)
        with (
            Person(house.url, "clerk-grobina") as clerk,
            Person(house.url, "officer-vsaa-1") as officer,
            browser.live() as live,
        ):
            clerk.go_live()
            officer.go_live()
            assert officer.post("/api/presence", {"choice": "available"}).status_code == 200
            # nobody said that the client is there: the open page does
            offer = officer.wait_for_offer(booked["request_id"])
            officer.post(f"/api/offers/{booked['request_id']}/accept", {"version": offer["version"]})
            seen: dict[str, Any] = {}
            while seen.get("type") != "session.changed":
                seen = json.loads(live.recv(timeout=20))
            assert (seen["data"]["id"], seen["data"]["door"]["place"]) == (booked["request_id"], None)
            browser.call("POST", f"/api/sessions/{booked['request_id']}/knock", {"on": True})
            told = clerk.wait_for(lambda m: m.get("type") == "session.changed" and bool(m["data"].get("lobby")))
            assert told["data"]["lobby"][0]["via"] == "link"
