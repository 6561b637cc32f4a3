"""The workstation's way in, decided, and out again: a one-time code, bound to session, workstation and device.

The invariant: only `admit` gives a workstation a place in the room, and only to the device that the code was for.
"""

from __future__ import annotations

from consultation.core import MediaCommand, Outcome, changed, must_run, settle, unlent
from consultation.model import Authorisation, Participant, ParticipantState, PersonRole, Session, Via
from kernel.errors import WorkstationUnknown
from kernel.ids import ClerkId, WorkstationId
from kernel.messages import WorkstationAuthorised, WorkstationRevoked
from kernel.session_errors import SessionLocked


def authorise(session: Session, fresh: Authorisation, *, identity: str, wall_ms: int) -> Outcome:
    """A fresh one-time code; an earlier one is void. A workstation may be named only now; one put out waits again."""
    must_run(session)
    who = session.of_role(PersonRole.CITIZEN)
    if who is None:
        state = ParticipantState.WAITING
        role = PersonRole.CITIZEN
        who = Participant(identity, role, fresh.workstation_id, "", state, banned=unlent(role), via=Via.KIOSK)
        session.participants[identity] = who
    elif who.account != fresh.workstation_id:
        raise WorkstationUnknown(field="workstation_id")
    elif who.state is ParticipantState.REMOVED:
        who.to(ParticipantState.WAITING)
    if session.locked and who.state is ParticipantState.WAITING:
        raise SessionLocked
    session.authorisation = fresh
    return Outcome([changed(session, wall_ms)])


def admit(session: Session, wall_ms: int) -> Outcome:
    """The code was redeemed: the workstation has a place in the room."""
    must_run(session)
    who = session.of_role(PersonRole.CITIZEN)
    if who is None:
        raise WorkstationUnknown
    if session.locked and who.state is ParticipantState.WAITING:
        raise SessionLocked
    if who.state is not ParticipantState.JOINED:
        who.to(ParticipantState.INVITED)
    who.knocked_ms = None
    # from here on only the device that the code was for is this client
    who.device = session.authorisation.device if session.authorisation else ""
    session.private = False
    admitted = WorkstationAuthorised(
        at_ms=wall_ms,
        consultation_id=session.id,
        workstation_id=WorkstationId(who.account),
        by_clerk_id=ClerkId(session.facts.clerk_id),
    )
    return Outcome([admitted, changed(session, wall_ms)])


def revoke(session: Session, wall_ms: int) -> Outcome:
    """Back to waiting unseen; its media is cut by the node."""
    must_run(session)
    session.authorisation = None
    who = session.of_role(PersonRole.CITIZEN)
    if who is None:
        return Outcome()
    outcome = Outcome(media=[MediaCommand("remove", who.identity)])
    if who.state is not ParticipantState.REMOVED:
        who.to(ParticipantState.WAITING)
    who.connection, who.knocked_ms, who.device = "", None, ""
    session.private = False
    settle(session, wall_ms)
    outcome.events = [
        WorkstationRevoked(at_ms=wall_ms, consultation_id=session.id, workstation_id=WorkstationId(who.account)),
        changed(session, wall_ms),
    ]
    return outcome
