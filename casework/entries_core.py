"""One row for each entry into a queue, folded from events: what every report counts. Pure and idempotent.

The row says when the client entered (with day and hour in Riga, by which reports group), where, for what, and how it
ended. The words are DESIGN's ("Router semantics"): *wait* is enqueue → accept or leave.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from casework.indicators_core import RIGA
from kernel.facts import RequestFacts
from kernel.messages import (
    AnyEvent,
    OfferAccepted,
    RequestAmended,
    RequestLeft,
    RequestQueued,
    RequestReturned,
    SessionEnded,
    SessionOpened,
    WrapUpFinished,
)

QUEUED, ANSWERED, LEFT, UNSERVED, KEPT = "queued", "answered", "left", "unserved", "kept"
#: why somebody left; any other reason counts as the first
ABANDONED = ("clerk_cancelled", "citizen_left", "workstation_lost")


#: what an entry is made of
KINDS = (
    RequestQueued,
    RequestAmended,
    RequestLeft,
    RequestReturned,
    OfferAccepted,
    SessionOpened,
    SessionEnded,
    WrapUpFinished,
)


def entry_of(event: AnyEvent) -> str | None:
    """The id of the entry an event belongs to; None for events that no report counts."""
    match event:
        case (
            RequestQueued()
            | RequestAmended()
            | RequestLeft()
            | RequestReturned()
            | OfferAccepted()
            | SessionOpened()
            | SessionEnded()
        ):
            return event.facts.consultation_id
        case WrapUpFinished():
            return event.consultation_id
    return None


def fold(known: dict[str, Any] | None, event: AnyEvent) -> dict[str, Any] | None:
    """Column values to write for this event, or None. An entry that was answered is never queued or left again."""
    answered = known is not None and known["state"] == ANSWERED
    match event:
        case RequestQueued() | RequestReturned():
            if answered:
                return None
            return _entered(known, event.facts) | {"state": QUEUED, "waited_ms": 0, "left_why": None}
        case RequestAmended():
            # an amendment that is heard late does not tear an answered entry out of its group
            return None if answered else _entered(known, event.facts)
        case RequestLeft():
            if answered:
                return None
            return _entered(known, event.facts) | {"waited_ms": event.waited_ms} | _left(event.why)
        case OfferAccepted() | SessionOpened():
            return _entered(known, event.facts) | _answered(event.waited_ms)
        case SessionEnded():
            return (
                _entered(known, event.facts)
                | _answered(event.waited_ms)
                | {
                    "connected": event.connected,
                    "ended_ms": event.at_ms,
                    "talk_ms": max(0, event.at_ms - event.opened_at_ms),
                }
            )
        case WrapUpFinished():
            if known is None or known["ended_ms"] is None:
                return None
            return {"wrap_ms": max(0, event.at_ms - known["ended_ms"])}
    return None


def _entered(known: dict[str, Any] | None, facts: RequestFacts) -> dict[str, Any]:
    where: dict[str, Any] = {
        "agency_id": facts.agency_id,
        "group_id": facts.group_id,
        "point_id": facts.point_id,
        "pak": facts.pak.value,
    }
    if known is not None:
        return where
    local = datetime.fromtimestamp(facts.created_at_ms / 1000, UTC).astimezone(RIGA)
    return where | {
        "id": facts.consultation_id,
        "language": facts.language,
        "client_ref": facts.client_ref,
        "queued_ms": facts.created_at_ms,
        "day": local.strftime("%Y-%m-%d"),
        "hour": local.hour,
        "state": QUEUED,
        "waited_ms": 0,
        "left_why": None,
        "connected": False,
        "ended_ms": None,
        "talk_ms": None,
        "wrap_ms": None,
    }


def _answered(waited_ms: int) -> dict[str, Any]:
    return {"state": ANSWERED, "waited_ms": waited_ms, "left_why": None}


def _left(why: str) -> dict[str, Any]:
    match why:
        case "callback":
            # the place is kept: the entry is counted when it comes back
            return {"state": KEPT, "left_why": None}
        case "unserved":
            return {"state": UNSERVED, "left_why": None}
    return {"state": LEFT, "left_why": why if why in ABANDONED else ABANDONED[0]}
