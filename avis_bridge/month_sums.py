"""Sums of months that are over, so that a report over years reads months instead of sales.

A row of ``avis_benefits`` belongs to the month in which it was written, a return too. So a month that is over never
changes, and its sums are counted once. Months are added up from the oldest to the newest without gaps: the newest
month with sums says where rows begin to be counted themselves.

Sales are counted in the month of the sale, each once whatever is asked: a row of sums knows for how many sales it is
the first one of its grantor, its instruction, its category. There are sums of three kinds (`KEPT`), each question is
answered by the smallest that tells enough apart. What none of them does (a place by what was bought and by whom it was
granted at once, everything under a category that has some beneath it) is counted from the rows, exactly and slower.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from avis_bridge.model import month_of
from avis_bridge.tables import benefits, month_sums, outlet_instruction_sums, outlet_sums
from kernel.clock import Clock
from kernel.ledger import Ledger

Dimension = Literal["year", "month", "instruction_id", "grantor", "provider", "outlet", "atvk", "category"]
Side = Literal["grantor", "provider"]

#: a commit that began before midnight is long over by then
REST_MS = int(timedelta(days=1).total_seconds() * 1_000)
_ADDING_UP = 0x4B4C_4153


class Kept(NamedTuple):
    """Sums of a kind. ``counts``: what may tell sales apart within a transaction → the column that counts them then."""

    table: sa.Table
    counts: dict[frozenset[str], str]

    @property
    def key(self) -> list[str]:
        return [column.name for column in self.table.primary_key.columns]


_WITHIN_A_SALE = frozenset({"grantor", "instruction_id", "category"})
_ALL, _GRANTOR, _INSTRUCTION, _CATEGORY = (
    frozenset[str](),
    frozenset({"grantor"}),
    frozenset({"instruction_id"}),
    frozenset({"category"}),
)
#: the smallest first
KEPT = (
    Kept(
        month_sums,
        {
            _ALL: "sales",
            _GRANTOR: "grantor_sales",
            _INSTRUCTION: "instruction_sales",
            _CATEGORY: "category_sales",
            _GRANTOR | _CATEGORY: "grantor_category_sales",
            _INSTRUCTION | _CATEGORY: "instruction_category_sales",
        },
    ),
    Kept(outlet_sums, {_ALL: "sales", _CATEGORY: "category_sales"}),
    Kept(outlet_instruction_sums, {_ALL: "sales", _GRANTOR: "grantor_sales", _INSTRUCTION: "instruction_sales"}),
)
_OF_A_SALE = benefits.c.cents > 0
_SALE = sa.case((_OF_A_SALE, benefits.c.transaction_id))


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose sums, over which months, and of what alone: ``only`` names values by dimension, a category with all that
    is under it. ``side`` None: everything there is, for AVIS' administrator alone."""

    side: Side | None
    reg_no: str
    from_month: str
    to_month: str
    only: dict[Dimension, str] = {}


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """``transactions``: sales that got a benefit, in the month of the sale; cents are without what came back."""

    row: str
    column: str
    transactions: int
    gross_cents: int
    benefit_cents: int


class MonthSums:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def tick(self) -> int:
        """Add up what is over; how many months that were."""
        added = 0
        over = month_of(self._clock.wall_ms() - REST_MS)
        while await self._due(over):
            async with self._ledger.transaction() as tx:
                await tx.alone(_ADDING_UP)
                month = await tx.connection.scalar(_next(await _newest(tx.connection), over))
                if month is not None:
                    for kept in KEPT:
                        await tx.execute(_add_up(kept, month))
                    added += 1
        return added

    async def forget(self) -> None:
        """Count everything anew: rows were written into months that were over."""
        async with self._ledger.transaction() as tx:
            await tx.alone(_ADDING_UP)
            for kept in KEPT:
                await tx.execute(sa.delete(kept.table))

    async def cells(self, scope: Scope, rows: Dimension, columns: Dimension) -> list[Cell]:
        """Sums by two dimensions, in order."""
        async with self._ledger.snapshot() as connection:
            kept, newest = await self._kept_for(connection, scope, rows, columns)
            found: list[sa.Row[Any]] = []
            if kept is not None and newest >= scope.from_month:
                table, counted = kept
                found += await connection.execute(
                    _by(table, sa.func.sum(table.c[counted]), scope, rows, columns).where(table.c.month <= newest)
                )
            if newest < scope.to_month:
                sales = sa.func.count(sa.distinct(_SALE))
                found += await connection.execute(
                    _by(benefits, sales, scope, rows, columns).where(benefits.c.month > newest)
                )
        return _added(found)

    async def values(self, scope: Scope, dimension: Dimension) -> list[str]:
        return sorted({cell.row for cell in await self.cells(scope, dimension, dimension)})

    async def _kept_for(
        self, connection: AsyncConnection, scope: Scope, *dimensions: Dimension
    ) -> tuple[tuple[sa.Table, str] | None, str]:
        """(sums that answer it and the column that counts sales, the last month in them); all from rows: None, ""."""
        kept = _answers(scope, *dimensions)
        newest = "" if kept is None else await _newest(connection)
        category = scope.only.get("category")
        if kept is not None and newest and category is not None and "category" not in dimensions:
            # a sale may have goods in several categories beneath this one, and would count in each of them
            beneath = month_sums.c.category.startswith(f"{category}/", autoescape=True)
            if await connection.scalar(sa.select(sa.literal(1)).where(beneath).limit(1)):
                return None, ""
        return (kept, newest) if newest else (None, "")

    async def _due(self, over: str) -> bool:
        async with self._ledger.reading() as connection:
            return await connection.scalar(_next(await _newest(connection), over)) is not None


