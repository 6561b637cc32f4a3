"""Personal links in the ledger: one for a consultation. The code itself is nowhere, only its keyed hash."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consultation.home_core import STANDING, Link
from kernel.ledger import Transaction, metadata

home_links = sa.Table(
    "home_links",
    metadata,
    sa.Column("consultation_id", sa.String(36), primary_key=True),
    sa.Column("code_hash", sa.String(64), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("body", sa.Text, nullable=False),
)


async def find(tx: Transaction, **where: str) -> Link | None:
    """The link whose columns equal ``where``, held until the transaction ends."""
    statement = sa.select(home_links.c.body).where(*(home_links.c[name] == value for name, value in where.items()))
    body = await tx.connection.scalar(statement.with_for_update())
    return None if body is None else msgspec.json.decode(body, type=Link)


async def stands(connection: AsyncConnection, consultation_id: str) -> bool:
    """Is there a link by which the consultation's client may come?"""
    mine = home_links.c.consultation_id == consultation_id
    standing = home_links.c.state.in_([state.value for state in STANDING])
    return await connection.scalar(sa.select(home_links.c.state).where(mine, standing)) is not None


async def replace(tx: Transaction, link: Link, code_hash: str) -> None:
    await tx.execute(sa.delete(home_links).where(home_links.c.consultation_id == link.consultation_id))
    await tx.execute(
        sa.insert(home_links).values(consultation_id=link.consultation_id, code_hash=code_hash, **_columns(link))
    )


async def save(tx: Transaction, link: Link) -> None:
    mine = home_links.c.consultation_id == link.consultation_id
    await tx.execute(sa.update(home_links).where(mine).values(_columns(link)))


async def old(connection: AsyncConnection, before_ms: int) -> list[str]:
    """Consultations whose links ran out before a moment."""
    rows = await connection.execute(
        sa.select(home_links.c.consultation_id).where(home_links.c.expires_ms < before_ms).limit(500)
    )
    return [row.consultation_id for row in rows]


async def forget(tx: Transaction, consultation_id: str) -> None:
    await tx.execute(sa.delete(home_links).where(home_links.c.consultation_id == consultation_id))


def _columns(link: Link) -> dict[str, object]:
    return {"state": link.state.value, "expires_ms": link.expires_ms, "body": msgspec.json.encode(link).decode()}
