"""A second official in a running session: called in, taking over, conferring; and the hand-back to the clerk. Pure.

```
call:     calling ──accepted──▶ coming ──in the room──▶ joined
             └──declined, no answer, taken back──▶ failed ◀──not let in, did not come──┘
session:  live, lobby ──hand_back──▶ handed_back ──resume──▶ lobby, live
```

A call changes nothing for those in the room until the new official is in it: the client stays connected, identity and
acting-for belong to the session and stay with it. Only then does a transfer end the first officer's part.
"""

from __future__ import annotations

from consultation.core import MediaCommand, Outcome, both, changed, go, must_run, part_over, settle, touched
from consultation.model import (
    OVER,
    CallKind,
    CallState,
    HandBack,
    OfficialCall,
    OfficialPart,
    Participant,
    ParticipantState,
    PersonRole,
    Session,
    SessionState,
    Training,
    Via,
)
from consultation.moderator_core import hold
from kernel.errors import NotAllowed, WorkstationUnknown
from kernel.ids import ConsultationId, OfficerId
from kernel.messages import OfferAccepted, OfficerReleased, Pak
from kernel.session_errors import NoOfficialCalled, NotHandedBack, NotTraining, OfficialCalled, SessionLocked

P, S = ParticipantState, SessionState


# ── calling ──────────────────────────────────────────────────────────────────────────────────────


def may_call(session: Session) -> None:
    """Raises `SessionLocked` or `OfficialCalled`: one at a time."""
    must_run(session)
    if session.locked:
        raise SessionLocked
    guest = session.of_role(PersonRole.SPECIALIST)
    if (session.call is not None and session.call.open) or (guest is not None and guest.state not in OVER):
        raise OfficialCalled


def call_official(session: Session, call: OfficialCall) -> Outcome:
    may_call(session)
    session.call = call
    return touched(session, call.at_ms)


def accepted(session: Session, event: OfferAccepted, identity: str, wall_ms: int) -> Outcome:
    """A second official took the request. Whom nobody waits for any more is released at once."""
    facts, call = event.facts, session.call
    waited_for = call is not None and call.request_id == facts.consultation_id and call.open
    again = session.of_account(event.officer_id)
    here = again is not None and again.state not in OVER and again.request_id != facts.consultation_id
    if session.state is S.ENDED or call is None or not waited_for or here:
        # nobody is two persons in one session
        released = OfficerReleased(at_ms=wall_ms, consultation_id=facts.consultation_id, officer_id=event.officer_id)
        return Outcome([released])
    if call.state is CallState.COMING:
        return Outcome()
    call.to(CallState.COMING)
    if again is not None and again.state is P.REMOVED:
        # was not let in before, and comes anew
        again.to(P.GONE)
    # called by the moderator: let in. Called by somebody else: the moderator opens the door.
    waits = session.locked or call.by != session.moderator_identity
    session.participants[identity] = Participant(
        identity,
        PersonRole.SPECIALIST,
        event.officer_id,
        event.officer_name,
        P.WAITING if waits else P.INVITED,
        lost_at_ms=wall_ms,
        knocked_ms=wall_ms if waits else None,
        via=Via.SPECIALIST,
        request_id=facts.consultation_id,
        agency_id=facts.agency_id,
    )
    return touched(session, wall_ms)


def failed(session: Session, request_id: ConsultationId, why: str, wall_ms: int) -> Outcome:
    """Nobody comes: the session is as it was. ``why``: declined, no_answer, unserved, taken_back."""
    call = session.call
    if session.state is S.ENDED or call is None or call.request_id != request_id or call.state is not CallState.CALLING:
        return Outcome()
    call.to(CallState.FAILED)
    call.why = why
    return touched(session, wall_ms)


def take_call_back(session: Session, wall_ms: int) -> Outcome:
    """Raises `NoOfficialCalled`. One who has accepted and is not yet in is released."""
    must_run(session)
    call = session.call
    if call is None or not call.open:
        raise NoOfficialCalled
    guest = session.of_role(PersonRole.SPECIALIST)
    outcome = Outcome() if guest is None else go(session, guest, wall_ms)
    call.to(CallState.FAILED)
    call.why = "taken_back"
    return both(outcome, touched(session, wall_ms))


def arrived(session: Session, identity: str, wall_ms: int) -> Outcome:
    """After `core.joined`: the one who was called is in the room. A transfer is done now, and only now."""
    who, call = session.participants.get(identity), session.call
    if who is None or call is None or call.state is not CallState.COMING or who.request_id != call.request_id:
        return Outcome()
    if session.state is S.ENDED or who.state is not P.JOINED:
        return Outcome()
    call.to(CallState.JOINED)
    kind = call.kind.value
    part = OfficialPart(who.account, who.name, who.agency_id or "", kind, wall_ms, request_id=who.request_id)
    session.officials.append(part)
    before = session.of_role(PersonRole.OFFICER)
    if call.kind is not CallKind.TRANSFER and before is not None:
        return touched(session, wall_ms)
    outcome = Outcome() if before is None else _hand_over_part(session, before, wall_ms)
    who.role = PersonRole.OFFICER
    session.officer_id, session.officer_name = OfficerId(who.account), who.name
    session.officer_request_id = who.request_id
    if session.state is S.HANDED_BACK:
        session.state, session.handed_back = S.LOBBY, None
    settle(session, wall_ms)
    return both(outcome, touched(session, wall_ms))


