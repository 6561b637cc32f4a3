"""A clerk's appointments: when a group has time, book for the client who is here, what is due at my point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from kernel.errors import BodyInvalid, OfficerUnknown
from kernel.ids import ClerkId, ConsultationId, GroupId, OfficerId, PointId, new_id, parse_id
from kernel.messages import ClientKind, Pak, Priority
from kernel.personal_code_core import parse_personal_code
from router.appointments_core import Appointment
from router.hours import group_of
from router.wanted_core import Wanted
from web.endpoint import CLERK, Call, Endpoint, convert_query
from web.offering import Anonymous, Identified, Pak04, check_offer
from web.planned import appointment_view
from web.routes.requests import Text, claim_id, keep_client, own_workstation, slug

#: a list or a search for free slots reaches over so many days
DAYS = 31
Moment = Annotated[int, msgspec.Meta(ge=0, le=8_640_000_000_000)]


class WantedBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is wanted from a group, later. ``officer_id``: is waited for first."""

    pak: Text
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]
    client: Anonymous | Identified
    group_id: Text
    officer_id: Text | None = None
    service: Text | None = None
    #: of the catalogue; its name is then the service
    service_id: Text | None = None
    workstation_id: Text | None = None
    pak_04: Pak04 | None = None


class BookBody(WantedBody, forbid_unknown_fields=True, kw_only=True):
    starts_at_ms: Moment


class MoveBody(msgspec.Struct, forbid_unknown_fields=True):
    starts_at_ms: Moment


class CancelBody(msgspec.Struct, forbid_unknown_fields=True):
    reason: Literal["clerk_cancelled", "client_cancelled"]


class Range(msgspec.Struct, forbid_unknown_fields=True):
    from_: int = msgspec.field(name="from")
    to: int

    def __post_init__(self) -> None:
        if not 0 <= self.to - self.from_ <= DAYS * 86_400_000:
            raise ValueError("to")


async def hours(call: Call) -> Any:
    group_id = GroupId(slug(call.path("id"), "id") or "")
    return call.house.planned.hours(group_id, call.house.clock.wall_ms())


async def slots(call: Call) -> Any:
    span = convert_query(dict(call.request.query_params), Range)
    group_id = GroupId(slug(call.path("id"), "id") or "")
    found = await call.house.planned.appointments.free(group_id, span.from_, span.to)
    return {
        "slots": [{"starts_at_ms": each.starts_ms, "ends_at_ms": each.ends_ms, "free": each.free} for each in found]
    }


async def book(call: Call) -> Any:
    call.house.limit("request", call.principal.id)
    code = parse_personal_code(call.body.client.personal_code) if isinstance(call.body.client, Identified) else None
    client_ref = call.house.clients.pseudonym(code) if code else None
    wanted = wanted_of(call, client_ref)
    appointment_id = await claim_id(call, client_ref, "appointment:")
    request_id = ConsultationId(new_id(call.house.clock.wall_ms()))
    booked = await call.house.planned.appointments.book(appointment_id, wanted, call.body.starts_at_ms, request_id)
    if code is not None and client_ref is not None:
        await keep_client(call, booked.request_id, code, client_ref, from_ms=booked.starts_ms)
    return appointment_view(booked)


async def of_my_point(call: Call) -> Any:
    span = convert_query(dict(call.request.query_params), Range)
    found = await call.house.planned.appointments.of_points(my_points(call), span.from_, span.to)
    return {"appointments": [appointment_view(each) for each in found]}


async def move(call: Call) -> Any:
    mine = await _mine(call)
    return appointment_view(await call.house.planned.appointments.move(mine.id, call.body.starts_at_ms))


async def cancel(call: Call) -> Any:
    mine = await _mine(call)
    return appointment_view(await call.house.planned.appointments.cancel(mine.id, call.body.reason))


async def seen(call: Call) -> Any:
    mine, clerk = await _mine(call), call.principal
    return appointment_view(await call.house.planned.appointments.seen(mine.id, ClerkId(clerk.id), clerk.name))


async def arrived(call: Call) -> Any:
    mine, clerk = await _mine(call), call.principal
    there = await call.house.planned.appointments.arrived(mine.id, ClerkId(clerk.id), clerk.name)
    return appointment_view(there)


def wanted_of(call: Call, client_ref: str | None, priority: Priority = Priority.NORMAL) -> Wanted:
    """What the body asks for, for the client at this clerk's point. Raises what the clerk must mend."""
    body, clerk, house = call.body, call.principal, call.house
    group = group_of(house.router, GroupId(slug(body.group_id, "group_id") or ""))
    pak = Pak.parse(body.pak)
    if pak.value not in group.paks:
        raise BodyInvalid(field="pak")
    service = check_offer(call, pak, group_id=group.id)
    officer_id = slug(body.officer_id, "officer_id")
    if officer_id is not None and not any(
        officer.id == officer_id and group.id in officer.levels for officer in house.router.officers()
    ):
        raise OfficerUnknown(field="officer_id")
    return Wanted(
        agency_id=group.agency_id,
        group_id=group.id,
        pak=pak,
        service=service,
        language=body.language,
        priority=priority,
        preferred_officer_id=OfficerId(officer_id) if officer_id else None,
        workstation_id=own_workstation(call, slug(body.workstation_id, "workstation_id")),
        client_kind=ClientKind.IDENTIFIED if client_ref else ClientKind.ANONYMOUS,
        client_ref=client_ref,
        clerk_id=ClerkId(clerk.id),
        clerk_name=clerk.name,
        point_id=clerk.point_id or PointId(""),
        point_name=clerk.point_name or "",
    )


def my_points(call: Call) -> Sequence[PointId]:
    """The clerk's point and those it hosts."""
    point_id = call.principal.point_id
    return tuple(call.house.register.points_of(point_id)) if point_id else ()


async def _mine(call: Call) -> Appointment:
    return await call.house.planned.appointment_at(my_points(call), parse_id(call.path("id")))


ROUTES = (
    Endpoint(method="GET", path="/api/groups/{id}/hours", handler=hours, allow=CLERK),
    Endpoint(method="GET", path="/api/groups/{id}/slots", handler=slots, allow=CLERK),
    Endpoint(method="POST", path="/api/appointments", handler=book, allow=CLERK, body=BookBody, status=201),
    Endpoint(method="GET", path="/api/appointments", handler=of_my_point, allow=CLERK),
    Endpoint(method="POST", path="/api/appointments/{id}/move", handler=move, allow=CLERK, body=MoveBody),
    Endpoint(method="POST", path="/api/appointments/{id}/cancel", handler=cancel, allow=CLERK, body=CancelBody),
    Endpoint(method="POST", path="/api/appointments/{id}/seen", handler=seen, allow=CLERK),
    Endpoint(method="POST", path="/api/appointments/{id}/arrived", handler=arrived, allow=CLERK),
)
