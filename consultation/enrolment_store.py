"""Enrolments in the ledger: one document each, with the columns by which it is found."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from consultation.enrolment_core import Enrolment, State
from kernel.ledger import Transaction, metadata

enrolments = sa.Table(
    "enrolments",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("user_code_hash", sa.String(64), nullable=False, index=True),
    sa.Column("device_code_hash", sa.String(64), nullable=False, index=True),
    sa.Column("workstation_id", sa.String(64), nullable=False, index=True),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
)

proofs = sa.Table(
    "device_proofs",
    metadata,
    sa.Column("once", sa.String(64), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False, index=True),
)


async def insert(tx: Transaction, enrolment: Enrolment, *, user_code_hash: str, device_code_hash: str) -> None:
    codes = {"user_code_hash": user_code_hash, "device_code_hash": device_code_hash}
    await tx.execute(sa.insert(enrolments).values(id=enrolment.id, **codes, **_columns(enrolment)))


async def save(tx: Transaction, enrolment: Enrolment) -> None:
    await tx.execute(sa.update(enrolments).where(enrolments.c.id == enrolment.id).values(_columns(enrolment)))


async def find(tx: Transaction, **where: str) -> Enrolment | None:
    """The enrolment whose columns equal ``where``, held until the transaction ends."""
    statement = sa.select(enrolments.c.body).where(*(enrolments.c[name] == value for name, value in where.items()))
    body = await tx.connection.scalar(statement.order_by(enrolments.c.id.desc()).limit(1).with_for_update())
    return None if body is None else msgspec.json.decode(body, type=Enrolment)


async def load(connection: AsyncConnection, enrolment_id: str) -> Enrolment | None:
    body = await connection.scalar(sa.select(enrolments.c.body).where(enrolments.c.id == enrolment_id))
    return None if body is None else msgspec.json.decode(body, type=Enrolment)


async def of_workstations(connection: AsyncConnection, workstation_ids: Iterable[str]) -> dict[str, list[Enrolment]]:
    """Workstation → its enrolments that stand, the newest first."""
    statement = sa.select(enrolments.c.body).where(
        enrolments.c.workstation_id.in_(list(workstation_ids)),
        enrolments.c.state.in_([State.APPROVED.value, State.ACTIVE.value]),
    )
    found: dict[str, list[Enrolment]] = {}
    for row in await connection.execute(statement.order_by(enrolments.c.id.desc())):
        enrolment = msgspec.json.decode(row.body, type=Enrolment)
        found.setdefault(enrolment.workstation_id, []).append(enrolment)
    return found


async def device_of(connection: AsyncConnection, workstation_id: str) -> str:
    """Thumbprint of the key enrolled as a workstation's page; empty: none is."""
    standing = (await of_workstations(connection, [workstation_id])).get(workstation_id, [])
    return next((each.thumbprint for each in standing if each.kind == "kiosk"), "")


async def forget(tx: Transaction, wall_ms: int, proofs_before_ms: int) -> None:
    """What was never finished and has run out; proofs that are too old to be used again."""
    unfinished = enrolments.c.state.not_in([State.ACTIVE.value, State.REVOKED.value])
    # a device that asks a little later is still told that its code ran out
    await tx.execute(sa.delete(enrolments).where(unfinished, enrolments.c.expires_ms < wall_ms - 3_600_000))
    await tx.execute(sa.delete(proofs).where(proofs.c.at_ms < proofs_before_ms))


async def use_proof(tx: Transaction, once: str, wall_ms: int) -> bool:
    """False when the proof was used before, at whichever process."""
    insert_into = postgresql.insert if tx.connection.dialect.name == "postgresql" else sqlite.insert
    fresh = insert_into(proofs).values(once=once, at_ms=wall_ms).on_conflict_do_nothing().returning(proofs.c.once)
    return (await tx.execute(fresh)).first() is not None


def _columns(enrolment: Enrolment) -> dict[str, object]:
    return {
        "state": enrolment.state.value,
        "workstation_id": enrolment.workstation_id,
        "expires_ms": enrolment.expires_ms,
        "body": msgspec.json.encode(enrolment).decode(),
    }
