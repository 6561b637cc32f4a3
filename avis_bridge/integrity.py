"""Does the store agree with itself? Each check counts the rows that do not; all zero is well."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from avis_bridge.tables import benefits, instructions, quotes, systems, transactions, usage
from kernel.clock import Clock
from kernel.ledger import Ledger


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """``checks``: name → rows at fault. ``counts``: how much of what there is."""

    checks: dict[str, int]
    counts: dict[str, int]


async def health(ledger: Ledger, clock: Clock) -> Health:
    now = clock.wall_ms()
    # committed in the month of the transaction, whenever it came back: as the caps count
    net = (
        sa.select(
            benefits.c.person,
            benefits.c.instruction_id,
            transactions.c.month,
            sa.func.sum(benefits.c.cents).label("cents"),
        )
        .join(transactions, transactions.c.id == benefits.c.transaction_id)
        .group_by(benefits.c.person, benefits.c.instruction_id, transactions.c.month)
        .subquery()
    )
    same = sa.and_(
        net.c.person == usage.c.person,
        net.c.instruction_id == usage.c.instruction_id,
        net.c.month == usage.c.month,
    )
    usage_differs = (
        sa.select(sa.func.count())
        .select_from(usage.outerjoin(net, same))
        .where(usage.c.cents != sa.func.coalesce(net.c.cents, 0))
    )
    given = (
        sa.select(benefits.c.transaction_id, sa.func.sum(benefits.c.cents).label("cents"))
        .where(benefits.c.cents > 0)
        .group_by(benefits.c.transaction_id)
        .subquery()
    )
    total_differs = (
        sa.select(sa.func.count())
        .select_from(transactions.outerjoin(given, given.c.transaction_id == transactions.c.id))
        .where(transactions.c.gross - transactions.c.paid != sa.func.coalesce(given.c.cents, 0))
    )
    exceeded = sa.select(sa.func.count()).select_from(
        sa.select(benefits.c.transaction_id, benefits.c.line, benefits.c.instruction_id)
        .group_by(benefits.c.transaction_id, benefits.c.line, benefits.c.instruction_id)
        .having(sa.func.sum(benefits.c.cents) < 0)
        .subquery()
    )
    lost = sa.select(sa.func.count()).where(
        quotes.c.transaction_id.is_not(None), quotes.c.transaction_id.not_in(sa.select(transactions.c.id))
    )
    async with ledger.reading() as connection:

        async def count(query: sa.Select[Any]) -> int:
            return await connection.scalar(query) or 0

        return Health(
            checks={
                "usage_equals_benefits": await count(usage_differs),
                "totals_equal_benefits": await count(total_differs),
                "reversed_at_most_given": await count(exceeded),
                "quotes_have_their_transaction": await count(lost),
            },
            counts={
                "transactions": await count(sa.select(sa.func.count()).select_from(transactions)),
                "instructions_active": await count(sa.select(sa.func.count()).where(instructions.c.state == "active")),
                "systems_active": await count(sa.select(sa.func.count()).where(systems.c.active)),
                "quotes_open": await count(
                    sa.select(sa.func.count()).where(quotes.c.expires_ms >= now, quotes.c.transaction_id.is_(None))
                ),
            },
        )
