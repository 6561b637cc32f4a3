"""The live index when several processes share it: each decides on a replica of its own, and commits by compare-and-set.

A decision is made on this process' core and sent to the shared index (`router.shared`) with the head it was made at.
If another process was faster, the decision is taken back, what was missed is read from the log, and it is made again.
Whatever a decision says on an old head — a refusal, or that nothing has to change — is believed only when the log says
that the head is the newest. Decisions that wait for one another are committed together: the busier an agency, the more
of them share one call.

When the shared index is lost it is made anew from the ledger, under an epoch that the ledger gives out: a process that
slept through that is refused, whatever it believes. While nobody can reach it, requests are taken into the ledger and
wait (`delayed`); the reconciler places them later.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from msgspec import MsgspecError

from kernel.clock import Clock
from kernel.errors import IndexUnavailable, KlatieneError
from kernel.feed import EventFeed
from kernel.ids import AgencyId, GroupId
from router.core import AgencyCore
from router.index import Cores, Decision, Load
from router.model import Directory
from router.shared import (
    Entry,
    EpochGone,
    Follower,
    Head,
    LogGone,
    SharedIndex,
    Snapshot,
    VersionBehind,
    chunks,
)
from router.step import Step
from router.wire import decode_records, decode_step, encode_records, encode_told, tell

#: a decision that loses so often in a row meets a fault, not rivals
TRIES = 50
#: how long a decision waits for those before it
PATIENCE_S = 2.0
#: how long to wait for another process that installs the index
INSTALLING_S = 5.0

Waits = Callable[[AgencyId], Awaitable[dict[GroupId, list[int]]]]
K = TypeVar("K")

log = structlog.get_logger("index")


@dataclass(eq=False, slots=True)
class _Asked:
    decision: Decision
    fresh: bool
    outcome: Step | KlatieneError | None = None


class ReplicatedIndex(Cores):
    """``origin`` names this process. `run` must be kept running; it follows what the others decide."""

    def __init__(
        self,
        clock: Clock,
        feed: EventFeed,
        load: Load,
        shared: SharedIndex,
        origin: str,
        *,
        offer_timeout_s: float,
        wrap_up_s: float,
    ) -> None:
        super().__init__(clock, feed, offer_timeout_s=offer_timeout_s, wrap_up_s=wrap_up_s)
        self._load = load
        self._shared = shared
        self._origin = origin
        self._heads: dict[AgencyId, Head] = {}
        self._locks: defaultdict[AgencyId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._asked: defaultdict[AgencyId, list[_Asked]] = defaultdict(list)
        self._rebuilding: set[AgencyId] = set()
        self._follower: Follower | None = None

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────

    async def decide(self, agency_id: AgencyId, decision: Decision, *, fresh: bool = True) -> Step:
        """``fresh`` False: "nothing to change" need not be checked against the log (for what is asked again anyway)."""
        if agency_id not in self.cores:
            raise IndexUnavailable(retry_after_s=1, reason="unknown")
        mine = _Asked(decision, fresh)
        self._asked[agency_id].append(mine)
        try:
            async with self._alone(agency_id, lambda: mine in self._asked[agency_id]):
                # whoever comes first takes along all that wait: one commit for many decisions
                if mine.outcome is None:
                    batch, self._asked[agency_id] = self._asked[agency_id], []
                    await self._serve(agency_id, batch)
        finally:
            if mine in self._asked[agency_id]:
                self._asked[agency_id].remove(mine)
        if isinstance(mine.outcome, Step):
            return mine.outcome
        raise mine.outcome or IndexUnavailable(retry_after_s=1, reason="contended")

    @asynccontextmanager
    async def _alone(self, agency_id: AgencyId, waits: Callable[[], bool] = lambda: True) -> AsyncIterator[None]:
        """One batch at a time; who still ``waits`` when served too late (a long rebuild, a slow Redis) is told so.

        Whoever is being served by another hears what became of it, however long that takes.
        """
        lock = self._locks[agency_id]
        while True:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await lock.acquire()
                break
            except TimeoutError:
                if waits():
                    raise IndexUnavailable(retry_after_s=2, reason="busy") from None
        try:
            yield
        finally:
            lock.release()

    async def _serve(self, agency_id: AgencyId, batch: list[_Asked]) -> None:
        """Decide each in turn on what the ones before it left, and commit them together. The lock is held."""
        if agency_id not in self._heads:
            await self._take(agency_id)
        for _ in range(TRIES):
            core = self.cores[agency_id]
            outcomes = [self._decided(core, asked) for asked in batch]
            steps = [outcome for outcome in outcomes if isinstance(outcome, Step)]
            if any(step.changed for step in steps):
                # a commit also proves that those who were refused were refused on the newest state
                held = await self._commit(agency_id, core, steps)
            else:
                doubtful = any(
                    asked.fresh or not isinstance(each, Step) for asked, each in zip(batch, outcomes, strict=True)
                )
                held = not (doubtful and await self._catch_up(agency_id))
                if held:
                    self.feed.inject([event for step in steps for event in step.events])
                else:
                    _take_back(core, steps)
            if held:
                for asked, outcome in zip(batch, outcomes, strict=True):
                    asked.outcome = outcome
                return

    def _decided(self, core: AgencyCore, asked: _Asked) -> Step | KlatieneError:
        try:
            return asked.decision(core, *self.time())
        except KlatieneError as refusal:
            return refusal

    async def _commit(self, agency_id: AgencyId, core: AgencyCore, steps: list[Step]) -> bool:
        """False: decide again. After `IndexUnavailable` the log will tell whether the steps are in."""
        told = tell(steps)
        try:
            self._heads[agency_id] = await self._shared.commit(
                agency_id,
                self._heads[agency_id],
                requests=encode_records(told.requests),
                leases=encode_records(told.leases),
                payload=encode_told(told),
                origin=self._origin,
            )
        except VersionBehind:
            _take_back(core, steps)
            await self._catch_up(agency_id)
            return False
        except EpochGone:
            _take_back(core, steps)
            await self._take(agency_id)
            return False
        except BaseException:
            _take_back(core, steps)
            raise
        self.feed.inject(told.events)
        return True

    async def _catch_up(self, agency_id: AgencyId) -> bool:
        """Read what the others decided; True when there was something."""
        try:
            entries = await self._shared.entries(agency_id, self._heads[agency_id])
        except LogGone:
            await self._take(agency_id)
            return True
        self._apply(agency_id, entries)
        return bool(entries)

    def _apply(self, agency_id: AgencyId, entries: list[Entry]) -> None:
        for entry in entries:
            if entry.head <= self._heads[agency_id]:
                continue
            told = decode_step(entry.payload)
            self.cores[agency_id].patch(told.patch, *self.time())
            self._heads[agency_id] = entry.head
            # one may be our own that we did not know to be in: its answer had been lost
            self.feed.inject(list(told.events), "" if entry.origin == self._origin else entry.origin)

    # ── taking and making the index ──────────────────────────────────────────────────────────────

    async def _take(self, agency_id: AgencyId) -> None:
        """The replica anew from the shared index, which is made first when it is lost. The lock is held."""
        self._heads.pop(agency_id, None)
        for _ in range(3):
            await self._shared.ready(agency_id, INSTALLING_S)
            snapshot = await self._shared.load(agency_id)
            if snapshot is not None and await self._replace(agency_id, snapshot):
                return
            try:
                await self._install(agency_id)
                return
            except EpochGone:
                continue
        raise IndexUnavailable(retry_after_s=1, reason="installing")

    async def _replace(self, agency_id: AgencyId, snapshot: Snapshot) -> bool:
        old = self.cores[agency_id]
        core = self.new_core(old.directory)
        core.records.estimates = old.records.estimates
        try:
            for requests in chunks(snapshot.requests):
                core.patch(decode_records(requests, {}), *self.time())
                await asyncio.sleep(0)
            core.patch(decode_records({}, snapshot.leases), *self.time())
        except MsgspecError:
            log.error("index_corrupt", agency_id=agency_id)
            return False
        self._put_in(agency_id, core, snapshot.head)
        return True

    async def _install(self, agency_id: AgencyId) -> None:
        """From the ledger. Raises `EpochGone` when another process does it under a larger epoch."""
        log.warning("index_rebuilds", agency_id=agency_id)
        self._rebuilding.add(agency_id)
        try:
            core, step, epoch = await self.restored(agency_id, self._load)
            await self._shared.begin(agency_id, epoch)
            for requests in _pieces(core.requests):
                await self._shared.put(agency_id, epoch, _known(encode_records(requests)), {})
            for leases in _pieces(core.leases):
                await self._shared.put(agency_id, epoch, {}, _known(encode_records(leases)))
            head = await self._shared.finish(agency_id, epoch, len(core.requests), len(core.leases))
        finally:
            self._rebuilding.discard(agency_id)
        self._put_in(agency_id, core, head)
        self.feed.inject(step.events)

    def _put_in(self, agency_id: AgencyId, core: AgencyCore, head: Head) -> None:
        self.cores[agency_id] = core
        self._heads[agency_id] = head
        if self._follower is not None:
            self._follower.add(agency_id, head)

    # ── the directory, life ──────────────────────────────────────────────────────────────────────

    async def direct(self, directories: Mapping[AgencyId, Directory]) -> None:
        for agency_id in self.cores.keys() - directories.keys():
            del self.cores[agency_id]
            self._heads.pop(agency_id, None)
            if self._follower is not None:
                self._follower.drop(agency_id)
        for agency_id, directory in directories.items():
            known = agency_id in self.cores
            if not known:
                self.cores[agency_id] = self.new_core(directory)
            try:
                if known:
                    await self.decide(agency_id, _directed(directory))
                await self.decide(agency_id, _matched)
            except IndexUnavailable:
                # the directory is the ledger's; the rest follows when the index is there again
                core = self.cores[agency_id]
                core.take_back(core.direct(directory, *self.time()))

    async def rebuild(self, agency_id: AgencyId) -> None:
        async with self._locks[agency_id]:
            self._heads.pop(agency_id, None)
            try:
                await self._install(agency_id)
            except EpochGone:
                await self._take(agency_id)
        await self.decide(agency_id, _matched)

    def delayed(self, agency_id: AgencyId) -> bool:
        return agency_id not in self._heads or agency_id in self._rebuilding

    async def run(self) -> None:
        """Follow what the others decide, until cancelled."""
        self._follower = self._shared.follow({str(agency_id): head for agency_id, head in self._heads.items()})
        try:
            async for heard in self._follower:
                agency_id = AgencyId(heard.agency)
                if agency_id not in self.cores:
                    continue
                async with self._locks[agency_id]:
                    try:
                        if heard.entries is None or agency_id not in self._heads:
                            await self._take(agency_id)
                        elif not _joins(self._heads[agency_id], heard.entries):
                            await self._catch_up(agency_id)
                        else:
                            self._apply(agency_id, heard.entries)
                    except IndexUnavailable:
                        self._heads.pop(agency_id, None)
        finally:
            await self._follower.close()
            self._follower = None


def _joins(head: Head, entries: list[Entry]) -> bool:
    """Whether the entries go on from where the replica stands, or lie behind it."""
    first = entries[0].head
    return first.epoch == head.epoch and first.version <= head.version + 1


def _take_back(core: AgencyCore, steps: list[Step]) -> None:
    for step in reversed(steps):
        core.take_back(step)


def _directed(directory: Directory) -> Decision:
    return lambda core, now, wall_ms: core.direct(directory, now, wall_ms)


def _matched(core: AgencyCore, now: float, wall_ms: int) -> Step:
    return core.match(now, wall_ms)


def _pieces(records: Mapping[K, Any], size: int = 500) -> list[dict[K, Any]]:
    items = list(records.items())
    return [dict(items[start : start + size]) for start in range(0, len(items), size)]


def _known(encoded: Mapping[str, bytes | None]) -> dict[str, bytes]:
    return {key: record for key, record in encoded.items() if record is not None}
