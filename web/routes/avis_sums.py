"""AVIS' sums: settlements, reports by two dimensions, and what its administrator watches. No people."""

from __future__ import annotations

from typing import Annotated, Any, get_args

import msgspec

from avis_bridge.model import month_of
from avis_bridge.month_sums import Cell, Dimension, Scope, Side
from kernel.errors import NotAllowed
from kernel.messages import Role
from web.endpoint import Call, Endpoint, Reply, convert_query
from web.routes.avis import ADMINISTRATOR, PARTY, READERS, party_of
from web.tables_out import csv_text, xlsx

Month = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


Value = Annotated[str, msgspec.Meta(max_length=120)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: an answer about the checks waits so long for them
ANSWER_S = 1.0
HEADER = ("Rinda", "Rindas nosaukums", "Kolonna", "Kolonnas nosaukums", "Darījumi", "Cena, EUR", "Atvieglojums, EUR")


class ReportQuery(msgspec.Struct, forbid_unknown_fields=True):
    """``instruction_id`` … ``category``: only what is of this value."""

    rows: Dimension = "month"
    columns: Dimension = "instruction_id"
    from_month: Month = "2020-01"
    to_month: Month = "2099-12"
    year: Value = ""
    month: Value = ""
    instruction_id: Value = ""
    grantor: Value = ""
    provider: Value = ""
    outlet: Value = ""
    atvk: Value = ""
    category: Value = ""


class ValuesQuery(msgspec.Struct, forbid_unknown_fields=True):
    of: Dimension


class MonthQuery(msgspec.Struct, forbid_unknown_fields=True):
    month: Month | None = None


def _side(call: Call) -> tuple[Side | None, str]:
    match call.principal.role:
        case Role.GRANTOR:
            return "grantor", party_of(call)
        case Role.PROVIDER:
            return "provider", party_of(call)
    return None, ""


async def settlement(call: Call) -> Any:
    query = convert_query(dict(call.request.query_params), MonthQuery)
    month = query.month or month_of(call.house.clock.wall_ms())
    side, party = _side(call)
    if side is None:
        raise NotAllowed
    return {"month": month, "owed": await call.house.reference_avis.history.settlement(side, party, month)}


def _scope(call: Call, query: ReportQuery) -> Scope:
    side, party = _side(call)
    only = {name: value for name in get_args(Dimension) if (value := getattr(query, name))}
    return Scope(side=side, reg_no=party, from_month=query.from_month, to_month=query.to_month, only=only)


async def _report(call: Call) -> tuple[ReportQuery, Scope, list[Cell]]:
    query: ReportQuery = convert_query(dict(call.request.query_params), ReportQuery)
    scope = _scope(call, query)
    return query, scope, await call.house.reference_avis.history.report(scope, query.rows, query.columns)


async def _names(call: Call, values: set[str]) -> dict[str, dict[str, str] | str]:
    """What people read for registration numbers and ids of instructions."""
    avis = call.house.reference_avis
    parties = await avis.register.names()
    return {**{value: parties[value] for value in values if value in parties}, **await avis.history.names(values)}


async def report(call: Call) -> Any:
    """Sums by two dimensions, what they come to in the project's indicators, and how to read the ids."""
    _, scope, cells = await _report(call)
    return {
        "cells": cells,
        "dimensions": get_args(Dimension),
        "indicators": await call.house.reference_avis.history.indicators(scope),
        "names": await _names(call, {text for cell in cells for text in (cell.row, cell.column)}),
    }


async def values(call: Call) -> Any:
    """What there is of a dimension among what the caller may see."""
    query: ValuesQuery = convert_query(dict(call.request.query_params), ValuesQuery)
    found = await call.house.reference_avis.history.values(_scope(call, ReportQuery()), query.of)
    return {"values": found, "names": await _names(call, set(found))}


async def _file(call: Call) -> list[tuple[Any, ...]]:
    _, _, cells = await _report(call)
    names = await _names(call, {text for cell in cells for text in (cell.row, cell.column)})

    def said(value: str) -> str:
        name = names.get(value, value)
        return name if isinstance(name, str) else name.get("lv", value)

    return [
        (
            cell.row,
            said(cell.row),
            cell.column,
            said(cell.column),
            cell.transactions,
            cell.gross_cents / 100,
            cell.benefit_cents / 100,
        )
        for cell in cells
    ]


async def report_csv(call: Call) -> Any:
    rows = [(*row[:5], *(f"{amount:.2f}".replace(".", ",") for amount in row[5:])) for row in await _file(call)]
    return _download(csv_text(HEADER, rows).encode(), "avis.csv", "text/csv; charset=utf-8")


async def report_xlsx(call: Call) -> Any:
    return _download(xlsx("AVIS", HEADER, await _file(call)), "avis.xlsx", XLSX)


def _download(content: bytes, name: str, media_type: str) -> Reply:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Reply(content, status=200, headers=headers, media_type=media_type)


def _all(from_month: str, to_month: str) -> Scope:
    return Scope(side=None, reg_no="", from_month=from_month, to_month=to_month)


async def administer(call: Call) -> Any:
    """Health, what the last checks found, indicators: sums alone."""
    avis = call.house.reference_avis
    this_month = month_of(call.house.clock.wall_ms())
    return {
        "health": await avis.integrity.health(),
        "indicators": await avis.history.indicators(_all("2000-01", "2099-12")),
        "this_month": await avis.history.indicators(_all(this_month, this_month)),
    }


async def check(call: Call) -> Any:
    """All of history is checked anew; what takes longer than an answer may goes on by itself."""
    await call.house.reference_avis.integrity.ask()
    await call.house.reference_avis.integrity.check_asked(ANSWER_S)
    return await administer(call)


ROUTES = (
    Endpoint(method="GET", path="/api/avis/settlement", handler=settlement, allow=PARTY),
    Endpoint(method="GET", path="/api/avis/report", handler=report, allow=READERS),
    Endpoint(method="GET", path="/api/avis/report.csv", handler=report_csv, allow=READERS),
    Endpoint(method="GET", path="/api/avis/report.xlsx", handler=report_xlsx, allow=READERS),
    Endpoint(method="GET", path="/api/avis/report/values", handler=values, allow=READERS),
    Endpoint(method="GET", path="/api/avis/health", handler=administer, allow=ADMINISTRATOR),
    Endpoint(method="POST", path="/api/avis/health/check", handler=check, allow=ADMINISTRATOR),
)
