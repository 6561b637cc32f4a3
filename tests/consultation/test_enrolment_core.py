"""The rules of enrolling: who may, in which order, and what a copied token is worth."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation import enrolment_core as core
from consultation.enrolment_core import TABLE, Act, Enrolment, State
from kernel.device_errors import (
    AuthorizationPending,
    EnrolmentChanged,
    EnrolmentExpired,
    EnrolmentRefused,
    EnrolmentRevoked,
    NumberWrong,
    SlowDown,
)
from kernel.errors import TokenInvalid

KEY, FOREIGN = "key", "foreign"
PEPPER = b"p" * 32


def asked(**more: object) -> Enrolment:
    values = {
        "id": "e",
        "kind": "kiosk",
        "thumbprint": KEY,
        "point_id": "zeltini",
        "name": "Darba vieta",
        "number": "42",
    }
    return Enrolment(**{**values, "created_ms": 0, "expires_ms": 600_000, **more})  # type: ignore[arg-type]


def confirm(found: Enrolment, number: str = "42", wall_ms: int = 1) -> None:
    core.confirm(found, number, clerk_id="c", workstation_id="w", session_hash="h", wall_ms=wall_ms)


def active() -> Enrolment:
    found = asked()
    confirm(found)
    core.poll(found, KEY, 10)
    return found


def test_what_has_ended_stays_ended() -> None:
    for state in (State.DENIED, State.EXPIRED, State.REVOKED):
        assert not [act for act in Act if (state, act) in TABLE]


@given(st.integers(min_value=0, max_value=2**96 - 1))
def test_codes_are_eight_letters_that_make_no_word(entropy: int) -> None:
    assert re.fullmatch(rf"[{core.ALPHABET}]{{4}}-[{core.ALPHABET}]{{4}}", core.user_code_of(entropy))
    assert 10 <= int(core.number_of(entropy)) <= 99


def test_how_a_code_is_typed_does_not_matter() -> None:
    assert core.plain_code(" bcdf-ghjk ") == core.plain_code("BCDF GHJK") == "BCDFGHJK"


def test_a_confirmed_device_gets_tokens_once_and_again_until_it_used_them() -> None:
    found = asked()
    with pytest.raises(AuthorizationPending):
        core.poll(found, KEY, 2_000)
    with pytest.raises(SlowDown):
        core.poll(found, KEY, 2_100)
    confirm(found)
    core.poll(found, KEY, 5_000)
    assert (found.state, found.generation) == (State.ACTIVE, 1)
    core.poll(found, KEY, 6_000)  # the answer was lost
    core.refresh(found, 1, "a", KEY, 7_000)
    with pytest.raises(EnrolmentExpired):
        core.poll(found, KEY, 8_000)


def test_only_the_key_that_asked_is_let_in() -> None:
    found = asked()
    confirm(found)
    with pytest.raises(EnrolmentExpired):
        core.poll(found, FOREIGN, 5_000)
    assert found.state is State.APPROVED


def test_a_wrong_number_ends_it() -> None:
    found = asked()
    with pytest.raises(NumberWrong):
        confirm(found, "43")
    with pytest.raises(EnrolmentChanged):
        confirm(found)
    with pytest.raises(EnrolmentRefused):
        core.poll(found, KEY, 5_000)


def test_a_code_runs_out() -> None:
    found = asked()
    with pytest.raises(EnrolmentExpired):
        confirm(found, wall_ms=600_000)
    with pytest.raises(EnrolmentExpired):
        core.poll(found, KEY, 600_000)
    assert core.expire(found, 600_000)
    assert found.state is State.EXPIRED


def test_a_refresh_sent_again_is_one_refresh() -> None:
    found = active()
    assert not core.refresh(found, 1, "first", KEY, 20).reused
    assert not core.refresh(found, 1, "first", KEY, 30).reused
    assert found.generation == 2


def test_a_token_used_twice_ends_the_enrolment() -> None:
    found = active()
    core.refresh(found, 1, "first", KEY, 20)
    assert core.refresh(found, 1, "second", KEY, 30).reused
    assert found.state is State.REVOKED
    with pytest.raises(EnrolmentRevoked):
        core.refresh(found, 2, "third", KEY, 40)


def test_a_copied_token_without_the_key_changes_nothing() -> None:
    found = active()
    with pytest.raises(TokenInvalid):
        core.refresh(found, 1, "x", FOREIGN, 20)
    assert not core.refresh(found, 1, "first", KEY, 30).reused


def test_refresh_tokens_are_ours_alone() -> None:
    token = core.refresh_token("e", 3, PEPPER)
    assert core.read_refresh_token(token, PEPPER) == ("e", 3)
    for forged in ("", "e.3", f"e.4.{token.rsplit('.')[-1]}", token + "0"):
        with pytest.raises(TokenInvalid):
            core.read_refresh_token(forged, PEPPER)
