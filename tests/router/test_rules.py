"""Each rule of an agency on its own: circles, skills, preference, channels, capacity, force, visits, overflow."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from kernel.errors import GroupClosed, OfficerBusy, RequestClosed
from kernel.ids import OfficerId
from kernel.messages import LeaseState, OfferClosed
from router.entry_core import Situation, admit
from router.explain_core import Explainer
from router.model import (
    ChoicePolicy,
    Directory,
    GroupRules,
    OverflowAction,
    OverflowRule,
    OverflowWhen,
    RequestState,
    Ring,
)
from router.step import Due
from tests.router.desk import OFFER_S, WRAP_UP_S, Desk
from tests.router.directory import BENEFITS, DIRECTORY, ONE, PENSIONS, THREE, TWO


def ruled(
    *, policy: ChoicePolicy = ChoicePolicy.LONGEST_IDLE, agency_channels: int | None = None, **rules: Any
) -> Desk:
    """A desk whose family benefits follow ``rules``."""
    group = replace(DIRECTORY.groups[BENEFITS], policy=policy, rules=GroupRules(**rules))
    agency = replace(DIRECTORY.agency, channels=agency_channels)
    return Desk(replace(DIRECTORY, agency=agency, groups={**DIRECTORY.groups, BENEFITS: group}))


def with_officer(directory: Directory, officer_id: OfficerId, **changes: Any) -> Directory:
    officer = replace(directory.officers[officer_id], **changes)
    return replace(directory, officers={**directory.officers, officer_id: officer})


# ── widening circles ─────────────────────────────────────────────────────────────────────────────

EXPERTS_THEN_ALL = (Ring(min_level=3), Ring(after_s=30), Ring(after_s=60, groups=(BENEFITS, PENSIONS)))


def experts(desk: Desk) -> Desk:
    """Officer two is the expert of family benefits; three is of another group."""
    desk.core.direct(with_officer(desk.core.directory, TWO, levels={BENEFITS: 3}), desk.now, desk.wall_ms)
    return desk


def test_a_wider_circle_is_asked_after_its_seconds() -> None:
    desk = experts(ruled(rings=EXPERTS_THEN_ALL))
    for officer_id in (ONE, TWO, THREE):
        desk.stand(officer_id)
    first, second = desk.create(), desk.create()
    assert desk.ringing_at(TWO) == first
    desk.accept(TWO, first)
    assert desk.queue() == [second]
    desk.pass_time(29.9)
    assert desk.ringing_at(ONE) is None
    desk.pass_time(0.2)
    assert desk.ringing_at(ONE) == second
    desk.accept(ONE, second)
    third = desk.create()
    desk.pass_time(59)
    assert desk.ringing_at(THREE) is None
    desk.pass_time(1.1)
    assert desk.ringing_at(THREE) == third


def test_a_circle_in_which_nobody_could_answer_is_skipped() -> None:
    desk = experts(ruled(rings=EXPERTS_THEN_ALL))
    desk.stand(ONE)
    request = desk.create()
    assert desk.ringing_at(ONE) == request, "no expert is there"


def test_when_the_last_expert_leaves_the_next_circle_is_asked_at_once() -> None:
    desk = experts(ruled(rings=EXPERTS_THEN_ALL))
    for officer_id in (ONE, TWO):
        desk.stand(officer_id)
    first, second = desk.create(), desk.create()
    assert (desk.ringing_at(TWO), desk.ringing_at(ONE)) == (first, None)
    desk.stand(TWO, online=False, ready=False)
    assert desk.ringing_at(ONE) == first
    assert desk.queue() == [second]


def test_a_request_keeps_its_place_while_its_circle_widens() -> None:
    desk = experts(ruled(rings=EXPERTS_THEN_ALL))
    made = [desk.create() for _ in range(3)]
    desk.pass_time(31)
    assert desk.queue() == made
    desk.stand(ONE)
    assert desk.ringing_at(ONE) == made[0]


# ── what a request asks for ──────────────────────────────────────────────────────────────────────


def test_skills_and_levels_that_a_request_needs() -> None:
    desk = Desk(with_officer(with_officer(DIRECTORY, ONE, skills=("sign",)), TWO, levels={BENEFITS: 4}))
    for officer_id in (ONE, TWO):
        desk.stand(officer_id)
        desk.now += 1
    signed = desk.create(skills=("sign",))
    assert desk.ringing_at(ONE) == signed
    hard = desk.create(level=4)
    assert desk.ringing_at(TWO) == hard
    both = desk.create(level=4, skills=("sign",))
    assert desk.queue() == [both]
    reasons = {
        each.officer_id: each.why for each in Explainer(desk.core, desk.now, desk.wall_ms).reasons(desk.request(both))
    }
    assert reasons == {ONE: "level", TWO: "skill"}


def test_the_preferred_officer_is_waited_for_and_then_all_are_asked() -> None:
    desk = ruled(preferred_hold_s=30)
    for officer_id in (ONE, TWO):
        desk.stand(officer_id)
        desk.now += 1
    desk.accept(TWO, desk.create(direct_officer_id=TWO))
    request = desk.create(preferred_officer_id=TWO)
    assert (desk.ringing_at(ONE), desk.queue()) == (None, [request])
    next_step = Explainer(desk.core, desk.now, desk.wall_ms).next_step(desk.request(request))
    assert (next_step.code, next_step.until_ms) == ("waits_for_preferred", desk.wall_ms + 30_000)
    desk.pass_time(30)
    assert desk.ringing_at(ONE) == request


def test_a_preferred_officer_who_comes_free_in_time_is_rung_before_who_waits_longer() -> None:
    desk = ruled(preferred_hold_s=30)
    desk.stand(TWO)
    served = desk.create()
    desk.accept(TWO, served)
    request = desk.create(preferred_officer_id=TWO)
    desk.release(served, TWO)
    desk.pass_time(WRAP_UP_S)
    assert desk.ringing_at(TWO) == request


def test_a_preferred_officer_who_is_not_there_is_not_waited_for() -> None:
    desk = ruled(preferred_hold_s=30)
    desk.stand(ONE)
    request = desk.create(preferred_officer_id=TWO)
    assert desk.ringing_at(ONE) == request


# ── who is chosen ────────────────────────────────────────────────────────────────────────────────


def test_round_robin_rings_whoever_was_asked_longest_ago() -> None:
    desk = ruled(policy=ChoicePolicy.ROUND_ROBIN)
    for officer_id in (ONE, TWO):
        desk.stand(officer_id)
        desk.now += 1
    rung = []
    for _ in range(4):
        request = desk.create()
        rung.append(next(each for each in (ONE, TWO) if desk.ringing_at(each) == request))
        desk.drop(request)
        desk.now += 1
    assert rung == [ONE, TWO, ONE, TWO]


# ── channels and capacity ────────────────────────────────────────────────────────────────────────


def test_a_full_channel_holds_back_its_group_and_no_other() -> None:
    desk = ruled(channels=1)
    for officer_id in (ONE, TWO, THREE):
        desk.stand(officer_id)
        desk.now += 1
    first, second = desk.create(), desk.create()
    pension = desk.create(group_id=PENSIONS)
    assert desk.ringing_at(ONE) == first
    assert desk.queue() == [second]
    assert pension in (desk.ringing_at(TWO), desk.ringing_at(THREE))
    next_step = Explainer(desk.core, desk.now, desk.wall_ms).next_step(desk.request(second))
    assert next_step.code == "channels_full"
    desk.drop(first)
    assert second in (desk.ringing_at(ONE), desk.ringing_at(TWO)), "a freed channel is used at once"


def test_the_agencys_channels_count_all_its_groups() -> None:
    desk = ruled(agency_channels=1)
    for officer_id in (ONE, TWO, THREE):
        desk.stand(officer_id)
    first, second = desk.create(), desk.create(group_id=PENSIONS)
    assert desk.queue(PENSIONS) == [second]
    desk.drop(first)
    assert desk.queue(PENSIONS) == []


def test_an_officer_takes_as_many_at_once_as_the_own_capacity() -> None:
    desk = Desk(with_officer(DIRECTORY, ONE, capacity=2))
    desk.stand(ONE)
    made = [desk.create() for _ in range(3)]
    for request in made[:2]:
        assert desk.ringing_at(ONE) == request, "one rings at a time"
        desk.accept(ONE, request)
    assert (desk.lease(ONE), desk.queue()) == (LeaseState.BUSY, made[2:])
    desk.release(made[0], ONE)
    assert desk.lease(ONE) is LeaseState.BUSY, "the other session goes on"
    desk.core.finish_wrap_up(ONE, made[0], desk.now, desk.wall_ms)
    assert desk.ringing_at(ONE) == made[2]


# ── the supervisor ───────────────────────────────────────────────────────────────────────────────


def test_force_rings_over_capacity_and_a_refusal_brings_the_request_back() -> None:
    desk = Desk()
    desk.stand(ONE)
    served = desk.create()
    desk.accept(ONE, served)
    request = desk.create()
    desk.force(ONE, request)
    assert (desk.lease(ONE), desk.ringing_at(ONE)) == (LeaseState.RINGING, request)
    desk.decline(ONE, request)
    assert (desk.lease(ONE), desk.queue()) == (LeaseState.BUSY, [request])
    desk.force(ONE, request)
    desk.accept(ONE, request)
    assert [slot.consultation_id for slot in desk.core.lease(ONE).slots] == [served, request]


def test_force_wants_an_officer_who_hears_it() -> None:
    desk = Desk()
    request = desk.create()
    with pytest.raises(OfficerBusy):
        desk.force(ONE, request)
    desk.stand(ONE)
    other = desk.create()
    desk.accept(ONE, request)
    with pytest.raises(RequestClosed):
        desk.force(ONE, request)
    desk.force(ONE, other)
    with pytest.raises(OfficerBusy):
        desk.force(ONE, other)


def test_a_request_that_is_moved_while_it_rings_rings_elsewhere() -> None:
    desk = Desk()
    desk.stand(ONE)
    desk.now += 1
    desk.stand(THREE)
    request = desk.create()
    assert desk.ringing_at(ONE) == request
    facts = replace(desk.request(request).facts, group_id=PENSIONS)
    step = desk.core.amend(request, facts, desk.request(request).score, desk.now, desk.wall_ms)
    assert [event.why for event in step.events if isinstance(event, OfferClosed)] == ["moved"]
    assert desk.request(request).facts.group_id == PENSIONS
    assert desk.ringing_at(THREE) == request


def test_moved_it_waits_as_long_as_its_new_group_lets_it() -> None:
    longest = OverflowRule(when=OverflowWhen.MAX_WAIT, action=OverflowAction.LEAVE, limit=60)
    groups = {
        BENEFITS: replace(DIRECTORY.groups[BENEFITS], rules=GroupRules(overflow=(longest,))),
        PENSIONS: replace(DIRECTORY.groups[PENSIONS], rules=GroupRules(overflow=(replace(longest, limit=300),))),
    }
    desk = Desk(replace(DIRECTORY, groups=groups))
    request = desk.create()
    facts = replace(desk.request(request).facts, group_id=PENSIONS)
    desk.core.amend(request, facts, desk.request(request).score, desk.now, desk.wall_ms)
    assert desk.pass_time(61).due == []
    assert [due.what for due in desk.pass_time(240).due] == ["leave"]


# ── visits ───────────────────────────────────────────────────────────────────────────────────────


def test_a_paused_request_keeps_its_place_and_is_offered_to_nobody() -> None:
    desk = Desk()
    first, second = desk.create(), desk.create()
    desk.core.pause(first, "visit", desk.now, desk.wall_ms)
    desk.stand(ONE)
    assert desk.ringing_at(ONE) == second
    desk.core.pause(first, None, desk.now, desk.wall_ms)
    desk.decline(ONE, second)
    assert desk.ringing_at(ONE) == first


def test_pausing_takes_a_ringing_request_back() -> None:
    desk = Desk()
    desk.stand(ONE)
    request = desk.create()
    step = desk.core.pause(request, "visit", desk.now, desk.wall_ms)
    assert [closed.why for closed in step.closed] == ["paused"]
    assert desk.lease(ONE) is LeaseState.AVAILABLE
    assert desk.request(request).state is RequestState.QUEUED


# ── overflow ─────────────────────────────────────────────────────────────────────────────────────

FREE = Situation(open=True, signed_in=2, waiting=0, longest_wait_s=0.0)


@pytest.mark.parametrize(
    ("when", "limit", "now"),
    [
        (OverflowWhen.CLOSED, None, replace(FREE, open=False)),
        (OverflowWhen.NOBODY_SIGNED_IN, None, replace(FREE, signed_in=0)),
        (OverflowWhen.TOO_MANY, 5, replace(FREE, waiting=5)),
        (OverflowWhen.TOO_LONG, 600, replace(FREE, longest_wait_s=600.0)),
    ],
)
def test_overflow_before_queueing(when: OverflowWhen, limit: int | None, now: Situation) -> None:
    group = DIRECTORY.groups[BENEFITS]
    elsewhere = OverflowRule(when=when, action=OverflowAction.GROUP, limit=limit, group_id=PENSIONS)
    refused = OverflowRule(when=when, action=OverflowAction.REFUSE, limit=limit)
    assert admit(replace(group, rules=GroupRules(overflow=(elsewhere,))), now) == PENSIONS
    assert admit(replace(group, rules=GroupRules(overflow=(elsewhere,))), FREE) is None
    with pytest.raises(GroupClosed) as caught:
        admit(replace(group, rules=GroupRules(overflow=(refused,))), now)
    assert caught.value.details["why"] == when.value


def test_a_closed_group_without_a_rule_says_when_it_opens() -> None:
    with pytest.raises(GroupClosed) as caught:
        admit(DIRECTORY.groups[BENEFITS], replace(FREE, open=False, opens_ms=1_000))
    assert caught.value.details == {"why": "closed", "opens_at_ms": 1_000}


@pytest.mark.parametrize(("action", "what"), [(OverflowAction.GROUP, "move"), (OverflowAction.LEAVE, "leave")])
def test_overflow_after_the_longest_wait(action: OverflowAction, what: str) -> None:
    rule = OverflowRule(when=OverflowWhen.MAX_WAIT, action=action, limit=300, group_id=PENSIONS)
    desk = ruled(overflow=(rule,))
    request = desk.create()
    assert desk.pass_time(299.9).due == []
    assert desk.pass_time(0.2).due == [Due(consultation_id=request, what=what, group_id=PENSIONS)]
    assert desk.queue() == [request], "the ledger has the first word"


# ── what the ledger knows better ─────────────────────────────────────────────────────────────────


def test_an_accept_that_the_ledger_refused_is_taken_back() -> None:
    desk = Desk()
    desk.stand(ONE)
    first, second = desk.create(), desk.create()
    desk.accept(ONE, first)
    desk.core.refuse_accept(ONE, first, desk.now, desk.wall_ms)
    assert (desk.ringing_at(ONE), desk.queue()) == (first, [second])


@pytest.mark.parametrize("thought", ["queued", "ringing elsewhere", "accepted elsewhere"])
def test_the_index_follows_an_accept_of_the_ledger(thought: str) -> None:
    desk = Desk()
    request = desk.create()
    if thought != "queued":
        desk.stand(TWO)
    if thought == "accepted elsewhere":
        desk.accept(TWO, request)
    for _ in range(2):
        desk.core.follow_accept(request, ONE, 7, desk.now, desk.wall_ms)
        assert (desk.request(request).state, desk.request(request).officer_id) == (RequestState.ACCEPTED, ONE)
        assert [slot.consultation_id for slot in desk.core.lease(ONE).slots] == [request]
        assert desk.core.lease(TWO).slots == ()
        assert desk.ringing_at(TWO) is None


def test_a_clock_that_is_set_back_lets_nobody_jump_the_queue() -> None:
    desk = Desk()
    before = desk.create(created_at_ms=desk.wall_ms + 3_600_000)
    after = desk.create(created_at_ms=desk.wall_ms)
    assert desk.queue() == [before, after]


def test_a_clock_that_jumps_moves_no_deadline() -> None:
    desk = Desk()
    desk.stand(ONE)
    request = desk.create()
    step = desk.core.tick(desk.now + OFFER_S - 1, desk.wall_ms + 3_600_000)
    assert not step.changed
    assert desk.ringing_at(ONE) == request
