"""Entries into queues, kept from events and summed for reports. See ``docs/supervision.md#history``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from casework.entries_core import KINDS, entry_of, fold
from casework.report_core import Load, Period, Sums
from casework.report_tables import queue_entries as entries
from kernel.consumer import hears
from kernel.ledger import Ledger, Transaction
from kernel.messages import AnyEvent

#: what a report can be divided by
COLUMNS = {
    "agency": entries.c.agency_id,
    "group": entries.c.group_id,
    "point": entries.c.point_id,
    "pak": entries.c.pak,
}


class Entries:
    def __init__(self, ledger: Ledger, *, service_level_s: float, short_abandon_s: float) -> None:
        self._ledger = ledger
        self._in_time_ms = round(service_level_s * 1000)
        self._short_ms = round(short_abandon_s * 1000)

    @hears(*KINDS)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """The durable consumer's handler."""
        entry_id = entry_of(event)
        if entry_id is None:
            return
        row = (await tx.execute(sa.select(entries).where(entries.c.id == entry_id))).mappings().first()
        values = fold(None if row is None else dict(row), event)
        if values is None:
            return
        if row is None:
            await tx.execute(sa.insert(entries).values(values))
        else:
            await tx.execute(sa.update(entries).where(entries.c.id == entry_id).values(values))

    async def sums(
        self,
        *,
        agency_id: str | None,
        from_day: str,
        to_day: str,
        by: str | None = None,
        period: Period = "day",
        only: dict[str, str] | None = None,
    ) -> list[tuple[str, int, str, Sums]]:
        """(day, hour or 0, key or "", sums) of whatever has entries; of a month, its first day stands for it.

        Both days belong to the time that is asked for. The database adds up as far as it can without a calendar.
        """
        hourly = period == "hour"
        key = COLUMNS[by] if by else sa.literal("")
        hour: Any = entries.c.hour if hourly else sa.literal(0)
        day: Any = sa.func.substr(entries.c.day, 1, 7) if period == "month" else entries.c.day
        statement = (
            sa.select(day.label("day"), hour.label("hour"), key.label("key"), *self._sums())
            .where(*_period(agency_id, from_day, to_day, only), entries.c.state != "kept")
            .group_by(
                sa.text("1") if period == "month" else entries.c.day,
                *([entries.c.hour] if hourly else []),
                *([key] if by else []),
            )
        )
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(statement)).all()
        suffix = "-01" if period == "month" else ""
        return [(row[0] + suffix, int(row[1]), row[2], Sums(*map(int, row[3:]))) for row in rows]

    async def load(self, *, agency_id: str | None, from_day: str, to_day: str, group_id: str | None) -> list[Load]:
        """Day by day and hour by hour, what came and what handling it took."""
        only = {"group": group_id} if group_id else None
        found = await self.sums(agency_id=agency_id, from_day=from_day, to_day=to_day, period="hour", only=only)
        return [
            Load(day=day, hour=hour, offered=sums.offered, handled=sums.talks, handling_ms=sums.talk_ms + sums.wrap_ms)
            for day, hour, _, sums in found
        ]

    async def listed(
        self, *, agency_id: str, from_day: str, to_day: str, only: dict[str, str], states: Sequence[str], limit: int
    ) -> list[dict[str, Any]]:
        """The requests behind a number, the newest first; nobody's data, a ticket and times."""
        columns = [column for column in entries.c if column.name != "client_ref"]
        statement = sa.select(*columns).where(*_period(agency_id, from_day, to_day, only))
        if states:
            statement = statement.where(entries.c.state.in_(states))
        statement = statement.order_by(entries.c.queued_ms.desc(), entries.c.id.desc()).limit(limit)
        async with self._ledger.reading() as connection:
            return [dict(row) for row in (await connection.execute(statement)).mappings()]

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


def _period(
    agency_id: str | None, from_day: str, to_day: str, only: dict[str, str] | None
) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [entries.c.day.between(from_day, to_day)]
    if agency_id is not None:
        found.append(entries.c.agency_id == agency_id)
    return found + [COLUMNS[name] == value for name, value in (only or {}).items()]