async def _newest(connection: AsyncConnection) -> str:
    """The last month that was added up; sorts before all when there is none."""
    return await connection.scalar(sa.select(sa.func.max(month_sums.c.month))) or ""


def _next(newest: str, over: str) -> sa.Select[Any]:
    return sa.select(sa.func.min(benefits.c.month)).where(benefits.c.month > newest, benefits.c.month < over)


def _add_up(kept: Kept, month: str) -> sa.Insert:
    row, key = benefits.c, kept.key

    def first(*apart: sa.Column[Any]) -> sa.ColumnElement[Any]:
        """Whether a row is its sale's first one, or first with these values; returns come after all of them."""
        place = sa.func.row_number().over(
            partition_by=[row.transaction_id, *apart], order_by=[_OF_A_SALE.desc(), row.entry]
        )
        return sa.case((sa.and_(_OF_A_SALE, place == 1), 1), else_=0)

    marked = (
        sa.select(
            *(row[name] for name in key),
            row.gross,
            row.cents,
            *(first(*(row[name] for name in sorted(apart))).label(count) for apart, count in kept.counts.items()),
        )
        .where(row.month == month)
        .subquery()
    )
    summed = [*kept.counts.values(), "gross", "cents"]
    added = sa.select(*(marked.c[name] for name in key), *(sa.func.sum(marked.c[name]) for name in summed))
    return sa.insert(kept.table).from_select([*key, *summed], added.group_by(*(marked.c[name] for name in key)))


def _answers(scope: Scope, *dimensions: Dimension) -> tuple[sa.Table, str] | None:
    """The smallest sums that tell enough apart, and the column that counts sales then; None: there are none."""
    asked: set[str] = {*dimensions, *scope.only, *([scope.side] if scope.side else [])}
    asked.discard("year")
    apart = frozenset(asked & _WITHIN_A_SALE)
    if "instruction_id" in apart:
        apart -= _GRANTOR
    for kept in KEPT:
        if asked <= set(kept.key) and apart in kept.counts:
            return kept.table, kept.counts[apart]
    return None


def _by(
    table: sa.Table, sales: sa.ColumnElement[Any], scope: Scope, rows: Dimension, columns: Dimension
) -> sa.Select[Any]:
    down, across = _column(table, rows).label("down"), _column(table, columns).label("across")
    gross, cents = sa.func.sum(table.c.gross).label("gross"), sa.func.sum(table.c.cents).label("cents")
    wanted = sa.select(down, across, sales.label("sales"), gross, cents).where(*_within(table, scope))
    return wanted.group_by(down, across)


def _added(found: Iterable[sa.Row[Any]]) -> list[Cell]:
    cells: dict[tuple[str, str], tuple[int, int, int]] = {}
    for row in found:
        sales, gross, cents = cells.get((row.down, row.across), (0, 0, 0))
        # PostgreSQL's sums of 64-bit numbers are decimals
        cells[row.down, row.across] = (sales + int(row.sales), gross + int(row.gross), cents + int(row.cents))
    return [
        Cell(row=down, column=across, transactions=sales, gross_cents=gross, benefit_cents=cents)
        for (down, across), (sales, gross, cents) in sorted(cells.items())
    ]


def _column(table: sa.Table, dimension: Dimension) -> sa.ColumnElement[Any]:
    return sa.func.substr(table.c.month, 1, 4) if dimension == "year" else table.c[dimension]


def _within(table: sa.Table, scope: Scope) -> list[sa.ColumnElement[bool]]:
    found = [table.c.month >= scope.from_month, table.c.month <= scope.to_month]
    if scope.side is not None:
        found.append(table.c[scope.side] == scope.reg_no)
    for dimension, value in scope.only.items():
        column = _column(table, dimension)
        under = sa.or_(column == value, column.startswith(f"{value}/", autoescape=True))
        found.append(under if dimension == "category" else column == value)
    return found
