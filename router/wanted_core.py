"""What a clerk wants for a client, kept until it can become a request: by an appointment or a callback. Pure."""

from __future__ import annotations

import msgspec

from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId, PointId, WorkstationId
from kernel.messages import ClientKind, Pak, Priority, RequestFacts
from router.commands import CreateRequest


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a booking or a callback becomes a request for. Kept in the ledger as one JSON document."""

    agency_id: AgencyId
    group_id: GroupId
    pak: Pak
    service: str | None = None
    language: str = "lv"
    priority: Priority = Priority.NORMAL
    level: int = 0
    skills: tuple[str, ...] = ()
    preferred_officer_id: OfficerId | None = None
    workstation_id: WorkstationId | None = None
    client_kind: ClientKind = ClientKind.ANONYMOUS
    client_ref: str | None = None
    clerk_id: ClerkId
    clerk_name: str
    point_id: PointId
    point_name: str

    @classmethod
    def of(cls, facts: RequestFacts) -> Wanted:
        """What a request that left the queue was for."""
        return cls(
            agency_id=facts.agency_id,
            group_id=facts.group_id,
            pak=facts.pak,
            service=facts.service,
            language=facts.language,
            priority=facts.priority,
            level=facts.level,
            skills=facts.skills,
            preferred_officer_id=facts.preferred_officer_id or facts.direct_officer_id,
            workstation_id=facts.workstation_id,
            client_kind=facts.client_kind,
            client_ref=facts.client_ref,
            clerk_id=facts.clerk_id,
            clerk_name=facts.clerk_name,
            point_id=facts.point_id,
            point_name=facts.point_name,
        )

    def by(self, clerk_id: ClerkId, clerk_name: str) -> Wanted:
        """Whoever says that the client is there serves them."""
        return msgspec.structs.replace(self, clerk_id=clerk_id, clerk_name=clerk_name)

    def request(
        self, consultation_id: ConsultationId, *, priority: Priority | None = None, score: int | None = None
    ) -> CreateRequest:
        """``score``: a place in the queue that was kept."""
        return CreateRequest(
            consultation_id=consultation_id,
            group_id=self.group_id,
            pak=self.pak,
            service=self.service,
            language=self.language,
            priority=priority or self.priority,
            level=self.level,
            skills=self.skills,
            preferred_officer_id=self.preferred_officer_id,
            score=score,
            workstation_id=self.workstation_id,
            client_kind=self.client_kind,
            client_ref=self.client_ref,
            clerk_id=self.clerk_id,
            clerk_name=self.clerk_name,
            point_id=self.point_id,
            point_name=self.point_name,
        )
