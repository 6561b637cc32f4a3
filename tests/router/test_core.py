"""The router decided: who rings, in which order, and what becomes of every answer."""

from __future__ import annotations

import pytest

from kernel.errors import OfferGone, OfferStale, OfferTaken, OfficerBusy
from kernel.messages import (
    AwayReason,
    LeaseState,
    OfferClosed,
    Priority,
    RequestRequeued,
)
from router.commands import NextStep
from router.explain_core import Explainer
from router.model import DECLINE_REST_S, RequestState
from tests.router.desk import OFFER_S, Desk
from tests.router.directory import BENEFITS, ONE, PENSIONS, THREE, TWO


@pytest.fixture
def desk() -> Desk:
    return Desk()


# ── order ────────────────────────────────────────────────────────────────────────────────────────


def test_within_a_class_first_come_first_served_even_in_one_millisecond(desk: Desk) -> None:
    made = [desk.create() for _ in range(5)]
    assert desk.queue() == made
    assert [desk.core.records.lanes.position(BENEFITS, desk.request(each).key) for each in made] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("priority", "minutes_later", "passes"),
    [
        (Priority.NORMAL, 1, False),
        (Priority.RAISED, 4, True),
        (Priority.RAISED, 6, False),
        (Priority.URGENT, 29, True),
        (Priority.URGENT, 31, False),
    ],
)
def test_a_class_has_a_head_start_and_nobody_starves(
    desk: Desk, priority: Priority, minutes_later: int, passes: bool
) -> None:
    early = desk.create()
    desk.now += 60 * minutes_later
    late = desk.create(priority=priority)
    assert desk.queue() == ([late, early] if passes else [early, late])


def test_the_longest_idle_rings_first(desk: Desk) -> None:
    desk.stand(TWO)
    desk.now += 1
    desk.stand(ONE)
    first, second = desk.create(), desk.create()
    assert (desk.ringing_at(TWO), desk.ringing_at(ONE)) == (first, second)


def test_the_highest_level_rings_first_where_the_group_wants_that(desk: Desk) -> None:
    for officer_id in (ONE, THREE, TWO):
        desk.stand(officer_id)
        desk.now += 1
    made = [desk.create(group_id=PENSIONS) for _ in range(3)]
    assert [desk.ringing_at(officer_id) for officer_id in (TWO, THREE, ONE)] == made


def test_an_officer_is_rung_only_in_the_own_languages(desk: Desk) -> None:
    desk.stand(ONE)
    request = desk.create(language="ru")
    assert desk.queue() == [request]
    desk.stand(TWO)
    assert desk.ringing_at(TWO) == request


def test_who_becomes_available_gets_the_first_of_all_the_own_queues(desk: Desk) -> None:
    pension = desk.create(group_id=PENSIONS)
    desk.now += 1
    desk.create()
    desk.stand(ONE)
    assert desk.ringing_at(ONE) == pension


# ── answers ──────────────────────────────────────────────────────────────────────────────────────


def test_accepting_makes_the_officer_busy_and_tells_how_long_it_rang(desk: Desk) -> None:
    request = desk.create()
    desk.now += 7
    desk.stand(ONE)
    desk.now += 3
    step = desk.accept(ONE, request)
    (closed,) = step.closed
    assert (closed.officer_id, closed.why, closed.closed_ms - closed.offered_ms) == (ONE, "accepted", 3_000)
    assert desk.lease(ONE) is LeaseState.BUSY
    assert desk.request(request).state is RequestState.ACCEPTED


def test_only_the_running_version_can_be_answered(desk: Desk) -> None:
    desk.stand(ONE)
    request = desk.create()
    with pytest.raises(OfferTaken):
        desk.accept(TWO, request)
    with pytest.raises(OfferStale):
        desk.accept(ONE, request, version=0)
    desk.accept(ONE, request)
    with pytest.raises(OfferStale):
        desk.accept(ONE, request)
    with pytest.raises(OfferTaken):
        desk.accept(TWO, request)


