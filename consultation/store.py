"""Sessions and workstations in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consultation.model import Session, SessionState
from consultation.tables import sessions, workstations
from kernel.ids import PointId, WorkstationId
from kernel.ledger import Transaction


class Workstation(msgspec.Struct, frozen=True, kw_only=True):
    id: WorkstationId
    name: str
    point_id: PointId
    point_name: str


async def load_session(connection: AsyncConnection, session_id: str) -> Session | None:
    body = await connection.scalar(sa.select(sessions.c.body).where(sessions.c.id == session_id))
    return None if body is None else msgspec.json.decode(body, type=Session)


async def find_sessions(connection: AsyncConnection, where: Mapping[str, str | None] | None = None) -> list[Session]:
    """Running sessions whose columns equal the given values, the newest first."""
    statement = sa.select(sessions.c.body).order_by(sessions.c.opened_ms.desc())
    statement = statement.where(sessions.c.state != SessionState.ENDED.value)
    for name, value in (where or {}).items():
        statement = statement.where(sessions.c[name] == value)
    return [msgspec.json.decode(row.body, type=Session) for row in await connection.execute(statement.limit(500))]


async def save_session(tx: Transaction, session: Session) -> None:
    values = {
        "state": session.state.value,
        "workstation_id": session.workstation_id,
        "code_hash": None if session.authorisation is None else session.authorisation.code_hash,
        "body": msgspec.json.encode(session).decode(),
    }
    updated = await tx.execute(sa.update(sessions).where(sessions.c.id == session.id).values(values))
    if not updated.rowcount:
        await tx.execute(
            sa.insert(sessions).values(
                id=session.id,
                clerk_id=session.facts.clerk_id,
                officer_id=session.officer_id,
                opened_ms=session.opened_ms,
                **values,
            )
        )


async def save_workstation(tx: Transaction, workstation: Workstation) -> None:
    """Insert or replace an entry of the register."""
    await tx.execute(sa.delete(workstations).where(workstations.c.id == workstation.id))
    await tx.execute(sa.insert(workstations).values(active=True, **msgspec.structs.asdict(workstation)))


async def load_workstations(connection: AsyncConnection, points: Iterable[str] | None = None) -> list[Workstation]:
    statement = sa.select(workstations).where(workstations.c.active).order_by(workstations.c.name)
    if points is not None:
        statement = statement.where(workstations.c.point_id.in_(list(points)))
    return [
        Workstation(id=WorkstationId(row.id), name=row.name, point_id=PointId(row.point_id), point_name=row.point_name)
        for row in await connection.execute(statement)
    ]