def _hand_over_part(session: Session, before: Participant, wall_ms: int) -> Outcome:
    before.to(P.GONE)
    before.connection = ""
    return Outcome(part_over(session, before, wall_ms), [MediaCommand("remove", before.identity)])


def expire_call(session: Session, ring_ms: int, hold_ms: int, wall_ms: int) -> tuple[Outcome, ConsultationId | None]:
    """Ends a call that nobody answers, or whose official does not come; with the request to withdraw, if one rings."""
    call = session.call
    if session.state is S.ENDED or call is None:
        return Outcome(), None
    if call.state is CallState.CALLING and wall_ms - call.at_ms >= ring_ms:
        return failed(session, call.request_id, "no_answer", wall_ms), call.request_id
    guest = session.of_role(PersonRole.SPECIALIST)
    if guest is None or guest.state in OVER:
        if call.state is CallState.COMING:
            # the moderator did not let them in
            call.to(CallState.FAILED)
            call.why = "refused"
            return touched(session, wall_ms), None
        return Outcome(), None
    away = guest.state in (P.INVITED, P.LEFT, P.WAITING)
    if away and guest.lost_at_ms is not None and wall_ms - guest.lost_at_ms >= hold_ms:
        outcome = go(session, guest, wall_ms)
        if call.state is CallState.COMING:
            call.to(CallState.FAILED)
            call.why = "no_answer"
        return outcome, None
    return Outcome(), None


# ── training ─────────────────────────────────────────────────────────────────────────────────────


def train(session: Session, service: str, alone: bool, wall_ms: int) -> Outcome:
    """What was taught and whether the client can do it alone; said again it is corrected. Raises `NotTraining`."""
    must_run(session)
    if session.facts.pak is not Pak.PAK_03:
        raise NotTraining
    session.training = Training(service, alone, wall_ms)
    return touched(session, wall_ms)


# ── conferring ───────────────────────────────────────────────────────────────────────────────────


def confer(session: Session, on: bool, wall_ms: int) -> Outcome:
    """The officials speak among themselves: the client waits outside, told so, and comes back by itself afterwards."""
    must_run(session)
    citizen = session.of_role(PersonRole.CITIZEN)
    if on:
        if citizen is None or citizen.state is not P.JOINED:
            raise WorkstationUnknown(field="identity")
        outcome = hold(session, citizen.identity, wall_ms)
        citizen.knocked_ms = None
        session.private = True
        return outcome
    if not session.private:
        return Outcome()
    session.private = False
    if citizen is not None and citizen.state is P.HELD:
        citizen.to(P.INVITED)
    return touched(session, wall_ms)


# ── handing back ─────────────────────────────────────────────────────────────────────────────────


def hand_back(session: Session, what: str, note: str, wall_ms: int) -> Outcome:
    """The clerk does what needs hands: ``what`` is paper, signature or printing. The officials are out meanwhile."""
    must_run(session)
    if session.state is S.HANDED_BACK:
        session.handed_back = HandBack(what, note, wall_ms)
        return touched(session, wall_ms)
    clerk = session.of_role(PersonRole.CLERK)
    if clerk is None or clerk.state is not P.JOINED:
        raise NotAllowed
    if session.moderator_identity != clerk.identity:
        session.moderator = ""
    outcome = Outcome()
    for who in session.participants.values():
        if who.role in (PersonRole.OFFICER, PersonRole.SPECIALIST) and who.state in (P.JOINED, P.LEFT, P.INVITED):
            outcome = both(outcome, hold(session, who.identity, wall_ms))
            who.knocked_ms = None
    if session.private:
        outcome = both(outcome, confer(session, False, wall_ms))
    session.state = S.HANDED_BACK
    session.handed_back = HandBack(what, note, wall_ms)
    return both(outcome, Outcome([changed(session, wall_ms)]))


def resume(session: Session, wall_ms: int) -> Outcome:
    """The officials are back in. Raises `NotHandedBack`; without an officer a new one is called first."""
    must_run(session)
    officer = session.of_role(PersonRole.OFFICER)
    if session.state is not S.HANDED_BACK or officer is None:
        raise NotHandedBack
    session.state, session.handed_back = S.LOBBY, None
    for who in session.participants.values():
        if who.role in (PersonRole.OFFICER, PersonRole.SPECIALIST) and who.state is P.HELD:
            who.to(P.INVITED)
            who.lost_at_ms = wall_ms
    settle(session, wall_ms)
    return touched(session, wall_ms)
