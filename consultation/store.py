"""Sessions and workstations in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from consultation.model import Session, SessionState
from consultation.tables import redeem_tries, sessions, workstations
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


async def find_running(
    connection: AsyncConnection, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[Session]]:
    """(column, value) → the running sessions that have it, the newest first, for every pair that is wanted."""
    by_column: dict[str, set[str]] = {}
    for name, value in wanted:
        by_column.setdefault(name, set()).add(value)
    columns = [sessions.c[name] for name in by_column]
    statement = sa.select(sessions.c.body, *columns).order_by(sessions.c.opened_ms.desc())
    statement = statement.where(sessions.c.state != SessionState.ENDED.value)
    statement = statement.where(sa.or_(*(sessions.c[name].in_(values) for name, values in by_column.items())))
    found: dict[tuple[str, str], list[Session]] = {}
    for row in (await connection.execute(statement)).mappings():
        session = msgspec.json.decode(row["body"], type=Session)
        for name in by_column:
            found.setdefault((name, row[name]), []).append(session)
    return found


async def find_by_code(connection: AsyncConnection, code_hash: str, workstation_id: str) -> Session | None:
    """The running session with that one-time code; the workstation's own, should two have drawn the same digits."""
    found = await find_sessions(connection, {"code_hash": code_hash})
    mine = [each for each in found if each.authorisation and each.authorisation.workstation_id == workstation_id]
    return next(iter(mine or found), None)


class SessionMoved(Exception):
    """Another process wrote the session since it was read: read it again and decide anew."""


async def insert_session(tx: Transaction, session: Session) -> None:
    await tx.execute(
        sa.insert(sessions).values(
            id=session.id,
            clerk_id=session.facts.clerk_id,
            opened_ms=session.opened_ms,
            **_columns(session),
        )
    )


async def save_session(tx: Transaction, session: Session) -> None:
    """Compare-and-set on the revision. Raises `SessionMoved`."""
    read = session.revision
    session.revision = read + 1
    mine = sa.update(sessions).where(sessions.c.id == session.id, sessions.c.revision == read)
    updated = await tx.execute(mine.values(_columns(session)))
    if not updated.rowcount:
        raise SessionMoved


def _columns(session: Session) -> dict[str, Any]:
    return {
        "state": session.state.value,
        "officer_id": session.officer_id,
        "guest_officer_id": session.guest_id,
        "workstation_id": session.client_place,
        "code_hash": None if session.authorisation is None else session.authorisation.code_hash,
        "revision": session.revision,
        "body": msgspec.json.encode(session).decode(),
    }


async def lock_tries(tx: Transaction, workstation_id: str) -> list[int]:
    """When wrong codes came from a workstation; nobody else can count there until the transaction ends."""
    insert = postgresql.insert if tx.connection.dialect.name == "postgresql" else sqlite.insert
    fresh = {"workstation_id": workstation_id, "wrong_ms": "[]"}
    await tx.execute(insert(redeem_tries).values(fresh).on_conflict_do_nothing())
    row = sa.select(redeem_tries.c.wrong_ms).where(redeem_tries.c.workstation_id == workstation_id)
    return msgspec.json.decode(await tx.connection.scalar(row.with_for_update()) or "[]", type=list[int])


async def save_tries(tx: Transaction, workstation_id: str, wrong_ms: list[int]) -> None:
    await tx.execute(
        sa.update(redeem_tries)
        .where(redeem_tries.c.workstation_id == workstation_id)
        .values(wrong_ms=msgspec.json.encode(wrong_ms).decode())
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
