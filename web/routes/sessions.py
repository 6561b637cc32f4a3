"""Sessions: join, authorise the workstation, moderate, leave, end."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from consultation.model import MediaKind
from kernel.errors import IdMalformed, RequestUnknown, SessionNotReady, SessionUnknown, WorkstationUnknown
from kernel.ids import ClerkId, ConsultationId, PointId, WorkstationId, parse_consultation_id, parse_slug
from web.endpoint import CLIENT, IN_SESSION, OFFICER, WORKSTATION, Call, Endpoint
from web.routes.requests import own_workstation


class AuthoriseBody(msgspec.Struct, forbid_unknown_fields=True):
    workstation_id: str
    delivery: Literal["push", "code"]


class RedeemBody(msgspec.Struct, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(min_length=4, max_length=16)]


class MuteBody(msgspec.Struct, forbid_unknown_fields=True):
    kind: Literal["audio", "video", "screen"]
    muted: bool


class EndBody(msgspec.Struct, forbid_unknown_fields=True):
    outcome: Literal["solved", "partly", "not_sufficient", "referred"] | None = None


def session_of(call: Call) -> ConsultationId:
    return parse_consultation_id(call.path("id"))


async def show(call: Call) -> Any:
    return await call.house.views.session_for(call.principal, session_of(call))


async def join(call: Call) -> Any:
    call.house.limit("join", call.principal.id)
    session_id = session_of(call)
    try:
        return await call.house.consultation.join(call.principal, session_id)
    except SessionUnknown:
        # accepted a moment ago: the session is opened from the event, which may be a few milliseconds away
        status = await call.house.router.status(session_id)
        mine = ClerkId(call.principal.id) == status.facts.clerk_id or call.principal.officer_id == status.officer_id
        if status.state == "accepted" and mine:
            raise SessionNotReady(retry_after_s=1) from None
        raise
    except RequestUnknown:
        raise SessionUnknown from None


async def authorise(call: Call) -> Any:
    session_id = session_of(call)
    try:
        workstation_id = WorkstationId(parse_slug(call.body.workstation_id))
    except IdMalformed:
        raise IdMalformed(field="workstation_id") from None
    points = call.house.register.points_of(call.principal.point_id or PointId(""))
    try:
        code, expires_at_ms = await call.house.consultation.authorise(
            call.principal, session_id, workstation_id, points, push=call.body.delivery == "push"
        )
    except WorkstationUnknown:
        # asked only now, so that who may not authorise at all hears that first; says when it is another point's
        own_workstation(call, workstation_id)
        raise
    return {"code": code, "expires_at_ms": expires_at_ms}


async def revoke(call: Call) -> Any:
    session_id = session_of(call)
    await call.house.consultation.revoke(call.principal, session_id)
    return await call.house.views.session_for(call.principal, session_id)


async def redeem(call: Call) -> Any:
    call.house.limit("join", call.principal.id)
    return await call.house.consultation.redeem(call.principal, call.body.code)


async def mute(call: Call) -> None:
    await call.house.consultation.mute(
        call.principal, session_of(call), call.path("identity"), MediaKind(call.body.kind), call.body.muted
    )


async def remove(call: Call) -> None:
    await call.house.consultation.remove(call.principal, session_of(call), call.path("identity"))


async def leave(call: Call) -> None:
    await call.house.consultation.leave(call.principal, session_of(call))


async def end(call: Call) -> Any:
    session_id = session_of(call)
    await call.house.consultation.end(call.principal, session_id, call.body.outcome)
    return await call.house.views.session_for(call.principal, session_id)


ROUTES = (
    Endpoint(method="GET", path="/api/sessions/{id}", handler=show, allow=IN_SESSION),
    Endpoint(method="POST", path="/api/sessions/{id}/join", handler=join, allow=IN_SESSION),
    # a moderator's acts are open to everybody in the session, so that a refusal says why and stands in the audit log
    Endpoint(
        method="POST", path="/api/sessions/{id}/authorisation", handler=authorise, allow=IN_SESSION, body=AuthoriseBody
    ),
    Endpoint(method="DELETE", path="/api/sessions/{id}/authorisation", handler=revoke, allow=IN_SESSION),
    Endpoint(method="POST", path="/api/authorisations/redeem", handler=redeem, allow=WORKSTATION, body=RedeemBody),
    Endpoint(
        method="POST",
        path="/api/sessions/{id}/participants/{identity}/mute",
        handler=mute,
        allow=IN_SESSION,
        body=MuteBody,
    ),
    Endpoint(method="POST", path="/api/sessions/{id}/participants/{identity}/remove", handler=remove, allow=IN_SESSION),
    Endpoint(method="POST", path="/api/sessions/{id}/leave", handler=leave, allow=OFFICER | CLIENT),
    Endpoint(method="POST", path="/api/sessions/{id}/end", handler=end, allow=IN_SESSION, body=EndBody),
)
