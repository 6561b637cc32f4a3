"""What each person sees of a session (``SessionView`` of docs/api.md)."""

from __future__ import annotations

from typing import Any

from consultation.model import MediaKind, Participant, ParticipantState, PersonRole, Session, SessionState
from consultation.store import Workstation
from kernel.messages import to_plain


def workstation_state(session: Session, wall_ms: int) -> str:
    """``waiting``, ``authorised`` (a code is out, or it was admitted) or ``in_session``."""
    citizen = session.of_role(PersonRole.CITIZEN)
    if citizen is None:
        return "none"
    if citizen.state is ParticipantState.JOINED:
        return "in_session"
    code = session.authorisation
    if citizen.state is ParticipantState.WAITING and (code is None or code.used or wall_ms >= code.expires_ms):
        return "waiting"
    return "authorised"


def session_view(session: Session, me: Participant, workstation: Workstation | None, wall_ms: int) -> dict[str, Any]:
    kiosk = None
    if session.workstation_id is not None:
        code = session.authorisation
        kiosk = {
            "id": session.workstation_id,
            "name": workstation.name if workstation else session.workstation_id,
            "point_name": workstation.point_name if workstation else "",
            "state": workstation_state(session, wall_ms),
            "code_expires_at_ms": code.expires_ms if code and not code.used else None,
        }
    view: dict[str, Any] = {"id": session.id, "state": session.state.value, "role": me.role.value, "workstation": kiosk}
    if me.role is PersonRole.CITIZEN and me.state is ParticipantState.WAITING:
        # Until it is let in, the workstation learns that it waits, and nothing of who talks about what.
        hidden = ("identity", "pak", "topic", "agency_id", "opened_at_ms", "live_at_ms", "acting_for", "client")
        ended_ms = session.ended_ms if session.state is SessionState.ENDED else None
        return (
            view
            | dict.fromkeys(hidden)
            | {
                "can_moderate": False,
                "participants": [],
                "ended_at_ms": ended_ms,
                "end_reason": session.end_reason,
            }
        )
    facts = session.facts
    return view | {
        "identity": me.identity,
        "can_moderate": me.role is PersonRole.CLERK,
        "pak": facts.pak.value,
        "topic": to_plain(facts.topic),
        "agency_id": facts.agency_id,
        "opened_at_ms": session.opened_ms,
        "live_at_ms": session.live_ms,
        "ended_at_ms": session.ended_ms,
        "end_reason": session.end_reason,
        "participants": [_participant(each) for each in session.participants.values()],
        "acting_for": None if me.role is PersonRole.CITIZEN else to_plain(session.acting_for),
        "client": {"kind": facts.client_kind.value, "label": None, "assurance": None},
    }


def _participant(who: Participant) -> dict[str, Any]:
    return {
        "identity": who.identity,
        "role": who.role.value,
        "name": who.name,
        "state": who.state.value,
        "muted": {kind.value: kind in who.banned for kind in MediaKind},
        "moderator": who.role is PersonRole.CLERK,
    }
