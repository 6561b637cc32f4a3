"""More of an agency's rules as people meet them (the rest: `test_routing_rules`): order of officers, languages, several
groups of one officer, an agency's own limit, estimates, and a client who hangs up while it rings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from kernel.identity import Principal
from kernel.ids import AgencyId, GroupId, OfficerId
from kernel.messages import Bilingual
from router.model import Agency, Group, GroupRules, Officer, OverflowAction, OverflowRule, OverflowWhen
from tests.web.person import WAIT_S, Person
from tests.web.routing_place import CLERKS, Place, accept, asked, serving, shown, until, why

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

#: connected waits from which on a group says how long it takes
SAMPLES = 20
WIDE, NARROW = AgencyId("wide"), AgencyId("narrow")
LONG = GroupRules(
    overflow=(
        OverflowRule(when=OverflowWhen.TOO_LONG, action=OverflowAction.GROUP, limit=1, group_id=GroupId("elsewhere")),
    )
)
#: group → (agency, rules)
GROUPS = {
    "idle": (WIDE, GroupRules()),
    "tongues": (WIDE, GroupRules()),
    "long": (WIDE, LONG),
    "elsewhere": (WIDE, GroupRules()),
    "twin-a": (WIDE, GroupRules()),
    "twin-b": (WIDE, GroupRules()),
    "hangs-up": (WIDE, GroupRules()),
    "counted": (WIDE, GroupRules()),
    "beside": (WIDE, GroupRules()),
    "narrow-a": (NARROW, GroupRules()),
    "narrow-b": (NARROW, GroupRules()),
}
#: officer → (groups, what is special about them)
OFFICERS: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "idle-first": (("idle",), {}),
    "idle-next": (("idle",), {}),
    "latvian": (("tongues",), {}),
    "english": (("tongues",), {"languages": ("lv", "en")}),
    "both": (("twin-a", "twin-b"), {}),
    "patient": (("hangs-up",), {}),
    "unmoved": (("beside",), {}),
    "many": (("counted",), {"capacity": SAMPLES}),
    "narrow-one": (("narrow-a",), {}),
    "narrow-two": (("narrow-b",), {}),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Iterator[Principal]]]:
    agencies = [
        Agency(WIDE, "PL", Bilingual("Plašā iestāde", "Wide agency")),
        Agency(NARROW, "SA", Bilingual("Šaurā iestāde", "Narrow agency"), channels=1),
    ]
    groups = [
        Group(GroupId(name), agency, Bilingual(name, name), ("PAK_01",), rules=rules)
        for name, (agency, rules) in GROUPS.items()
    ]
    officers = []
    for name, (of, special) in OFFICERS.items():
        more: dict[str, Any] = {"languages": ("lv",), "levels": {GroupId(each): 1 for each in of}} | special
        officers.append(Officer(OfficerId(name), GROUPS[of[0]][0], name, **more))
    with serving(tmp_path_factory.mktemp("limits"), agencies, groups, officers) as found:
        yield found, iter(CLERKS)


@pytest.fixture
def place(served: tuple[str, Iterator[Principal]]) -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(served[0], stack, served[1])


def withdraw(clerk: Person, request: str) -> None:
    assert clerk.post(f"/api/requests/{request}/withdraw", {"reason": "citizen_left"}).status_code == 200


def test_the_longest_idle_first(place: Place) -> None:
    clerk, first, following = place.clerk(), place.officer("idle-first"), place.officer("idle-next")
    request = asked(clerk, "idle")
    first.wait_for_offer(request)
    withdraw(clerk, request)
    # who rang just now has rested for less time than the other
    following.wait_for_offer(asked(clerk, "idle"))


def test_the_language_is_asked_for(place: Place) -> None:
    clerk, _, english = place.clerk(), place.officer("latvian"), place.officer("english")
    english.wait_for_offer(asked(clerk, "tongues", language="en"))
    assert why(clerk, asked(clerk, "tongues", language="en")) == {"latvian": "language", "english": "ringing"}


def test_a_queue_that_takes_too_long_sends_the_next_elsewhere(place: Place) -> None:
    clerk = place.clerk()
    deadline = time.monotonic() + WAIT_S
    # as soon as the first of them has waited for a second; asked seldom enough for the limit of a clerk's requests
    while shown(clerk, asked(clerk, "long"))["group_id"] == "long":
        assert time.monotonic() < deadline
        time.sleep(0.4)


def test_a_client_who_hangs_up_while_it_rings_leaves_nothing_behind(place: Place) -> None:
    clerk, officer = place.clerk(), place.officer("patient")
    request = asked(clerk, "hangs-up")
    version = officer.wait_for_offer(request)["version"]
    withdraw(clerk, request)
    silent = officer.wait_for(lambda m: m.get("type") == "offer.changed" and m["data"]["offer"] is None)
    assert silent["data"]["reason"] == "withdrawn"
    answer = officer.post(f"/api/offers/{request}/accept", {"version": version})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "offer_gone")
    officer.wait_for_offer(asked(clerk, "hangs-up"))


def test_an_officer_of_several_groups_rings_once_and_wraps_up_for_all(place: Place) -> None:
    clerk, both = place.clerk(), place.officer("both")
    first = asked(clerk, "twin-a")
    both.wait_for_offer(first)
    second = asked(clerk, "twin-b")
    assert (shown(clerk, second)["state"], why(clerk, second)) == ("queued", {"both": "ringing"})
    accept(both, first)
    assert why(clerk, second) == {"both": "busy"}
    session = until(clerk, first, lambda view: view["session_id"] is not None)["session_id"]
    clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == session)
    assert clerk.post(f"/api/sessions/{session}/end", {"outcome": "solved"}).status_code < 300
    both.wait_for_indicator("both", "wrap_up")
    assert (shown(clerk, second)["state"], why(clerk, second)) == ("queued", {"both": "wrap_up"})
    assert both.post("/api/wrap-up", {"session_id": session, "outcome": "solved"}).status_code < 300
    both.wait_for_offer(second)


def test_a_full_agency_holds_back_its_own_groups_and_nobody_elses(place: Place) -> None:
    clerk, one, two = place.clerk(), place.officer("narrow-one"), place.officer("narrow-two")
    first = asked(clerk, "narrow-a")
    one.wait_for_offer(first)
    second = asked(clerk, "narrow-b")
    assert shown(clerk, second)["next"]["code"] == "channels_full"
    assert why(clerk, second) == {"narrow-two": "channels"}
    place.officer("unmoved").wait_for_offer(asked(clerk, "beside"))
    withdraw(clerk, first)
    two.wait_for_offer(second)


def test_how_long_it_takes_is_said_once_enough_is_known(place: Place) -> None:
    clerk = place.clerk()
    waits = asked(clerk, "counted")
    assert (shown(clerk, waits)["position"], shown(clerk, waits)["estimate"]) == (1, None)
    officer = place.officer("many")
    accept(officer, waits)
    for _ in range(SAMPLES - 1):
        accept(officer, asked(clerk, "counted"))
    said = shown(clerk, asked(clerk, "counted"))["estimate"]
    assert 0 <= said["low_s"] <= said["high_s"]
