"""The officer's side: answer an offer, say whether available, finish the wrap-up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from kernel.errors import NotAllowed
from kernel.ids import OfficerId, parse_consultation_id
from kernel.messages import AwayReason
from presence.core import Choice
from web.endpoint import OFFICER, Call, Endpoint

Outcome = Literal["solved", "partly", "not_sufficient", "referred"]
Note = Annotated[str, msgspec.Meta(max_length=2000)]


class AcceptBody(msgspec.Struct, forbid_unknown_fields=True):
    version: int


class DeclineBody(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    reason: Literal["busy", "not_my_topic", "other"]


class PresenceBody(msgspec.Struct, forbid_unknown_fields=True):
    choice: Choice
    reason: AwayReason | None = None


class WrapUpBody(msgspec.Struct, forbid_unknown_fields=True):
    session_id: str
    outcome: Outcome
    note: Note | None = None


async def accept(call: Call) -> Any:
    consultation_id = parse_consultation_id(call.path("request_id"))
    rings = call.house.router.officer_offer(officer_of(call))
    await call.house.router.accept(officer_of(call), consultation_id, call.body.version)
    joins = None if rings is None or rings.facts.consultation_id != consultation_id else rings.facts.joins
    return {"session_id": joins or consultation_id}


async def decline(call: Call) -> None:
    consultation_id = parse_consultation_id(call.path("request_id"))
    await call.house.router.decline(officer_of(call), consultation_id, call.body.version, call.body.reason)


async def choose(call: Call) -> Any:
    reason = call.body.reason if call.body.choice is Choice.AWAY else None
    await call.house.presence.choose(officer_of(call), call.body.choice, reason)
    return call.house.views.officer(officer_of(call))


async def wrap_up(call: Call) -> Any:
    await call.house.router.finish_wrap_up(
        officer_of(call), parse_consultation_id(call.body.session_id), call.body.outcome, call.body.note
    )
    return call.house.views.officer(officer_of(call))


def officer_of(call: Call) -> OfficerId:
    if call.principal.officer_id is None:
        raise NotAllowed
    return call.principal.officer_id


ROUTES = (
    Endpoint(method="POST", path="/api/offers/{request_id}/accept", handler=accept, allow=OFFICER, body=AcceptBody),
    Endpoint(method="POST", path="/api/offers/{request_id}/decline", handler=decline, allow=OFFICER, body=DeclineBody),
    Endpoint(method="POST", path="/api/presence", handler=choose, allow=OFFICER, body=PresenceBody),
    Endpoint(method="POST", path="/api/wrap-up", handler=wrap_up, allow=OFFICER, body=WrapUpBody),
)
