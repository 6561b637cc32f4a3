"""Consent to suggestions, and what was chosen under it. Withdrawn is forgotten: nothing of it is kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from kernel.clock import Clock
from kernel.ids import AccountId
from kernel.ledger import Ledger, metadata

panel_consents = sa.Table(
    "panel_consents",
    metadata,
    sa.Column("account_id", sa.String(64), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    #: the life situations that were chosen, JSON
    sa.Column("body", sa.Text, nullable=False),
)


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    given_ms: int
    life_events: tuple[str, ...] = ()


class Consents:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def of(self, account_id: AccountId) -> Consent | None:
        wanted = sa.select(panel_consents).where(panel_consents.c.account_id == account_id)
        async with self._ledger.reading() as connection:
            row = (await connection.execute(wanted)).first()
        if row is None:
            return None
        return Consent(given_ms=row.at_ms, life_events=msgspec.json.decode(row.body, type=tuple[str, ...]))

    async def give(self, account_id: AccountId, life_events: Sequence[str]) -> Consent:
        """Given again, the first day stands and the choice is the new one."""
        before = await self.of(account_id)
        made = Consent(
            given_ms=before.given_ms if before else self._clock.wall_ms(),
            life_events=tuple(dict.fromkeys(life_events)),
        )
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(panel_consents).where(panel_consents.c.account_id == account_id))
            body = msgspec.json.encode(made.life_events).decode()
            await tx.execute(sa.insert(panel_consents).values(account_id=account_id, at_ms=made.given_ms, body=body))
        return made

    async def withdraw(self, account_id: AccountId) -> None:
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(panel_consents).where(panel_consents.c.account_id == account_id))
