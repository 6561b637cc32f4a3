"""SQLite for an event loop: a statement and its rows are one errand to the connection's thread.

aiosqlite sends everything to that thread apart: making a cursor, the statement, reading its rows, closing. Each way
there and back waits for the loop's next turn, which a busy process has few of, and a writer goes them while it holds
the only place in the ledger. Everything else is aiosqlite's own.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

#: rows that come back with their statement; of a longer answer the rest is read when it is asked for
AT_ONCE = 1_000

Row = tuple[Any, ...]


class Connection(aiosqlite.Connection):
    def __init__(self, path: str) -> None:
        super().__init__(partial(sqlite3.connect, path), AT_ONCE)
        # who forgets to close a ledger must not keep the program from ending
        self._thread.daemon = True

    def cursor(self) -> Cursor:  # type: ignore[override]
        return Cursor(self)

    async def errand(self, work: Callable[[sqlite3.Connection], Any]) -> Any:
        """Do it in the connection's thread."""
        return await self._execute(lambda: work(self._conn))  # type: ignore[no-untyped-call]


class Cursor:
    """As far as SQLAlchemy asks (PEP 249, awaitable); `fetchall` and iteration go on from wherever one has read to."""

    def __init__(self, connection: Connection) -> None:
        self.arraysize = 1
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._connection = connection
        self._rows: deque[Row] = deque()
        #: as long as it may hold more rows than were read
        self._open: sqlite3.Cursor | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> None:
        await self._run(lambda cursor: cursor.execute(operation, parameters))

    async def executemany(self, operation: str, parameters: Iterable[Sequence[Any]]) -> None:
        await self._run(lambda cursor: cursor.executemany(operation, parameters))

    async def fetchall(self) -> list[Row]:
        rows = [*self._rows, *(await self._more(-1))]
        self._rows.clear()
        return rows

    async def fetchone(self) -> Row | None:
        if not self._rows:
            self._rows.extend(await self._more(AT_ONCE))
        return self._rows.popleft() if self._rows else None

    async def fetchmany(self, size: int | None = None) -> list[Row]:
        wanted = self.arraysize if size is None else size
        if len(self._rows) < wanted:
            self._rows.extend(await self._more(max(wanted - len(self._rows), AT_ONCE)))
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Row:
        if (row := await self.fetchone()) is None:
            raise StopAsyncIteration
        return row

    async def close(self) -> None:
        if self._open is not None:
            open_, self._open = self._open, None
            await self._connection.errand(lambda _: open_.close())

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> None:
        def work(connection: sqlite3.Connection) -> tuple[sqlite3.Cursor, list[Row]]:
            cursor = connection.cursor()
            statement(cursor)
            return cursor, _read(cursor, AT_ONCE) if cursor.description else []

        await self.close()
        cursor, rows = await self._connection.errand(work)
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid
        self._rows = deque(rows)
        self._open = cursor if len(rows) == AT_ONCE else None

    async def _more(self, count: int) -> list[Row]:
        """Up to so many rows that were not read yet, all of them for -1."""
        cursor = self._open
        if cursor is None:
            return []
        rows: list[Row] = await self._connection.errand(lambda _: _read(cursor, count))
        if not 0 <= count <= len(rows):
            self._open = None
        return rows


def _read(cursor: sqlite3.Cursor, count: int) -> list[Row]:
    """In the connection's thread; whoever has read all that there is closes."""
    rows = cursor.fetchmany(count) if count >= 0 else cursor.fetchall()
    if not 0 <= count <= len(rows):
        cursor.close()
    return rows
