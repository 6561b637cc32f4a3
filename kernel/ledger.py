"""The ledger: SQL is the truth, everything else is an index of it.

One `Transaction` holds what a command changes *and* the events that say so: durable events are written with the change
and published to the feed only after the commit. Whoever must not miss an event reads it from here (`kernel.consumer`).

SQLite runs in WAL mode with ``synchronous=FULL`` and one writer at a time; PostgreSQL with psycopg 3. Any failure of
the database becomes `LedgerUnavailable`: the caller answers 503 and acknowledges nothing.

Events become visible in the order of their ids, so "everything after N" never skips one. SQLite's single writer gives
that for free. PostgreSQL hands out ids at the insert and shows rows at the commit: 12 could be read before 11 appears.
Therefore whoever appends holds one lock from before the ids are drawn until after the commit. It is always the last
lock that a transaction takes, so it can close no circle of waiters.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import CursorResult, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql import Executable

from kernel import sqlite
from kernel.errors import LedgerUnavailable
from kernel.feed import EventFeed
from kernel.messages import AnyEvent, Event, decode_event, encode_event

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

#: PostgreSQL's advisory lock of those who append to ``events``
_APPENDING = 0x4B4C_4556
#: a process that stopped in the middle of a transaction (paused, cut off) gives back its locks after this
_ABANDONED_MS = 10_000

#: 64-bit numbers that SQLite still increments by itself.
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", BigId, primary_key=True, autoincrement=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("type", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)

cursors = sa.Table(
    "consumer_cursors",
    metadata,
    sa.Column("consumer", sa.String(64), primary_key=True),
    sa.Column("event_id", sa.BigInteger, nullable=False),
)

_LAST = sa.select(sa.func.max(events.c.id))

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("consumer", sa.String(64), primary_key=True),
    sa.Column("event_id", sa.BigInteger, primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
)


class Transaction:
    """One atomic change. `record` an event for each thing that became true."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.recorded: list[Event] = []

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, parameters)

    async def alone(self, lock: int) -> None:
        """Wait until no other transaction that asked for ``lock`` runs. SQLite has one writer: it waited already."""
        if self.connection.dialect.name == "postgresql":
            await self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))

    async def beside(self, lock: int) -> None:
        """Wait only for a transaction that is `alone` with ``lock``; those beside each other go on together."""
        if self.connection.dialect.name == "postgresql":
            await self.connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(lock)))

    def record(self, *happened: Event) -> None:
        self.recorded.extend(happened)


class Ledger:
    def __init__(self, engine: AsyncEngine, feed: EventFeed) -> None:
        self.engine = engine
        self.feed = feed
        self.is_sqlite = engine.dialect.name == "sqlite"
        # SQLite has one writer; queueing here is fair and cheaper than its busy handler.
        self._writer = asyncio.Lock() if self.is_sqlite else None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commit on leaving, roll back on an exception; publish what was recorded after the commit.

        Cancellation after the commit began cannot lose events: they are in the table, and consumers read the table.
        """
        async with AsyncExitStack() as stack:
            if self._writer is not None:
                await stack.enter_async_context(self._writer)
            with _as_unavailable():
                connection = await stack.enter_async_context(self.engine.connect())
                tx = Transaction(connection)
                if self.is_sqlite:
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield tx
                    durable = [event for event in tx.recorded if event.durable]
                    if durable:
                        await tx.alone(_APPENDING)
                        await _append(connection, durable)
                    await connection.commit()
                except BaseException:
                    await connection.rollback()
                    raise
        self.feed.publish(tx.recorded)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        with _as_unavailable():
            async with self.engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """As `reading`, for several statements that must see one and the same moment."""
        async with self.reading() as connection:
            if self.is_sqlite:
                await connection.exec_driver_sql("BEGIN")
            else:
                await connection.execution_options(isolation_level="REPEATABLE READ")
            try:
                yield connection
            finally:
                await connection.rollback()

    async def events_after(
        self, event_id: int, limit: int = 200, kinds: tuple[type[Event], ...] = (Event,)
    ) -> list[tuple[int, AnyEvent]]:
        """Events are numbered in the order of their commits: none comes later with a lower number."""
        statement = (
            sa.select(events.c.id, events.c.body).where(events.c.id > event_id).order_by(events.c.id).limit(limit)
        )
        if Event not in kinds:
            statement = statement.where(events.c.type.in_([kind.__struct_config__.tag for kind in kinds]))
        async with self.reading() as connection:
            return [(row.id, decode_event(row.body)) for row in await connection.execute(statement)]

    async def last_event(self) -> int:
        """Its number; 0 when there is none."""
        async with self.reading() as connection:
            last: int | None = await connection.scalar(_LAST)
        return last or 0

    async def ping(self) -> None:
        async with self.reading() as connection:
            await connection.execute(sa.text("SELECT 1"))

    async def create_all(self) -> None:
        """Make every table that was declared; for tests and throw-away ledgers. Real ones migrate."""
        async with self.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def close(self) -> None:
        await self.engine.dispose()


class _as_unavailable:
    """Turn a database that cannot serve (down, locked, full, out of connections) into `LedgerUnavailable`."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (OperationalError, PoolTimeout)) or (
            isinstance(error, DBAPIError) and error.connection_invalidated
        ):
            raise LedgerUnavailable(retry_after_s=2) from error


async def _append(connection: AsyncConnection, happened: Sequence[Event]) -> None:
    await connection.execute(
        sa.insert(events),
        [
            {
                "at_ms": event.at_ms,
                "type": type(event).__struct_config__.tag,
                "body": encode_event(event).decode(),
            }
            for event in happened
        ],
    )


def open_ledger(url: str, feed: EventFeed) -> Ledger:
    """``sqlite:///var/klatiene.db`` or ``postgresql://user@host/name``; the driver is ours to choose."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        # a connection is a thread: none is made, and closed again, for a moment of many readers
        pool: dict[str, Any] = {"pool_size": 16, "max_overflow": 0, "pool_timeout": 10}
        # whoever wrote has committed or rolled back; the pool's own rollback would be one more errand to that thread,
        # with the writer's place held meanwhile
        pool["pool_reset_on_return"] = None
        engine = create_async_engine(
            parsed.set(drivername="sqlite+aiosqlite"),
            async_creator=lambda: sqlite.Connection(parsed.database or ""),
            **pool,
        )
        sa.event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    elif parsed.get_backend_name() == "postgresql":
        engine = create_async_engine(
            parsed.set(drivername="postgresql+psycopg"),
            # a connection beyond the pool's size, a process of the server, would be made and closed for one transaction
            pool_size=20,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args={"options": f"-c idle_in_transaction_session_timeout={_ABANDONED_MS}"},
        )
    else:
        raise ValueError(f"no ledger runs on {parsed.get_backend_name()}; use sqlite or postgresql")
    return Ledger(engine, feed)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not open transactions by itself: writers say BEGIN IMMEDIATE.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
