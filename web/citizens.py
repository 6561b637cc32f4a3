"""Citizens with an account of their own: the code, sealed, for what they ask state systems about themselves."""

from __future__ import annotations

import sqlalchemy as sa

from kernel.errors import NotAllowed
from kernel.ids import AccountId
from kernel.ledger import Ledger, Transaction, metadata
from kernel.private import Private
from kernel.vault import Vault

citizens = sa.Table(
    "citizens",
    metadata,
    sa.Column("account_id", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(32), nullable=False, unique=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

_PURPOSE = "citizen"


class Citizens:
    def __init__(self, ledger: Ledger, vault: Vault) -> None:
        self._ledger = ledger
        self._vault = vault

    async def save(self, tx: Transaction, account_id: AccountId, code: Private[str]) -> None:
        await tx.execute(sa.delete(citizens).where(citizens.c.account_id == account_id))
        await tx.execute(
            sa.insert(citizens).values(
                account_id=account_id, person=self._vault.pseudonym(code), sealed=self._vault.seal(code, _PURPOSE)
            )
        )

    async def code_of(self, account_id: AccountId) -> Private[str]:
        """Raises `NotAllowed` for an account that is nobody's own."""
        async with self._ledger.reading() as connection:
            sealed = await connection.scalar(sa.select(citizens.c.sealed).where(citizens.c.account_id == account_id))
        if sealed is None:
            raise NotAllowed
        return self._vault.open(sealed, _PURPOSE)
