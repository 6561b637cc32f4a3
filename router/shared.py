"""The shared index: what several processes agree on about an agency, and the order of the steps that changed it.

Each process decides on a replica of its own and commits the step as compare-and-set on the index's `Head`. One wins; a
loser reads what it missed from the log and decides again. The index knows nothing of routing: records and payloads are
bytes, named by ids without line breaks.

The ledger stays the truth. Whoever finds the index lost takes a new, larger epoch from the ledger and installs the
index from it; everything that was decided under an older epoch is refused from that moment on.

`MemoryIndex` is the twin for one process; `router.shared_redis` the one for many. Both keep this contract:

- a committed step is in the log exactly once, its changes are in the index, and every later `load` contains them;
- of two steps decided on one head at most one is committed;
- ``mark`` names the step that made a head. A Redis that failed over may have forgotten the newest steps and gone on
  differently from there: the version alone would not show it, the mark does.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

#: records in one step of an installation
CHUNK = 500


@dataclass(frozen=True, order=True, slots=True)
class Head:
    """Where an agency's index stands. Ordered, and equal, by epoch and version."""

    epoch: int
    version: int
    mark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Entry:
    head: Head
    """Where the index stood after this step."""
    origin: str
    payload: bytes

    @property
    def version(self) -> int:
        return self.head.version


@dataclass(frozen=True, slots=True)
class Snapshot:
    head: Head
    requests: dict[str, bytes]
    leases: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a `Follower` tells: the next steps of an agency, or None when its log is gone (load, then `add` it anew)."""

    agency: str
    entries: list[Entry] | None


class VersionBehind(Exception):
    """Somebody was faster: read the log up to ``current`` and decide again."""

    def __init__(self, current: Head) -> None:
        super().__init__(current)
        self.current = current


class EpochGone(Exception):
    """The index that the caller knew is no more.

    ``building`` is the epoch that is being installed, or 0. ``current`` is the head in force: of a larger epoch, then
    load; of the caller's epoch, then steps were lost and the index must be installed anew; or None, likewise.
    """

    def __init__(self, current: Head | None, building: int = 0) -> None:
        super().__init__(current, building)
        self.current = current
        self.building = building


class LogGone(Exception):
    """The log does not lead on from the caller's head: load."""


class Follower(Protocol):
    def __aiter__(self) -> AsyncIterator[Heard]:
        """Every agency's steps in order. Goes on by itself when the index was unreachable for a while."""

    def add(self, agency: str, after: Head) -> None:
        """Follow an agency from a head; also after its log was gone."""

    def drop(self, agency: str) -> None: ...

    async def close(self) -> None: ...


class SharedIndex(Protocol):
    async def head(self, agency: str) -> Head | None:
        """None: lost, never installed, or being installed."""

    async def load(self, agency: str) -> Snapshot | None:
        """Everything as it stood at one head, while others go on writing. None as for `head`."""

    async def commit(
        self,
        agency: str,
        head: Head,
        *,
        requests: Mapping[str, bytes | None],
        leases: Mapping[str, bytes | None],
        payload: bytes,
        origin: str,
        mark: str | None = None,
    ) -> Head:
        """Write one step decided at ``head``; None deletes. Raises `VersionBehind` or `EpochGone`.

        After `IndexUnavailable` it is unknown whether the step is in: the log will tell, or the same call with the same
        ``mark``, which commits it once however often it is made. Marks are made up when none is given.
        """

    async def entries(self, agency: str, after: Head, block_s: float = 0.0) -> list[Entry]:
        """The steps after a head, waiting up to ``block_s`` for the first. Raises `LogGone`."""

    async def begin(self, agency: str, epoch: int) -> None:
        """Fence off every smaller epoch and start to install this one. Raises `EpochGone` unless it is the largest."""

    async def put(self, agency: str, epoch: int, requests: Mapping[str, bytes], leases: Mapping[str, bytes]) -> None:
        """Some of the records of an installation, in any order. Raises `EpochGone` when another took over."""

    async def finish(self, agency: str, epoch: int, requests: int, leases: int) -> Head:
        """The index is in force, with that many records. Raises `EpochGone`, also when some were lost on the way."""

    async def install(
        self, agency: str, epoch: int, requests: Mapping[str, bytes], leases: Mapping[str, bytes]
    ) -> Head:
        """`begin`, `put` in pieces, `finish`."""

    async def ready(self, agency: str, block_s: float) -> Head | None:
        """The head, waiting up to ``block_s`` for an installation that goes on."""

    def follow(self, after: Mapping[str, Head]) -> Follower: ...

    async def close(self) -> None: ...


def new_mark() -> str:
    return secrets.token_hex(8)


def leads_on(after: Head, current: Head) -> bool:
    """Whether ``current`` can be what became of ``after``."""
    if current.epoch != after.epoch or current.version < after.version:
        return False
    return current.version > after.version or current.mark == after.mark


def chunks(records: Mapping[str, bytes], size: int = CHUNK) -> Iterator[dict[str, bytes]]:
    chunk: dict[str, bytes] = {}
    for name, record in records.items():
        chunk[name] = record
        if len(chunk) == size:
            yield chunk
            chunk = {}
    if chunk:
        yield chunk


class Installs:
    """How an index is installed, for both twins."""

    async def install(
        self: SharedIndex, agency: str, epoch: int, requests: Mapping[str, bytes], leases: Mapping[str, bytes]
    ) -> Head:
        await self.begin(agency, epoch)
        for chunk in chunks(requests):
            await self.put(agency, epoch, chunk, {})
        for chunk in chunks(leases):
            await self.put(agency, epoch, {}, chunk)
        return await self.finish(agency, epoch, len(requests), len(leases))


