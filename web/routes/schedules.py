"""A supervisor's reports that make themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from casework.schedules_core import Schedule
from kernel.errors import NotAllowed
from kernel.ids import AgencyId, parse_id
from web.endpoint import SUPERVISOR, Call, Endpoint, Reply


async def listed(call: Call) -> Any:
    return await call.house.counting.schedules.listed(_own(call))


async def add(call: Call) -> Any:
    schedule_id = await call.house.counting.schedules.add(_own(call), call.body, call.principal.id)
    return {"id": schedule_id}


async def remove(call: Call) -> Any:
    await call.house.counting.schedules.remove(_own(call), parse_id(call.path("id")))


async def output(call: Call) -> Any:
    name, media_type, body = await call.house.counting.schedules.output(_own(call), parse_id(call.path("id")))
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Reply(body, status=200, headers={"content-disposition": disposition}, media_type=media_type)


def _own(call: Call) -> AgencyId:
    if call.principal.agency_id is None:
        raise NotAllowed
    return call.principal.agency_id


_PATH = "/api/reports/schedules"

ROUTES = (
    Endpoint(method="GET", path=_PATH, handler=listed, allow=SUPERVISOR),
    Endpoint(method="POST", path=_PATH, handler=add, allow=SUPERVISOR, body=Schedule, status=201),
    Endpoint(method="DELETE", path=f"{_PATH}/{{id}}", handler=remove, allow=SUPERVISOR),
    Endpoint(method="GET", path="/api/reports/outputs/{id}", handler=output, allow=SUPERVISOR),
)
