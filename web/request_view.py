"""What a request is to those who look at it: its clerk, the officer it rings at, a supervisor. Pure.

A supervisor sees tickets, topics and times; nothing of the client leaves in those views.
"""

from __future__ import annotations

from typing import Any

from kernel.messages import RequestFacts, SupervisorActed
from router.commands import Offer, RequestStatus
from web import session_view
from web.board import seconds_since

#: requests in these states have a session of the same id
_WITH_SESSION = ("accepted", "ended")


def view(status: RequestStatus) -> dict[str, Any]:
    """``RequestView`` of docs/api.md: for the clerk who made it."""
    facts = status.facts
    estimate = status.estimate_s
    return {
        **_common(status),
        "officer_id": status.officer_id or facts.direct_officer_id,
        "service": facts.service,
        "client": session_view.client_label(facts.client_kind, facts.client_ref),
        "workstation_id": facts.workstation_id,
        "visit_id": facts.visit_id,
        "estimate": None if estimate is None else {"low_s": estimate[0], "high_s": estimate[1]},
        "version": status.version,
        "end_reason": status.end_reason,
        "session_id": (facts.joins or facts.consultation_id) if status.state in _WITH_SESSION else None,
        "joins": facts.joins,
    }


def queued(status: RequestStatus) -> dict[str, Any]:
    """``QueuedView`` of docs/api.md: for the supervisors of the agency."""
    return {**_common(status), "officer_id": status.officer_id, "point_name": status.facts.point_name}


def _common(status: RequestStatus) -> dict[str, Any]:
    facts = status.facts
    return {
        "id": facts.consultation_id,
        "ticket": facts.ticket,
        "state": status.state,
        "pak": facts.pak,
        "agency_id": facts.agency_id,
        "group_id": facts.group_id,
        "topic": facts.topic,
        "language": facts.language,
        "level": facts.level,
        "skills": facts.skills,
        "preferred_officer_id": facts.preferred_officer_id,
        "priority": facts.priority,
        "created_at_ms": facts.created_at_ms,
        "position": status.position,
        "next": status.next,
    }


def offer(made: Offer, now_ms: int) -> dict[str, Any]:
    """``OfferView`` of docs/api.md."""
    facts = made.facts
    return {
        "request_id": facts.consultation_id,
        "version": made.version,
        "deadline_at_ms": made.deadline_ms,
        "timeout_s": made.timeout_s,
        "ticket": facts.ticket,
        "topic": facts.topic,
        "agency_id": facts.agency_id,
        "group_id": facts.group_id,
        "pak": facts.pak,
        "service": facts.service,
        "language": facts.language,
        "skills": facts.skills,
        "point_name": facts.point_name,
        "clerk_name": facts.clerk_name,
        "direct": made.direct,
        "forced": made.forced,
        "waited_s": seconds_since(facts.created_at_ms, now_ms),
        #: a session that runs already, and what the one who accepts is in it
        "joins": facts.joins,
        "joins_as": facts.joins_as or None,
    }


def acted(event: SupervisorActed) -> dict[str, Any]:
    """``SupervisorNotice`` of docs/api.md: for everybody whom it concerns."""
    officer, group = event.officer_id, event.group_id
    return {
        "at_ms": event.at_ms,
        "action": event.action,
        "agency_id": event.agency_id,
        "group": None if group is None else {"id": group, "name": event.group_name},
        "request": None if event.facts is None else _spoken_of(event.facts),
        "officer": None if officer is None else {"id": officer, "name": event.officer_name},
        "choice": event.choice,
        "rung_officer_id": event.rung_officer_id,
    }


def _spoken_of(facts: RequestFacts) -> dict[str, Any]:
    return {
        "id": facts.consultation_id,
        "ticket": facts.ticket,
        "topic": facts.topic,
        "agency_id": facts.agency_id,
        "priority": facts.priority,
    }
