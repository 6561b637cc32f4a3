"""Enrolling workstations: what the device asks, what the clerk beside it confirms, who is enrolled, the end of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from consultation.enrolment_core import Enrolment
from kernel.device_errors import PointUnknown
from kernel.errors import BodyInvalid, IdMalformed, NotSignedIn
from kernel.identity import SignedIn
from kernel.ids import PointId, WorkstationId, parse_id, parse_slug
from web.endpoint import CLERK, Call, Endpoint, read_proof_of

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
Short = Annotated[str, msgspec.Meta(max_length=200)]


class StartBody(msgspec.Struct, forbid_unknown_fields=True):
    point_id: Short
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    kind: Literal["kiosk", "agent"] = "kiosk"


class TokenBody(msgspec.Struct, forbid_unknown_fields=True):
    """``attempt`` names a refresh, so that it can be sent again when its answer was lost."""

    grant_type: str
    device_code: Short = ""
    refresh_token: Short = ""
    attempt: Annotated[str, msgspec.Meta(max_length=64)] = ""


class LookBody(msgspec.Struct, forbid_unknown_fields=True):
    user_code: Annotated[str, msgspec.Meta(max_length=32)]


class ConfirmBody(msgspec.Struct, forbid_unknown_fields=True):
    number: Annotated[str, msgspec.Meta(max_length=8)]


# ── the device: not signed in yet, but it proves its key with every call ─────────────────────────


async def places(call: Call) -> Any:
    call.house.limit("device", call.address)
    return {"places": [{"id": point.id, "name": point.name} for point in await call.house.casework.points()]}


async def start(call: Call) -> Any:
    call.house.limit("device", call.address)
    proof = read_proof_of(call)
    await _name_of(call, call.body.point_id)
    name = " ".join(call.body.name.split())
    if not name:
        raise BodyInvalid(field="name")
    return await call.house.stations.enrolment.start(
        proof,
        point_id=PointId(call.body.point_id),
        name=name,
        kind=call.body.kind,
        address=f"{call.request.headers.get('origin', '')}/workstations",
    )


async def token(call: Call) -> Any:
    call.house.limit("device", call.address)
    proof = read_proof_of(call)
    match call.body.grant_type:
        case "refresh_token":
            return await call.house.stations.enrolment.refresh(proof, call.body.refresh_token, call.body.attempt)
        case grant if grant == DEVICE_CODE:
            return await call.house.stations.enrolment.collect(proof, call.body.device_code)
    raise BodyInvalid(field="grant_type")


# ── the clerk ────────────────────────────────────────────────────────────────────────────────────


async def look(call: Call) -> Any:
    found, replaces = await call.house.stations.enrolment.look(_signed_in(call), call.body.user_code, points_of(call))
    return await _view(call, found, replaces)


async def confirm(call: Call) -> Any:
    points = points_of(call)
    names = {point.id: point.name for point in await call.house.casework.points()}
    workstation_id = await call.house.stations.enrolment.confirm(
        _signed_in(call), _enrolment_of(call), call.body.number, points, lambda point: names[point]
    )
    return {"workstation_id": workstation_id}


async def refuse(call: Call) -> None:
    await call.house.stations.enrolment.deny(_signed_in(call), _enrolment_of(call), points_of(call))


async def listed(call: Call) -> Any:
    house = call.house
    found = house.register.workstations_at(points_of(call))
    devices = await house.stations.enrolment.devices(each.id for each in found)
    views = []
    for each in sorted(found, key=lambda one: (one.point_name, one.name)):
        card = await house.views.workstation(each.id)
        if card is not None:
            views.append({**card, "devices": [device for device in devices if device.workstation_id == each.id]})
    return {"workstations": views, "fresh_until_ms": _fresh_until(call)}


async def revoke(call: Call) -> None:
    workstation_id = WorkstationId(parse_slug(call.path("id")))
    await call.house.stations.enrolment.revoke(_signed_in(call), workstation_id, points_of(call))


def points_of(call: Call) -> tuple[PointId, ...]:
    """The clerk's own point and those it hosts."""
    own = call.principal.point_id
    return tuple(call.house.register.points_of(own)) if own else ()


def _fresh_until(call: Call) -> int:
    return _signed_in(call).proved_ms + round(call.house.settings.fresh_sign_in_s * 1000)


def _enrolment_of(call: Call) -> str:
    return parse_id(call.path("id"))


def _signed_in(call: Call) -> SignedIn:
    if call.signed_in is None:
        raise NotSignedIn
    return call.signed_in


async def _name_of(call: Call, point_id: str) -> str:
    try:
        wanted = parse_slug(point_id)
    except IdMalformed:
        raise IdMalformed(field="point_id") from None
    names = {str(point.id): point.name for point in await call.house.casework.points()}
    if wanted not in names:
        raise PointUnknown(field="point_id")
    return names[wanted]


async def _view(call: Call, found: Enrolment, replaces: str | None) -> dict[str, Any]:
    """Without the number: only the device's own screen tells it."""
    return {
        "id": found.id,
        "kind": found.kind,
        "name": found.name,
        "point_name": await _name_of(call, found.point_id),
        "asked_at_ms": found.created_ms,
        "expires_at_ms": found.expires_ms,
        "replaces": replaces,
    }


ROUTES = (
    Endpoint(method="GET", path="/api/enrolment/places", handler=places, allow="anyone"),
    Endpoint(method="POST", path="/api/enrolment/device", handler=start, allow="anyone", body=StartBody, status=201),
    Endpoint(method="POST", path="/api/enrolment/token", handler=token, allow="anyone", body=TokenBody),
    Endpoint(method="POST", path="/api/enrolment/look", handler=look, allow=CLERK, body=LookBody),
    Endpoint(method="POST", path="/api/enrolment/{id}/confirm", handler=confirm, allow=CLERK, body=ConfirmBody),
    Endpoint(method="POST", path="/api/enrolment/{id}/refuse", handler=refuse, allow=CLERK),
    Endpoint(method="GET", path="/api/workstations", handler=listed, allow=CLERK),
    Endpoint(method="POST", path="/api/workstations/{id}/revoke", handler=revoke, allow=CLERK),
)

__all__ = ["ROUTES", "points_of"]
