"""The live index when several processes share it: each decides on a replica of its own, and commits by compare-and-set.

A decision is made on this process' core and sent to the shared index (`router.shared`) with the head it was made at.
If another process was faster, the decision is taken back, what was missed is read from the log, and it is made again.
Whatever a decision says on an old head — a refusal, or that nothing has to change — is believed only when the log says
that the head is the newest.

When the shared index is lost it is made anew from the ledger, under an epoch that the ledger gives out: a process that
slept through that is refused, whatever it believes. While nobody can reach it, requests are taken into the ledger and
wait (`delayed`); the reconciler places them later.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
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
    new_mark,
)
from router.step import Patch, Step
from router.wire import decode_records, decode_step, encode_records, encode_step

#: a decision that loses so often in a row meets a fault, not rivals
TRIES = 50
#: how long a decision waits for those before it
PATIENCE_S = 2.0
#: how long to wait for another process that installs the index
INSTALLING_S = 5.0

Waits = Callable[[AgencyId], Awaitable[dict[GroupId, list[int]]]]
K = TypeVar("K")

log = structlog.get_logger("index")


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
        self._rebuilding: set[AgencyId] = set()
        self._follower: Follower | None = None

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────

    async def decide(self, agency_id: AgencyId, decision: Decision, *, fresh: bool = True) -> Step:
        """``fresh`` False: "nothing to change" need not be checked against the log (for what is asked again anyway)."""
        if agency_id not in self.cores:
            raise IndexUnavailable(retry_after_s=1, reason="unknown")
        async with self._alone(agency_id):
            if agency_id not in self._heads:
                await self._take(agency_id)
            for _ in range(TRIES):
                core = self.cores[agency_id]
                try:
                    step = decision(core, *self.time())
                except KlatieneError:
                    if await self._catch_up(agency_id):
                        continue
                    raise
                if step.changed:
                    if await self._commit(agency_id, core, step):
                        return step
                elif not (fresh and await self._catch_up(agency_id)):
                    self.feed.inject(step.events)
                    return step
                else:
                    core.take_back(step)
        raise IndexUnavailable(retry_after_s=1, reason="contended")

    @asynccontextmanager
    async def _alone(self, agency_id: AgencyId) -> AsyncIterator[None]:
        """One decision at a time; who cannot be served soon (a long rebuild, a slow Redis) is told so."""
        lock = self._locks[agency_id]
        try:
            async with asyncio.timeout(PATIENCE_S):
                await lock.acquire()
        except TimeoutError:
            raise IndexUnavailable(retry_after_s=2, reason="busy") from None
        try:
            yield
        finally:
            lock.release()

    async def _commit(self, agency_id: AgencyId, core: AgencyCore, step: Step) -> bool:
        """False: decide again. The head is forgotten when it is not known whether the step is in."""
        after = Patch.redo(step)
        head = self._heads[agency_id]
        try:
            self._heads[agency_id] = await self._shared.commit(
                agency_id,
                head,
                requests=encode_records(after.requests),
                leases=encode_records(after.leases),
                payload=encode_step(step),
                origin=self._origin,
                mark=new_mark(),
            )
        except VersionBehind:
            core.take_back(step)
            await self._catch_up(agency_id)
            return False
        except EpochGone:
            core.take_back(step)
            await self._take(agency_id)
            return False
        except BaseException:
            core.take_back(step)
            raise
        self.feed.inject(step.events)
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


def _directed(directory: Directory) -> Decision:
    return lambda core, now, wall_ms: core.direct(directory, now, wall_ms)


def _matched(core: AgencyCore, now: float, wall_ms: int) -> Step:
    return core.match(now, wall_ms)


def _pieces(records: Mapping[K, Any], size: int = 500) -> list[dict[K, Any]]:
    items = list(records.items())
    return [dict(items[start : start + size]) for start in range(0, len(items), size)]


def _known(encoded: Mapping[str, bytes | None]) -> dict[str, bytes]:
    return {key: record for key, record in encoded.items() if record is not None}
