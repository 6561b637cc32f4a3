"""Groups of recipients: a list that the grantor keeps, or a criterion that DAGR answers person by person.

DAGR's answer is kept: fresh for an hour, good for a day when DAGR is away (DOMAIN §5). Older than that nobody knows,
and not knowing is an error, never "no".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from avis_bridge.means import MeansDesk
from avis_bridge.model import Group, Words, day_of, is_day
from avis_bridge.register import in_force
from avis_bridge.tables import groups, memberships
from kernel.bridge_errors import DagrUnavailable, RecipientGroupUnknown
from kernel.clock import Clock
from kernel.errors import BodyInvalid, PersonalCodeInvalid
from kernel.ids import new_id
from kernel.ledger import Ledger, Transaction
from kernel.personal_code_core import parse_personal_code
from kernel.private import Private

FRESH_MS = 3_600_000
KEPT_MS = 86_400_000
#: everybody whom a criterion was never asked about is found out about at the till, not in a preview
DAGR = "dagr"


class Criteria(Protocol):
    async def holds(self, code: Private[str], criterion: str, *, session: str) -> bool:
        """``session``: the visit or deed for which it is asked. Raises `DagrUnavailable`."""


class NoCriteria:
    async def holds(self, code: Private[str], criterion: str, *, session: str) -> bool:
        raise DagrUnavailable(retry_after_s=30)


@dataclass
class Report:
    """What a bulk import did, row by row: ``rows`` holds (row number, code) of those that were refused."""

    added: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


class Groups:
    def __init__(self, ledger: Ledger, clock: Clock, desk: MeansDesk, criteria: Criteria) -> None:
        self._ledger = ledger
        self._clock = clock
        self._desk = desk
        self._criteria = criteria

    async def create(
        self,
        grantor: str,
        name: Words,
        *,
        criterion: str | None = None,
        group_id: str = "",
        tx: Transaction | None = None,
    ) -> Group:
        made = Group(
            id=group_id or new_id(self._clock.wall_ms()),
            grantor=grantor,
            name=name,
            source="dagr" if criterion else "list",
            criterion=criterion,
        )
        values = {
            "id": made.id,
            "grantor": grantor,
            "name_lv": name.lv,
            "name_en": name.en,
            "source": made.source,
            "criterion": criterion,
        }
        if tx is not None:
            await tx.execute(sa.insert(groups).values(values))
        else:
            async with self._ledger.transaction() as own:
                await own.execute(sa.insert(groups).values(values))
        return made

    async def of(self, grantor: str) -> list[Group]:
        today = day_of(self._clock.wall_ms())
        counted = (
            sa.select(memberships.c.group_id, sa.func.count().label("members"))
            .where(memberships.c.holds, in_force(memberships, today))
            .group_by(memberships.c.group_id)
            .subquery()
        )
        wanted = (
            sa.select(groups, sa.func.coalesce(counted.c.members, 0).label("members"))
            .outerjoin(counted, counted.c.group_id == groups.c.id)
            .where(groups.c.grantor == grantor)
            .order_by(groups.c.name_lv)
        )
        async with self._ledger.reading() as connection:
            return [_group(row) for row in await connection.execute(wanted)]

    async def must_be(self, connection: AsyncConnection, grantor: str, group_id: str) -> None:
        """Raises `RecipientGroupUnknown` unless it is the grantor's own."""
        mine = sa.and_(groups.c.id == group_id, groups.c.grantor == grantor)
        if await connection.scalar(sa.select(groups.c.id).where(mine)) is None:
            raise RecipientGroupUnknown(field="group_id")

    async def import_list(self, grantor: str, group_id: str, rows: Iterable[tuple[str, str, str | None]]) -> Report:
        """``rows``: (personal code, from, to). A row that cannot be read is reported and leaves the others alone."""
        report = Report()
        async with self._ledger.transaction() as tx:
            await self.must_be(tx.connection, grantor, group_id)
            now = self._clock.wall_ms()
            for number, (code, valid_from, valid_to) in enumerate(rows, 1):
                try:
                    person = await self._desk.know(tx, parse_personal_code(code))
                    if not is_day(valid_from) or not (valid_to is None or is_day(valid_to)):
                        raise BodyInvalid
                except (PersonalCodeInvalid, BodyInvalid) as error:
                    report.refused.append((number, error.code))
                    continue
                added = await self._put(tx, person, group_id, "list", True, now, valid_from, valid_to)
                report.added += added
                report.known += not added
            await tx.execute(sa.update(groups).where(groups.c.id == group_id).values(as_of_ms=now))
        return report

    async def take_out(self, grantor: str, group_id: str, code: Private[str]) -> None:
        async with self._ledger.transaction() as tx:
            await self.must_be(tx.connection, grantor, group_id)
            person = await self._desk.know(tx, code)
            await tx.execute(
                sa.delete(memberships).where(memberships.c.group_id == group_id, memberships.c.person == person)
            )

    async def refresh(self, grantor: str, group_id: str) -> Group:
        """Ask DAGR again about everybody who is known in the group. Raises `DagrUnavailable`."""
        async with self._ledger.reading() as connection:
            await self.must_be(connection, grantor, group_id)
            row = (await connection.execute(sa.select(groups).where(groups.c.id == group_id))).one()
            known = list(
                await connection.scalars(sa.select(memberships.c.person).where(memberships.c.group_id == group_id))
            )
        if row.source == DAGR:
            deed = new_id(self._clock.wall_ms())
            for person in known:
                await self._ask(person, row.id, row.criterion, deed)
            async with self._ledger.transaction() as tx:
                await tx.execute(
                    sa.update(groups).where(groups.c.id == group_id).values(as_of_ms=self._clock.wall_ms())
                )
        return next(each for each in await self.of(grantor) if each.id == group_id)

    async def update_for(self, person: str, *, session: str) -> bool:
        """Ask DAGR about the groups whose answer for this person is not fresh; whether a stale one had to do.

        Raises `DagrUnavailable` when a group's answer is needed and nobody has one of the last day.
        """
        now = self._clock.wall_ms()
        wanted = (
            sa.select(groups.c.id, groups.c.criterion, memberships.c.as_of_ms)
            .outerjoin(memberships, sa.and_(memberships.c.group_id == groups.c.id, memberships.c.person == person))
            .where(groups.c.source == DAGR)
        )
        async with self._ledger.reading() as connection:
            found = (await connection.execute(wanted)).all()
        stale = False
        for row in found:
            if row.as_of_ms is not None and now - row.as_of_ms < FRESH_MS:
                continue
            try:
                await self._ask(person, row.id, row.criterion, session)
            except DagrUnavailable:
                if row.as_of_ms is None or now - row.as_of_ms > KEPT_MS:
                    raise
                stale = True
        return stale

    async def _ask(self, person: str, group_id: str, criterion: str, session: str) -> None:
        async with self._ledger.reading() as connection:
            code = await self._desk.code_of(connection, person)
        holds = code is not None and await self._criteria.holds(code, criterion, session=session)
        async with self._ledger.transaction() as tx:
            now = self._clock.wall_ms()
            await self._put(tx, person, group_id, DAGR, holds, now, day_of(now), None)

    async def _put(  # noqa: PLR0917
        self,
        tx: Transaction,
        person: str,
        group_id: str,
        source: str,
        holds: bool,
        now: int,
        valid_from: str,
        valid_to: str | None,
    ) -> bool:
        """Whether the row is new."""
        mine = sa.and_(memberships.c.group_id == group_id, memberships.c.person == person)
        values: dict[str, Any] = {
            "holds": holds,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "source": source,
            "as_of_ms": now,
        }
        changed = await tx.execute(sa.update(memberships).where(mine).values(values))
        if changed.rowcount:
            return False
        await tx.execute(sa.insert(memberships).values(person=person, group_id=group_id, **values))
        return True


def _group(row: sa.Row[Any]) -> Group:
    return Group(
        id=row.id,
        grantor=row.grantor,
        name=Words(row.name_lv, row.name_en),
        source=row.source,
        criterion=row.criterion,
        as_of_ms=row.as_of_ms,
        members=row.members,
    )
