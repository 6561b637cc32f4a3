"""Sums and lists over what was given: settlements, reports with two dimensions, a person's own transactions."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from avis_bridge.instructions import Instructions
from avis_bridge.month_sums import Cell, Dimension, MonthSums, Scope, Side
from avis_bridge.tables import benefits, grantors, transactions
from avis_bridge.till_model import Deal
from kernel.ledger import Ledger

MOST_CELLS = 5_000
MOST_VALUES = 500


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What one instruction comes to in a month: committed minus reversed. A merchant's own programme owes nobody."""

    grantor: str
    provider: str
    instruction: str
    name: dict[str, str]
    transactions: int
    cents: int
    self_funded: bool


class Indicators(msgspec.Struct, frozen=True, kw_only=True):
    """RR1 transactions with a benefit, RR2 merchants that gave one, RR3 benefits in cents (DOMAIN §2)."""

    rr1_transactions: int
    rr2_merchants: int
    rr3_cents: int


_COUNT = sa.func.count(sa.distinct(benefits.c.transaction_id))
_GIVEN = sa.func.coalesce(sa.func.sum(benefits.c.cents), 0)


class History:
    def __init__(self, ledger: Ledger, instructions: Instructions, sums: MonthSums) -> None:
        self._ledger = ledger
        self._instructions = instructions
        self._sums = sums

    async def settlement(self, side: Side, reg_no: str, month: str) -> list[Owed]:
        wanted = (
            sa.select(
                benefits.c.grantor,
                benefits.c.provider,
                benefits.c.instruction_id,
                grantors.c.sector,
                _COUNT.label("sales"),
                _GIVEN.label("cents"),
            )
            .join(grantors, grantors.c.reg_no == benefits.c.grantor)
            .where(benefits.c[side] == reg_no, benefits.c.month == month)
            .group_by(benefits.c.grantor, benefits.c.provider, benefits.c.instruction_id, grantors.c.sector)
            .order_by(benefits.c.grantor, benefits.c.provider, benefits.c.instruction_id)
        )
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(wanted)).all()
            names = await self._instructions.names(connection, {row.instruction_id for row in rows})
        return [
            Owed(
                grantor=row.grantor,
                provider=row.provider,
                instruction=row.instruction_id,
                name=names.get(row.instruction_id, {}),
                transactions=row.sales,
                cents=row.cents,
                self_funded=row.sector == "merchant",
            )
            for row in rows
        ]

    async def report(self, scope: Scope, rows: Dimension, columns: Dimension) -> list[Cell]:
        """Sums by two dimensions."""
        return (await self._sums.cells(scope, rows, columns))[:MOST_CELLS]

    async def values(self, scope: Scope, dimension: Dimension) -> list[str]:
        """What there is of a dimension, to choose from."""
        return (await self._sums.values(scope, dimension))[:MOST_VALUES]

    async def names(self, ids: set[str]) -> dict[str, dict[str, str]]:
        """Instruction → its name in both languages."""
        async with self._ledger.reading() as connection:
            return dict(await self._instructions.names(connection, ids))

    async def indicators(self, scope: Scope) -> Indicators:
        cells = await self._sums.cells(scope, "provider", "year")
        return Indicators(
            rr1_transactions=sum(cell.transactions for cell in cells),
            rr2_merchants=len({cell.row for cell in cells if cell.transactions}),
            rr3_cents=sum(cell.benefit_cents for cell in cells),
        )

    async def of_provider(self, provider: str, *, before: str = "", limit: int = 50) -> list[dict[str, Any]]:
        """Newest first, without persons; ``before`` is the last id that was seen."""
        mine = transactions.c.provider == provider
        return await self._list(sa.and_(mine, transactions.c.id < before) if before else mine, limit)

    async def of_person(self, person: str, *, limit: int = 50) -> list[dict[str, Any]]:
        return await self._list(transactions.c.person == person, limit)

    async def _list(self, condition: sa.ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
        wanted = sa.select(transactions).where(condition).order_by(transactions.c.id.desc()).limit(limit)
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(wanted)).all()
            ids = [row.id for row in rows]
            back = {
                row.transaction_id: -row.cents
                for row in await connection.execute(
                    sa.select(benefits.c.transaction_id, sa.func.sum(benefits.c.cents).label("cents"))
                    .where(benefits.c.transaction_id.in_(ids), benefits.c.cents < 0)
                    .group_by(benefits.c.transaction_id)
                )
            }
            deals = {row.id: msgspec.json.decode(row.body, type=Deal) for row in rows}
            names = await self._instructions.names(
                connection, {rule for deal in deals.values() for rule in deal.grantors}
            )
        return [
            {
                "id": row.id,
                "at_ms": row.at_ms,
                "provider": row.provider,
                "outlet": row.outlet,
                "gross_cents": row.gross,
                "paid_cents": row.paid,
                "reversed_cents": back.get(row.id, 0),
                "benefits": [
                    {"name": names.get(rule, {}), "cents": cents}
                    for rule, cents in deals[row.id].result.by_rule().items()
                ],
            }
            for row in rows
        ]
