"""Presence, committed: the choice is kept in the ledger, what changed goes to the feed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from kernel.clock import Clock
from kernel.errors import OfficerUnknown
from kernel.ids import OfficerId
from kernel.ledger import Ledger, metadata
from kernel.messages import (
    AwayReason,
    ChoiceMade,
    ConsolesChanged,
    ConsolesHeld,
    Event,
    Indicator,
    LeaseChanged,
    LeaseState,
    PresenceWanted,
)
from presence.core import Choice, PresenceCore, reason_of

officer_choices = sa.Table(
    "officer_choices",
    metadata,
    sa.Column("officer_id", sa.String(64), primary_key=True),
    sa.Column("choice", sa.String(16), nullable=False),
    sa.Column("reason", sa.String(32)),
    # of two choices made on two processes the higher one counts
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
)

#: how often each process says everything it holds, and lost events are mended
SWEEP_S = 5.0


KnownLease = tuple[OfficerId, LeaseState, bool, bool]
"""Officer, lease, and whether the router believes the officer online and ready."""


class PresenceService:
    """``process`` is this process' name among those that ``live``; empty when it is alone."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        officers: Iterable[OfficerId],
        *,
        process: str = "",
        live: Callable[[], frozenset[str]] = frozenset,
        leases: Callable[[], Iterable[KnownLease]] = tuple,
    ) -> None:
        """``leases``: what the router's index holds at this moment."""
        self._ledger = ledger
        self._clock = clock
        self._officers = set(officers)
        self._live = live
        self._leases = leases
        self.core = PresenceCore(process)

    async def start(self) -> None:
        """Load what the officers last chose; nobody is online until consoles come, here or at another process."""
        self._officers, known = set(), self._officers
        await self.know(known)
        self._take_leases(self._clock.wall_ms())
        self.ask()

    async def know(self, officers: Iterable[OfficerId]) -> set[OfficerId]:
        """Officers that were added; gives those that are new. The others keep what they are."""
        arrived = set(officers) - self._officers
        if arrived:
            known = {made.officer_id: made for made in await self._choices()}
            for officer_id in arrived:
                made = known.get(officer_id)
                if made is None:
                    self.core.add(officer_id, Choice.OFFLINE, None)
                else:
                    self.core.add(officer_id, made.choice, made.reason, made.version)
            self._officers |= arrived
        return arrived

    # ── what happens here ────────────────────────────────────────────────────────────────────────

    def connected(self, officer_id: OfficerId, device_id: str) -> None:
        """A console of the officer opened its live channel."""
        self._say(self.core.connected(officer_id, device_id, *self._now()))

    def heard(self, officer_id: OfficerId, device_id: str) -> None:
        self.core.heard(officer_id, device_id, self._clock.mono())

    def disconnected(self, officer_id: OfficerId, device_id: str) -> None:
        self._say(self.core.disconnected(officer_id, device_id, *self._now()))

    async def choose(self, officer_id: OfficerId, choice: Choice, reason: AwayReason | None = None) -> None:
        """The officer's own switch. Raises `OfficerUnknown`."""
        if officer_id not in self._officers:
            raise OfficerUnknown(field="officer_id")
        await self._choose(officer_id, choice, reason_of(choice, reason))

    def tick(self) -> None:
        self._say(self.core.tick(*self._now()))

    # ── what is heard ────────────────────────────────────────────────────────────────────────────

    async def on_lease(self, event: LeaseChanged, *, here: bool = True) -> None:
        """The router moved the officer's lease; ``here``: on this process."""
        self._say(self.core.leased(event.officer_id, event.state, event.reason, self._clock.wall_ms(), here=here))
        if here and event.reason is AwayReason.NOT_ANSWERING and event.officer_id in self._officers:
            await self._choose(event.officer_id, Choice.AWAY, AwayReason.NOT_ANSWERING)

    def on_other(self, event: Event) -> None:
        """What another process says of presence."""
        match event:
            case ChoiceMade():
                self._say(self._chosen(event, here=False))
            case ConsolesChanged():
                self._say(self.core.consoles_changed(event, *self._now()))
            case ConsolesHeld():
                self._say(self.core.consoles_held(event, *self._now()))
            case PresenceWanted():
                self._say([self.core.held(self._clock.wall_ms())])

    def on_vanished(self, process: str) -> None:
        self._say(self.core.lost(process, *self._now(), leads=self._leads()))

    def ask(self) -> None:
        """New, or out of touch for a while: tell the others what we hold and ask what they do."""
        if self.core.process:
            wall_ms = self._clock.wall_ms()
            self._say([PresenceWanted(at_ms=wall_ms, process=self.core.process), self.core.held(wall_ms)])

    async def sweep(self) -> None:
        """Mend what was lost: say all that we hold, take the ledger's word, tell the router what it does not follow."""
        now, wall_ms = self._now()
        if self.core.process:
            self._say([self.core.held(wall_ms)])
            for made in await self._choices():
                self._say(self._chosen(made, here=False))
            self._say(self.core.reviewed(self._live(), now, wall_ms, leads=self._leads()))
        followed = self._take_leases(wall_ms)
        if self._leads():
            self._say(self.core.contradictions(followed, self._live(), wall_ms))

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def indicator(self, officer_id: OfficerId) -> tuple[Indicator, AwayReason | None, int]:
        return self.core.indicator(officer_id)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _now(self) -> tuple[float, int]:
        return self._clock.mono(), self._clock.wall_ms()

    def _take_leases(self, wall_ms: int) -> list[tuple[OfficerId, bool, bool]]:
        """The router's index is right about leases; (officer, online, ready) as it believes."""
        followed = []
        for officer_id, state, online, ready in self._leases():
            self._say(self.core.lease_is(officer_id, state, wall_ms))
            followed.append((officer_id, online, ready))
        return followed

    def _leads(self) -> bool:
        """One of the living processes does what one must do; two for a moment do no harm."""
        return min(self._live(), default=self.core.process) >= self.core.process

    def _say(self, events: list[Event]) -> None:
        if events:
            self._ledger.feed.publish(events)

    def _chosen(self, made: ChoiceMade, *, here: bool) -> list[Event]:
        return self.core.chosen(
            made.officer_id, made.choice, made.reason, made.version, self._clock.wall_ms(), here=here
        )

    async def _choose(self, officer_id: OfficerId, choice: Choice, reason: AwayReason | None) -> None:
        """The ledger first: what is shown was kept."""
        values = {"choice": choice.value, "reason": None if reason is None else reason.value}
        insert = sqlite.insert if self._ledger.is_sqlite else postgresql.insert
        kept = (
            insert(officer_choices)
            .values(officer_id=officer_id, version=1, **values)
            .on_conflict_do_update(
                index_elements=[officer_choices.c.officer_id],
                set_={**values, "version": officer_choices.c.version + 1},
            )
            .returning(officer_choices.c.version)
        )
        async with self._ledger.transaction() as tx:
            version = (await tx.execute(kept)).scalar_one()
            made = ChoiceMade(
                at_ms=self._clock.wall_ms(), officer_id=officer_id, choice=choice, reason=reason, version=version
            )
            tx.record(made)
        self._say(self._chosen(made, here=True))

    async def _choices(self) -> list[ChoiceMade]:
        wall_ms = self._clock.wall_ms()
        async with self._ledger.reading() as connection:
            return [
                ChoiceMade(
                    at_ms=wall_ms,
                    officer_id=OfficerId(row.officer_id),
                    choice=Choice(row.choice),
                    reason=AwayReason(row.reason) if row.reason else None,
                    version=row.version,
                )
                for row in await connection.execute(sa.select(officer_choices))
            ]
