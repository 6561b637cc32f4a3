"""What people show at a till. AVIS keeps a keyed fingerprint of the token and a pseudonym of the holder."""

from __future__ import annotations

import secrets
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from avis_bridge.model import Means, MeansKind, MeansState, day_of
from avis_bridge.register import as_struct
from avis_bridge.tables import means, people
from kernel.bridge_errors import MeansBlocked, MeansKnown, MeansOfAnother, MeansUnknown
from kernel.clock import Clock
from kernel.ids import new_id
from kernel.ledger import Ledger, Transaction
from kernel.private import Private
from kernel.vault import Vault

#: what may follow; revoked and expired are the end
NEXT: dict[str, frozenset[MeansState]] = {
    "pending": frozenset({"active", "revoked"}),
    "active": frozenset({"blocked", "revoked"}),
    "blocked": frozenset({"active", "revoked"}),
    "expired": frozenset(),
    "revoked": frozenset(),
}
_SEALED_FOR = "avis person"


class MeansDesk:
    def __init__(self, ledger: Ledger, clock: Clock, vault: Vault) -> None:
        self._ledger = ledger
        self._clock = clock
        self._vault = vault

    async def know(self, tx: Transaction, code: Private[str]) -> str:
        """The person's pseudonym; the code is kept sealed, for DAGR is asked by it."""
        person = self._vault.pseudonym(code)
        if (await tx.execute(sa.select(people.c.person).where(people.c.person == person))).first() is None:
            await tx.execute(sa.insert(people).values(person=person, sealed=self._vault.seal(code, _SEALED_FOR)))
        return person

    async def code_of(self, connection: AsyncConnection, person: str) -> Private[str] | None:
        sealed = await connection.scalar(sa.select(people.c.sealed).where(people.c.person == person))
        return None if sealed is None else self._vault.open(sealed, _SEALED_FOR)

    async def register(
        self,
        code: Private[str],
        kind: MeansKind,
        token: str,
        *,
        label: str,
        issued_by: str,
        state: MeansState = "active",
        valid_to: str | None = None,
    ) -> Means:
        """Raises `MeansKnown`; registering the own card again returns it as it is."""
        made = Means(
            id=new_id(self._clock.wall_ms()),
            kind=kind,
            label=label or f"…{token[-4:]}",
            state=state,
            issued_by=issued_by,
            created_ms=self._clock.wall_ms(),
            valid_to=valid_to,
        )
        try:
            async with self._ledger.transaction() as tx:
                person = await self.know(tx, code)
                await tx.execute(
                    sa.insert(means).values(
                        id=made.id,
                        token_hash=self._token(token),
                        person=person,
                        kind=kind,
                        label=made.label,
                        state=state,
                        issued_by=issued_by,
                        created_ms=made.created_ms,
                        valid_to=valid_to,
                    )
                )
        except IntegrityError:
            mine = sa.and_(means.c.token_hash == self._token(token), means.c.person == self._vault.pseudonym(code))
            async with self._ledger.reading() as connection:
                row = (await connection.execute(sa.select(means).where(mine))).first()
            if row is None:
                raise MeansKnown(field="token") from None
            return self._means(row)
        return made

    async def issue(
        self, code: Private[str], kind: MeansKind, *, grantor: str, valid_to: str | None
    ) -> tuple[Means, str]:
        """A new means by a grantor and its token; it identifies nobody until its holder confirms it."""
        token = secrets.token_hex(12)
        made = await self.register(
            code, kind, token, label=f"…{token[-4:]}", issued_by=grantor, state="pending", valid_to=valid_to
        )
        return made, token

    async def of(self, person: str) -> list[Means]:
        return await self._list(means.c.person == person)

    async def issued_by(self, grantor: str) -> list[Means]:
        return await self._list(means.c.issued_by == grantor)

    async def set_state(self, means_id: str, state: MeansState, *, person: str = "", issuer: str = "") -> Means:
        """By its holder, or by who issued it. Raises `MeansUnknown`, `MeansOfAnother`, at the end `MeansBlocked`."""
        async with self._ledger.transaction() as tx:
            row = (await tx.execute(sa.select(means).where(means.c.id == means_id).with_for_update())).first()
            if row is None:
                raise MeansUnknown
            if row.person != person if person else row.issued_by != issuer:
                raise MeansOfAnother
            found = self._means(row)
            if state != found.state and state not in NEXT[found.state]:
                raise MeansBlocked
            await tx.execute(sa.update(means).where(means.c.id == means_id).values(state=state))
        return Means(**{**_fields(found), "state": state})

    async def identify(self, connection: AsyncConnection, token: str) -> tuple[str, str]:
        """(means, person). Raises `MeansUnknown`, `MeansBlocked`."""
        row = (await connection.execute(sa.select(means).where(means.c.token_hash == self._token(token)))).first()
        if row is None:
            raise MeansUnknown
        if self._means(row).state != "active":
            raise MeansBlocked
        return row.id, row.person

    async def must_be_active(self, connection: AsyncConnection, means_id: str) -> None:
        row = (await connection.execute(sa.select(means).where(means.c.id == means_id))).first()
        if row is None or self._means(row).state != "active":
            raise MeansBlocked

    async def _list(self, condition: sa.ColumnElement[bool]) -> list[Means]:
        async with self._ledger.reading() as connection:
            rows = await connection.execute(sa.select(means).where(condition).order_by(means.c.created_ms.desc()))
            return [self._means(row) for row in rows]

    def _means(self, row: sa.Row[Any]) -> Means:
        over = row.valid_to is not None and row.valid_to < day_of(self._clock.wall_ms())
        state = "expired" if over and row.state != "revoked" else row.state
        found: Means = as_struct(Means, row, state=state)
        return found

    def _token(self, token: str) -> str:
        return self._vault.fingerprint(token.strip(), "avis means")


def _fields(found: Means) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Means.__struct_fields__}
