"""The supervisor's board: counts of the own agency, nobody's data."""

from __future__ import annotations

from typing import Any

from kernel.errors import NotAllowed
from web.endpoint import SUPERVISOR, Call, Endpoint


async def board(call: Call) -> Any:
    if call.principal.agency_id is None:
        raise NotAllowed
    return await call.house.views.board(call.principal.agency_id)


ROUTES = (Endpoint(method="GET", path="/api/board", handler=board, allow=SUPERVISOR),)
