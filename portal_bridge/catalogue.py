"""The last good catalogue of VIRSIS, kept in the ledger, so that a clerk finds a service also while VIRSIS is down.

It is fetched as a whole, by one process for all: what a clerk types never leaves the house. An answer that is empty or
not of the contract's shape replaces nothing; how old the catalogue is goes with every answer.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import sqlalchemy as sa
import structlog

from kernel.clock import Clock
from kernel.errors import RegistryUnavailable
from kernel.ids import new_id
from kernel.ledger import Ledger, metadata
from kernel.session_errors import ServiceUnknown
from portal_bridge.state import Service, State

#: how often it is fetched, and how soon again after a failure
EVERY_MS = 15 * 60_000
AGAIN_MS = 60_000
#: older than this it is said to be old
STALE_MS = 24 * 3_600_000
SOURCE = "virsis"

log = structlog.get_logger("catalogue")

kept_catalogues = sa.Table(
    "kept_catalogues",
    metadata,
    sa.Column("source", sa.String(32), primary_key=True),
    sa.Column("fetched_ms", sa.BigInteger, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)


class Catalogue:
    def __init__(self, ledger: Ledger, clock: Clock, state: State, *, leads: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._state = state
        self._leads = leads
        self._tried_ms = 0
        self.services: tuple[Service, ...] = ()
        #: 0: there never was one
        self.fetched_ms = 0

    @property
    def stale(self) -> bool:
        return self._clock.wall_ms() - self.fetched_ms > STALE_MS

    def find(self, service_id: str) -> Service:
        """Raises `ServiceUnknown`."""
        for each in self.services:
            if each.id == service_id:
                return each
        raise ServiceUnknown(field="service_id")

    def named(self, name: str) -> Service | None:
        """The service of this very name, in either language."""
        return next((each for each in self.services if name in each.name.values()), None)

    async def tick(self) -> None:
        """Take over what another process fetched; fetch when it is this one's turn and time."""
        await self.load()
        now = self._clock.wall_ms()
        due = now - self.fetched_ms >= EVERY_MS and now - self._tried_ms >= AGAIN_MS
        if due and self._leads():
            self._tried_ms = now
            await self.refresh()

    async def load(self) -> None:
        async with self._ledger.reading() as connection:
            newest = await connection.scalar(
                sa.select(kept_catalogues.c.fetched_ms).where(kept_catalogues.c.source == SOURCE)
            )
            if newest is None or newest <= self.fetched_ms:
                return
            body = await connection.scalar(sa.select(kept_catalogues.c.body).where(kept_catalogues.c.source == SOURCE))
        self.services = msgspec.json.decode(body or "[]", type=tuple[Service, ...])
        self.fetched_ms = newest

    async def refresh(self) -> bool:
        """Whether there is a new one. What fails is logged by whoever was asked and tried again later."""
        try:
            found = await self._state.services(session=new_id(self._clock.wall_ms()))
        except RegistryUnavailable:
            return False
        if not found:
            log.warning("catalogue_empty")
            return False
        now = self._clock.wall_ms()
        values = {"fetched_ms": now, "body": msgspec.json.encode(found).decode()}
        mine = kept_catalogues.c.source == SOURCE
        async with self._ledger.transaction() as tx:
            if not (await tx.execute(sa.update(kept_catalogues).where(mine).values(values))).rowcount:
                await tx.execute(sa.insert(kept_catalogues).values(source=SOURCE, **values))
        self.services, self.fetched_ms = tuple(found), now
        return True
