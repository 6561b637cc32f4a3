"""Idempotency keys: the same call with the same body has one effect and one answer, however often it is sent."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa

from kernel.clock import Clock
from kernel.errors import IdempotencyMismatch
from kernel.ledger import Ledger, metadata

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
        digest = hashlib.sha256(body).hexdigest()
        async with self._ledger.transaction() as tx:
            found = (
                await tx.execute(
                    sa.select(idempotency_keys).where(idempotency_keys.c.owner == owner, idempotency_keys.c.key == key)
                )
            ).first()
            if found is not None:
                if found.body_hash != digest:
                    raise IdempotencyMismatch
                return found.result_id, False
            await tx.execute(
                sa.insert(idempotency_keys).values(
                    owner=owner, key=key, body_hash=digest, result_id=result_id, at_ms=self._clock.wall_ms()
                )
            )
        return result_id, True
