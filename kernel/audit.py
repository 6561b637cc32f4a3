"""The audit log: append-only, hash-chained, written in the caller's transaction and *before* data leaves.

The chain's head is kept in a row of its own, which also serialises writers: a second process waits for the first's
commit, so the chain never forks.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from kernel.audit_core import GENESIS, AuditEntry, AuditRow, link, read_entry, verify
from kernel.clock import Clock
from kernel.errors import AuditUnavailable, LedgerUnavailable
from kernel.ledger import Ledger, Transaction, metadata

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("subject", sa.String(64), nullable=False, index=True),
    sa.Column("consultation_id", sa.String(36), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("previous", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
)

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("singleton", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("last_id", sa.BigInteger, nullable=False),
    sa.Column("last_hash", sa.String(64), nullable=False),
)


class Audit:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def record(self, entry: AuditEntry, tx: Transaction | None = None) -> None:
        """Append ``entry``, in ``tx`` or in a transaction of its own.

        Raises `AuditUnavailable` when it cannot be written; whoever asked must then not go on.
        """
        try:
            if tx is not None:
                await self._append(tx, entry)
            else:
                async with self._ledger.transaction() as own:
                    await self._append(own, entry)
        except (LedgerUnavailable, SQLAlchemyError) as error:
            raise AuditUnavailable(retry_after_s=2) from error

    async def _append(self, tx: Transaction, entry: AuditEntry) -> None:
        head = (await tx.execute(sa.select(audit_head).where(audit_head.c.singleton == 1).with_for_update())).first()
        last_id, last_hash = (head.last_id, head.last_hash) if head else (0, GENESIS)
        number, at_ms = last_id + 1, self._clock.wall_ms()
        digest = link(last_hash, number, at_ms, entry)
        await tx.execute(
            sa.insert(audit_log).values(
                id=number,
                at_ms=at_ms,
                actor=entry.actor,
                subject=entry.subject,
                consultation_id=entry.consultation_id,
                body=msgspec.json.encode(entry).decode(),
                previous=last_hash,
                hash=digest,
            )
        )
        moved = {"last_id": number, "last_hash": digest}
        if head:
            await tx.execute(sa.update(audit_head).where(audit_head.c.singleton == 1).values(moved))
        else:
            await tx.execute(sa.insert(audit_head).values(singleton=1, **moved))

    async def verify(self) -> int:
        """Walk the whole chain; how many rows hold. Raises `kernel.audit_core.ChainBroken`."""
        async with self._ledger.reading() as connection:
            head = (await connection.execute(sa.select(audit_head))).first()
            rows = [
                AuditRow(
                    id=row.id,
                    at_ms=row.at_ms,
                    entry=read_entry(row.body),
                    previous=row.previous,
                    hash=row.hash,
                )
                for row in await connection.execute(sa.select(audit_log).order_by(audit_log.c.id))
            ]
        return verify(rows, (head.last_id, head.last_hash) if head else (0, GENESIS))
