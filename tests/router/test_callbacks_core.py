"""Whose turn it is, and how often it comes."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.errors import CallbackClosed
from kernel.ids import ClerkId, ConsultationId
from router import callbacks_core as core
from router.callbacks_core import FINAL, TRANSITIONS, Callback, CallbackState, Due, GroupNow, Patience
from tests.router.test_appointments_core import WANTED

S = CallbackState
NOW = 1_000_000_000
PATIENCE = Patience(tries=3, ring_s=300, rest_s=900, lifetime_s=3600)


def kept(number: int = 1, **changed: Any) -> Callback:
    values: dict[str, Any] = {
        "id": ConsultationId(f"c{number}"),
        "wanted": WANTED,
        "score": number,
        "request_id": ConsultationId(f"r{number}"),
        "created_ms": NOW,
    }
    return Callback(**(values | changed))


def turns(*callbacks: Callback, **now: Any) -> list[str]:
    values: dict[str, Any] = {"open": True, "signed_in": 1, "available": 0, "first_score": None}
    return [each.id for each in core.whose_turn(callbacks, GroupNow(**(values | now)), NOW)]


def test_the_first_place_has_the_turn() -> None:
    assert turns(kept(2), kept(1)) == ["c1"]
    assert turns(kept(5), first_score=4) == []
    assert turns(kept(5), first_score=6) == ["c5"]


def test_an_officer_whom_nobody_waiting_can_have_gives_the_turn() -> None:
    assert turns(kept(5), first_score=4, available=1) == ["c5"]
    assert turns(kept(5), kept(6), kept(7), first_score=4, available=2) == ["c5", "c6"]


def test_closed_or_empty_offices_ring_nobody() -> None:
    assert turns(kept(1), open=False, available=1) == []
    assert turns(kept(1), signed_in=0) == []


def test_what_rings_takes_the_turn_of_those_behind() -> None:
    assert turns(kept(1, state=S.RINGING), kept(2)) == []
    assert turns(kept(1, state=S.CONVERTING), kept(2), available=2) == ["c2"]


def test_one_that_rests_lets_others_pass() -> None:
    assert turns(kept(1, rests_until_ms=NOW + 1), kept(2)) == ["c2"]
    assert turns(kept(1, rests_until_ms=NOW), kept(2)) == ["c1"]


def test_only_what_the_table_allows() -> None:
    for state in S:
        for to in S:
            if (state, to) in TRANSITIONS:
                assert core.step(kept(state=state), to).version == 1
            else:
                with pytest.raises(CallbackClosed):
                    core.step(kept(state=state), to)
    assert not any(state in FINAL for state, _ in TRANSITIONS)


def test_three_tries_and_it_says_so() -> None:
    callback, now = kept(), NOW
    for number in range(1, 4):
        callback = core.ring(callback, now)
        assert (callback.state, callback.tries) == (S.RINGING, number)
        assert core.due(callback, PATIENCE, now + 299_999) is None
        assert core.due(callback, PATIENCE, now + 300_000) is Due.NOT_THERE
        callback = core.not_there(callback, PATIENCE, now + 300_000)
        now = callback.rests_until_ms
    assert (callback.state, callback.end_reason) == (S.EXPIRED, "not_there")


def test_it_does_not_live_for_ever() -> None:
    assert core.due(kept(), PATIENCE, NOW + 3_599_999) is None
    assert core.due(kept(), PATIENCE, NOW + 3_600_000) is Due.EXPIRE
    assert core.due(kept(state=S.EXPIRED), PATIENCE, NOW + 9_000_000) is None
    assert core.expire(kept(), "too_old", NOW).end_reason == "too_old"


def test_a_conversion_that_died_or_was_refused() -> None:
    begun = core.begin(kept(state=S.RINGING), NOW, ClerkId("another"), "Cits")
    assert begun.wanted.clerk_name == "Cits"
    assert core.due(begun, PATIENCE, NOW + 9_999) is None
    assert core.due(begun, PATIENCE, NOW + 10_000) is Due.CONVERT
    back = core.refused(begun, "group_closed", PATIENCE, NOW)
    assert (back.state, back.problem, back.score) == (S.WAITING, "group_closed", begun.score)
    assert back.rests_until_ms == NOW + 900_000
