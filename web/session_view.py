"""What each party sees of a session. Pure.

The invariant: a workstation that is not authorised learns that it waits, and nothing else.
"""

from __future__ import annotations

from typing import Any

from consultation.model import MediaKind, Participant, ParticipantState, PersonRole, Session, SessionState
from consultation.rights import MODERATOR, RIGHTS
from consultation.store import Workstation
from kernel.messages import ClientKind

_AT_WORKSTATION = {
    ParticipantState.INVITED: "authorised",
    ParticipantState.LEFT: "authorised",
    ParticipantState.JOINED: "in_session",
}


def workstation_state(session: Session | None) -> str:
    """``free``, ``waiting``, ``authorised`` or ``in_session``."""
    citizen = None if session is None or session.state is SessionState.ENDED else session.of_role(PersonRole.CITIZEN)
    return "free" if citizen is None else _AT_WORKSTATION.get(citizen.state, "waiting")


def client_label(kind: ClientKind, reference: str | None) -> dict[str, Any]:
    """How a client is called on a screen: never by name or code."""
    return {"kind": kind, "label": "" if kind is ClientKind.ANONYMOUS or reference is None else reference[:6].upper()}


def view(session: Session, mine: Participant, workstation: Workstation | None) -> dict[str, Any]:
    """``SessionView`` of docs/api.md as ``mine`` may see it."""
    card = _workstation(session, workstation)
    if mine.role is PersonRole.CITIZEN and mine.state in (ParticipantState.WAITING, ParticipantState.REMOVED):
        # for one who was put out it is over; only a new authorisation opens it again
        state = SessionState.ENDED if mine.state is ParticipantState.REMOVED else session.state
        return {"id": session.id, "state": state, "role": mine.role, "workstation": card}
    facts = session.facts
    return {
        "id": session.id,
        "state": session.state,
        "role": mine.role,
        "identity": mine.identity,
        "can_moderate": RIGHTS[mine.role] >= MODERATOR,
        "pak": facts.pak,
        "topic": facts.topic,
        "ticket": facts.ticket,
        "agency_id": facts.agency_id,
        "opened_at_ms": session.opened_ms,
        "live_at_ms": session.live_ms,
        "ended_at_ms": session.ended_ms,
        "end_reason": session.end_reason,
        "participants": [_participant(session, who) for who in session.participants.values()],
        "workstation": card,
        "acting_for": session.acting_for,
        "client": {
            **client_label(facts.client_kind, facts.client_ref),
            "assurance": "document" if facts.client_kind is ClientKind.IDENTIFIED else "none",
        },
    }


def _participant(session: Session, who: Participant) -> dict[str, Any]:
    return {
        "identity": who.identity,
        "role": who.role,
        "name": who.name,
        "state": who.state,
        "muted": {kind.value: kind in who.banned for kind in MediaKind},
        "moderator": RIGHTS[who.role] >= MODERATOR,
    }


def _workstation(session: Session, workstation: Workstation | None) -> dict[str, Any] | None:
    if workstation is None:
        return None
    given = session.authorisation
    return {
        "id": workstation.id,
        "name": workstation.name,
        "point_name": workstation.point_name,
        "state": workstation_state(session),
        "code_expires_at_ms": None if given is None or given.used else given.expires_ms,
    }
