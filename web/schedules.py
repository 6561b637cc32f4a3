"""Reports that make themselves and are kept for the agency's supervisors."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import sqlalchemy as sa

from casework import report_core
from casework.entries import Entries
from casework.report_tables import report_outputs, report_schedules
from casework.schedules_core import Schedule, days_of, next_due
from kernel.clock import Clock
from kernel.errors import ReportUnknown
from kernel.ids import new_id
from kernel.ledger import Ledger
from web.report_files import COLUMNS, cells, pdf
from web.report_names import in_latvian, names_of
from web.tables_out import CSV, XLSX, csv_text, xlsx

#: outputs of an agency that are kept
KEEP = 100
MEDIA = {"csv": CSV, "xlsx": XLSX, "pdf": "application/pdf"}


class Schedules:
    def __init__(self, ledger: Ledger, clock: Clock, entries: Entries, *, service_level_s: float) -> None:
        self._ledger = ledger
        self._clock = clock
        self._entries = entries
        self._x = round(service_level_s)

    async def add(self, agency_id: str, wanted: Schedule, by: str) -> str:
        now = self._clock.wall_ms()
        values = {
            "id": new_id(now),
            "agency_id": agency_id,
            "by": by,
            "body": msgspec.json.encode(wanted).decode(),
            "next_ms": next_due(wanted.every, now),
        }
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.insert(report_schedules).values(values))
        return str(values["id"])

    async def remove(self, agency_id: str, schedule_id: str) -> None:
        mine = (report_schedules.c.id == schedule_id) & (report_schedules.c.agency_id == agency_id)
        async with self._ledger.transaction() as tx:
            if not (await tx.execute(sa.delete(report_schedules).where(mine))).rowcount:
                raise ReportUnknown

    async def listed(self, agency_id: str) -> dict[str, Any]:
        outputs = [column for column in report_outputs.c if column.name not in ("body", "agency_id")]
        made = sa.select(*outputs).where(report_outputs.c.agency_id == agency_id).order_by(report_outputs.c.id.desc())
        planned = sa.select(report_schedules).where(report_schedules.c.agency_id == agency_id)
        async with self._ledger.reading() as connection:
            schedules = (await connection.execute(planned.order_by(report_schedules.c.id))).all()
            rows = (await connection.execute(made.limit(KEEP))).mappings().all()
        return {
            "schedules": [{"id": row.id, "next_ms": row.next_ms, **msgspec.json.decode(row.body)} for row in schedules],
            "outputs": [dict(row) for row in rows],
        }

    async def output(self, agency_id: str, output_id: str) -> tuple[str, str, bytes]:
        """(name, media type, content)"""
        mine = (report_outputs.c.id == output_id) & (report_outputs.c.agency_id == agency_id)
        async with self._ledger.reading() as connection:
            row = (await connection.execute(sa.select(report_outputs).where(mine))).first()
        if row is None:
            raise ReportUnknown
        return row.name, row.media_type, row.body

    async def tick(self) -> None:
        """Make what is due. Of several processes one moves the schedule on, and its output is kept with that."""
        due = sa.select(report_schedules).where(report_schedules.c.next_ms <= self._clock.wall_ms())
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(due)).all()
        for row in rows:
            await self._make(row)

    async def _make(self, row: Any) -> None:
        wanted = msgspec.json.decode(row.body, type=Schedule)
        from_day, to_day = days_of(wanted.every, row.next_ms)
        found = await self._entries.sums(
            agency_id=row.agency_id, from_day=from_day, to_day=to_day, by=wanted.by or None
        )
        rows, total = report_core.rows(found, "day")
        names = in_latvian(await names_of(self._ledger))
        header = [name.format(x=self._x) for name in COLUMNS]
        table = [cells(each, names) for each in (*rows, total)]
        body = await asyncio.to_thread(_file, wanted, f"{wanted.name}: {from_day} – {to_day}", header, table)
        now = self._clock.wall_ms()
        mine = (report_schedules.c.id == row.id) & (report_schedules.c.next_ms == row.next_ms)
        moved = sa.update(report_schedules).where(mine).values(next_ms=next_due(wanted.every, now))
        async with self._ledger.transaction() as tx:
            if (await tx.execute(moved)).rowcount:
                values = {
                    "id": new_id(now),
                    "agency_id": row.agency_id,
                    "at_ms": now,
                    "name": f"{wanted.name} {from_day}.{wanted.form}"[-120:],
                    "media_type": MEDIA[wanted.form],
                    "body": body,
                }
                await tx.execute(sa.insert(report_outputs).values(values))


def _file(wanted: Schedule, title: str, header: list[str], table: list[list[Any]]) -> bytes:
    match wanted.form:
        case "csv":
            return csv_text(header, table).encode()
        case "xlsx":
            return xlsx(wanted.name.translate(str.maketrans("", "", "[]:*?/\\")) or "Pārskats", header, table)
    return pdf(title, header, table)
