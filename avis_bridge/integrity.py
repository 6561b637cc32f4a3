"""Does the store agree with itself? Each check counts the rows that do not; all zero is well.

Reading all sales takes seconds a million, so nobody waits for it: months are checked one after another in the
background (`avis_bridge.integrity_core`), and what was found is kept with its time. Ids of sales begin with their time,
so a month's sales, and whatever came back of them later, are one range of the primary keys.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from avis_bridge.integrity_core import LOST_MS, Checked, months_from, next_asked, next_by_itself
from avis_bridge.model import begin_of, month_after
from avis_bridge.tables import benefits, instructions, month_checks, quotes, systems, transactions, usage
from kernel.clock import Clock
from kernel.ids import uuid7
from kernel.ledger import Ledger

#: check → the column that counts what it found
CHECKS = {
    "usage_equals_benefits": "usage_wrong",
    "totals_equal_benefits": "totals_wrong",
    "reversed_at_most_given": "reversed_wrong",
    "sales_in_their_month": "months_wrong",
}


class Months(msgspec.Struct, frozen=True, kw_only=True):
    """How far the checks are. ``due``: asked for and not done yet; ``oldest_ms``: no month's check is older; 0: some
    month was never checked. ``wrong``: months in which something was found."""

    total: int
    checked: int
    due: int
    oldest_ms: int
    newest_ms: int
    wrong: list[str]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """``checks``: name → rows at fault. ``counts``: how much of what there is."""

    checks: dict[str, int]
    counts: dict[str, int]
    months: Months


class Integrity:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def tick(self) -> int:
        """Check what somebody asked for, and one month whose turn it is; how many months that were."""
        done = await self.check_asked(float("inf"))
        month = next_by_itself(await self._known(), self._clock.wall_ms())
        if month is not None and await self._check(month):
            done += 1
        return done

    async def ask(self) -> None:
        """Every month shall be checked anew."""
        await self._known()
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.update(month_checks).values(due=True))

    async def check_asked(self, longest_s: float) -> int:
        """Check months that were asked for, one after another, and stop after ``longest_s``."""
        done, begun = 0, self._clock.mono()
        while (month := next_asked(await self._known())) is not None:
            done += await self._check(month)
            if self._clock.mono() - begun > longest_s:
                break
        return done

    async def health(self) -> Health:
        now = self._clock.wall_ms()
        known = await self._known()
        lost = sa.select(sa.func.count()).where(
            quotes.c.transaction_id.is_not(None),
            ~sa.exists().where(transactions.c.id == quotes.c.transaction_id),
        )
        async with self._ledger.reading() as connection:

            async def count(query: sa.Select[Any]) -> int:
                return await connection.scalar(query) or 0

            found = (await connection.execute(sa.select(month_checks))).all()
            return Health(
                checks={
                    **{name: sum(row._mapping[column] for row in found) for name, column in CHECKS.items()},
                    "quotes_have_their_transaction": await count(lost),
                },
                counts={
                    "transactions": await count(sa.select(sa.func.count()).select_from(transactions)),
                    "instructions_active": await count(
                        sa.select(sa.func.count()).where(instructions.c.state == "active")
                    ),
                    "systems_active": await count(sa.select(sa.func.count()).where(systems.c.active)),
                    "quotes_open": await count(
                        sa.select(sa.func.count()).where(quotes.c.expires_ms >= now, quotes.c.transaction_id.is_(None))
                    ),
                },
                months=Months(
                    total=len(known),
                    checked=sum(each.checked_ms > 0 for each in known),
                    due=sum(each.due for each in known),
                    oldest_ms=min((each.checked_ms for each in known), default=0),
                    newest_ms=max((each.checked_ms for each in known), default=0),
                    wrong=sorted(row.month for row in found if any(row._mapping[each] for each in CHECKS.values())),
                ),
            )

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _known(self) -> list[Checked]:
        """Every month since the first sale; those that are new are written down."""
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(sa.select(month_checks))).all()
            first_ms = await _first_ms(connection)
        known = [
            Checked(month=row.month, due=row.due, begun_ms=row.begun_ms, checked_ms=row.checked_ms) for row in rows
        ]
        there = {each.month for each in known}
        months = [] if first_ms is None else months_from(first_ms, self._clock.wall_ms())
        fresh = [Checked(month=each, due=False, begun_ms=0, checked_ms=0) for each in months if each not in there]
        if fresh:
            await self._begin_to_watch(fresh)
        return [*known, *fresh]

    async def _begin_to_watch(self, fresh: list[Checked]) -> None:
        nothing = dict.fromkeys(CHECKS.values(), 0)
        async with self._ledger.transaction() as tx:
            for each in fresh:
                # another process may have been quicker
                there = await tx.connection.scalar(sa.select(month_checks.c.month).where(_is(each.month)))
                if there is None:
                    await tx.execute(sa.insert(month_checks).values(**msgspec.structs.asdict(each), **nothing))

    async def _check(self, month: str) -> bool:
        """Whether it was this process that checked it."""
        now = self._clock.wall_ms()
        ended = month_checks.c.begun_ms <= month_checks.c.checked_ms
        free = sa.or_(month_checks.c.due, ended, month_checks.c.begun_ms <= now - LOST_MS)
        async with self._ledger.transaction() as tx:
            mine = sa.update(month_checks).where(_is(month), free).values(due=False, begun_ms=now)
            if not (await tx.execute(mine)).rowcount:
                return False
        async with self._ledger.snapshot() as connection:
            found = {name: await connection.scalar(query) or 0 for name, query in _queries(month).items()}
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.update(month_checks).where(_is(month)).values(checked_ms=now, **found))
        return True


def _is(month: str) -> sa.ColumnElement[bool]:
    return month_checks.c.month == month


async def _first_ms(connection: AsyncConnection) -> int | None:
    first = await connection.scalar(sa.select(sa.func.min(transactions.c.id)))
    used = await connection.scalar(sa.select(sa.func.min(usage.c.month)))
    moments = [int(first.replace("-", "")[:12], 16)] if first else []
    return min([*moments, *([begin_of(used)] if used else [])], default=None)


def _queries(month: str) -> dict[str, sa.Select[Any]]:
    begin, end = (uuid7(begin_of(each), bytes(10)) for each in (month, month_after(month)))
    given = sa.and_(benefits.c.transaction_id >= begin, benefits.c.transaction_id < end)
    sold = sa.and_(transactions.c.id >= begin, transactions.c.id < end)
    # committed in the month of the sale, whenever it came back: as the caps count
    usages = sa.union_all(
        sa.select(usage.c.person, usage.c.instruction_id, usage.c.cents).where(usage.c.month == month),
        sa.select(benefits.c.person, benefits.c.instruction_id, -benefits.c.cents).where(given),
    ).subquery()
    totals = sa.union_all(
        sa.select(transactions.c.id, (transactions.c.gross - transactions.c.paid).label("cents")).where(sold),
        sa.select(benefits.c.transaction_id, -benefits.c.cents).where(given, benefits.c.cents > 0),
    ).subquery()
    line = (benefits.c.transaction_id, benefits.c.line, benefits.c.instruction_id)
    return {
        "usage_wrong": _not_nothing(usages, usages.c.person, usages.c.instruction_id),
        "totals_wrong": _not_nothing(totals, totals.c.id),
        "reversed_wrong": sa.select(sa.func.count()).select_from(
            sa.select(*line).where(given).group_by(*line).having(sa.func.sum(benefits.c.cents) < 0).subquery()
        ),
        "months_wrong": sa.select(sa.func.count()).where(sold, transactions.c.month != month),
    }


def _not_nothing(both: sa.Subquery, *key: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """How many keys there are of which the one side says something else than the other."""
    differs = sa.select(*key).group_by(*key).having(sa.func.sum(both.c.cents) != 0).subquery()
    return sa.select(sa.func.count()).select_from(differs)
