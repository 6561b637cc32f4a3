"""Merchants' loyalty programmes: a recipient joins and leaves by own will, and nobody else does it for them."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from avis_bridge.model import Words
from avis_bridge.tables import enrolments, programmes
from kernel.bridge_errors import ProgrammeUnknown
from kernel.clock import Clock
from kernel.ids import new_id
from kernel.ledger import Ledger


class Programme(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    merchant: str
    name: Words
    members: int = 0
    joined: bool = False


class Programmes:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def create(self, merchant: str, name: Words, *, programme_id: str = "") -> Programme:
        made = Programme(id=programme_id or new_id(self._clock.wall_ms()), merchant=merchant, name=name)
        async with self._ledger.transaction() as tx:
            await tx.execute(
                sa.insert(programmes).values(id=made.id, merchant=merchant, name_lv=name.lv, name_en=name.en)
            )
        return made

    async def of(self, merchant: str = "", *, person: str = "") -> list[Programme]:
        """A merchant's, or everybody's; ``joined`` is about ``person``."""
        counted = sa.select(enrolments.c.programme_id, sa.func.count().label("members"))
        counted_by = counted.group_by(enrolments.c.programme_id).subquery()
        wanted = (
            sa.select(programmes, sa.func.coalesce(counted_by.c.members, 0).label("members"))
            .outerjoin(counted_by, counted_by.c.programme_id == programmes.c.id)
            .order_by(programmes.c.name_lv)
        )
        if merchant:
            wanted = wanted.where(programmes.c.merchant == merchant)
        async with self._ledger.reading() as connection:
            mine = set(
                await connection.scalars(sa.select(enrolments.c.programme_id).where(enrolments.c.person == person))
            )
            return [
                Programme(
                    id=row.id,
                    merchant=row.merchant,
                    name=Words(row.name_lv, row.name_en),
                    members=row.members,
                    joined=row.id in mine,
                )
                for row in await connection.execute(wanted)
            ]

    async def join(self, person: str, programme_id: str) -> None:
        mine = sa.and_(enrolments.c.person == person, enrolments.c.programme_id == programme_id)
        async with self._ledger.transaction() as tx:
            if (await tx.execute(sa.select(programmes.c.id).where(programmes.c.id == programme_id))).first() is None:
                raise ProgrammeUnknown
            if (await tx.execute(sa.select(enrolments.c.person).where(mine))).first() is None:
                await tx.execute(
                    sa.insert(enrolments).values(
                        person=person, programme_id=programme_id, joined_ms=self._clock.wall_ms()
                    )
                )

    async def leave(self, person: str, programme_id: str) -> None:
        mine = sa.and_(enrolments.c.person == person, enrolments.c.programme_id == programme_id)
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(enrolments).where(mine))