def test_a_declined_request_keeps_its_place_and_spares_that_officer(desk: Desk) -> None:
    desk.stand(ONE)
    first = desk.create()
    second = desk.create()
    step = desk.decline(ONE, first)
    assert [event.why for event in step.events if isinstance(event, RequestRequeued)] == ["declined"]
    assert desk.queue() == [first]
    assert desk.ringing_at(ONE) == second
    desk.drop(second)
    assert desk.lease(ONE) is LeaseState.AVAILABLE
    asked_ms = desk.wall_ms + round(DECLINE_REST_S * 1000)
    desk.pass_time(DECLINE_REST_S - 1)
    assert desk.ringing_at(ONE) is None
    explainer = Explainer(desk.core, desk.now, desk.wall_ms)
    assert explainer.next_step(desk.request(first)) == NextStep(code="asks_again", until_ms=asked_ms)
    reason = next(each for each in explainer.reasons(desk.request(first)) if each.officer_id == ONE)
    assert (reason.why, reason.from_ms) == ("declined", asked_ms)
    desk.pass_time(1)
    assert desk.ringing_at(ONE) == first


def test_no_answer_rings_the_next_one_and_is_not_answering_until_chosen_anew(desk: Desk) -> None:
    desk.stand(ONE)
    desk.now += 1
    desk.stand(TWO)
    request = desk.create()
    desk.pass_time(OFFER_S - 0.1)
    assert desk.ringing_at(ONE) == request
    desk.pass_time(0.1)
    assert (desk.lease(ONE), desk.ringing_at(TWO)) == (LeaseState.AWAY, request)
    assert desk.core.leases[ONE].reason is AwayReason.NOT_ANSWERING
    assert desk.core.requests[request].version == 2
    desk.stand(ONE)
    assert desk.lease(ONE) is LeaseState.AVAILABLE


def test_withdrawing_silences_the_console_in_the_same_step(desk: Desk) -> None:
    desk.stand(ONE)
    request, following = desk.create(), desk.create()
    step = desk.drop(request)
    assert [event.why for event in step.events if isinstance(event, OfferClosed)] == ["withdrawn"]
    assert [closed.why for closed in step.closed] == ["withdrawn"]
    assert desk.ringing_at(ONE) == following
    with pytest.raises(OfferGone):
        desk.accept(ONE, request)
    assert not desk.drop(request).changed, "a second time changes nothing"


def test_a_console_that_vanishes_gives_the_request_back_but_keeps_the_conversation(desk: Desk) -> None:
    desk.stand(ONE)
    request = desk.create()
    desk.stand(ONE, online=False, ready=False)
    assert (desk.queue(), desk.lease(ONE)) == ([request], LeaseState.OFFLINE)
    desk.stand(ONE)
    desk.accept(ONE, request)
    desk.stand(ONE, online=False, ready=False)
    assert desk.lease(ONE) is LeaseState.BUSY


# ── direct dial, wrap-up, rebuild ────────────────────────────────────────────────────────────────


def test_direct_dial_rings_that_officer_before_anybody_idle_longer(desk: Desk) -> None:
    desk.stand(ONE)
    desk.now += 1
    desk.stand(TWO)
    request = desk.create(direct_officer_id=TWO)
    assert desk.ringing_at(TWO) == request
    step = desk.pass_time(OFFER_S)
    assert [event.why for event in step.events if isinstance(event, RequestRequeued)] == ["direct_fallback"]
    assert desk.ringing_at(ONE) == request


def test_direct_dial_to_a_busy_officer_falls_back_to_the_group_at_once(desk: Desk) -> None:
    desk.stand(ONE)
    request = desk.create(direct_officer_id=TWO)
    assert desk.ringing_at(ONE) == request
    assert desk.core.requests[request].fell_back


def test_wrap_up_ends_by_word_or_by_time_and_the_next_one_rings(desk: Desk) -> None:
    desk.stand(ONE)
    for ends in ("word", "time"):
        request = desk.create()
        desk.accept(ONE, request)
        waiting = desk.create()
        desk.release(request, ONE)
        assert desk.release(request, ONE).events == []
        assert (desk.lease(ONE), desk.queue()) == (LeaseState.WRAP_UP, [waiting])
        with pytest.raises(OfficerBusy):
            desk.core.finish_wrap_up(ONE, waiting, desk.now, desk.wall_ms)
        if ends == "word":
            desk.core.finish_wrap_up(ONE, request, desk.now, desk.wall_ms)
        else:
            desk.pass_time(120)
        assert desk.ringing_at(ONE) == waiting
        desk.drop(waiting)
