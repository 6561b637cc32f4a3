"""Facts of a request, as events carry them."""

from __future__ import annotations

from typing import Any

from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId, PointId, WorkstationId
from kernel.messages import (
    Bilingual,
    ClientKind,
    OfferAccepted,
    Pak,
    Priority,
    RequestFacts,
    SessionEnded,
    SessionOpened,
)


def facts_of(number: int = 1, **changed: Any) -> RequestFacts:
    """Request ``number`` of the demo's Grobiņa to family benefits."""
    values: dict[str, Any] = {
        "consultation_id": ConsultationId(f"00000000-0000-7000-8000-{number:012d}"),
        "ticket": f"VSAA-{number:03d}",
        "agency_id": AgencyId("vsaa"),
        "group_id": GroupId("vsaa-pabalsti"),
        "topic": Bilingual("Pabalsti ģimenēm", "Family benefits"),
        "pak": Pak.PAK_02,
        "service": None,
        "language": "lv",
        "priority": Priority.NORMAL,
        "clerk_id": ClerkId("clerk-grobina"),
        "clerk_name": "Grobiņas VPVKAC darbinieks",
        "point_id": PointId("grobina"),
        "point_name": "Grobiņas VPVKAC",
        "workstation_id": WorkstationId("zeltini-1"),
        "client_kind": ClientKind.ANONYMOUS,
        "client_ref": None,
        "direct_officer_id": None,
        "created_at_ms": 1_000,
    }
    return RequestFacts(**(values | changed))


def accepted(facts: RequestFacts, at_ms: int = 5_000) -> OfferAccepted:
    return OfferAccepted(
        at_ms=at_ms,
        facts=facts,
        officer_id=OfficerId("vsaa-1"),
        officer_name="VSAA speciālists 1",
        version=1,
        waited_ms=at_ms - facts.created_at_ms,
    )


def opened(facts: RequestFacts, at_ms: int = 5_000) -> SessionOpened:
    return SessionOpened(
        at_ms=at_ms,
        facts=facts,
        officer_id=OfficerId("vsaa-1"),
        officer_name="VSAA speciālists 1",
        waited_ms=at_ms - facts.created_at_ms,
    )


def ended(facts: RequestFacts, at_ms: int = 65_500, *, connected: bool = True, **changed: Any) -> SessionEnded:
    values: dict[str, Any] = {
        "at_ms": at_ms,
        "facts": facts,
        "officer_id": OfficerId("vsaa-1"),
        "officer_name": "VSAA speciālists 1",
        "why": "clerk",
        "waited_ms": 4_000,
        "opened_at_ms": 5_000,
        "live_at_ms": 6_000,
        "connected": connected,
        "outcome": None,
        "acting_for": None,
    }
    return SessionEnded(**(values | changed))
