"""What each party sees of a session. Pure.

The invariant: a workstation that is not authorised learns that it waits, and nothing else.
"""

from __future__ import annotations

from typing import Any

from consultation.model import OVER, MediaKind, Participant, ParticipantState, PersonRole, Session, SessionState
from consultation.moderator_core import lobby, place_in_lobby
from consultation.rights import moderates
from consultation.store import Workstation
from kernel.messages import ClientKind

_AT_WORKSTATION = {
    ParticipantState.INVITED: "authorised",
    ParticipantState.LEFT: "authorised",
    ParticipantState.JOINED: "in_session",
    ParticipantState.HELD: "held",
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
    if mine.state in OVER or _before_the_door(mine):
        # for one who was put out it is over; only a new authorisation opens it again
        over = mine.state in OVER
        return {
            "id": session.id,
            "state": SessionState.ENDED if over else _outside_state(session),
            "role": mine.role,
            "workstation": card,
            "door": None if over else _door(session, mine),
        }
    facts = session.facts
    official = mine.role is not PersonRole.CITIZEN
    return {
        "id": session.id,
        "state": session.state,
        "role": mine.role,
        "identity": mine.identity,
        "can_moderate": moderates(session, mine),
        "pak": facts.pak,
        "topic": facts.topic,
        "ticket": facts.ticket,
        "agency_id": facts.agency_id,
        "opened_at_ms": session.opened_ms,
        "live_at_ms": session.live_ms,
        "ended_at_ms": session.ended_ms,
        "end_reason": session.end_reason,
        "participants": [
            _participant(session, who, official) for who in session.participants.values() if who.state not in _UNSHOWN
        ],
        "workstation": card,
        "acting_for": session.acting_for,
        "client": {
            **client_label(facts.client_kind, facts.client_ref),
            "assurance": "document" if facts.client_kind is ClientKind.IDENTIFIED else "none",
            "verified": session.verified if official else None,
        },
        "door": _door(session, mine) if mine.state is ParticipantState.HELD else None,
        "locked": session.locked,
        "spotlight": session.spotlight,
        "private": session.private,
        "lobby_message": session.lobby_message,
        "lobby": _lobby(session) if official else [],
        "call": _call(session) if official else None,
        "handed_back": _handed_back(session, official),
        "room_microphone": session.room_microphone,
        "documents": [each for each in session.documents if each.kept or session.state is not SessionState.ENDED],
        "shown": session.shown,
        "training": session.training if official else None,
        "control": _control(session),
        "wish": session.wish if official else None,
    }


def _control(session: Session) -> dict[str, Any] | None:
    lent = session.control
    if lent is None or session.state is SessionState.ENDED:
        return None
    return {"level": lent.level, "identity": lent.identity, "name": lent.name, "until_ms": lent.until_ms}


_UNSHOWN = frozenset({ParticipantState.GONE})


def _before_the_door(mine: Participant) -> bool:
    """Those learn nothing of what goes on inside. An official who was in, and is held, sees where things stand."""
    if mine.state is ParticipantState.WAITING:
        return True
    return mine.state is ParticipantState.HELD and mine.role is PersonRole.CITIZEN


def _outside_state(session: Session) -> SessionState:
    """A state that tells nothing: whether anybody is inside is not for those who wait."""
    return SessionState.ENDED if session.state is SessionState.ENDED else SessionState.LOBBY


def _door(session: Session, mine: Participant) -> dict[str, Any]:
    """What is said to one who stands before the door."""
    return {
        "place": place_in_lobby(session, mine.identity),
        "message": session.lobby_message,
        "held": mine.state is ParticipantState.HELD,
        "private": session.private and mine.role is PersonRole.CITIZEN,
    }


def _lobby(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "identity": who.identity,
            "role": who.role,
            "name": who.name,
            "via": who.via,
            "held": who.state is ParticipantState.HELD,
            "since_ms": who.knocked_ms,
        }
        for who in lobby(session)
    ]


def _call(session: Session) -> dict[str, Any] | None:
    call = session.call
    if call is None:
        return None
    return {
        "request_id": call.request_id,
        "kind": call.kind,
        "state": call.state,
        "topic": call.topic,
        "at_ms": call.at_ms,
        "why": call.why,
        "by": call.by,
        "note": call.note,
    }


def _handed_back(session: Session, official: bool) -> dict[str, Any] | None:
    """What officials write to the clerk is not for the client's screen."""
    given = session.handed_back
    return None if given is None else {"what": given.what, "note": given.note if official else "", "at_ms": given.at_ms}


def _participant(session: Session, who: Participant, official: bool) -> dict[str, Any]:
    return {
        "identity": who.identity,
        "role": who.role,
        "name": who.name,
        "state": who.state,
        "muted": {kind.value: kind in who.banned for kind in MediaKind},
        "moderator": moderates(session, who),
        "asked": sorted(who.asked),
        "via": who.via if official else None,
        "lost_at_ms": who.lost_at_ms if official and who.state is ParticipantState.LEFT else None,
        "agency_id": who.agency_id or (session.facts.agency_id if who.role is PersonRole.OFFICER else None),
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
