"""Consultations in the citizen's panel: when a group has time, book, move, cancel, what was and what is to come."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from casework.tables import cases as case_rows
from kernel.errors import AppointmentClosed, BodyInvalid, NotAllowed, RequestUnknown
from kernel.ids import ClerkId, ConsultationId, GroupId, PointId, new_id, parse_id
from kernel.messages import ClientKind, Role
from router.appointments_core import FINAL, Appointment, AppointmentState
from router.hours import group_of
from router.model import RequestState
from router.wanted_core import Wanted
from web import acting
from web.endpoint import Call, Endpoint, convert_query
from web.offering import pak_for_booking
from web.routes.appointments import Moment, MoveBody, Range
from web.routes.home import told
from web.routes.panel import SHOWN, mine
from web.routes.requests import slug

CITIZEN = frozenset({Role.CITIZEN})
#: how the clerk's card says that the person signed in to the panel and booked; nobody has looked at a document yet
METHOD = "portal"
LATELY_MS = 12 * 3_600_000
GOES_ON = frozenset({RequestState.QUEUED, RequestState.OFFERED, RequestState.ACCEPTED})


class BookBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    group_id: Annotated[str, msgspec.Meta(max_length=64)]
    point_id: Annotated[str, msgspec.Meta(max_length=64)]
    starts_at_ms: Moment
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")] = "lv"
    service: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class SlotQuery(Range):
    group: str = ""


async def consultations(call: Call) -> Any:
    """The own ones, without anybody's notes: in a company's name those that were for it, else those for oneself."""
    code, session = await mine(call, "consultations", "cases")
    company = await acting.principal_now(call, code, session)
    person = call.house.clients.pseudonym(code)
    whose = case_rows.c.acting_for.is_(None) if company is None else case_rows.c.acting_for == company.reg_no
    wanted = (
        sa.select(
            case_rows.c.id,
            case_rows.c.started_ms,
            case_rows.c.duration_s,
            case_rows.c.group_name,
            case_rows.c.agency_id,
            case_rows.c.point_name,
            case_rows.c.outcome,
            case_rows.c.acting_for,
        )
        .where(case_rows.c.client_ref == person, whose)
        .order_by(case_rows.c.started_ms.desc())
        .limit(SHOWN)
    )
    async with call.house.ledger.reading() as connection:
        past = [dict(row._mapping) for row in await connection.execute(wanted)]
    coming: list[dict[str, Any]] = []
    if company is None:
        since_ms = call.house.clock.wall_ms() - LATELY_MS
        booked = await call.house.planned.appointments.of_client(person, since_ms)
        addresses = {place["id"]: place["address"] for place in await _places(call)} if booked else {}
        coming = [
            _view(call, each, addresses)
            for each in booked
            if each.state not in FINAL or (_from_home(call, each) and await _goes_on(call, each))
        ]
    return {"coming": coming, "consultations": past}


async def bookable(call: Call) -> Any:
    """Groups that take appointments, and where a consultation can be had."""
    router = call.house.router
    agencies = {agency.id: agency for agency in router.agencies()}
    groups = [
        {"id": group.id, "name": group.name, "agency": agencies[group.agency_id].name}
        for group in router.groups()
        if group.rules.slots is not None and group.agency_id in agencies
    ]
    return {"groups": groups, "places": await _places(call)}


async def slots(call: Call) -> Any:
    query = convert_query(dict(call.request.query_params), SlotQuery)
    group_id = GroupId(slug(query.group, "group") or "")
    found = await call.house.planned.appointments.free(group_id, query.from_, query.to)
    return {
        "slots": [{"starts_at_ms": each.starts_ms, "ends_at_ms": each.ends_ms, "free": each.free} for each in found]
    }


async def book(call: Call) -> Any:
    """For oneself, at a place one comes to; the clerk there says that one has come."""
    acting.must_be_private(call)
    call.house.limit("request", call.principal.id)
    code, _ = await mine(call, "appointment.book", "personal_code")
    body, house = call.body, call.house
    key = call.request.headers.get("idempotency-key", "")
    if not 8 <= len(key) <= 100:
        raise BodyInvalid(field="Idempotency-Key")
    group = group_of(house.router, GroupId(slug(body.group_id, "group_id") or ""))
    place = next((each for each in await _places(call) if each["id"] == body.point_id), None)
    if place is None:
        raise BodyInvalid(field="point_id")
    person = house.clients.pseudonym(code)
    wanted = Wanted(
        agency_id=group.agency_id,
        group_id=group.id,
        pak=pak_for_booking(house.catalogue, group.paks, body.service),
        service=body.service,
        language=body.language,
        client_kind=ClientKind.IDENTIFIED,
        client_ref=person,
        # whoever says that the client is there serves them
        clerk_id=ClerkId(""),
        clerk_name="",
        point_id=PointId(place["id"]),
        point_name=place["name"],
    )
    now_ms = house.clock.wall_ms()
    made_id, _ = await house.idempotency.claim(call.principal.id, f"appointment:{key}", call.raw_body, new_id(now_ms))
    booked = await house.planned.appointments.book(made_id, wanted, body.starts_at_ms, ConsultationId(new_id(now_ms)))
    await house.clients.keep(booked.request_id, code, METHOD, from_ms=booked.starts_ms)
    return _view(call, booked, {place["id"]: place["address"]})


async def move(call: Call) -> Any:
    found = await _own(call, "appointment.move")
    moved = await call.house.planned.appointments.move(found.id, call.body.starts_at_ms)
    return _view(call, moved, {})


async def cancel(call: Call) -> Any:
    found = await _own(call, "appointment.cancel")
    return _view(call, await call.house.planned.appointments.cancel(found.id, "client_cancelled"), {})


async def join(call: Call) -> Any:
    """From home, where the agency takes clients so: the address of the session's door, good for one device.

    Who asks again, also while it runs, gets another one, and the one before ends. Raises `HomeNotOffered`,
    `AppointmentClosed`, `ClientPresent`, `LinkRevoked`.
    """
    found = await _own(call, "appointment.join")
    if await _goes_on(call, found):
        home = call.house.stations.home
        return told(call, *await home.again(call.principal, found.request_id, found.wanted.agency_id))
    if found.state in FINAL:
        raise AppointmentClosed(state=found.state.value)
    made, before = await call.house.stations.home.for_appointment(
        call.principal, found.request_id, found.wanted.agency_id, found.starts_ms
    )
    return told(call, made, before)


async def _own(call: Call, action: str) -> Appointment:
    """Raises `AppointmentUnknown`, and `NotAllowed` for another citizen's."""
    acting.must_be_private(call)
    code, _ = await mine(call, action, "appointments")
    found = await call.house.planned.appointments.get(parse_id(call.path("id")))
    if found.wanted.client_ref != call.house.clients.pseudonym(code):
        raise NotAllowed
    return found


