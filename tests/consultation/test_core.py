"""The session decided: who is in, who may what, and that a workstation without authorisation has no place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consultation import core, workstation_core
from consultation.authorisation import LOCK_S, WRONG_TRIES, Tries, code_of, hash_code, redeem
from consultation.model import Authorisation, MediaKind, ParticipantState, PersonRole, Session, SessionState
from consultation.rights import CLERK as CLERK_ALONE
from consultation.rights import MODERATOR, RIGHTS, Action, check
from kernel.errors import (
    AuthorisationExpired,
    AuthorisationLocked,
    AuthorisationUnknown,
    AuthorisationUsed,
    AuthorisationWrongWorkstation,
    NotModerator,
    ParticipantUnknown,
    SessionEnded,
    WorkstationUnknown,
)
from kernel.ids import WorkstationId
from kernel.messages import OfficerReleased
from tests.facts import accepted, facts_of

CLERK, OFFICER, CITIZEN = "c-1", "o-1", "w-1"
IDENTITIES = {PersonRole.CLERK: CLERK, PersonRole.OFFICER: OFFICER, PersonRole.CITIZEN: CITIZEN}
KIOSK = WorkstationId("zeltini-1")


def fresh() -> Session:
    return core.open_session(accepted(facts_of()), IDENTITIES, 5_000)[0]


def code(**changed: object) -> Authorisation:
    values: dict[str, object] = {"code_hash": "h", "workstation_id": KIOSK, "expires_ms": 100_000}
    return Authorisation(**(values | changed))  # type: ignore[arg-type]


def running() -> Session:
    session = fresh()
    core.joined(session, CLERK, "1", 6_000)
    core.joined(session, OFFICER, "2", 6_100)
    return session


def with_client() -> Session:
    session = running()
    workstation_core.authorise(session, code(), identity=CITIZEN, wall_ms=7_000)
    workstation_core.admit(session, 7_100)
    core.joined(session, CITIZEN, "3", 7_200)
    return session


def test_opening_lobby_live_lobby_ended() -> None:
    session = fresh()
    seen = [session.state]
    core.joined(session, OFFICER, "2", 6_000)
    seen.append(session.state)
    core.joined(session, CLERK, "1", 6_100)
    workstation_core.authorise(session, code(), identity=CITIZEN, wall_ms=7_000)
    workstation_core.admit(session, 7_100)
    core.joined(session, CITIZEN, "3", 7_200)
    seen.append(session.state)
    workstation_core.revoke(session, 8_000)
    seen.append(session.state)
    core.end(session, "clerk", 9_000)
    seen.append(session.state)
    assert seen == [SessionState.OPENING, SessionState.LOBBY, SessionState.LIVE, SessionState.LOBBY, SessionState.ENDED]


def test_a_workstation_that_waits_is_put_out_at_once() -> None:
    session = running()
    outcome = core.joined(session, CITIZEN, "3", 7_000)
    assert [(command.act, command.identity) for command in outcome.media] == [("remove", CITIZEN)]
    assert session.state is SessionState.LOBBY


def test_revoking_cuts_its_media_and_the_code() -> None:
    session = with_client()
    outcome = workstation_core.revoke(session, 8_000)
    assert [(command.act, command.identity) for command in outcome.media] == [("remove", CITIZEN)]
    assert session.authorisation is None
    assert session.participants[CITIZEN].state is ParticipantState.WAITING


def test_a_second_code_redeemed_leaves_the_client_in() -> None:
    session = with_client()
    workstation_core.authorise(session, code(), identity=CITIZEN, wall_ms=8_000)
    workstation_core.admit(session, 8_100)
    assert session.participants[CITIZEN].state is ParticipantState.JOINED
    assert session.state is SessionState.LIVE


def test_the_code_of_another_workstation_is_not_for_this_session() -> None:
    with pytest.raises(WorkstationUnknown):
        workstation_core.authorise(
            running(), code(workstation_id=WorkstationId("other")), identity=CITIZEN, wall_ms=7_000
        )


def test_muting_takes_the_source_away_until_it_is_given_back() -> None:
    session = with_client()
    (command,) = core.mute(session, OFFICER, MediaKind.AUDIO, True, 8_000).media
    assert command.act == "permit"
    assert "microphone" not in command.sources
    assert "camera" in command.sources
    (command,) = core.mute(session, OFFICER, MediaKind.AUDIO, False, 8_100).media
    assert "microphone" in command.sources
    with pytest.raises(ParticipantUnknown):
        core.mute(session, "x-9", MediaKind.AUDIO, True, 8_200)


def test_a_removed_client_comes_back_by_a_new_code_only() -> None:
    session = with_client()
    workstation_core.authorise(session, code(), identity=CITIZEN, wall_ms=8_000)
    core.remove(session, CITIZEN, 8_100)
    assert session.authorisation is None, "a code given before is void"
    workstation_core.authorise(session, code(), identity=CITIZEN, wall_ms=9_000)
    assert core.participant(session, CITIZEN).state is ParticipantState.WAITING
    workstation_core.admit(session, 9_100)
    assert not core.joined(session, CITIZEN, "4", 9_200).media
    assert session.state is SessionState.LIVE


def test_who_was_removed_does_not_come_back() -> None:
    session = with_client()
    core.remove(session, CITIZEN, 8_000)
    outcome = core.joined(session, CITIZEN, "9", 8_100)
    assert [command.act for command in outcome.media] == ["remove"]
    assert session.participants[CITIZEN].state is ParticipantState.REMOVED


@pytest.mark.parametrize("act", ["leave", "remove"])
def test_without_the_officer_the_session_ends_and_releases_once(act: str) -> None:
    session = with_client()
    outcome = core.leave(session, OFFICER, 9_000) if act == "leave" else core.remove(session, OFFICER, 9_000)
    assert session.state is SessionState.ENDED
    assert sum(isinstance(event, OfficerReleased) for event in outcome.events) == 1
    assert core.end(session, "clerk", 9_100).events == []
    with pytest.raises(SessionEnded):
        core.mute(session, CLERK, MediaKind.AUDIO, True, 9_200)


def test_who_does_not_come_back_within_the_hold_ends_it() -> None:
    session = with_client()
    core.left(session, CLERK, "1", 10_000)
    assert core.expire(session, 60_000, 69_999).events == []
    core.expire(session, 60_000, 70_000)
    assert (session.state, session.end_reason) == (SessionState.ENDED, "clerk_lost")


def test_an_old_connections_departure_changes_nothing() -> None:
    session = running()
    core.joined(session, CLERK, "1b", 7_000)
    assert core.left(session, CLERK, "1", 7_100).events == []
    assert session.participants[CLERK].state is ParticipantState.JOINED


ACTS = st.sampled_from(["join-c", "join-o", "join-w", "left-c", "left-o", "left-w", "authorise", "admit", "revoke"])


@given(st.lists(ACTS, max_size=25))
def test_a_workstation_in_the_room_was_always_admitted(acts: list[str]) -> None:
    session = fresh()
    admitted = False
    for at, act in enumerate(acts, start=6_000):
        name, _, who = act.partition("-")
        identity = {"c": CLERK, "o": OFFICER, "w": CITIZEN}.get(who, "")
        if name == "join":
            core.joined(session, identity, f"{at}", at)
        elif name == "left":
            core.left(session, identity, "", at)
        elif name == "authorise":
            workstation_core.authorise(session, code(), identity=CITIZEN, wall_ms=at)
        elif name == "admit" and session.authorisation is not None:
            workstation_core.admit(session, at)
            admitted = True
        elif name == "revoke":
            workstation_core.revoke(session, at)
            admitted = False
        present = session.participants[CITIZEN].state is ParticipantState.JOINED
        assert not present or admitted
        assert (session.state is SessionState.LIVE) == present


# ── rights and codes ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("identity", [OFFICER, CITIZEN])
@pytest.mark.parametrize("action", sorted(MODERATOR | CLERK_ALONE))
def test_only_the_clerk_moderates(identity: str, action: Action) -> None:
    session = with_client()
    check(session, session.participants[CLERK], action)
    with pytest.raises(NotModerator):
        check(session, session.participants[identity], action)
    assert Action.JOIN not in RIGHTS[PersonRole.CITIZEN]


def test_a_code_opens_once_for_its_workstation_in_its_time() -> None:
    given_code = code()
    with pytest.raises(AuthorisationUnknown):
        redeem(None, KIOSK, "", 1)
    with pytest.raises(AuthorisationWrongWorkstation):
        redeem(given_code, "other", "", 1)
    with pytest.raises(AuthorisationExpired):
        redeem(given_code, KIOSK, "", 100_000)
    assert redeem(given_code, KIOSK, "", 99_999).used
    with pytest.raises(AuthorisationUsed):
        redeem(given_code, KIOSK, "", 99_999)


def test_five_wrong_tries_lock_for_five_minutes() -> None:
    tries = Tries()
    for at_ms in range(1_000, 1_000 + WRONG_TRIES):
        tries.check(at_ms)
        tries.failed(at_ms)
    with pytest.raises(AuthorisationLocked) as locked:
        tries.check(11_000)
    assert 0 < locked.value.retry_after_s <= LOCK_S
    tries.check(round(LOCK_S * 1000) + 1_000 + WRONG_TRIES)


def test_a_clock_that_jumps_locks_nobody_for_longer() -> None:
    wrong = [5_000_000] * WRONG_TRIES
    for jump_ms in (-3_600_000, 3_600_000):
        Tries(list(wrong)).check(5_000_000 + jump_ms)
    for jump_ms in (-200_000, 200_000):
        with pytest.raises(AuthorisationLocked) as locked:
            Tries(list(wrong)).check(5_000_000 + jump_ms)
        assert 0 < locked.value.retry_after_s <= LOCK_S + 1


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_a_code_is_six_digits_however_it_is_typed(entropy: int) -> None:
    made = code_of(entropy)
    assert len(made) == 6
    assert made.isdigit()
    assert hash_code(f"{made[:3]} {made[3:]}", b"pepper") == hash_code(made, b"pepper")
    assert made not in hash_code(made, b"pepper")
