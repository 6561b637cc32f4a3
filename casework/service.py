"""The register of served clients: search, correction with history, export."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from casework.case_sums import CaseSums
from casework.export_core import export_row
from casework.fold import KINDS as CASE_KINDS
from casework.fold import OUTCOMES, case_of, fold
from casework.tables import case_history, cases, contact_points
from kernel.clock import Clock
from kernel.consumer import hears
from kernel.errors import BodyInvalid, CaseChanged, CaseUnknown, OtherPoint
from kernel.ids import CaseId, PointId
from kernel.ledger import Ledger, Transaction
from kernel.messages import AnyEvent, CaseRecorded, Pak

PAGE = 50
#: rows that a table to take along has at most; a worksheet has no room for many more
EXPORT = 1_000_000
EXPORT_PAGE = 1_000


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True):
    """``kind``: centre, library or brigade. ``host_point_id``: the centre whose clerks serve it."""

    id: PointId
    name: str
    kind: str
    atvk: str
    host_point_id: PointId | None = None
    demo: bool = False


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """``from_ms`` inclusive, ``to_ms`` exclusive; ``text`` is looked for in names, topic and note."""

    text: str = ""
    pak: Pak | None = None
    agency_id: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    channel: str = ""
    outcome: str = ""
    point_id: str = ""
    source: str = ""


#: what a correction may change beside outcome and note
CORRECTED = ("pak", "channel", "language", "service", "minutes", "agency_id")


class CaseworkService:
    def __init__(self, ledger: Ledger, clock: Clock, sums: CaseSums | None = None) -> None:
        self._ledger = ledger
        self._clock = clock
        self.sums = sums or CaseSums(ledger, clock)

    # ── recording ────────────────────────────────────────────────────────────────────────────────

    @hears(*CASE_KINDS)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """The durable consumer's handler."""
        case_id = case_of(event)
        if case_id is None:
            return
        row = (await tx.execute(sa.select(cases).where(cases.c.id == case_id))).mappings().first()
        values = fold(None if row is None else dict(row), event)
        if values is None:
            return
        await self.sums.changing(tx, row["started_ms"] if row is not None else values["started_ms"])
        if row is None:
            await tx.execute(sa.insert(cases).values(values))
        else:
            await tx.execute(sa.update(cases).where(cases.c.id == case_id).values(values))
        point_id = values.get("point_id") or (row["point_id"] if row is not None else "")
        tx.record(CaseRecorded(at_ms=self._clock.wall_ms(), case_id=CaseId(case_id), point_id=PointId(point_id)))

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    async def cases(
        self, points: Iterable[PointId], wanted: Filter, *, before: str | None = None, limit: int = PAGE
    ) -> tuple[list[dict[str, Any]], str | None]:
        """(rows of the points, the newest first; cursor of the next page or None)."""
        statement = _filtered(points, wanted).order_by(cases.c.started_ms.desc(), cases.c.id.desc())
        if before is not None:
            at_ms, _, case_id = before.partition("_")
            if not at_ms.isdigit():
                raise BodyInvalid(field="before")
            statement = statement.where(
                (cases.c.started_ms < int(at_ms)) | ((cases.c.started_ms == int(at_ms)) & (cases.c.id < case_id))
            )
        limit = min(max(limit, 1), 200)
        async with self._ledger.reading() as connection:
            rows = (await connection.execute(statement.limit(limit + 1))).mappings().all()
        more = len(rows) > limit
        page = [dict(row) for row in rows[:limit]]
        return page, f"{page[-1]['started_ms']}_{page[-1]['id']}" if more else None

    async def case(self, case_id: CaseId, points: Iterable[PointId]) -> dict[str, Any]:
        """Raises `CaseUnknown` or `OtherPoint`."""
        async with self._ledger.reading() as connection:
            row = (await connection.execute(sa.select(cases).where(cases.c.id == case_id))).mappings().first()
        if row is None:
            raise CaseUnknown
        if row["point_id"] not in set(points):
            raise OtherPoint
        return dict(row)

    async def export(self, points: Iterable[PointId], wanted: Filter) -> AsyncIterator[list[list[Any]]]:
        """Lines of a table to take along (`export_core.HEADERS`), the oldest first, page by page."""
        statement = _filtered(points, wanted).order_by(cases.c.started_ms, cases.c.id).limit(EXPORT)
        async with self._ledger.reading() as connection, connection.stream(statement) as found:
            async for page in found.mappings().partitions(EXPORT_PAGE):
                yield [export_row(dict(row)) for row in page]

    # ── correcting ───────────────────────────────────────────────────────────────────────────────

    async def update(
        self,
        case_id: CaseId,
        points: Sequence[PointId],
        *,
        version: int,
        by: str,
        outcome: str | None = None,
        note: str | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A correction; the former text stays in the history. Raises `CaseChanged` with both texts' place."""
        if outcome is not None and outcome not in OUTCOMES:
            raise BodyInvalid(field="outcome")
        row = await self.case(case_id, points)
        fields = {name: value for name, value in (fields or {}).items() if row[name] != value}
        if unknown := next((name for name in fields if name not in CORRECTED), None):
            raise BodyInvalid(field=unknown)
        if row["source"] == "session" and (fixed := next((name for name in fields if name != "service"), None)):
            # what a session says of itself is no matter of opinion
            raise BodyInvalid(field=fixed)
        changed = {
            **fields,
            "outcome": outcome if outcome is not None else row["outcome"],
            "note": note if note is not None else row["note"],
            "version": version + 1,
        }
        async with self._ledger.transaction() as tx:
            await self.sums.changing(tx, row["started_ms"])
            updated = await tx.execute(
                sa.update(cases).where(cases.c.id == case_id, cases.c.version == version).values(changed)
            )
            if not updated.rowcount:
                raise CaseChanged(version=row["version"], note=row["note"], outcome=row["outcome"])
            await tx.execute(
                sa.insert(case_history).values(
                    case_id=case_id,
                    version=version,
                    at_ms=self._clock.wall_ms(),
                    by=by,
                    outcome=row["outcome"],
                    note=row["note"],
                    fields=msgspec.json.encode({name: row[name] for name in fields}).decode(),
                )
            )
            tx.record(CaseRecorded(at_ms=self._clock.wall_ms(), case_id=case_id, point_id=PointId(row["point_id"])))
        return row | changed

    # ── contact points ───────────────────────────────────────────────────────────────────────────

    async def points(self) -> list[ContactPoint]:
        async with self._ledger.reading() as connection:
            rows = await connection.execute(sa.select(contact_points).order_by(contact_points.c.name))
            return [ContactPoint(**row) for row in rows.mappings()]

    async def served_by(self, point_id: PointId) -> list[PointId]:
        """The point itself and those it hosts."""
        return [p.id for p in await self.points() if point_id in (p.id, p.host_point_id)]

    async def save_point(self, tx: Transaction, point: ContactPoint) -> None:
        await tx.execute(sa.delete(contact_points).where(contact_points.c.id == point.id))
        await tx.execute(sa.insert(contact_points).values(msgspec.structs.asdict(point)))


def _filtered(points: Iterable[PointId], wanted: Filter) -> sa.Select[Any]:
    statement = sa.select(cases).where(cases.c.point_id.in_(list(points)))
    if wanted.pak is not None:
        statement = statement.where(cases.c.pak == wanted.pak.value)
    if wanted.agency_id:
        statement = statement.where(cases.c.agency_id == wanted.agency_id)
    for column, value in (
        (cases.c.channel, wanted.channel),
        (cases.c.outcome, wanted.outcome),
        (cases.c.point_id, wanted.point_id),
        (cases.c.source, wanted.source),
    ):
        if value:
            statement = statement.where(column == value)
    if wanted.from_ms is not None:
        statement = statement.where(cases.c.started_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        statement = statement.where(cases.c.started_ms < wanted.to_ms)
    if wanted.text.strip():
        columns = (
            cases.c.officer_name,
            cases.c.group_name,
            cases.c.point_name,
            cases.c.note,
            cases.c.pak,
            cases.c.service,
        )
        text = wanted.text.strip()
        statement = statement.where(sa.or_(*(column.icontains(text, autoescape=True) for column in columns)))
    return statement
