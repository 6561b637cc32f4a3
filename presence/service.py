"""Presence, committed: the choice is kept in the ledger, what changed goes to the feed."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from kernel.clock import Clock
from kernel.errors import OfficerUnknown
from kernel.ids import OfficerId
from kernel.ledger import Ledger, metadata
from kernel.messages import AwayReason, Event, Indicator, LeaseChanged
from presence.core import Choice, PresenceCore

officer_choices = sa.Table(
    "officer_choices",
    metadata,
    sa.Column("officer_id", sa.String(64), primary_key=True),
    sa.Column("choice", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32)),
    # of two choices made on two processes the higher one counts
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
)


class PresenceService:
    def __init__(self, ledger: Ledger, clock: Clock, officers: Iterable[OfficerId]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._officers = set(officers)
        self.core = PresenceCore()

    async def start(self) -> None:
        """Load what the officers last chose; nobody is online yet."""
        async with self._ledger.reading() as connection:
            rows = {row.officer_id: row for row in await connection.execute(sa.select(officer_choices))}
        for officer_id in self._officers:
            row = rows.get(officer_id)
            choice = Choice(row.choice) if row else Choice.OFFLINE
            self.core.add(officer_id, choice, AwayReason(row.reason) if row and row.reason else None)

    def connected(self, officer_id: OfficerId, device_id: str) -> None:
        """A console of the officer opened its live channel."""
        self._say(self.core.connected(officer_id, device_id, self._clock.mono(), self._clock.wall_ms()))

    def heard(self, officer_id: OfficerId, device_id: str) -> None:
        self.core.heard(officer_id, device_id, self._clock.mono())

    def disconnected(self, officer_id: OfficerId, device_id: str) -> None:
        self.core.disconnected(officer_id, device_id, self._clock.mono())

    async def choose(self, officer_id: OfficerId, choice: Choice, reason: AwayReason | None = None) -> None:
        """The officer's own switch. Raises `OfficerUnknown`."""
        if officer_id not in self._officers:
            raise OfficerUnknown(field="officer_id")
        events = self.core.choose(officer_id, choice, reason, self._clock.wall_ms())
        await self._save(officer_id)
        self._say(events)

    async def on_lease(self, event: LeaseChanged) -> None:
        """The router moved the officer's lease."""
        events = self.core.leased(event.officer_id, event.state, event.reason, self._clock.wall_ms())
        if event.reason is AwayReason.NOT_ANSWERING and event.officer_id in self._officers:
            await self._save(event.officer_id)
        self._say(events)

    def tick(self) -> None:
        self._say(self.core.tick(self._clock.mono(), self._clock.wall_ms()))

    def indicator(self, officer_id: OfficerId) -> tuple[Indicator, AwayReason | None, int]:
        return self.core.indicator(officer_id)

    def _say(self, events: list[Event]) -> None:
        if events:
            self._ledger.feed.publish(events)

    async def _save(self, officer_id: OfficerId) -> None:
        choice, reason = self.core.choice(officer_id)
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(officer_choices).where(officer_choices.c.officer_id == officer_id))
            await tx.execute(
                sa.insert(officer_choices).values(officer_id=officer_id, choice=choice.value, reason=reason)
            )
