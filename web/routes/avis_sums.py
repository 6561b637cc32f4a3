"""AVIS' sums: settlements, reports by two dimensions, and what its administrator watches. No people."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any, get_args

import msgspec

from avis_bridge.history import Dimension, Side
from avis_bridge.integrity import health
from avis_bridge.model import month_of
from kernel.errors import NotAllowed
from kernel.messages import Role
from web.endpoint import Call, Endpoint, Reply, convert_query
from web.routes.avis import ADMINISTRATOR, PARTY, READERS, party_of

Month = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


class ReportQuery(msgspec.Struct, forbid_unknown_fields=True):
    rows: Dimension = "month"
    columns: Dimension = "instruction_id"
    from_month: Month = "2025-01"
    to_month: Month = "2099-12"


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


async def report(call: Call) -> Any:
    query = convert_query(dict(call.request.query_params), ReportQuery)
    side, party = _side(call)
    cells = await call.house.reference_avis.history.report(
        side, party, query.rows, query.columns, query.from_month, query.to_month
    )
    return {"cells": cells, "dimensions": get_args(Dimension)}


async def report_csv(call: Call) -> Any:
    found = await report(call)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("row", "column", "transactions", "gross_eur", "benefit_eur"))
    for cell in found["cells"]:
        money = (f"{cell.gross_cents / 100:.2f}", f"{cell.benefit_cents / 100:.2f}")
        writer.writerow((_plain(cell.row), _plain(cell.column), cell.transactions, *money))
    return Reply(
        ("\ufeff" + text.getvalue()).encode(),
        status=200,
        headers={"content-disposition": 'attachment; filename="avis.csv"'},
        media_type="text/csv; charset=utf-8",
    )


def _plain(text: str) -> str:
    """No cell that a spreadsheet would take for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t" else text


async def administer(call: Call) -> Any:
    """Health, integrity, indicators: sums alone."""
    avis = call.house.reference_avis
    this_month = month_of(call.house.clock.wall_ms())
    return {
        "health": await health(avis.ledger, call.house.clock),
        "indicators": await avis.history.indicators("2000-01", "2099-12"),
        "this_month": await avis.history.indicators(this_month, this_month),
    }


ROUTES = (
    Endpoint(method="GET", path="/api/avis/settlement", handler=settlement, allow=PARTY),
    Endpoint(method="GET", path="/api/avis/report", handler=report, allow=READERS),
    Endpoint(method="GET", path="/api/avis/report.csv", handler=report_csv, allow=READERS),
    Endpoint(method="GET", path="/api/avis/health", handler=administer, allow=ADMINISTRATOR),
)