# ── the twin for one process ─────────────────────────────────────────────────────────────────────


class _Agency:
    def __init__(self, log_length: int) -> None:
        self.head: Head | None = None
        self.building = 0
        self.requests: dict[str, bytes] = {}
        self.leases: dict[str, bytes] = {}
        self.log: deque[tuple[str, Entry]] = deque(maxlen=log_length)
        """Each step with the mark before it."""


class MemoryIndex(Installs):
    def __init__(self, *, log_length: int = 10_000) -> None:
        self._log_length = log_length
        self._agencies: dict[str, _Agency] = {}
        self._changed = asyncio.Event()

    async def head(self, agency: str) -> Head | None:
        return self._at(agency).head

    async def load(self, agency: str) -> Snapshot | None:
        at = self._at(agency)
        return None if at.head is None else Snapshot(at.head, dict(at.requests), dict(at.leases))

    async def commit(
        self,
        agency: str,
        head: Head,
        *,
        requests: Mapping[str, bytes | None],
        leases: Mapping[str, bytes | None],
        payload: bytes,
        origin: str,
        mark: str | None = None,
    ) -> Head:
        at = self._at(agency)
        mark = mark or new_mark()
        if at.head is None or at.head.epoch != head.epoch:
            raise EpochGone(at.head, at.building)
        if at.head != head or at.head.mark != head.mark:
            for _, entry in at.log:
                if entry.head == Head(head.epoch, head.version + 1) and entry.head.mark == mark:
                    return entry.head
            if at.head.version > head.version:
                raise VersionBehind(at.head)
            raise EpochGone(at.head)
        for kept, changes in ((at.requests, requests), (at.leases, leases)):
            for name, record in changes.items():
                if record is None:
                    kept.pop(name, None)
                else:
                    kept[name] = record
        at.head = Head(head.epoch, head.version + 1, mark)
        at.log.append((head.mark, Entry(at.head, origin, payload)))
        self._wake()
        return at.head

    async def entries(self, agency: str, after: Head, block_s: float = 0.0) -> list[Entry]:
        found = self._after(agency, after)
        if not found and block_s:
            await self._wait(lambda: not self._is_at(agency, after), block_s)
            found = self._after(agency, after)
        return found

    async def begin(self, agency: str, epoch: int) -> None:
        at = self._at(agency)
        if max(at.building, at.head.epoch if at.head else 0) >= epoch:
            raise EpochGone(at.head, at.building)
        at.head, at.building, at.requests, at.leases = None, epoch, {}, {}
        at.log.clear()
        self._wake()

    async def put(self, agency: str, epoch: int, requests: Mapping[str, bytes], leases: Mapping[str, bytes]) -> None:
        at = self._building(agency, epoch)
        at.requests |= requests
        at.leases |= leases

    async def finish(self, agency: str, epoch: int, requests: int, leases: int) -> Head:
        at = self._building(agency, epoch)
        if (len(at.requests), len(at.leases)) != (requests, leases):
            raise EpochGone(None, epoch)
        at.building, at.head = 0, Head(epoch, 1)
        self._wake()
        return at.head

    async def ready(self, agency: str, block_s: float) -> Head | None:
        at = self._at(agency)
        if at.building:
            await self._wait(lambda: at.head is not None, block_s)
        return at.head

    def follow(self, after: Mapping[str, Head]) -> Follower:
        return MemoryFollower(self, after)

    async def close(self) -> None:
        """Nothing to close."""

    def lose(self, agency: str) -> None:
        """Forget it, as a Redis that lost its memory does; for tests."""
        self._agencies.pop(agency, None)
        self._wake()

    def _at(self, agency: str) -> _Agency:
        return self._agencies.setdefault(agency, _Agency(self._log_length))

    def _building(self, agency: str, epoch: int) -> _Agency:
        at = self._at(agency)
        if at.building != epoch:
            raise EpochGone(at.head, at.building)
        return at

    def _is_at(self, agency: str, after: Head) -> bool:
        head = self._at(agency).head
        return head == after and head is not None and head.mark == after.mark

    def _after(self, agency: str, after: Head) -> list[Entry]:
        at = self._at(agency)
        if at.head is None or not leads_on(after, at.head):
            raise LogGone
        found = [(before, entry) for before, entry in at.log if entry.head > after]
        if len(found) != at.head.version - after.version or (found and found[0][0] != after.mark):
            raise LogGone
        return [entry for _, entry in found]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _wait(self, holds: Callable[[], bool], block_s: float | None = None) -> None:
        try:
            async with asyncio.timeout(block_s):
                while not holds():
                    await self._changed.wait()
        except TimeoutError:
            pass


class MemoryFollower:
    def __init__(self, index: MemoryIndex, after: Mapping[str, Head]) -> None:
        self._index = index
        self._positions = dict(after)
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while not self._closed:
            heard = self._next()
            for one in heard:
                yield one
            if not heard:
                await self._index._wait(lambda: self._closed or any(map(self._moved, self._positions)))

    def add(self, agency: str, after: Head) -> None:
        self._positions[agency] = after
        self._index._wake()

    def drop(self, agency: str) -> None:
        self._positions.pop(agency, None)

    async def close(self) -> None:
        self._closed = True
        self._index._wake()

    def _moved(self, agency: str) -> bool:
        return not self._index._is_at(agency, self._positions[agency])

    def _next(self) -> list[Heard]:
        heard = []
        for agency in [agency for agency in self._positions if self._moved(agency)]:
            try:
                entries = self._index._after(agency, self._positions[agency])
                self._positions[agency] = entries[-1].head
                heard.append(Heard(agency, entries))
            except LogGone:
                del self._positions[agency]
                heard.append(Heard(agency, None))
        return heard
