"""The register of contact points: look, change, take a whole table in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from casework.atvk_core import TERRITORIES, region_of
from casework.network import Known
from casework.network_core import COLUMNS, EQUIPMENT, Point, hours_text, stop_today
from web.endpoint import NETWORK_MANAGER, Call, Endpoint, Reply, convert_query
from web.tables_out import csv_text

TABLE_BYTES = 2 * 1024 * 1024


class PointBody(msgspec.Struct, forbid_unknown_fields=True):
    """``version``: the one it was changed from; 0 for a new point."""

    version: Annotated[int, msgspec.Meta(ge=0)]
    point: Point


class TableBody(msgspec.Struct, forbid_unknown_fields=True):
    table: Annotated[str, msgspec.Meta(max_length=TABLE_BYTES)]
    apply: bool = False


async def points(call: Call) -> Any:
    network = call.house.counting.network
    today = network.today()
    return {
        "points": [_view(each, today) for each in (await network.points()).values()],
        "territories": [
            {"code": each.code, "name": each.name}
            for each in TERRITORIES
            if not each.valid_to or each.valid_to >= today
        ],
        "equipment": EQUIPMENT,
    }


class Municipal(msgspec.Struct, forbid_unknown_fields=True):
    atvk: Annotated[str, msgspec.Meta(pattern=r"^LV\d{7}$")]


async def municipal(call: Call) -> Any:
    """Contact points as their municipality describes them now (VISS), to be compared with the register."""
    wanted = convert_query(dict(call.request.query_params), Municipal)
    call.house.limit("bridge", call.principal.id)
    await call.audit("network.municipal", purpose="network_register", fields=(wanted.atvk,))
    return {"points": await call.house.state.viss.points(wanted.atvk, session=call.request_id)}


async def table(call: Call) -> Any:
    rows = []
    for each in (await call.house.counting.network.points()).values():
        point, details = each.point, each.point.details
        rows.append(
            (
                point.id,
                point.name,
                point.kind,
                point.atvk,
                point.host_point_id or "",
                details.address,
                "" if details.lat is None else details.lat,
                "" if details.lon is None else details.lon,
                details.email,
                details.phone,
                hours_text(details.hours),
                "|".join(details.equipment),
                "jā" if details.remote_officer else "nē",
                details.valid_from,
                details.valid_to or "",
            )
        )
    disposition = 'attachment; filename="kontaktpunkti.csv"'
    return Reply(
        csv_text(COLUMNS, rows).encode(),
        status=200,
        headers={"content-disposition": disposition},
        media_type="text/csv; charset=utf-8",
    )


async def save(call: Call) -> Any:
    network = call.house.counting.network
    await call.audit("network.point", purpose="network_register", fields=(call.body.point.id,))
    async with call.house.ledger.transaction() as tx:
        known = await network.save(tx, call.body.point, version=call.body.version, by=call.principal.id)
    await _follow(call)
    return _view(known, network.today())


async def take(call: Call) -> Any:
    """What a table would change, line by line; with ``apply`` it does."""
    network = call.house.counting.network
    if call.body.apply:
        await call.audit("network.table", purpose="network_register")
    async with call.house.ledger.transaction() as tx:
        lines = await network.take(tx, call.body.table, by=call.principal.id, apply=call.body.apply)
    if call.body.apply:
        await _follow(call)
    return {"lines": [{"line": e.line, "id": e.id, "state": e.state, "problems": e.problems} for e in lines]}


async def _follow(call: Call) -> None:
    """This process follows at once; the others when they next look (`web.directories`)."""
    known = await call.house.casework.points()
    call.house.register.load_hosts([(point.id, point.host_point_id) for point in known])


def _view(known: Known, today: str) -> dict[str, Any]:
    point = known.point
    return {
        "point": point,
        "version": known.version,
        "demo": known.demo,
        "region": region_of(point.atvk),
        "hours": hours_text(point.details.hours),
        "stop_today": stop_today(point.details, today) if point.kind == "brigade" else None,
    }


def _network(method: str, path: str, handler: Any, **more: Any) -> Endpoint:
    return Endpoint(method=method, path=f"/api/network/{path}", handler=handler, allow=NETWORK_MANAGER, **more)


ROUTES = (
    _network("GET", "points", points),
    _network("POST", "points", save, body=PointBody),
    _network("GET", "points/municipal", municipal),
    _network("GET", "points.csv", table),
    _network("POST", "points/table", take, body=TableBody, body_limit=TABLE_BYTES + 64 * 1024),
)
