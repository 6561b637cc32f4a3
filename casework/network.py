"""The register of contact points in the ledger. See ``docs/casework.md#network``."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa

from casework.indicators_core import RIGA
from casework.network_core import Details, Line, Point, TableUnreadable, placed_anew, problems_of, read_table
from casework.tables import contact_points, point_details
from kernel.clock import Clock
from kernel.errors import BodyInvalid, PointChanged
from kernel.ledger import Ledger, Transaction

#: whoever changes points does so one after the other: a host must not vanish under a guest
_CHANGING = 0x4B4C_4E57


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """``version`` 0: nothing but name and place was ever entered."""

    point: Point
    version: int
    demo: bool


class Network:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def today(self) -> str:
        return datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC).astimezone(RIGA).date().isoformat()

    async def points(self, tx: Transaction | None = None) -> dict[str, Known]:
        """By id, in order of name."""
        statement = (
            sa.select(contact_points, point_details.c.body, point_details.c.version)
            .join(point_details, point_details.c.point_id == contact_points.c.id, isouter=True)
            .order_by(contact_points.c.name)
        )
        if tx is not None:
            rows = (await tx.execute(statement)).all()
        else:
            async with self._ledger.reading() as connection:
                rows = (await connection.execute(statement)).all()
        return {
            row.id: Known(
                point=Point(
                    id=row.id,
                    name=row.name,
                    kind=row.kind,
                    atvk=row.atvk,
                    host_point_id=row.host_point_id,
                    details=Details() if row.body is None else msgspec.json.decode(row.body, type=Details),
                ),
                version=row.version or 0,
                demo=row.demo,
            )
            for row in rows
        }

    async def save(self, tx: Transaction, point: Point, *, version: int, by: str) -> Known:
        """Raises `PointChanged` when somebody was faster, `BodyInvalid` naming the field."""
        await tx.alone(_CHANGING)
        known = await self.points(tx)
        before = known.get(point.id)
        if (before.version if before else 0) != version:
            raise PointChanged(version=before.version if before else 0)
        if problems := problems_of(point, known.keys() | {point.id}):
            raise BodyInvalid(field=problems[0].split(".")[0])
        return await self._write(tx, point, before, by)

    async def take(self, tx: Transaction, text: str, *, by: str, apply: bool) -> list[Line]:
        """Read a table; with ``apply``, all of it or, when any line is wrong, nothing. Raises `BodyInvalid`."""
        await tx.alone(_CHANGING)
        known = await self.points(tx)
        try:
            lines = read_table(text, {point_id: each.point for point_id, each in known.items()})
        except TableUnreadable as unreadable:
            raise BodyInvalid(field="table", missing=list(unreadable.missing)) from None
        if apply:
            if wrong := next((line for line in lines if line.state == "wrong"), None):
                raise BodyInvalid(field=f"line {wrong.line}")
            for line in lines:
                if line.point is not None and line.state != "same":
                    await self._write(tx, line.point, known.get(line.id), by)
        return lines

    async def _write(self, tx: Transaction, wanted: Point, before: Known | None, by: str) -> Known:
        point = placed_anew(before.point if before else None, wanted, self.today())
        version = (before.version if before else 0) + 1
        row = {"name": point.name, "kind": point.kind, "atvk": point.atvk, "host_point_id": point.host_point_id}
        if before is None:
            await tx.execute(sa.insert(contact_points).values(id=point.id, demo=False, **row))
        else:
            await tx.execute(sa.update(contact_points).where(contact_points.c.id == point.id).values(row))
        await tx.execute(sa.delete(point_details).where(point_details.c.point_id == point.id))
        await tx.execute(
            sa.insert(point_details).values(
                point_id=point.id,
                body=msgspec.json.encode(point.details).decode(),
                version=version,
                updated_ms=self._clock.wall_ms(),
                updated_by=by,
            )
        )
        return Known(point=point, version=version, demo=before.demo if before else False)
