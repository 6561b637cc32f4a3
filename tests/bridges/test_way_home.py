"""Who booked at the panel joins from home, and gets another way when the one before was lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bridges.test_scenarios import book, free
from tests.bridges.world import World, code_of, world
from tests.web.person import WAIT_S, Person
from tests.web.sessions import finish
from tests.web.test_home import Browser


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("way-home"), home_agencies=("vsaa",)) as found:
        yield found


def becomes(clerk: Person, mine: dict[str, Any], state: str) -> dict[str, Any]:
    """The appointment, once it is so: asked for, because a channel may be cut when hours pass at once."""
    at, until = mine["starts_at_ms"], time.monotonic() + WAIT_S
    while time.monotonic() < until:
        (found,) = clerk.get(f"/api/appointments?from={at}&to={at + 1}").json()["appointments"]
        if found["state"] == state:
            return dict(found)
    raise AssertionError(f"it is {found['state']}, not {state}")


def test_who_booked_at_the_panel_joins_from_home(home: World) -> None:
    """Where the agency offers it: the panel leads to the session's door; it begins when a clerk has taken it."""
    citizen, clerk = home.person("citizen-4"), home.person("clerk-grobina")
    mine = book(citizen, free(home, citizen)[3]).json()
    path = f"/api/panel/appointments/{mine['id']}"
    (coming,) = citizen.get("/api/panel/consultations").json()["coming"]
    assert coming["home_opens_at_ms"] == mine["starts_at_ms"] - 1_800_000
    link = citizen.post(f"{path}/join").json()
    assert link["opens_at_ms"] == coming["home_opens_at_ms"]
    assert home.person("citizen-1").post(f"{path}/join").status_code == 403
    browser = Browser(home.running)
    assert browser.refused(lambda: browser.open(link)).code == "link_early"
    home.running.clock.advance((mine["starts_at_ms"] - 300_000 - home.running.clock.wall_ms()) / 1000)
    clerk.go_live()
    assert browser.open(link)["starts_at_ms"] == mine["starts_at_ms"]
    with browser.live():
        becomes(clerk, mine, "reminded")
        home.running.clock.advance(310)
        state = citizen.get("/api/panel/consultations").json()["coming"][0]["state"]
        assert state == "reminded", "nothing begins without a clerk"
        clerk.post(f"/api/appointments/{mine['id']}/seen")
        made = becomes(clerk, mine, "converted")
    clerk.post(f"/api/requests/{made['request_id']}/withdraw", {"reason": "clerk_cancelled"})
    assert code_of(citizen.post(f"{path}/join")) == "appointment_closed"
    assert citizen.get("/api/panel/consultations").json()["coming"] == []


def test_who_lost_the_way_home_gets_another_and_the_one_before_ends(home: World) -> None:
    """Before its time, while it waits for an official, and in the middle of the conversation."""
    citizen, clerk, officer = home.person("citizen-4"), home.person("clerk-grobina"), home.person("officer-vsaa-2")
    mine = book(citizen, free(home, citizen)[5]).json()
    path = f"/api/panel/appointments/{mine['id']}/join"

    def again(before: Browser) -> Browser:
        """By the next link; the device of the one before is signed out."""
        answer = citizen.post(path)
        assert answer.status_code == 200, answer.text
        following = Browser(home.running)
        following.open(answer.json())
        assert before.refused(lambda: before.call("GET", "/api/me")).status == 401
        return following

    home.running.clock.advance((mine["starts_at_ms"] - 300_000 - home.running.clock.wall_ms()) / 1000)
    clerk.go_live()
    first = Browser(home.running)
    first.open(citizen.post(path).json())
    second = again(first)
    with second.live():
        becomes(clerk, mine, "reminded")
        home.running.clock.advance(310)
        clerk.post(f"/api/appointments/{mine['id']}/seen")
        made = becomes(clerk, mine, "converted")["request_id"]
    (coming,) = citizen.get("/api/panel/consultations").json()["coming"]
    assert (coming["id"], coming["running"]) == (mine["id"], True)
    third = again(second)
    officer.go_live().post("/api/presence", {"choice": "available"})
    offer = officer.wait_for_offer(made)
    officer.post(f"/api/offers/{made}/accept", {"version": offer["version"]})
    clerk.wait_for(lambda each: each.get("type") == "session.changed" and each["data"]["id"] == made)

    def client() -> dict[str, Any]:
        session = clerk.get(f"/api/sessions/{made}").json()
        return next(each for each in session["participants"] if each["role"] == "citizen")

    def let_in(browser: Browser) -> None:
        browser.call("POST", f"/api/sessions/{made}/knock", {"on": True})
        assert clerk.post(f"/api/sessions/{made}/participants/{client()['identity']}/admit").status_code == 204
        assert client()["state"] == "invited"

    let_in(third)
    fourth = again(third)
    # the door is where it was: nobody is inside by the new link until a moderator lets them in
    assert client()["state"] == "waiting"
    assert fourth.refused(lambda: fourth.call("POST", f"/api/sessions/{made}/join")).code == "participant_held"
    let_in(fourth)
    # what an official took back, an official gives again
    assert clerk.call("DELETE", f"/api/sessions/{made}/link").status_code == 200
    assert code_of(citizen.post(path)) == "link_revoked"
    finish(home.running, {"clerk": clerk, "officer": officer}, made)
    assert code_of(citizen.post(path)) == "appointment_closed"
