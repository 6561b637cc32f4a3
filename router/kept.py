"""What is kept until its time comes (appointments, callbacks): rows that hold their entity as JSON, beside the columns
that are asked for.

Every change is a compare-and-set on the row's version, so two processes do nothing twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

import msgspec
import sqlalchemy as sa

from kernel.batch import Batch
from kernel.errors import Conflict, KlatieneError
from kernel.ids import ConsultationId, PointId
from kernel.ledger import Ledger, Transaction
from router.wanted_core import Wanted

#: a change that others keep overtaking is given up
TRIES = 8
#: an end that nobody asked for is shown for so long
LATELY_MS = 12 * 3_600_000


class Planned(Protocol):
    """Each change has the next ``version``; ``request_id`` is what it becomes."""

    @property
    def id(self) -> str: ...

    @property
    def wanted(self) -> Wanted: ...

    @property
    def state(self) -> StrEnum: ...

    @property
    def request_id(self) -> ConsultationId: ...

    @property
    def version(self) -> int: ...


Item = TypeVar("Item", bound=Planned)


class OvertakenError(Exception):
    """The row has another version by now; what was begun in the transaction is to be left undone."""


class Kept(Generic[Item]):
    """``more`` gives the columns of an item that not all have, ``order`` its place among others; ``shown`` which rows
    the consoles of a point see, at the moment it is called; ``written`` joins the transaction of a change, after it."""

    def __init__(
        self,
        ledger: Ledger,
        table: sa.Table,
        kind: type[Item],
        *,
        more: Callable[[Item], dict[str, Any]],
        order: Callable[[Item], Any],
        shown: Callable[[], sa.ColumnElement[bool]],
        written: Callable[[Transaction, Item], Awaitable[None]],
        unknown: type[KlatieneError],
    ) -> None:
        self._ledger = ledger
        self._table = table
        self._kind = kind
        self._more = more
        self._order = order
        self._shown = shown
        self._written = written
        self._unknown = unknown
        # every clerk's console that comes asks
        self._at_point: Batch[PointId, list[Item]] = Batch(self._load_at)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    async def select(self, *where: sa.ColumnElement[bool]) -> list[Item]:
        async with self._ledger.reading() as connection:
            rows = await connection.execute(sa.select(self._table.c.body).where(*where))
            found = [msgspec.json.decode(row.body, type=self._kind) for row in rows]
        return sorted(found, key=self._order)

    async def find(self, item_id: str) -> Item | None:
        return next(iter(await self.select(self._table.c.id == item_id)), None)

    async def get(self, item_id: str) -> Item:
        """Raises ``unknown``."""
        found = await self.find(item_id)
        if found is None:
            raise self._unknown
        return found

    async def shown_at(self, points: Iterable[PointId]) -> list[Item]:
        asked = [self._at_point.ask(point) for point in points]
        return sorted([each for at_point in asked for each in await at_point or ()], key=self._order)

    async def _load_at(self, points: list[PointId]) -> dict[PointId, list[Item]]:
        found: dict[PointId, list[Item]] = {}
        for each in await self.select(self._table.c.point_id.in_(points), self._shown()):
            found.setdefault(each.wanted.point_id, []).append(each)
        return found

    def row(self, item: Item) -> dict[str, Any]:
        """Its columns."""
        return {
            "id": item.id,
            "group_id": item.wanted.group_id,
            "point_id": item.wanted.point_id,
            "state": item.state.value,
            "request_id": item.request_id,
            "version": item.version,
            "body": msgspec.json.encode(item).decode(),
            **self._more(item),
        }

    # ── changing ─────────────────────────────────────────────────────────────────────────────────

    async def change(self, item_id: str, change: Callable[[Item], Item]) -> tuple[Item, bool]:
        """The newest version changed, and whether this call did it; what returns its argument changes nothing."""
        for _ in range(TRIES):
            before = await self.get(item_id)
            after = change(before)
            if after is before:
                return before, False
            if await self.cas(before, after):
                return after, True
        raise Conflict

    async def cas(self, before: Item, after: Item) -> bool:
        """False when somebody else was faster; then nothing is written."""
        try:
            async with self._ledger.transaction() as tx:
                await self.write(tx, before, after)
        except OvertakenError:
            return False
        return True

    async def write(self, tx: Transaction, before: Item, after: Item) -> None:
        """As `cas`, within a larger change. Raises `OvertakenError`."""
        mine = (self._table.c.id == before.id) & (self._table.c.version == before.version)
        updated = await tx.execute(sa.update(self._table).where(mine).values(self.row(after)))
        if not updated.rowcount:
            raise OvertakenError
        await self._written(tx, after)
