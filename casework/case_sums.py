"""Sums of the register's cases: counted from rows, kept by month, read from both. See ``docs/supervision.md#sums``."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from casework import closing_core
from casework.closing import Closing, Kind
from casework.closing_core import day_after, first_day, month_of, months
from casework.indicators_core import Quarter, Served, start_ms
from casework.sums_tables import case_sums as kept
from casework.tables import cases
from kernel.clock import Clock
from kernel.ledger import Ledger, Transaction

#: a served client: entered by hand, or of a session in which people really met
SERVED = (cases.c.source == "clerk") | cases.c.connected
_VIDEO = cases.c.channel == "video"
_LOCK = 0x4B4C_5343


class CaseSums:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        kind = Kind(
            name="cases",
            lock=_LOCK,
            sums=kept,
            first=_first_month,
            current=month_of,
            last=closing_core.last_closable_month,
            between=months,
            add_up=_add_up,
        )
        self.closing = Closing(ledger, clock, kind)

    async def changing(self, tx: Transaction, started_ms: int) -> None:
        """A case of that moment is about to change in ``tx``."""
        await self.closing.changing(tx, month_of(started_ms))

    async def by_point(self, connection: AsyncConnection, first: date, after: date) -> list[tuple[str, str, int]]:
        """(point, service code, served clients) from ``first`` until the day before ``after``; a pair may come twice.

        ``connection``: a snapshot.
        """
        closed, pieces = await self._divided(connection, first, after)
        found: list[tuple[str, str, int]] = []
        if closed:
            count = sa.cast(sa.func.sum(kept.c.served), sa.BigInteger)
            statement = (
                sa.select(kept.c.point_id, kept.c.pak, count)
                .where(kept.c.month.in_(closed), kept.c.point_id != "")
                .group_by(kept.c.point_id, kept.c.pak)
            )
            found += [(row[0], row[1], row[2]) for row in (await connection.execute(statement)).all()]
        for from_ms, to_ms in pieces:
            statement = (
                sa.select(cases.c.point_id, cases.c.pak, sa.func.count())
                .where(cases.c.started_ms >= from_ms, cases.c.started_ms < to_ms, SERVED)
                .group_by(cases.c.point_id, cases.c.pak)
            )
            found += [(row[0], row[1], row[2]) for row in (await connection.execute(statement)).all()]
        return found

    async def served(self, connection: AsyncConnection, quarter: Quarter) -> list[Served]:
        """What the indicators count of a quarter. ``connection``: a snapshot."""
        from_ms, _ = quarter.bounds_ms()
        first = date(quarter.year, quarter.quarter * 3 - 2, 1)
        following = quarter.next()
        closed, pieces = await self._divided(connection, first, date(following.year, following.quarter * 3 - 2, 1))
        found: list[Served] = []
        if closed:
            statement = sa.select(
                kept.c.agency_id,
                kept.c.point_id,
                kept.c.pak,
                *(sa.cast(sa.func.sum(column), sa.BigInteger) for column in (kept.c.met, kept.c.present)),
            ).where(kept.c.month.in_(closed))
            rows = await connection.execute(statement.group_by(kept.c.agency_id, kept.c.point_id, kept.c.pak))
            for agency_id, point_id, pak, met, present in rows.all():
                where = {"started_ms": from_ms, "pak": pak, "agency_id": agency_id, "point_id": point_id}
                if met:
                    # a row by agency repeats those by point: it says where, and counts nobody
                    counted = met if point_id else 0
                    found.append(Served(**where, remote=True, connected=True, count=counted))
                if point_id and present > met:
                    found.append(Served(**where, remote=False, connected=False, count=present - met))
        for piece in pieces:
            found += await _served_rows(connection, from_ms, *piece)
        return found

    async def _divided(
        self, connection: AsyncConnection, first: date, after: date
    ) -> tuple[list[str], list[tuple[int, int]]]:
        """(closed months that lie wholly inside, what is left in milliseconds: from inclusive, to exclusive)."""
        span = months(first.strftime("%Y-%m"), (after - timedelta(days=1)).strftime("%Y-%m"))
        whole = [month for month in span if first_day(month) >= first and day_after(month) <= after]
        closed = await self.closing.closed(connection, whole[0], whole[-1]) if whole else []
        pieces: list[tuple[date, date]] = []
        begin = first
        for month in closed:
            if first_day(month) > begin:
                pieces.append((begin, first_day(month)))
            begin = day_after(month)
        if begin < after:
            pieces.append((begin, after))
        return closed, [(start_ms(one), start_ms(other)) for one, other in pieces]


async def _served_rows(connection: AsyncConnection, at_ms: int, from_ms: int, to_ms: int) -> list[Served]:
    remote = sa.case((_VIDEO, True), else_=False)
    columns = (cases.c.pak, cases.c.agency_id, cases.c.point_id, cases.c.connected)
    statement = (
        sa.select(*columns, remote.label("remote"), sa.func.count().label("count"))
        .where(cases.c.started_ms >= from_ms, cases.c.started_ms < to_ms)
        .group_by(*columns, remote)
    )
    return [
        Served(
            started_ms=at_ms,
            pak=row.pak,
            agency_id=row.agency_id,
            point_id=row.point_id,
            remote=bool(row.remote),
            connected=row.connected,
            count=row[-1],
        )
        for row in (await connection.execute(statement)).all()
    ]


async def _add_up(tx: Transaction, month: str) -> None:
    await tx.execute(sa.delete(kept).where(kept.c.month == month))
    inside = (cases.c.started_ms >= start_ms(first_day(month)), cases.c.started_ms < start_ms(day_after(month)))

    def count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    sums = (count(SERVED), count(_VIDEO & cases.c.connected), count(cases.c.connected | ~_VIDEO))
    names = ["month", "agency_id", "point_id", "pak", "served", "met", "present"]
    nothing = sa.literal("")
    for told, by in (
        ((nothing.label("a"), cases.c.point_id, cases.c.pak), (cases.c.point_id, cases.c.pak)),
        ((cases.c.agency_id, nothing.label("p"), nothing.label("k")), (cases.c.agency_id,)),
    ):
        statement = sa.select(sa.literal(month).label("m"), *told, *sums).where(*inside).group_by(*by)
        await tx.execute(sa.insert(kept).from_select(names, statement))


async def _first_month(connection: AsyncConnection) -> str | None:
    first: int | None = await connection.scalar(sa.select(sa.func.min(cases.c.started_ms)))
    return None if first is None else month_of(first)
