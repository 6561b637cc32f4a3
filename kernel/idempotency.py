"""Idempotency keys: the same call with the same body has one effect and one answer, however often it is sent."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from kernel.clock import Clock
from kernel.errors import IdempotencyMismatch
from kernel.ledger import Ledger, Transaction, metadata

idempotency_keys = sa.Table(
    "idempotency_keys",
    metadata,
    sa.Column("owner", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(128), primary_key=True),
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.Column("result_id", sa.String(64), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
)


class Idempotency:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def claim(self, owner: str, key: str, body: bytes, result_id: str) -> tuple[str, bool]:
        """(id of the result, whether this call is the first). Raises `IdempotencyMismatch` for another body.

        The result's id is fixed before the work starts: a caller that died in between sends again and gets the
        same id, and the work — which accepts an existing id — is done once.
        """
        async with self._ledger.transaction() as tx:
            found = await self.claim_within(tx, owner, key, body, result_id)
        return found, found == result_id

    async def claim_within(self, tx: Transaction, owner: str, key: str, body: bytes, result_id: str) -> str:
        """The same within the transaction that does the work: both become true, or neither. The id of the result."""
        digest = hashlib.sha256(body).hexdigest()
        insert = sqlite.insert if self._ledger.is_sqlite else postgresql.insert
        mine = {"owner": owner, "key": key, "body_hash": digest, "result_id": result_id, "at_ms": self._clock.wall_ms()}
        # insert first: of two calls at the same moment, also on two processes, the later finds the earlier's
        claim = insert(idempotency_keys).values(mine).on_conflict_do_nothing().returning(idempotency_keys.c.key)
        if (await tx.execute(claim)).first() is not None:
            return result_id
        found = (
            await tx.execute(
                sa.select(idempotency_keys).where(idempotency_keys.c.owner == owner, idempotency_keys.c.key == key)
            )
        ).one()
        if found.body_hash != digest:
            raise IdempotencyMismatch
        return str(found.result_id)
