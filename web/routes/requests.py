"""A clerk's requests: make, look, understand, withdraw, come back."""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal

import msgspec

from kernel.errors import BodyInvalid, IdMalformed, OfficerUnknown, OtherPoint, RequestUnknown, WorkstationUnknown
from kernel.ids import (
    AgencyId,
    ClerkId,
    ConsultationId,
    GroupId,
    OfficerId,
    PointId,
    WorkstationId,
    new_id,
    parse_consultation_id,
    parse_slug,
)
from kernel.ledger import Transaction
from kernel.messages import ClientKind, Pak, Priority
from kernel.personal_code_core import parse_personal_code
from kernel.private import Private
from router.commands import CreateRequest
from web.endpoint import CLERK, Call, Endpoint
from web.explain import explanation
from web.offering import Anonymous, Identified, Pak04, check_offer

Text = Annotated[str, msgspec.Meta(max_length=200)]
UUID = "^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
#: makes a visit's id the clerk's own
_VISITS = uuid.UUID("6f1d0e9c-2f0b-5f0e-9d53-5a3c1b7f4e21")


class IdentifyBody(msgspec.Struct, forbid_unknown_fields=True):
    personal_code: Annotated[str, msgspec.Meta(max_length=20)]
    method: Literal["passport", "id_card", "eid", "driving_licence"]


class CreateBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pak: Text
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]
    priority: Priority
    client: Anonymous | Identified
    agency_id: Text | None = None
    group_id: Text | None = None
    officer_id: Text | None = None
    service: Text | None = None
    #: of the catalogue; its name is then the service
    service_id: Text | None = None
    workstation_id: Text | None = None
    #: at least this level in the group; 0: any
    pak_04: Pak04 | None = None
    level: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    skills: Annotated[tuple[Literal["sign"], ...], msgspec.Meta(max_length=4)] = ()
    preferred_officer_id: Text | None = None
    visit_id: Annotated[str, msgspec.Meta(pattern=UUID)] | None = None


class WithdrawBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Literal["clerk_cancelled", "citizen_left"]


async def create(call: Call) -> Any:
    house, clerk, body = call.house, call.principal, call.body
    call.house.limit("request", clerk.id)
    pak = Pak.parse(body.pak)
    group_id = slug(body.group_id, "group_id")
    officer_id = slug(body.officer_id, "officer_id")
    agency_id = slug(body.agency_id, "agency_id")
    preferred_id = slug(body.preferred_officer_id, "preferred_officer_id")
    if preferred_id is not None and house.router.officer(OfficerId(preferred_id)) is None:
        raise OfficerUnknown(field="preferred_officer_id")
    if group_id is None and officer_id is None and agency_id is None:
        raise BodyInvalid(field="group_id")
    service = check_offer(call, pak, group_id=group_id, officer_id=officer_id, agency_id=agency_id)
    workstation_id = own_workstation(call, slug(body.workstation_id, "workstation_id"))
    code = parse_personal_code(body.client.personal_code) if isinstance(body.client, Identified) else None
    client_ref = house.clients.pseudonym(code) if code else None
    owner, key, content = idempotent(call, client_ref)

    async def claim(tx: Transaction, fresh: ConsultationId) -> ConsultationId:
        return ConsultationId(await house.idempotency.claim_within(tx, owner, key, content, fresh))

    status = await house.router.create_request(
        CreateRequest(
            consultation_id=ConsultationId(new_id(house.clock.wall_ms())),
            pak=pak,
            agency_id=AgencyId(agency_id) if agency_id else None,
            group_id=GroupId(group_id) if group_id else None,
            officer_id=OfficerId(officer_id) if officer_id else None,
            service=service,
            language=body.language,
            priority=body.priority,
            clerk_id=ClerkId(clerk.id),
            clerk_name=clerk.name,
            point_id=clerk.point_id or PointId(""),
            point_name=clerk.point_name or "",
            workstation_id=workstation_id,
            client_kind=ClientKind.IDENTIFIED if code else ClientKind.ANONYMOUS,
            client_ref=client_ref,
            client_method=body.client.method if isinstance(body.client, Identified) else None,
            level=body.level,
            skills=tuple(set(body.skills)),
            preferred_officer_id=OfficerId(preferred_id) if preferred_id else None,
            visit_id=own_visit(clerk.id, body.visit_id),
        ),
        claim,
    )
    if code is not None and client_ref is not None:
        await keep_client(call, status.facts.consultation_id, code, client_ref)
    return house.views.request(status)


