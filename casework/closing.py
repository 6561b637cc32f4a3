"""Keeps sums of periods that are over, so that a report over years reads days instead of requests.

A row that changes in a period that was closed opens it again, in the same transaction; until it is closed anew the
period's rows are counted. Whoever reads sees both in one snapshot. So the kept sums never differ from the rows, and
nothing is added to or taken from a number: it is counted anew.

Whoever changes rows holds the lock *beside* the others; whoever closes is *alone*, so nothing is changed unseen while
a period is added up. Today is never closed: the ordinary case, a change of today's rows, costs nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from casework.sums_tables import closed_periods, sums_terms
from kernel.clock import Clock
from kernel.ledger import Ledger, Transaction

#: how often it is looked whether a period is over, or was opened
CLOSE_EVERY_S = 60.0


class Kind(NamedTuple):
    """What is summed. ``first``: asks for the period of the oldest row; ``current``, ``last``: the period of a moment,
    and the newest that may be closed then; ``between``: all periods from one to another."""

    name: str
    lock: int
    sums: sa.Table
    first: Callable[[AsyncConnection], Awaitable[str | None]]
    current: Callable[[int], str]
    last: Callable[[int], str]
    between: Callable[[str, str], list[str]]
    add_up: Callable[[Transaction, str], Awaitable[None]]


class Closing:
    """``terms``: what the sums depend on beside the rows. When it changes, everything is counted anew."""

    def __init__(self, ledger: Ledger, clock: Clock, kind: Kind, terms: str = "") -> None:
        self._ledger = ledger
        self._clock = clock
        self._kind = kind
        self._terms = terms
        #: what a transaction has opened already: many of its events may be of one day
        self._opened: WeakKeyDictionary[Transaction, set[str]] = WeakKeyDictionary()
        self._closed = (closed_periods.c.kind == kind.name) & closed_periods.c.closed

    async def start(self) -> None:
        """Before anything is read: sums that were counted by other terms are thrown away."""
        async with self._ledger.transaction() as tx:
            await tx.alone(self._kind.lock)
            known = await tx.connection.scalar(self._known_terms())
            if known == self._terms:
                return
            await tx.execute(sa.delete(sums_terms).where(sums_terms.c.kind == self._kind.name))
            await tx.execute(sa.insert(sums_terms).values(kind=self._kind.name, terms=self._terms))
            await tx.execute(sa.delete(closed_periods).where(closed_periods.c.kind == self._kind.name))
            await tx.execute(sa.delete(self._kind.sums))

    async def changing(self, tx: Transaction, *periods: str) -> None:
        """A row of these periods is about to change in ``tx``; call it before the change."""
        now = self._kind.current(self._clock.wall_ms())
        opened = self._opened.setdefault(tx, set())
        over = sorted({period for period in periods if period < now} - opened)
        if over:
            opened.update(over)
            await tx.beside(self._kind.lock)
            await tx.execute(_set(tx, closed=False), [{"kind": self._kind.name, "period": period} for period in over])

    async def closed(self, connection: AsyncConnection, first: str, last: str) -> list[str]:
        """Periods between the two whose sums may be read in this snapshot."""
        statement = sa.select(closed_periods.c.period).where(self._closed, closed_periods.c.period.between(first, last))
        return list((await connection.execute(statement.order_by(closed_periods.c.period))).scalars())

    async def tick(self) -> int:
        """Close what is over; how many periods were closed here."""
        return sum([await self._close(period) for period in await self._due()])

    async def _due(self) -> list[str]:
        last = self._kind.last(self._clock.wall_ms())
        opened = sa.select(closed_periods.c.period).where(
            closed_periods.c.kind == self._kind.name, ~closed_periods.c.closed, closed_periods.c.period <= last
        )
        async with self._ledger.reading() as connection:
            newest = await connection.scalar(sa.select(sa.func.max(closed_periods.c.period)).where(self._closed))
            first = newest or await self._kind.first(connection)
            due = set((await connection.execute(opened)).scalars())
        if first is not None:
            # closing goes from the oldest to the newest: before the newest there are no gaps
            due |= set(self._kind.between(first, last)) - {newest}
        return sorted(due)

    async def _close(self, period: str) -> int:
        mine = (closed_periods.c.kind == self._kind.name) & (closed_periods.c.period == period)
        async with self._ledger.transaction() as tx:
            await tx.alone(self._kind.lock)
            if await tx.connection.scalar(self._known_terms()) != self._terms:
                return 0
            if await tx.connection.scalar(sa.select(closed_periods.c.closed).where(mine)):
                return 0
            await self._kind.add_up(tx, period)
            await tx.execute(_set(tx, closed=True), {"kind": self._kind.name, "period": period})
        return 1

    def _known_terms(self) -> sa.Select[Any]:
        return sa.select(sums_terms.c.terms).where(sums_terms.c.kind == self._kind.name)


def _set(tx: Transaction, *, closed: bool) -> Any:
    dialect: Any = sqlite if tx.connection.dialect.name == "sqlite" else postgresql
    return (
        dialect.insert(closed_periods)
        .values(kind=sa.bindparam("kind"), period=sa.bindparam("period"), closed=closed)
        .on_conflict_do_update(index_elements=["kind", "period"], set_={"closed": closed})
    )
