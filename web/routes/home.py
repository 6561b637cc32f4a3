"""From home by a personal link: made by clerk or officer, opened by one device, taken back.

The code travels in the fragment of the address, which no server sees, and once in a body.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from consultation.home import Made
from kernel.errors import AppointmentClosed
from kernel.ids import parse_id
from router.appointments_core import Appointment, AppointmentState
from web.endpoint import CLERK, IN_SESSION, Call, Endpoint, read_proof_of
from web.routes.appointments import my_points
from web.routes.sessions import session_of

OVER = (AppointmentState.CONVERTED, AppointmentState.CANCELLED, AppointmentState.NO_SHOW)


class OpenBody(msgspec.Struct, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(min_length=8, max_length=64)]


async def open_link(call: Call) -> Any:
    call.house.limit("device", call.address)
    return await call.house.stations.home.open(read_proof_of(call), call.body.code)


async def for_session(call: Call) -> Any:
    made, before = await call.house.stations.home.for_session(call.principal, session_of(call))
    return told(call, made, before)


async def revoke(call: Call) -> Any:
    _sign_out(call, await call.house.stations.home.revoke(call.principal, session_of(call)))
    return await call.house.views.session_for(call.principal, session_of(call))


async def for_appointment(call: Call) -> Any:
    mine = await _appointment(call)
    made, before = await call.house.stations.home.for_appointment(
        call.principal, mine.request_id, mine.wanted.agency_id, mine.starts_ms
    )
    return told(call, made, before)


async def revoke_planned(call: Call) -> None:
    mine = await _appointment(call)
    _sign_out(call, await call.house.stations.home.revoke_planned(call.principal, mine.request_id))


async def _appointment(call: Call) -> Appointment:
    """Raises `AppointmentUnknown`, or `AppointmentClosed` for one that is over."""
    found = await call.house.planned.appointment_at(my_points(call), parse_id(call.path("id")))
    if found.state in OVER:
        raise AppointmentClosed(state=found.state.value)
    return found


def told(call: Call, made: Made, before: str) -> dict[str, Any]:
    _sign_out(call, before)
    address = call.house.settings.home_url or call.request.headers.get("origin", "")
    return {
        "url": f"{address.rstrip('/')}/home#{made.code}",
        "opens_at_ms": made.opens_at_ms,
        "expires_at_ms": made.expires_at_ms,
    }


def _sign_out(call: Call, session_hash: str) -> None:
    if session_hash:
        call.house.tickets.forget(session_hash)
        call.house.hub.sign_out(session_hash)


_SESSION, _APPOINTMENT = "/api/sessions/{id}/link", "/api/appointments/{id}/link"
ROUTES = (
    Endpoint(method="POST", path="/api/home/open", handler=open_link, allow="anyone", body=OpenBody),
    # open to everybody in the session, so that a refusal says why and stands in the audit log
    Endpoint(method="POST", path=_SESSION, handler=for_session, allow=IN_SESSION, status=201),
    Endpoint(method="DELETE", path=_SESSION, handler=revoke, allow=IN_SESSION),
    Endpoint(method="POST", path=_APPOINTMENT, handler=for_appointment, allow=CLERK, status=201),
    Endpoint(method="DELETE", path=_APPOINTMENT, handler=revoke_planned, allow=CLERK),
)