async def show(call: Call) -> Any:
    return call.house.views.request(await own_request(call))


async def explain(call: Call) -> Any:
    status = await own_request(call)
    router = call.house.router
    return explanation(status, router.explain(status.facts.consultation_id), router.officer, call.house.clock.wall_ms())


async def withdraw(call: Call) -> Any:
    status = await own_request(call)
    return call.house.views.request(await call.house.router.withdraw(status.facts.consultation_id, call.body.reason))


async def come_back(call: Call) -> Any:
    status = await own_request(call)
    return call.house.views.request(await call.house.router.come_back(status.facts.consultation_id))


async def own_request(call: Call) -> Any:
    """The request in the path when it is this clerk's; somebody else's is as unknown as none."""
    consultation_id = parse_consultation_id(call.path("id"))
    status = await call.house.router.status(consultation_id)
    if status.facts.clerk_id != ClerkId(call.principal.id):
        raise RequestUnknown
    return status


def own_visit(clerk_id: str, visit_id: str | None) -> str | None:
    """Any UUID of a clerk's making, made the clerk's own: nobody else's request can ever be of that visit."""
    return None if visit_id is None else str(uuid.uuid5(_VISITS, f"{clerk_id}/{visit_id}"))


def own_workstation(call: Call, workstation_id: str | None) -> WorkstationId | None:
    """A workstation of the clerk's own point or of one it hosts."""
    if workstation_id is None:
        return None
    register = call.house.register
    point = register.point_of(WorkstationId(workstation_id))
    if point is None:
        raise WorkstationUnknown(field="workstation_id")
    if call.principal.point_id is None or point not in register.points_of(call.principal.point_id):
        raise OtherPoint(field="workstation_id")
    return WorkstationId(workstation_id)


async def claim_id(call: Call, client_ref: str | None, kind: str) -> ConsultationId:
    """The id that this Idempotency-Key stands for, among things of a kind."""
    owner, key, content = idempotent(call, client_ref)
    found, _first = await call.house.idempotency.claim(owner, kind + key, content, new_id(call.house.clock.wall_ms()))
    return ConsultationId(found)


def idempotent(call: Call, client_ref: str | None) -> tuple[str, str, bytes]:
    """(whose, the call's Idempotency-Key, what it asks for)."""
    key = call.request.headers.get("idempotency-key", "")
    if not 8 <= len(key) <= 100:
        raise BodyInvalid(field="Idempotency-Key")
    content = call.raw_body
    if client_ref is not None:
        # a hash of the code itself could be reversed by trying all codes
        plain = msgspec.to_builtins(call.body)
        plain["client"]["personal_code"] = client_ref
        content = msgspec.json.encode(plain)
    return call.principal.id, key, content


async def keep_client(
    call: Call,
    consultation_id: ConsultationId,
    code: Private[str],
    client_ref: str,
    *,
    from_ms: int | None = None,
) -> None:
    """``from_ms``: when the consultation is to be, if not now."""
    await call.audit(
        "client.identified",
        purpose="consultation",
        consultation_id=consultation_id,
        subject=client_ref,
        fields=("personal_code",),
    )
    await call.house.clients.keep(consultation_id, code, call.body.client.method, from_ms=from_ms)


def slug(text: str | None, field: str) -> str | None:
    if text is None:
        return None
    try:
        return parse_slug(text)
    except IdMalformed:
        raise IdMalformed(field=field) from None


ROUTES = (
    Endpoint(method="POST", path="/api/requests", handler=create, allow=CLERK, body=CreateBody, status=201),
    Endpoint(method="GET", path="/api/requests/{id}", handler=show, allow=CLERK),
    Endpoint(method="GET", path="/api/requests/{id}/explanation", handler=explain, allow=CLERK),
    Endpoint(method="POST", path="/api/requests/{id}/withdraw", handler=withdraw, allow=CLERK, body=WithdrawBody),
    Endpoint(method="POST", path="/api/requests/{id}/return", handler=come_back, allow=CLERK),
)
