"""A second official: called in, taking over, conferring, and the hand-back to the clerk."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from consultation import core, moderator_core, officials_core
from consultation.model import (
    ActingFor,
    CallKind,
    CallState,
    OfficialCall,
    Participant,
    ParticipantState,
    PersonRole,
    Session,
    SessionState,
)
from kernel.errors import KlatieneError, SessionEnded
from kernel.ids import AgencyId, ConsultationId, OfficerId
from kernel.messages import OfferAccepted, OfficerReleased, Pak
from kernel.messages import SessionEnded as Ended
from kernel.session_errors import NoOfficialCalled, NotHandedBack, NotTraining, OfficialCalled, SessionLocked
from tests.consultation.test_core import CITIZEN, CLERK, OFFICER, with_client
from tests.facts import accepted, facts_of
from web.session_view import view

SECOND = "s-1"
CALLED = ConsultationId("00000000-0000-7000-8000-000000000099")
P, S = ParticipantState, SessionState


def seen_by(session: Session, identity: str) -> dict[str, Any]:
    return view(session, session.participants[identity], None)


def calling(kind: CallKind = CallKind.SPECIALIST, by: str = CLERK) -> Session:
    session = with_client()
    officials_core.call_official(session, OfficialCall(CALLED, kind, by, "Pensijas", 8_000))
    return session


def answered(session: Session, request_id: ConsultationId = CALLED, officer: str = "vid-1") -> OfferAccepted:
    facts = facts_of(99, consultation_id=request_id, agency_id=AgencyId("vid"), joins=session.id)
    return replace(accepted(facts), officer_id=OfficerId(officer), officer_name="VID speciālists 1")


def with_second(kind: CallKind = CallKind.SPECIALIST) -> tuple[Session, core.Outcome]:
    session = calling(kind)
    officials_core.accepted(session, answered(session), SECOND, 9_000)
    core.joined(session, SECOND, "7", 9_500)
    return session, officials_core.arrived(session, SECOND, 9_500)


def released(outcome: core.Outcome) -> list[tuple[str, str]]:
    return [(event.consultation_id, event.officer_id) for event in outcome.events if isinstance(event, OfficerReleased)]


def test_a_specialist_joins_and_everybody_stays() -> None:
    session, outcome = with_second()
    assert released(outcome) == []
    assert session.call is not None
    assert session.call.state is CallState.JOINED
    assert session.participants[SECOND].role is PersonRole.SPECIALIST
    assert session.state is S.LIVE
    assert session.guest_id == "vid-1"
    # the specialist goes by themselves: the session goes on, and they alone are released
    outcome = core.leave(session, SECOND, 10_000)
    assert released(outcome) == [(CALLED, "vid-1")]
    assert session.state is S.LIVE
    assert session.guest_id is None


def test_a_transfer_is_done_when_the_new_official_is_in_and_the_client_never_moves() -> None:
    session = calling(CallKind.TRANSFER)
    session.acting_for = ActingFor("40003000000", True, "ok", 7_500, "JPP")
    assert officials_core.accepted(session, answered(session), SECOND, 9_000).media == []
    assert session.officer_id == "vsaa-1", "until then everything is as it was"
    core.joined(session, SECOND, "7", 9_500)
    outcome = officials_core.arrived(session, SECOND, 9_500)
    assert released(outcome) == [(session.id, "vsaa-1")]
    assert [(command.act, command.identity) for command in outcome.media] == [("remove", OFFICER)]
    assert (session.officer_id, session.officer_name) == ("vid-1", "VID speciālists 1")
    assert session.participants[CITIZEN].connection == "3"
    assert session.state is S.LIVE
    assert session.acting_for is not None
    ended = core.end(session, "clerk_ended", 20_000)
    assert released(ended) == [(CALLED, "vid-1")]
    (event,) = [event for event in ended.events if isinstance(event, Ended)]
    assert [(part.officer_id, part.kind, part.from_ms, part.to_ms) for part in event.officials] == [
        ("vsaa-1", "first", 5_000, 9_500),
        ("vid-1", "transfer", 9_500, 20_000),
    ]
    assert event.acting_for == "40003000000"


@pytest.mark.parametrize("why", ["declined", "no_answer", "unserved"])
def test_a_refusal_brings_the_session_back(why: str) -> None:
    session = calling(CallKind.TRANSFER)
    officials_core.failed(session, CALLED, why, 9_000)
    assert session.call is not None
    assert (session.call.state, session.call.why) == (CallState.FAILED, why)
    assert session.state is S.LIVE
    assert session.participants[OFFICER].state is P.JOINED
    # whoever answers afterwards is not waited for any more
    assert released(officials_core.accepted(session, answered(session), SECOND, 9_100)) == [(CALLED, "vid-1")]
    again = ConsultationId("00000000-0000-7000-8000-000000000100")
    officials_core.call_official(session, OfficialCall(again, CallKind.TRANSFER, CLERK, "Pensijas", 9_200))


def test_a_note_travels_with_a_transfer_and_is_gone_with_the_session() -> None:
    session = with_client()
    note = "Iesniegums ir pārbaudīts, trūkst izziņas."
    call = OfficialCall(CALLED, CallKind.TRANSFER, OFFICER, "Pensijas", 8_000, note=note)
    officials_core.call_official(session, call)
    officials_core.accepted(session, answered(session), SECOND, 9_000)
    assert seen_by(session, SECOND)["door"], "called by the officer: waits before the door"
    assert note not in str(seen_by(session, SECOND))
    moderator_core.admit(session, SECOND, 9_100)
    core.joined(session, SECOND, "7", 9_500)
    officials_core.arrived(session, SECOND, 9_500)
    for identity in (CLERK, SECOND):
        assert seen_by(session, identity)["call"]["note"] == note
    assert note not in str(seen_by(session, CITIZEN))
    core.end(session, "clerk_ended", 10_000)
    assert note not in str(session)


def test_what_the_officer_writes_to_the_clerk_is_not_on_the_clients_screen() -> None:
    session = with_client()
    officials_core.hand_back(session, "signature", "Divi paraksti", 10_000)
    assert seen_by(session, CLERK)["handed_back"]["note"] == "Divi paraksti"
    assert seen_by(session, CITIZEN)["handed_back"] == {"what": "signature", "note": "", "at_ms": 10_000}


def test_who_was_not_let_in_and_is_called_again_stands_there_once() -> None:
    session = calling(by=OFFICER)
    officials_core.accepted(session, answered(session), SECOND, 9_000)
    core.remove(session, SECOND, 9_100)
    officials_core.expire_call(session, 60_000, 60_000, 9_200)
    again = ConsultationId("00000000-0000-7000-8000-000000000100")
    officials_core.call_official(session, OfficialCall(again, CallKind.SPECIALIST, CLERK, "Pensijas", 9_300))
    officials_core.accepted(session, answered(session, again), "s-2", 9_400)
    shown = [each["identity"] for each in seen_by(session, CLERK)["participants"] if each["role"] == "specialist"]
    assert shown == ["s-2"]


def test_one_second_official_at_a_time_and_none_behind_a_locked_door() -> None:
    session, _ = with_second()
    with pytest.raises(OfficialCalled):
        officials_core.may_call(session)
    other = with_client()
    moderator_core.lock(other, True, 8_000)
    with pytest.raises(SessionLocked):
        officials_core.may_call(other)
    with pytest.raises(NoOfficialCalled):
        officials_core.take_call_back(other, 8_100)


def test_called_by_the_officer_the_moderator_opens_the_door() -> None:
    session = calling(CallKind.TRANSFER, by=OFFICER)
    officials_core.accepted(session, answered(session), SECOND, 9_000)
    assert core.joined(session, SECOND, "7", 9_100).media[0].act == "remove"
    assert [who.identity for who in moderator_core.lobby(session)] == [SECOND]
    moderator_core.admit(session, SECOND, 9_200)
    core.joined(session, SECOND, "8", 9_300)
    officials_core.arrived(session, SECOND, 9_300)
    assert session.officer_id == "vid-1"


def test_not_let_in_is_a_refusal_too() -> None:
    session = calling(CallKind.TRANSFER, by=OFFICER)
    officials_core.accepted(session, answered(session), SECOND, 9_000)
    assert released(core.remove(session, SECOND, 9_100)) == [(CALLED, "vid-1")]
    officials_core.expire_call(session, 90_000, 60_000, 9_200)
    assert session.call is not None
    assert (session.call.state, session.call.why) == (CallState.FAILED, "refused")
    assert session.state is S.LIVE


def test_nobody_answers_and_nobody_comes() -> None:
    session = calling()
    assert officials_core.expire_call(session, 90_000, 60_000, 97_999)[1] is None
    assert officials_core.expire_call(session, 90_000, 60_000, 98_000)[1] == CALLED
    session = calling()
    officials_core.accepted(session, answered(session), SECOND, 9_000)
    outcome, request_id = officials_core.expire_call(session, 90_000, 60_000, 69_000)
    assert request_id is None
    assert released(outcome) == [(CALLED, "vid-1")]
    assert session.state is S.LIVE


def test_a_call_taken_back_releases_whoever_was_coming() -> None:
    session = calling()
    officials_core.accepted(session, answered(session), SECOND, 9_000)
    assert released(officials_core.take_call_back(session, 9_100)) == [(CALLED, "vid-1")]
    assert core.joined(session, SECOND, "7", 9_200).media[0].act == "remove"


def test_nobody_is_two_persons_in_one_session() -> None:
    session = calling()
    itself = answered(session, officer="vsaa-1")
    assert released(officials_core.accepted(session, itself, SECOND, 9_000)) == [(CALLED, "vsaa-1")]


def test_an_answer_to_a_session_that_is_over_is_released() -> None:
    session = calling()
    core.end(session, "clerk_ended", 8_500)
    assert released(officials_core.accepted(session, answered(session), SECOND, 9_000)) == [(CALLED, "vid-1")]
    with pytest.raises(SessionEnded):
        officials_core.may_call(session)


def test_the_officials_confer_while_the_client_is_outside() -> None:
    session, _ = with_second()
    outcome = officials_core.confer(session, True, 10_000)
    assert [(command.act, command.identity) for command in outcome.media] == [("remove", CITIZEN)]
    assert session.private
    officials_core.confer(session, False, 11_000)
    assert not core.joined(session, CITIZEN, "9", 11_100).media
    assert session.state is S.LIVE
    assert not session.private


def test_handed_back_the_clerk_has_the_client_and_the_officials_wait_outside() -> None:
    session, _ = with_second()
    moderator_core.hand_over(session, OFFICER, 9_900)
    outcome = officials_core.hand_back(session, "signature", "Divi paraksti", 10_000)
    assert {command.identity for command in outcome.media} == {OFFICER, SECOND}
    assert session.state is S.HANDED_BACK
    assert session.moderator_identity == CLERK
    assert not core.expire(session, 60_000, 900_000).events, "who waits outside is not lost"
    officials_core.resume(session, 20_000)
    assert session.state is S.LIVE
    core.joined(session, OFFICER, "11", 20_100)
    assert session.participants[OFFICER].state is P.JOINED
    with pytest.raises(NotHandedBack):
        officials_core.resume(session, 20_200)


def test_while_handed_back_the_officer_may_go_and_the_clerk_ends_it() -> None:
    session = with_client()
    officials_core.hand_back(session, "printing", "", 10_000)
    assert released(core.leave(session, OFFICER, 11_000)) == [(session.id, "vsaa-1")]
    assert session.state is S.HANDED_BACK
    with pytest.raises(NotHandedBack):
        officials_core.resume(session, 11_500)
    ended = core.end(session, "clerk_ended", 12_000)
    assert released(ended) == [], "released already"


def test_a_training_says_what_was_taught_and_the_record_has_it() -> None:
    with pytest.raises(NotTraining):
        officials_core.train(with_client(), "EDS", True, 8_000)
    session = with_client()
    session.facts = replace(session.facts, pak=Pak.PAK_03)
    officials_core.train(session, "EDS deklarācija", False, 8_000)
    officials_core.train(session, "EDS deklarācija", True, 8_100)
    (event,) = [event for event in core.end(session, "clerk_ended", 9_000).events if isinstance(event, Ended)]
    assert (event.trained, event.alone) == ("EDS deklarācija", True)


ACTS = st.sampled_from(
    [
        "call",
        "transfer",
        "accept",
        "join-s",
        "arrive",
        "left-s",
        "fail",
        "take-back",
        "leave-s",
        "remove-s",
        "confer",
        "talk",
        "hand-back",
        "resume",
        "hold-w",
        "admit-w",
        "leave-o",
        "left-c",
        "join-c",
        "join-o",
        "join-w",
        "expire",
    ]
)


@given(st.lists(ACTS, max_size=30))
def test_every_claim_is_released_exactly_once_whatever_happens(acts: list[str]) -> None:
    """An officer who accepted is in a session until their part ends, and is then released: never twice, never never."""
    session = with_client()
    claimed, freed, number = {(str(session.id), "vsaa-1")}, list[tuple[str, str]](), 100
    outside: Any = (P.WAITING, P.HELD, P.REMOVED, P.GONE)

    def second() -> Participant | None:
        guests = [
            who
            for who in session.participants.values()
            if who.identity.startswith("s-") and who.state not in outside[2:]
        ]
        return guests[-1] if guests else None

    for at, act in enumerate([*acts, "end"], start=10_000):
        outcome, guest = core.Outcome(), second()
        try:
            match act:
                case "call" | "transfer":
                    number += 1
                    kind = CallKind.SPECIALIST if act == "call" else CallKind.TRANSFER
                    made = ConsultationId(f"00000000-0000-7000-8000-{number:012d}")
                    outcome = officials_core.call_official(session, OfficialCall(made, kind, CLERK, "", at))
                case "accept":
                    made = ConsultationId(f"00000000-0000-7000-8000-{number:012d}")
                    officer = f"vid-{number}"
                    if (made, officer) not in claimed:
                        claimed.add((made, officer))
                        answer = answered(session, made, officer)
                        outcome = officials_core.accepted(session, answer, f"s-{number}", at)
                case "join-s" if guest:
                    outcome = core.joined(session, guest.identity, f"{at}", at)
                    outcome = core.both(outcome, officials_core.arrived(session, guest.identity, at))
                case "left-s" if guest:
                    outcome = core.left(session, guest.identity, "", at)
                case "leave-s" if guest:
                    outcome = core.leave(session, guest.identity, at)
                case "remove-s" if guest:
                    outcome = core.remove(session, guest.identity, at)
                case "fail" if session.call:
                    outcome = officials_core.failed(session, session.call.request_id, "declined", at)
                case "take-back":
                    outcome = officials_core.take_call_back(session, at)
                case "confer" | "talk":
                    outcome = officials_core.confer(session, act == "confer", at)
                case "hand-back":
                    outcome = officials_core.hand_back(session, "paper", "", at)
                case "resume":
                    outcome = officials_core.resume(session, at)
                case "hold-w":
                    outcome = moderator_core.hold(session, CITIZEN, at)
                case "admit-w":
                    outcome = moderator_core.admit(session, CITIZEN, at)
                case "leave-o" if session.participants[OFFICER].state is not P.GONE:
                    outcome = core.leave(session, OFFICER, at)
                case "left-c":
                    outcome = core.left(session, CLERK, "", at)
                case "join-c" | "join-o" | "join-w":
                    who = {"c": CLERK, "o": OFFICER, "w": CITIZEN}[act[-1]]
                    outcome = core.joined(session, who, f"{at}", at)
                case "expire":
                    outcome = officials_core.expire_call(session, 1, 1, at + 10)[0]
                case "end":
                    outcome = core.end(session, "clerk_ended", at)
        except KlatieneError:
            outcome = core.Outcome()
        freed += released(outcome)
        assert len(freed) == len(set(freed))
        inside = session.participants[CITIZEN].state is P.JOINED
        assert not (inside and session.private)
        if session.state not in (S.ENDED, S.HANDED_BACK):
            assert (session.state is S.LIVE) == inside
    # one whose call ended before they answered was never put into the session, and was released then
    assert set(freed) == claimed
