"""Checks of workstations: camera, microphone, speaker and line, and who is weak."""

from __future__ import annotations

import secrets
from typing import Any

from consultation.checks_core import Check, weaknesses
from kernel.ids import WorkstationId
from kernel.messages import Role
from web.endpoint import CLERK, CLIENT, SUPERVISOR, Call, Endpoint, Reply
from web.routes.enrolment import points_of

#: what a line's speed towards the workstation is measured with: a quarter of a second at 16 Mbit/s
PAYLOAD = 512 * 1024


async def line(call: Call) -> Any:
    call.house.limit("join", call.principal.id)
    up, down = await call.house.stations.checks.line(call.principal)
    return {"up": up, "down": down}


async def payload(call: Call) -> Any:
    """Bytes that no proxy makes smaller."""
    call.house.limit("join", call.principal.id)
    return Reply(secrets.token_bytes(PAYLOAD), status=200, media_type="application/octet-stream")


async def record(call: Call) -> Any:
    call.house.limit("join", call.principal.id)
    if call.principal.role is Role.AT_HOME:
        # said to whoever asked, and kept nowhere
        return {"weak": weaknesses(call.body)}
    return {"weak": await call.house.stations.checks.record(call.principal, call.body)}


async def latest(call: Call) -> Any:
    """A clerk's own points; for a supervisor all of them: which libraries their clients are seen from, and how well."""
    house = call.house
    found = await house.stations.checks.latest(points_of(call) if call.principal.role is Role.CLERK else None)
    for each in found:
        workstation = house.register.workstation(WorkstationId(each["workstation_id"]))
        each["name"] = workstation.name if workstation else each["workstation_id"]
        each["point_name"] = workstation.point_name if workstation else each["point_id"]
    return {"checks": found}


ROUTES = (
    Endpoint(method="POST", path="/api/checks/line", handler=line, allow=CLIENT),
    Endpoint(method="GET", path="/api/checks/payload", handler=payload, allow=CLIENT),
    Endpoint(method="POST", path="/api/checks", handler=record, allow=CLIENT, body=Check),
    Endpoint(method="GET", path="/api/checks", handler=latest, allow=CLERK | SUPERVISOR),
)
