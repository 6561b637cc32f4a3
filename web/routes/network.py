"""Whoever looks after the network of contact points: grants and indicators."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from avis_bridge.month_sums import Scope
from casework.grants import MOST_QUARTERS
from casework.grants_core import USUAL_KINDS, GrantSet, compare
from casework.indicators_core import Quarter, span
from kernel.ids import parse_id
from web.endpoint import NETWORK_MANAGER, Call, Endpoint, Reply, convert_query
from web.tables_out import csv_text

Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
QuarterText = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-Q[1-4]$")]


class RunBody(msgspec.Struct, forbid_unknown_fields=True, rename={"from_day": "from", "to_day": "to"}):
    set_id: Annotated[str, msgspec.Meta(max_length=36)]
    from_day: Day
    to_day: Day


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True, rename={"from_day": "from", "to_day": "to"}):
    parameters: GrantSet
    from_day: Day
    to_day: Day


class Quarters(msgspec.Struct, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    first: QuarterText
    last: QuarterText


class ValueBody(msgspec.Struct, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(max_length=8)]
    quarter: QuarterText
    value: Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class Two(msgspec.Struct, forbid_unknown_fields=True):
    first: str
    second: str


async def grants(call: Call) -> Any:
    service = call.house.counting.grants
    return {"sets": await service.sets(), "runs": await service.runs(), "kinds": USUAL_KINDS}


async def save_set(call: Call) -> Any:
    await call.audit("grants.set", purpose="grant_calculation", fields=("name",))
    async with call.house.ledger.transaction() as tx:
        set_id = await call.house.counting.grants.save_set(tx, call.body, call.principal.id)
    return {"id": set_id, "parameters": call.body}


async def preview(call: Call) -> Any:
    """As a run, of parameters that need not be kept, and nothing is."""
    body = call.body
    return {"result": await call.house.counting.grants.calculate(body.parameters, body.from_day, body.to_day)}


async def run(call: Call) -> Any:
    body, service = call.body, call.house.counting.grants
    await call.audit("grants.run", purpose="grant_calculation", fields=("from", "to"))
    result = await service.calculate(await service.parameters(parse_id(body.set_id)), body.from_day, body.to_day)
    async with call.house.ledger.transaction() as tx:
        return await service.run(
            tx, body.set_id, from_day=body.from_day, to_day=body.to_day, result=result, by=call.principal.id
        )


async def found(call: Call) -> Any:
    return await call.house.counting.grants.found(parse_id(call.path("id")))


async def found_csv(call: Call) -> Any:
    made = await call.house.counting.grants.found(parse_id(call.path("id")))
    header = ("Punkts", "Nosaukums", "Veids", "Konsultācijas", "Pieteikumi", "Attālināti", "Bāze", "Daļa", "Dotācija")
    rows = [
        (
            point.point_id,
            point.name,
            point.kind,
            *(point.counts.get(kind, 0) for kind in ("consultation", "application", "remote")),
            *(f"{cents // 100},{cents % 100:02}" for cents in (point.base, point.share, point.grant)),
        )
        for point in made.result.points
    ]
    return Reply(
        csv_text(header, rows).encode(),
        status=200,
        headers={"content-disposition": f'attachment; filename="dotacijas-{made.from_day}-{made.to_day}.csv"'},
        media_type="text/csv; charset=utf-8",
    )


async def comparison(call: Call) -> Any:
    two: Two = convert_query(dict(call.request.query_params), Two)
    service = call.house.counting.grants
    first, second = await service.found(parse_id(two.first)), await service.found(parse_id(two.second))
    return {"rows": compare(first.result, second.result)}


async def indicators(call: Call) -> Any:
    asked: Quarters = convert_query(dict(call.request.query_params), Quarters)
    first, last = Quarter.parse(asked.first), Quarter.parse(asked.last)
    return await call.house.counting.grants.indicators(first, last, await _of_avis(call, first, last))


async def _of_avis(call: Call, first: Quarter, last: Quarter) -> dict[tuple[str, str], int]:
    """RR1–RR3 as the embedded AVIS counts them; a quarter in which it gave nothing says nothing."""
    found: dict[tuple[str, str], int] = {}
    for quarter in span(first, last)[:MOST_QUARTERS]:
        begin, end = f"{quarter.year}-{quarter.quarter * 3 - 2:02}", f"{quarter.year}-{quarter.quarter * 3:02}"
        counted = await call.house.reference_avis.history.indicators(
            Scope(side=None, reg_no="", from_month=begin, to_month=end)
        )
        if counted.rr1_transactions:
            found["RR1", str(quarter)] = counted.rr1_transactions
            found["RR2", str(quarter)] = counted.rr2_merchants
            found["RR3", str(quarter)] = counted.rr3_cents // 100
    return found


async def tell(call: Call) -> Any:
    body = call.body
    await call.audit("indicators.tell", purpose="indicators", fields=(body.code,))
    async with call.house.ledger.transaction() as tx:
        await call.house.counting.grants.tell(tx, body.code, Quarter.parse(body.quarter), body.value, call.principal.id)


def _network(
    method: str, path: str, handler: Any, body: type[msgspec.Struct] | None = None, status: int = 200
) -> Endpoint:
    return Endpoint(
        method=method, path=f"/api/network/{path}", handler=handler, allow=NETWORK_MANAGER, body=body, status=status
    )


ROUTES = (
    _network("GET", "grants", grants),
    _network("POST", "grants/sets", save_set, GrantSet, 201),
    _network("POST", "grants/preview", preview, PreviewBody),
    _network("POST", "grants/runs", run, RunBody, 201),
    _network("GET", "grants/runs/{id}", found),
    _network("GET", "grants/runs/{id}/csv", found_csv),
    _network("GET", "grants/comparison", comparison),
    _network("GET", "indicators", indicators),
    _network("POST", "indicators", tell, ValueBody, 204),
)
