"""Every rule of an agency as people meet it: real HTTP, live channels, one agency with a group for each rule."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from kernel.identity import Principal
from kernel.ids import AgencyId, GroupId, OfficerId
from kernel.messages import Bilingual
from router.model import (
    Agency,
    Calendar,
    ChoicePolicy,
    Group,
    GroupRules,
    Officer,
    OverflowAction,
    OverflowRule,
    OverflowWhen,
    Ring,
)
from tests.web.routing_place import CLERKS, Place, accept, asked, serving, shown, until, why

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

AGENCY = AgencyId("rules")
CLOSED = Calendar(week=((), (), (), (), (), (), ()))


def overflow(when: OverflowWhen, action: OverflowAction, *, limit: int | None = None, to: str = "spare") -> Any:
    return (OverflowRule(when=when, action=action, limit=limit, group_id=GroupId(to)),)


#: group → (rules, policy, levels of its officers, what is special about them)
GROUPS: dict[str, tuple[GroupRules, ChoicePolicy, dict[str, int]]] = {
    "rings": (
        GroupRules(rings=(Ring(min_level=3), Ring(after_s=1.5))),
        ChoicePolicy.LONGEST_IDLE,
        {"expert": 3, "novice": 1},
    ),
    "skipped": (
        GroupRules(rings=(Ring(min_level=3), Ring(after_s=600.0))),
        ChoicePolicy.LONGEST_IDLE,
        {"absent-expert": 3, "only-novice": 1},
    ),
    "skilled": (GroupRules(), ChoicePolicy.LONGEST_IDLE, {"plain": 2, "signs": 1}),
    "preferred": (GroupRules(preferred_hold_s=1.5), ChoicePolicy.LONGEST_IDLE, {"usual": 1, "other": 1}),
    "round": (GroupRules(), ChoicePolicy.ROUND_ROBIN, {"round-a": 1, "round-b": 1}),
    "best": (GroupRules(), ChoicePolicy.BEST_LEVEL, {"best-low": 1, "best-high": 4}),
    "double": (GroupRules(), ChoicePolicy.LONGEST_IDLE, {"two-at-once": 1}),
    "narrow": (GroupRules(channels=1), ChoicePolicy.LONGEST_IDLE, {"narrow-a": 1, "narrow-b": 1}),
    "spare": (GroupRules(), ChoicePolicy.LONGEST_IDLE, {}),
    "full": (
        GroupRules(overflow=overflow(OverflowWhen.TOO_MANY, OverflowAction.GROUP, limit=1)),
        ChoicePolicy.LONGEST_IDLE,
        {"full-a": 1},
    ),
    "empty": (
        GroupRules(overflow=overflow(OverflowWhen.NOBODY_SIGNED_IN, OverflowAction.REFUSE)),
        ChoicePolicy.LONGEST_IDLE,
        {"never-there": 1},
    ),
    "closed": (GroupRules(calendar=CLOSED), ChoicePolicy.LONGEST_IDLE, {"closed-a": 1}),
    "moves": (
        GroupRules(overflow=overflow(OverflowWhen.MAX_WAIT, OverflowAction.GROUP, limit=1)),
        ChoicePolicy.LONGEST_IDLE,
        {"moves-a": 1},
    ),
    "leaves": (
        GroupRules(overflow=overflow(OverflowWhen.MAX_WAIT, OverflowAction.LEAVE, limit=1)),
        ChoicePolicy.LONGEST_IDLE,
        {"leaves-a": 1},
    ),
    "plain": (GroupRules(), ChoicePolicy.LONGEST_IDLE, {"one": 1, "next": 1}),
    "visit-a": (GroupRules(), ChoicePolicy.LONGEST_IDLE, {"visit-officer-a": 1}),
    "visit-b": (GroupRules(), ChoicePolicy.LONGEST_IDLE, {"visit-officer-b": 1}),
}
SPECIAL: dict[str, dict[str, Any]] = {"signs": {"skills": ("sign",)}, "two-at-once": {"capacity": 2}}
#: rings for so long in these groups
OFFER_S = {"plain": 2.0}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Iterator[Principal]]]:
    groups, officers = [], []
    for name, (rules, policy, levels) in GROUPS.items():
        group = Group(
            GroupId(name),
            AGENCY,
            Bilingual(name, name),
            ("PAK_01",),
            policy=policy,
            offer_timeout_s=OFFER_S.get(name),
            rules=rules,
        )
        groups.append(group)
        officers += [
            Officer(OfficerId(officer), AGENCY, officer, ("lv",), levels={group.id: level}, **SPECIAL.get(officer, {}))
            for officer, level in levels.items()
        ]
    agency = Agency(AGENCY, "NO", Bilingual("Noteikumi", "Rules"))
    with serving(tmp_path_factory.mktemp("rules"), [agency], groups, officers) as found:
        yield found, iter(CLERKS)


@pytest.fixture
def place(served: tuple[str, Iterator[Principal]]) -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(served[0], stack, served[1])


# ── circles, skills, preference ──────────────────────────────────────────────────────────────────


def test_a_wider_circle_is_asked_after_its_seconds_and_it_is_said_when(place: Place) -> None:
    clerk, expert = place.clerk(), place.officer("expert")
    novice = place.officer("novice")
    first, second = asked(clerk, "rings"), asked(clerk, "rings")
    expert.wait_for_offer(first)
    view = shown(clerk, second)
    assert (view["state"], view["position"]) == ("queued", 1)
    assert view["next"]["code"] == "widens"
    assert 0 < view["next"]["until_ms"] - view["created_at_ms"] <= 1_600
    assert why(clerk, second) == {"expert": "ringing", "novice": "ring"}
    novice.wait_for_offer(second)


def test_a_circle_in_which_nobody_could_answer_is_skipped(place: Place) -> None:
    clerk, novice = place.clerk(), place.officer("only-novice")
    novice.wait_for_offer(asked(clerk, "skipped"))


def test_skills_and_levels_are_asked_for(place: Place) -> None:
    clerk, plain, signs = place.clerk(), place.officer("plain"), place.officer("signs")
    signs.wait_for_offer(asked(clerk, "skilled", skills=["sign"]))
    plain.wait_for_offer(asked(clerk, "skilled", level=2))
    nobody = asked(clerk, "skilled", level=2, skills=["sign"])
    assert why(clerk, nobody) == {"plain": "skill", "signs": "level"}


def test_the_preferred_officer_is_waited_for_and_then_others_are_asked(place: Place) -> None:
    clerk, usual, other = place.clerk(), place.officer("usual"), place.officer("other")
    usual.wait_for_offer(asked(clerk, "preferred", officer_id="usual"))
    request = asked(clerk, "preferred", preferred_officer_id="usual")
    view = shown(clerk, request)
    assert (view["state"], view["next"]["code"], view["next"]["officer_name"]) == (
        "queued",
        "waits_for_preferred",
        "usual",
    )
    other.wait_for_offer(request)


# ── who is chosen ────────────────────────────────────────────────────────────────────────────────


def test_round_robin(place: Place) -> None:
    clerk, a, b = place.clerk(), place.officer("round-a"), place.officer("round-b")
    for officer in (a, b, a, b):
        request = asked(clerk, "round")
        officer.wait_for_offer(request)
        assert clerk.post(f"/api/requests/{request}/withdraw", {"reason": "clerk_cancelled"}).status_code == 200


def test_the_best_level_first(place: Place) -> None:
    clerk, low, high = place.clerk(), place.officer("best-low"), place.officer("best-high")
    high.wait_for_offer(asked(clerk, "best"))
    low.wait_for_offer(asked(clerk, "best"))


def test_an_urgent_request_passes_and_the_place_is_shown(place: Place) -> None:
    clerk = place.clerk()
    usual, urgent = asked(clerk, "spare"), asked(clerk, "spare", priority="urgent")
    assert (shown(clerk, urgent)["position"], until(clerk, usual, lambda view: view["position"] == 2)["state"]) == (
        1,
        "queued",
    )


# ── channels and capacity ────────────────────────────────────────────────────────────────────────


def test_two_at_once_when_the_capacity_says_so(place: Place) -> None:
    clerk, officer = place.clerk(), place.officer("two-at-once")
    first, second, third = (asked(clerk, "double") for _ in range(3))
    accept(officer, first)
    accept(officer, second)
    view = shown(clerk, third)
    assert (view["state"], why(clerk, third)) == ("queued", {"two-at-once": "busy"})


def test_a_full_channel_holds_back_until_one_is_free(place: Place) -> None:
    clerk, a, b = place.clerk(), place.officer("narrow-a"), place.officer("narrow-b")
    first, second = asked(clerk, "narrow"), asked(clerk, "narrow")
    a.wait_for_offer(first)
    assert shown(clerk, second)["next"]["code"] == "channels_full"
    assert why(clerk, second)["narrow-b"] == "channels"
    clerk.post(f"/api/requests/{first}/withdraw", {"reason": "clerk_cancelled"})
    view = until(clerk, second, lambda view: view["state"] == "offered")
    {"narrow-a": a, "narrow-b": b}[view["officer_id"]].wait_for_offer(second)


# ── overflow ─────────────────────────────────────────────────────────────────────────────────────


def test_too_many_waiting_go_elsewhere_at_the_same_place(place: Place) -> None:
    clerk = place.clerk()
    asked(clerk, "full")
    assert shown(clerk, asked(clerk, "full"))["group_id"] == "spare"


@pytest.mark.parametrize(("group", "reason"), [("empty", "nobody_signed_in"), ("closed", "closed")])
def test_a_refusal_says_why(place: Place, group: str, reason: str) -> None:
    answer = place.clerk().request(group)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "group_closed")
    assert answer.json()["error"]["details"]["why"] == reason


def test_who_waits_too_long_goes_elsewhere_or_leaves(place: Place) -> None:
    clerk = place.clerk()
    moves, leaves = asked(clerk, "moves"), asked(clerk, "leaves")
    assert until(clerk, moves, lambda view: view["group_id"] == "spare")["state"] == "queued"
    assert until(clerk, leaves, lambda view: view["state"] == "unserved")["end_reason"] == "unserved"


# ── offers, coming back, visits ──────────────────────────────────────────────────────────────────


def test_declined_unanswered_withdrawn_and_back_again(place: Place) -> None:
    clerk, one, other = place.clerk(), place.officer("one"), place.officer("next")
    request = asked(clerk, "plain")
    version = one.wait_for_offer(request)["version"]
    assert one.post(f"/api/offers/{request}/decline", {"version": version, "reason": "busy"}).status_code < 300
    other.wait_for_offer(request)
    # nobody answers there: that console says so, and the request waits at its place
    other.wait_for_indicator("next", "away")
    view = until(clerk, request, lambda view: view["state"] == "queued")
    assert (view["position"], why(clerk, request)) == (1, {"one": "declined", "next": "away"})
    assert view["next"]["code"] == "asks_again"
    assert one.post("/api/presence", {"choice": "away", "reason": "break"}).status_code < 300
    one.wait_for_indicator("one", "away")
    left = clerk.post(f"/api/requests/{request}/withdraw", {"reason": "citizen_left"}).json()
    assert left["state"] == "withdrawn"
    again = clerk.post(f"/api/requests/{request}/return").json()
    assert (again["state"], again["position"]) == ("queued", 1)
    assert clerk.post(f"/api/requests/{request}/return").json()["error"]["code"] == "request_closed"
    assert other.post("/api/presence", {"choice": "available"}).status_code < 300
    other.wait_for(lambda m: m.get("type") == "offer.changed" and (m["data"]["offer"] or {}).get("version") == 3)
    accept(other, request)
    assert clerk.post(f"/api/requests/{request}/withdraw", {"reason": "citizen_left"}).status_code == 409


def test_requests_of_one_visit_are_served_one_at_a_time(place: Place) -> None:
    clerk, a, b = place.clerk(), place.officer("visit-officer-a"), place.officer("visit-officer-b")
    visit = str(uuid.uuid4())
    first, second = (asked(clerk, group, visit_id=visit) for group in ("visit-a", "visit-b"))
    b.wait_for_offer(second)
    accept(a, first)
    view = until(clerk, second, lambda view: view["next"]["code"] == "visit")
    assert view["state"] == "queued"
    b.wait_for_indicator("visit-officer-b", "available")
    session = until(clerk, first, lambda view: view["session_id"] is not None)["session_id"]
    clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == session)
    assert clerk.post(f"/api/sessions/{session}/end", {"outcome": "solved"}).status_code < 300
    b.wait_for(lambda m: m.get("type") == "offer.changed" and m["data"]["offer"] and m["data"]["offer"]["version"] == 2)
