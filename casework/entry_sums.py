"""Sums of entries into queues: counted from rows, kept by day, read from both. See ``docs/supervision.md#sums``."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from casework import closing_core
from casework.closing import Closing, Kind
from casework.closing_core import GRAINS, grain_of, open_ranges
from casework.report_core import Period, Sums
from casework.report_tables import queue_entries as entries
from casework.sums_tables import entry_sums as kept
from kernel.clock import Clock
from kernel.ledger import Ledger, Transaction

#: what a report can be divided by
COLUMNS = {
    "agency": entries.c.agency_id,
    "group": entries.c.group_id,
    "point": entries.c.point_id,
    "pak": entries.c.pak,
}
_KEPT = {"agency": kept.c.agency_id, "group": kept.c.group_id, "point": kept.c.point_id, "pak": kept.c.pak}
_LOCK = 0x4B4C_5345

Found = list[tuple[str, int, str, Sums]]


class EntrySums:
    """``in_time_ms``: an answer within this is in time; ``short_ms``: who leaves sooner than this is not counted."""

    def __init__(self, ledger: Ledger, clock: Clock, *, in_time_ms: int, short_ms: int) -> None:
        self._ledger = ledger
        self._in_time_ms = in_time_ms
        self._short_ms = short_ms
        kind = Kind(
            name="entries",
            lock=_LOCK,
            sums=kept,
            first=_first_day,
            current=closing_core.today,
            last=closing_core.last_closable_day,
            between=closing_core.days,
            add_up=self._add_up,
        )
        self.closing = Closing(ledger, clock, kind, terms=f"{in_time_ms}/{short_ms}")

    async def read(
        self,
        *,
        agency_id: str | None,
        from_day: str,
        to_day: str,
        by: str | None,
        period: Period,
        only: dict[str, str],
    ) -> Found:
        """As `casework.entries.Entries.sums`; a place may come twice, from kept sums and from rows."""
        hourly = period == "hour"
        grouped = partial(_grouped, period=period, on_sqlite=self._ledger.is_sqlite)
        only = only | ({"agency": agency_id} if agency_id is not None else {})
        grain = grain_of([*only, *([by] if by else []), *(["hour"] if hourly else [])])
        async with self._ledger.snapshot() as connection:
            ranges = [(from_day, to_day)]
            statements: list[sa.Select[Any]] = []
            if grain is not None:
                ranges = open_ranges(from_day, to_day, await self.closing.closed(connection, from_day, to_day))
                where = [kept.c.grain == grain.name, _between(kept.c.day, [(from_day, to_day)])]
                if ranges:
                    where.append(sa.not_(_between(kept.c.day, ranges)))
                where += [_KEPT[name] == value for name, value in only.items()]
                sums = [sa.func.sum(kept.c[name]) for name in Sums._fields]
                statements.append(grouped(kept, sums, key=_KEPT[by] if by else None).where(*where))
            if ranges:
                where = [_between(entries.c.day, ranges), entries.c.state != "kept"]
                where += [COLUMNS[name] == value for name, value in only.items()]
                statements.append(grouped(entries, self._sums(), key=COLUMNS[by] if by else None).where(*where))
            rows = [row for each in statements for row in (await connection.execute(each)).all()]
        return [(row[0], row[1], row[2], Sums._make(row[3:])) for row in rows]

    async def _add_up(self, tx: Transaction, day: str) -> None:
        await tx.execute(sa.delete(kept).where(kept.c.day == day))
        for grain in GRAINS:
            told: list[Any] = []
            for name, column in (("agency", "agency_id"), ("group", "group_id"), ("point", "point_id"), ("pak", "pak")):
                told.append((entries.c[column] if name in grain.told else sa.literal("")).label(column))
            told.append((entries.c.hour if "hour" in grain.told else sa.literal(0)).label("hour"))
            columns = [sa.literal(grain.name).label("grain"), sa.literal(day).label("day"), *told, *self._sums()]
            # sums over something that is the same for all are grouped by what differs
            by = [COLUMNS[name] if name != "hour" else entries.c.hour for name in sorted(grain.told)]
            statement = sa.select(*columns).where(entries.c.day == day, entries.c.state != "kept").group_by(*by)
            names = ["grain", "day", "agency_id", "group_id", "point_id", "pak", "hour", *Sums._fields]
            await tx.execute(sa.insert(kept).from_select(names, statement))

    def _sums(self) -> list[sa.ColumnElement[Any]]:
        """In the order of `Sums`."""
        answered, left = entries.c.state == "answered", entries.c.state == "left"
        in_time = entries.c.waited_ms <= self._in_time_ms

        def count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
            return sa.func.sum(sa.case((condition, 1), else_=0))

        return [
            sa.func.count(),
            count(answered),
            count(left & (entries.c.left_why == "clerk_cancelled")),
            count(left & (entries.c.left_why == "citizen_left")),
            count(left & (entries.c.left_why == "workstation_lost")),
            sa.func.sum(sa.case((answered, entries.c.waited_ms), else_=0)),
            count(answered & in_time),
            count(left & in_time),
            count(left & (entries.c.waited_ms < self._short_ms)),
            count(entries.c.connected),
            count(entries.c.talk_ms.is_not(None)),
            sa.func.sum(sa.func.coalesce(entries.c.talk_ms, 0)),
            sa.func.sum(sa.func.coalesce(entries.c.wrap_ms, 0)),
        ]


def _grouped(
    table: sa.Table, sums: Sequence[sa.ColumnElement[Any]], *, key: Any, period: Period, on_sqlite: bool
) -> sa.Select[Any]:
    """(first day of the period, hour or 0, key or "", sums)"""
    day = _first_of(table.c.day, period, on_sqlite=on_sqlite)
    hour: Any = table.c.hour if period == "hour" else sa.literal(0)
    # whole numbers: PostgreSQL makes decimals of sums, which cost more than adding them up
    whole = [sa.cast(each, sa.BigInteger) for each in sums]
    columns = (day.label("day"), hour.label("hour"), sa.literal("").label("key") if key is None else key, *whole)
    grouped: list[Any] = [sa.text("1") if period in ("week", "month") else table.c.day]
    grouped += [table.c.hour] if period == "hour" else []
    return sa.select(*columns).group_by(*grouped, *([] if key is None else [key]))


def _first_of(day: sa.Column[str], period: Period, *, on_sqlite: bool) -> Any:
    """The Monday of a week, the first of a month: the database adds up, and few rows are handed over."""
    match period:
        case "month":
            return sa.func.substr(day, 1, 7).concat("-01")
        case "week" if on_sqlite:
            return sa.func.date(day, "-6 days", "weekday 1")
        case "week":
            return sa.func.to_char(sa.func.date_trunc("week", sa.cast(day, sa.Date)), "YYYY-MM-DD")
    return day


def _between(day: sa.Column[str], ranges: list[tuple[str, str]]) -> sa.ColumnElement[bool]:
    return sa.or_(*(day.between(first, last) if first != last else day == first for first, last in ranges))


async def _first_day(connection: AsyncConnection) -> str | None:
    first: str | None = await connection.scalar(sa.select(sa.func.min(entries.c.day)))
    return first
