"""Control of the client's workstation: the clerk lends it, the official uses it, anybody in the session stops it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from consultation.control_core import LONGEST_S, Input, Level
from web.endpoint import IN_SESSION, Call, Endpoint
from web.routes.sessions import session_of


class LendBody(msgspec.Struct, forbid_unknown_fields=True):
    identity: Annotated[str, msgspec.Meta(max_length=64)]
    level: Level
    seconds: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_S)]


class WishBody(msgspec.Struct, forbid_unknown_fields=True):
    level: Level


class InputBody(msgspec.Struct, forbid_unknown_fields=True):
    input: Input


async def lend(call: Call) -> Any:
    body: LendBody = call.body
    await call.house.stations.control.lend(call.principal, session_of(call), body.identity, body.level, body.seconds)
    return await call.house.views.session_for(call.principal, session_of(call))


async def stop(call: Call) -> None:
    await call.house.stations.control.stop(call.principal, session_of(call))


async def wish(call: Call) -> None:
    await call.house.stations.control.wish(call.principal, session_of(call), call.body.level)


async def dismiss(call: Call) -> None:
    await call.house.stations.control.dismiss(call.principal, session_of(call))


async def steer(call: Call) -> None:
    call.house.limit("control", call.principal.id)
    await call.house.stations.control.steer(call.principal, session_of(call), call.body.input)


ROUTES = (
    # open to everybody in the session, so that a refusal says why and stands in the audit log
    Endpoint(method="POST", path="/api/sessions/{id}/control", handler=lend, allow=IN_SESSION, body=LendBody),
    Endpoint(method="DELETE", path="/api/sessions/{id}/control", handler=stop, allow=IN_SESSION),
    Endpoint(method="POST", path="/api/sessions/{id}/control/wish", handler=wish, allow=IN_SESSION, body=WishBody),
    Endpoint(method="DELETE", path="/api/sessions/{id}/control/wish", handler=dismiss, allow=IN_SESSION),
    Endpoint(method="POST", path="/api/sessions/{id}/control/input", handler=steer, allow=IN_SESSION, body=InputBody),
)
