"""Whom the directory knows by an identifier of the state's sign-on, and which answers were used already.

Identifiers hold personal codes, so only a keyed fingerprint of each is kept.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kernel.identity import accounts
from kernel.ids import AccountId
from kernel.ledger import Ledger, Transaction, metadata
from kernel.private import Private
from kernel.sign_on_errors import SignOnReplayed
from kernel.vault import Vault

account_identifiers = sa.Table(
    "account_identifiers",
    metadata,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.String(64), nullable=False, index=True),
)

sign_on_used = sa.Table(
    "sign_on_used",
    metadata,
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
)

_IDENTIFIER, _USED, _MARK = "sign-on identifier", "sign-on answer", "sign-on session"


class Identifiers:
    def __init__(self, ledger: Ledger, vault: Vault) -> None:
        self._ledger = ledger
        self._vault = vault

    async def save(self, tx: Transaction, identifier: Private[str], account_id: AccountId) -> None:
        """From now on the identifier is this account's; one account may have several."""
        mark = self._mark(identifier)
        await tx.execute(sa.delete(account_identifiers).where(account_identifiers.c.fingerprint == mark))
        await tx.execute(sa.insert(account_identifiers).values(fingerprint=mark, account_id=account_id))

    async def drop(self, tx: Transaction, account_id: AccountId) -> int:
        """How many identifiers the account had."""
        mine = account_identifiers.c.account_id == account_id
        return int((await tx.execute(sa.delete(account_identifiers).where(mine))).rowcount)

    async def account_of(self, identifier: Private[str]) -> AccountId | None:
        """The account, when it may sign in."""
        wanted = (
            sa.select(accounts.c.id)
            .join(account_identifiers, account_identifiers.c.account_id == accounts.c.id)
            .where(account_identifiers.c.fingerprint == self._mark(identifier), accounts.c.active)
        )
        async with self._ledger.reading() as connection:
            found = await connection.scalar(wanted)
        return None if found is None else AccountId(found)

    async def use_once(self, name: str, *, until_ms: int, now_ms: int) -> None:
        """Raises `SignOnReplayed` the second time, whichever process it comes to."""
        mark = self._vault.fingerprint(name, _USED)
        try:
            async with self._ledger.transaction() as tx:
                await tx.execute(sa.delete(sign_on_used).where(sign_on_used.c.expires_ms < now_ms))
                await tx.execute(sa.insert(sign_on_used).values(fingerprint=mark, expires_ms=until_ms))
        except IntegrityError:
            raise SignOnReplayed from None

    def mark(self, name: str) -> str:
        """A keyed fingerprint of how the sign-on calls somebody, or their session there."""
        return self._vault.fingerprint(name, _MARK)

    def _mark(self, identifier: Private[str]) -> str:
        return self._vault.fingerprint(identifier.reveal(), _IDENTIFIER)
