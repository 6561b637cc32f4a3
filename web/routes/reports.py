"""History for supervisors and for whoever looks after the network: sums by period, load by hour, the requests behind a
number. Nobody's data: tickets of the queue, places and times.
"""

from __future__ import annotations

import asyncio
import math
from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from casework import report_core
from casework.grants import period_ms
from casework.staffing_core import needed
from kernel.errors import BodyInvalid, NotAllowed
from kernel.messages import Role
from web.endpoint import NETWORK_MANAGER, SUPERVISOR, Call, Endpoint, Reply, convert_query
from web.report_files import COLUMNS, cells, pdf
from web.report_names import in_latvian, names_of
from web.tables_out import CSV, XLSX, csv_text, xlsx

READERS = SUPERVISOR | NETWORK_MANAGER
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Name = Annotated[str, msgspec.Meta(max_length=64)]
#: hours of a year would be more rows than anybody reads
MOST_DAYS = {"hour": 62, "day": 800, "week": 4000, "month": 4000}
MOST_DAYS_BY_POINT = {"hour": 7, "day": 93, "week": 366, "month": 4000}
LISTED = 500


class ReportQuery(msgspec.Struct, forbid_unknown_fields=True, rename={"from_day": "from", "to_day": "to"}):
    from_day: Day
    to_day: Day
    period: Literal["hour", "day", "week", "month"] = "day"
    by: Literal["", "agency", "group", "point", "pak"] = ""
    agency: Name = ""
    group: Name = ""
    point: Name = ""
    pak: Name = ""

    def only(self) -> dict[str, str]:
        return {name: value for name in ("group", "point", "pak") if (value := getattr(self, name))}


class LoadQuery(msgspec.Struct, forbid_unknown_fields=True, rename={"from_day": "from", "to_day": "to"}):
    from_day: Day
    to_day: Day
    group: Name = ""
    agency: Name = ""
    #: the service level to reach: this share within so many seconds
    level: Annotated[float, msgspec.Meta(gt=0, lt=1)] = 0.8
    target_s: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 60.0


class RequestsQuery(ReportQuery):
    state: Literal["", "queued", "answered", "left", "unserved"] = ""


async def report(call: Call) -> Any:
    query: ReportQuery = convert_query(dict(call.request.query_params), ReportQuery)
    found, total = await _rows(call, query)
    return {
        "rows": found,
        "total": total,
        "x_s": call.house.settings.service_level_s,
        "names": await names_of(call.house.ledger),
    }


async def as_csv(call: Call) -> Any:
    header, rows, name = await _file(call)
    body = await asyncio.to_thread(csv_text, header, rows)
    return _download(body.encode(), f"{name}.csv", CSV)


async def as_xlsx(call: Call) -> Any:
    header, rows, name = await _file(call)
    return _download(await asyncio.to_thread(xlsx, "Pārskats", header, rows), f"{name}.xlsx", XLSX)


async def as_pdf(call: Call) -> Any:
    header, rows, name = await _file(call)
    body = await asyncio.to_thread(pdf, f"Klātiene: {name}", header, rows)
    return _download(body, f"{name}.pdf", "application/pdf")


async def load(call: Call) -> Any:
    """Requests an hour by hour of the week, and how many officers each hour would need."""
    query: LoadQuery = convert_query(dict(call.request.query_params), LoadQuery)
    _check_period(query.from_day, query.to_day, 800)
    found = await call.house.counting.entries.load(
        agency_id=_agency(call, query.agency),
        from_day=query.from_day,
        to_day=query.to_day,
        group_id=query.group or None,
    )
    handling_s = report_core.handling_s(found)
    hours = []
    for hour in report_core.heat(found, query.from_day, query.to_day):
        hint = (
            None
            if handling_s is None
            else needed(per_hour=hour.per_hour, handling_s=handling_s, target_s=query.target_s, level=query.level)
        )
        asa_s = None if hint is None or math.isinf(hint.asa_s) else hint.asa_s
        hours.append(
            {
                **msgspec.to_builtins(hour),
                "officers": None if hint is None else hint.officers,
                "level": None if hint is None else hint.level,
                "occupancy": None if hint is None else hint.occupancy,
                "asa_s": asa_s,
            }
        )
    return {"hours": hours, "handling_s": handling_s, "level": query.level, "target_s": query.target_s}


async def requests(call: Call) -> Any:
    """The requests behind a tile or a line of a report."""
    query: RequestsQuery = convert_query(dict(call.request.query_params), RequestsQuery)
    _check_period(query.from_day, query.to_day, 800)
    agency_id = _agency(call, query.agency)
    if agency_id is None:
        raise BodyInvalid(field="agency")
    found = await call.house.counting.entries.listed(
        agency_id=agency_id,
        from_day=query.from_day,
        to_day=query.to_day,
        only=query.only(),
        states=[query.state] if query.state else [],
        limit=LISTED,
    )
    return {"requests": found, "more": len(found) == LISTED, "names": await names_of(call.house.ledger)}


async def _rows(call: Call, query: ReportQuery) -> tuple[list[report_core.Row], report_core.Row]:
    # every point on every day of a year would be more lines than anybody reads
    most = MOST_DAYS_BY_POINT if query.by == "point" else MOST_DAYS
    _check_period(query.from_day, query.to_day, most[query.period])
    found = await call.house.counting.entries.sums(
        agency_id=_agency(call, query.agency),
        from_day=query.from_day,
        to_day=query.to_day,
        by=query.by or None,
        period=query.period,
        only=query.only(),
    )
    # a year of points is thousands of lines: consoles are served meanwhile
    return await asyncio.to_thread(report_core.rows, found, query.period)


async def _file(call: Call) -> tuple[tuple[str, ...], list[list[Any]], str]:
    query: ReportQuery = convert_query(dict(call.request.query_params), ReportQuery)
    found, total = await _rows(call, query)
    x = round(call.house.settings.service_level_s)
    header = tuple(name.format(x=x) for name in COLUMNS)
    names = in_latvian(await names_of(call.house.ledger))
    return header, [cells(each, names) for each in (*found, total)], f"parskats-{query.from_day}-{query.to_day}"


def _agency(call: Call, wanted: str) -> str | None:
    """A supervisor reads the own agency; None is all of them."""
    who = call.principal
    if who.role is Role.NETWORK_MANAGER:
        return wanted or None
    if who.agency_id is None or wanted not in ("", who.agency_id):
        raise NotAllowed
    return who.agency_id


def _check_period(from_day: str, to_day: str, most: int) -> None:
    period_ms(from_day, to_day)
    if (date.fromisoformat(to_day) - date.fromisoformat(from_day)).days >= most:
        raise BodyInvalid(field="to")


def _download(body: bytes, name: str, media_type: str) -> Reply:
    disposition = f'attachment; filename="{name}"'
    return Reply(body, status=200, headers={"content-disposition": disposition}, media_type=media_type)


ROUTES = (
    Endpoint(method="GET", path="/api/reports", handler=report, allow=READERS),
    Endpoint(method="GET", path="/api/reports.csv", handler=as_csv, allow=READERS),
    Endpoint(method="GET", path="/api/reports.xlsx", handler=as_xlsx, allow=READERS),
    Endpoint(method="GET", path="/api/reports.pdf", handler=as_pdf, allow=READERS),
    Endpoint(method="GET", path="/api/reports/load", handler=load, allow=READERS),
    Endpoint(method="GET", path="/api/reports/requests", handler=requests, allow=READERS),
)