async def _places(call: Call) -> list[dict[str, str]]:
    """Contact points that stand today; a brigade is where its timetable says and takes no bookings."""
    network = call.house.counting.network
    today = network.today()
    return [
        {"id": each.point.id, "name": each.point.name, "address": each.point.details.address}
        for each in (await network.points()).values()
        if each.point.kind != "brigade" and (each.point.details.valid_to or "9999") >= today
    ]


def _view(call: Call, each: Appointment, addresses: dict[str, str]) -> dict[str, Any]:
    group = call.house.router.group(each.wanted.group_id)
    return {
        "id": each.id,
        "state": each.state,
        "starts_at_ms": each.starts_ms,
        "ends_at_ms": each.ends_ms,
        "agency_id": each.wanted.agency_id,
        "group_id": each.wanted.group_id,
        "group_name": group.name if group else each.wanted.group_id,
        "point_name": each.wanted.point_name,
        "address": addresses.get(each.wanted.point_id, ""),
        "service": each.wanted.service,
        # the consultation waits for an official, or runs
        "running": each.state is AppointmentState.CONVERTED,
        # from when one may come to the session's door from home; null: one comes to the contact point
        "home_opens_at_ms": _home_opens_ms(call, each),
    }


def _from_home(call: Call, each: Appointment) -> bool:
    return not {"*", str(each.wanted.agency_id)}.isdisjoint(call.house.settings.home_agencies)


async def _goes_on(call: Call, each: Appointment) -> bool:
    """Whether it became a consultation that is not over."""
    if each.state is not AppointmentState.CONVERTED:
        return False
    try:
        status = await call.house.router.status(each.request_id)
    except RequestUnknown:
        return False
    return status.state in GOES_ON


def _home_opens_ms(call: Call, each: Appointment) -> int | None:
    return each.starts_ms - round(call.house.settings.home_link_early_s * 1000) if _from_home(call, each) else None


ROUTES = (
    Endpoint(method="GET", path="/api/panel/consultations", handler=consultations, allow=CITIZEN),
    Endpoint(method="GET", path="/api/panel/bookable", handler=bookable, allow=CITIZEN),
    Endpoint(method="GET", path="/api/panel/slots", handler=slots, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/appointments", handler=book, allow=CITIZEN, body=BookBody, status=201),
    Endpoint(method="POST", path="/api/panel/appointments/{id}/move", handler=move, allow=CITIZEN, body=MoveBody),
    Endpoint(method="POST", path="/api/panel/appointments/{id}/join", handler=join, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/appointments/{id}/cancel", handler=cancel, allow=CITIZEN),
)
