"""The supervisor's board: counts of the own agency, nobody's data, and the limits beyond which it warns."""

from __future__ import annotations

from typing import Any

from casework.thresholds import Thresholds, save_thresholds, thresholds_of
from kernel.errors import NotAllowed
from kernel.ids import AgencyId
from web.endpoint import SUPERVISOR, Call, Endpoint


async def board(call: Call) -> Any:
    return await call.house.views.board(_own(call))


async def thresholds(call: Call) -> Any:
    return await thresholds_of(call.house.ledger, _own(call))


async def set_thresholds(call: Call) -> Any:
    agency_id = _own(call)
    await call.audit("board.thresholds", purpose="supervision")
    async with call.house.ledger.transaction() as tx:
        await save_thresholds(tx, agency_id, call.body)
    return call.body


def _own(call: Call) -> AgencyId:
    if call.principal.agency_id is None:
        raise NotAllowed
    return call.principal.agency_id


ROUTES = (
    Endpoint(method="GET", path="/api/board", handler=board, allow=SUPERVISOR),
    Endpoint(method="GET", path="/api/board/thresholds", handler=thresholds, allow=SUPERVISOR),
    Endpoint(method="PUT", path="/api/board/thresholds", handler=set_thresholds, allow=SUPERVISOR, body=Thresholds),
)
