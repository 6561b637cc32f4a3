"""A supervisor's deeds: see and understand a queue, move, raise and assign requests, change an officer's state."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from kernel.errors import IdMalformed
from kernel.ids import GroupId, OfficerId, parse_consultation_id, parse_slug
from kernel.messages import AwayReason, Priority
from presence.core import Choice
from router.supervision import Hand
from web import request_view
from web.endpoint import SUPERVISOR, Call, Endpoint
from web.explain import explanation

Text = Annotated[str, msgspec.Meta(max_length=200)]


class OpenBody(msgspec.Struct, forbid_unknown_fields=True):
    open: bool


class MoveBody(msgspec.Struct, forbid_unknown_fields=True):
    group_id: Text


class PriorityBody(msgspec.Struct, forbid_unknown_fields=True):
    priority: Priority


class AssignBody(msgspec.Struct, forbid_unknown_fields=True):
    officer_id: Text


class StateBody(msgspec.Struct, forbid_unknown_fields=True):
    choice: Choice
    reason: AwayReason | None = None


async def queue(call: Call) -> Any:
    house = call.house
    group = await house.supervision.own_group(_hand(call), GroupId(_slug(call.path("group_id"))), "queue_read")
    return {"group": house.views.group(group.id), "requests": await house.views.queue(group.id)}


async def targets(call: Call) -> Any:
    """Where a request can be moved: every group by name."""
    groups = call.house.router.groups()
    return {
        "agencies": [
            {
                **call.house.views.agency(agency),
                "groups": [
                    {"id": group.id, "name": group.name, "open": group.open}
                    for group in groups
                    if group.agency_id == agency.id
                ],
            }
            for agency in call.house.router.agencies()
        ]
    }


async def set_open(call: Call) -> Any:
    group_id = GroupId(_slug(call.path("group_id")))
    await call.house.supervision.set_open(_acting(call), group_id, call.body.open)
    return {**(call.house.views.group(group_id) or {}), "open": call.body.open}


async def explain(call: Call) -> Any:
    status = await call.house.supervision.request(
        _hand(call), parse_consultation_id(call.path("id")), "explanation_read"
    )
    router = call.house.router
    return explanation(status, router.explain(status.facts.consultation_id), router.officer, call.house.clock.wall_ms())


async def move(call: Call) -> Any:
    request_id = parse_consultation_id(call.path("id"))
    group_id = GroupId(_slug(call.body.group_id))
    return request_view.queued(await call.house.supervision.move(_acting(call), request_id, group_id))


async def prioritise(call: Call) -> Any:
    request_id = parse_consultation_id(call.path("id"))
    return request_view.queued(await call.house.supervision.prioritise(_acting(call), request_id, call.body.priority))


async def assign(call: Call) -> Any:
    request_id = parse_consultation_id(call.path("id"))
    officer_id = OfficerId(_slug(call.body.officer_id, "officer_id"))
    return request_view.queued(await call.house.supervision.force(_acting(call), request_id, officer_id))


async def set_state(call: Call) -> Any:
    officer_id = OfficerId(_slug(call.path("officer_id"), "officer_id"))
    choice = call.body.choice
    reason = (call.body.reason or AwayReason.OTHER) if choice is Choice.AWAY else None
    house = call.house
    await house.supervision.set_choice(
        _acting(call), officer_id, choice, lambda: house.presence.choose(officer_id, choice, reason)
    )
    return house.views.officer(officer_id)


def _hand(call: Call) -> Hand:
    return Hand(who=call.principal, correlation=call.request_id)


def _acting(call: Call) -> Hand:
    call.house.limit("supervise", call.principal.id)
    return _hand(call)


def _slug(text: str, field: str = "group_id") -> str:
    try:
        return parse_slug(text)
    except IdMalformed:
        raise IdMalformed(field=field) from None


_REQUEST = "/api/supervisor/requests/{id}"

ROUTES = (
    Endpoint(method="GET", path="/api/supervisor/targets", handler=targets, allow=SUPERVISOR),
    Endpoint(method="GET", path="/api/supervisor/groups/{group_id}/queue", handler=queue, allow=SUPERVISOR),
    Endpoint(
        method="POST",
        path="/api/supervisor/groups/{group_id}/open",
        handler=set_open,
        allow=SUPERVISOR,
        body=OpenBody,
    ),
    Endpoint(method="GET", path=f"{_REQUEST}/explanation", handler=explain, allow=SUPERVISOR),
    Endpoint(method="POST", path=f"{_REQUEST}/move", handler=move, allow=SUPERVISOR, body=MoveBody),
    Endpoint(method="POST", path=f"{_REQUEST}/priority", handler=prioritise, allow=SUPERVISOR, body=PriorityBody),
    Endpoint(method="POST", path=f"{_REQUEST}/assign", handler=assign, allow=SUPERVISOR, body=AssignBody),
    Endpoint(
        method="POST",
        path="/api/supervisor/officers/{officer_id}/state",
        handler=set_state,
        allow=SUPERVISOR,
        body=StateBody,
    ),
)
