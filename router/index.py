"""The live index of every agency, in this process; the port and its twin for one process.

Whoever decides hands in a *decision*: a function of an agency's core and the time. The index runs it alone on that
agency, makes what it changed the common truth of all processes, and tells the feed. The twin for several processes
(`router.index_shared`) may run a decision again when another process was faster; a decision must therefore only look at
the core and its arguments.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

from kernel.clock import Clock
from kernel.errors import IndexUnavailable
from kernel.feed import EventFeed
from kernel.ids import AgencyId, ConsultationId, OfficerId
from router.core import AgencyCore
from router.model import Directory, Request
from router.restore_core import Ledgered, restore
from router.step import ClosedOffer, Step

Decision = Callable[[AgencyCore, float, int], Step]
Load = Callable[[AgencyId], Awaitable[Ledgered]]
"""Reads an agency from the ledger, under an epoch that nobody had before."""


class RouterIndex(Protocol):
    cores: dict[AgencyId, AgencyCore]
    #: offers that closed and are not yet in the ledger's history; empty where a log keeps them (`router.history`)
    history: list[ClosedOffer]

    async def decide(self, agency_id: AgencyId, decision: Decision, *, fresh: bool = True) -> Step:
        """Raises what the decision raises, and `IndexUnavailable` when it is not known to be decided.

        ``fresh`` False: it may find "nothing to change" on a state that is a moment old (for what is asked again).
        """

    async def direct(self, directories: Mapping[AgencyId, Directory]) -> None:
        """The directory changed: agencies may be new, gone or different."""

    async def rebuild(self, agency_id: AgencyId) -> None:
        """Make the agency's index anew from the ledger."""

    def delayed(self, agency_id: AgencyId) -> bool:
        """True while requests are taken into the ledger but not routed."""


class Cores:
    """What both twins share: one core an agency, and finding the right one."""

    def __init__(self, clock: Clock, feed: EventFeed, *, offer_timeout_s: float, wrap_up_s: float) -> None:
        self.clock = clock
        self.feed = feed
        self.cores: dict[AgencyId, AgencyCore] = {}
        self.history: list[ClosedOffer] = []
        self._offer_timeout_s = offer_timeout_s
        self._wrap_up_s = wrap_up_s

    def new_core(self, directory: Directory) -> AgencyCore:
        return AgencyCore(directory, offer_timeout_s=self._offer_timeout_s, wrap_up_s=self._wrap_up_s)

    def time(self) -> tuple[float, int]:
        return self.clock.mono(), self.clock.wall_ms()

    async def restored(self, agency_id: AgencyId, load: Load) -> tuple[AgencyCore, Step, int]:
        """A new core from the ledger; the old one stays in place until the caller puts this in."""
        old = self.cores[agency_id]
        known = await load(agency_id)
        core = self.new_core(old.directory)
        step = restore(core, known, old.leases, *self.time())
        return core, step, known.epoch


class LocalIndex(Cores):
    """The twin for one process: a decision takes effect as it is made."""

    def __init__(self, clock: Clock, feed: EventFeed, load: Load, *, offer_timeout_s: float, wrap_up_s: float) -> None:
        super().__init__(clock, feed, offer_timeout_s=offer_timeout_s, wrap_up_s=wrap_up_s)
        self._load = load

    async def decide(self, agency_id: AgencyId, decision: Decision, *, fresh: bool = True) -> Step:
        if agency_id not in self.cores:
            raise IndexUnavailable(retry_after_s=1)
        step = decision(self.cores[agency_id], *self.time())
        self.history += step.closed
        self.feed.inject(step.events)
        return step

    async def direct(self, directories: Mapping[AgencyId, Directory]) -> None:
        for agency_id in self.cores.keys() - directories.keys():
            del self.cores[agency_id]
        for agency_id, directory in directories.items():
            if agency_id in self.cores:
                await self.decide(agency_id, partial(_direct, directory))
            else:
                self.cores[agency_id] = self.new_core(directory)
                await self.rebuild(agency_id)

    async def rebuild(self, agency_id: AgencyId) -> None:
        core, step, _ = await self.restored(agency_id, self._load)
        self.cores[agency_id] = core
        self.feed.inject(step.events)
        await self.decide(agency_id, lambda core, now, wall_ms: core.match(now, wall_ms))

    def delayed(self, agency_id: AgencyId) -> bool:
        return False


def core_of_request(cores: Iterable[AgencyCore], consultation_id: ConsultationId) -> AgencyCore | None:
    return next((core for core in cores if consultation_id in core.requests), None)


def core_of_officer(cores: Iterable[AgencyCore], officer_id: OfficerId) -> AgencyCore | None:
    return next((core for core in cores if officer_id in core.directory.officers), None)


def request_in(cores: Iterable[AgencyCore], consultation_id: ConsultationId) -> Request | None:
    core = core_of_request(cores, consultation_id)
    return None if core is None else core.requests[consultation_id]


def _direct(directory: Directory, core: AgencyCore, now: float, wall_ms: int) -> Step:
    return core.direct(directory, now, wall_ms)
