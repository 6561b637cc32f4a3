"""Entries into queues, kept from events and summed for reports. See ``docs/supervision.md#history``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from casework.closing import Closing
from casework.entries_core import KINDS, entry_of, fold
from casework.entry_sums import COLUMNS, EntrySums, Found
from casework.report_core import Load, Period
from casework.report_tables import queue_entries as entries
from kernel.clock import Clock
from kernel.consumer import hears
from kernel.ledger import Ledger, Transaction
from kernel.messages import AnyEvent

#: reports may lag behind so far; on a busy day a queue's entries cost a fraction of a commit each
GATHER_S = 0.2


class Entries:
    def __init__(self, ledger: Ledger, clock: Clock, *, service_level_s: float, short_abandon_s: float) -> None:
        self._ledger = ledger
        self._kept = EntrySums(
            ledger, clock, in_time_ms=round(service_level_s * 1000), short_ms=round(short_abandon_s * 1000)
        )

    @property
    def closing(self) -> Closing:
        return self._kept.closing

    @hears(*KINDS, gather_s=GATHER_S)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """The durable consumer's handler."""
        entry_id = entry_of(event)
        if entry_id is None:
            return
        row = (await tx.execute(sa.select(entries).where(entries.c.id == entry_id))).mappings().first()
        values = fold(None if row is None else dict(row), event)
        if values is None:
            return
        await self.closing.changing(tx, row["day"] if row is not None else values["day"])
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
    ) -> Found:
        """(day, hour or 0, key or "", sums) of whatever has entries; a week and a month go by their first day.

        Both days belong to the time that is asked for. A place may come twice: `report_core.rows` adds up.
        """
        return await self._kept.read(
            agency_id=agency_id, from_day=from_day, to_day=to_day, by=by, period=period, only=only or {}
        )

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


def _period(
    agency_id: str | None, from_day: str, to_day: str, only: dict[str, str] | None
) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [entries.c.day.between(from_day, to_day)]
    if agency_id is not None:
        found.append(entries.c.agency_id == agency_id)
    return found + [COLUMNS[name] == value for name, value in (only or {}).items()]
