"""Callbacks of a clerk's clients: keep the place of somebody who cannot wait, and serve them when its turn comes."""

from __future__ import annotations

from typing import Any

from kernel.ids import ClerkId, ConsultationId, parse_consultation_id
from kernel.messages import Priority
from kernel.personal_code_core import parse_personal_code
from router.callbacks_core import Callback
from web.endpoint import CLERK, Call, Endpoint
from web.offering import Identified
from web.planned import callback_view
from web.routes.appointments import CancelBody, WantedBody, my_points, wanted_of
from web.routes.requests import claim_id, keep_client, own_request


class AskBody(WantedBody, forbid_unknown_fields=True, kw_only=True):
    priority: Priority = Priority.NORMAL


async def keep_place(call: Call) -> Any:
    """A waiting request becomes a callback."""
    status = await own_request(call)
    return callback_view(await call.house.planned.callbacks.keep_place(status.facts))


async def ask(call: Call) -> Any:
    """Instead of a request that was refused."""
    call.house.limit("request", call.principal.id)
    code = parse_personal_code(call.body.client.personal_code) if isinstance(call.body.client, Identified) else None
    client_ref = call.house.clients.pseudonym(code) if code else None
    wanted = wanted_of(call, client_ref, call.body.priority)
    callback_id = await claim_id(call, client_ref, "callback:")
    if code is not None and client_ref is not None:
        until_ms = call.house.clock.wall_ms() + round(call.house.settings.callback_hours * 3_600_000)
        await keep_client(call, callback_id, code, client_ref, from_ms=until_ms)
    return callback_view(await call.house.planned.callbacks.ask(callback_id, wanted))


async def of_my_point(call: Call) -> Any:
    found = await call.house.planned.callbacks.open_of(my_points(call))
    return {"callbacks": [callback_view(each) for each in found]}


async def confirm(call: Call) -> Any:
    mine, clerk = await _mine(call), call.principal
    return callback_view(await call.house.planned.callbacks.confirm(mine.id, ClerkId(clerk.id), clerk.name))


async def not_there(call: Call) -> Any:
    return callback_view(await call.house.planned.callbacks.not_there((await _mine(call)).id))


async def cancel(call: Call) -> Any:
    mine = await _mine(call)
    return callback_view(await call.house.planned.callbacks.cancel(mine.id, call.body.reason))


async def _mine(call: Call) -> Callback:
    callback_id: ConsultationId = parse_consultation_id(call.path("id"))
    return await call.house.planned.callback_at(my_points(call), callback_id)


ROUTES = (
    Endpoint(method="POST", path="/api/requests/{id}/callback", handler=keep_place, allow=CLERK),
    Endpoint(method="POST", path="/api/callbacks", handler=ask, allow=CLERK, body=AskBody, status=201),
    Endpoint(method="GET", path="/api/callbacks", handler=of_my_point, allow=CLERK),
    Endpoint(method="POST", path="/api/callbacks/{id}/confirm", handler=confirm, allow=CLERK),
    Endpoint(method="POST", path="/api/callbacks/{id}/not-there", handler=not_there, allow=CLERK),
    Endpoint(method="POST", path="/api/callbacks/{id}/cancel", handler=cancel, allow=CLERK, body=CancelBody),
)
