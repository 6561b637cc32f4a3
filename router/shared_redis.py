"""The shared index in Redis: the twin of `router.shared.MemoryIndex` for several processes (`docs/redis.md`).

All of an agency lies under one hash tag: ``head``, ``requests``, ``leases`` and ``log``, a stream whose entry ids are
``<epoch>-<version>``. An installation writes ``<epoch>-0`` when it begins and ``<epoch>-1`` when it is in force, so
whoever follows an older epoch is woken at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

import structlog

from kernel.errors import IndexUnavailable
from kernel.keys import agency_key
from kernel.redis import RedisDoor, Word
from kernel.redis_url import Kind
from kernel.scripts import Codes, Script, load_scripts
from router.shared import (
    CHUNK,
    Entry,
    EpochGone,
    Follower,
    Head,
    Heard,
    Installs,
    LogGone,
    Snapshot,
    VersionBehind,
    leads_on,
    new_mark,
)

#: steps the log keeps, about: as far as a process may fall behind without loading everything anew
LOG_LENGTH = 10_000
READ_AT_ONCE = 1_000
#: tries to take a picture of an index that is installed anew, or whose log is trimmed, faster than it can be read
LOADS = 5
FOLLOW_BLOCK_S = 1.0
#: after a read a follower lets steps gather, so that a busy index costs it few reads and an idle one no time
GATHER_S = 0.002
#: how often a follower makes sure that an agency nobody changes has not been lost
CHECK_S = 2.0
LONGEST_PAUSE_S = 1.0

RawEntries = Iterable[tuple[bytes, dict[bytes, bytes]]]

log = structlog.get_logger("shared_index")


def _head(epoch: Any, version: Any, mark: Any) -> Head | None:
    return Head(int(epoch), int(version), mark.decode()) if int(epoch) else None


def _behind(values: list[Any]) -> Exception:
    current = _head(*values[:3])
    return VersionBehind(current) if current else EpochGone(None)


def _gone(values: list[Any]) -> Exception:
    return EpochGone(_head(*values[:3]), int(values[3]))


#: what the result codes of the index's scripts mean
CODES: Codes = {"ok": None, "again": None, "behind": _behind, "gone": _gone}
_SCRIPTS = load_scripts("router", CODES)


class RedisIndex(Installs):
    def __init__(self, door: RedisDoor, prefix: str, *, log_length: int = LOG_LENGTH) -> None:
        self._door = door
        self._prefix = prefix
        self._log_length = log_length

    async def head(self, agency: str) -> Head | None:
        head, _ = await self._status(agency)
        return head

    async def load(self, agency: str) -> Snapshot | None:
        """Read in pieces, then mend what changed meanwhile: the log says which records that were."""
        _, requests_key, leases_key, _ = self._keys(agency)
        for _ in range(LOADS):
            began = await self.head(agency)
            if began is None:
                return None
            requests = await self._scan(requests_key)
            leases = await self._scan(leases_key)
            found = await self._run("mend", agency, (began.epoch, began.version), again=True)
            if found.code == "ok":
                version, mark, changed_requests, changed_leases = found.values
                _apply(requests, changed_requests)
                _apply(leases, changed_leases)
                return Snapshot(Head(began.epoch, int(version), mark.decode()), requests, leases)
        raise IndexUnavailable(retry_after_s=1, reason="slow")

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
        set_requests, deleted_requests = _words(requests)
        set_leases, deleted_leases = _words(leases)
        args: list[Word] = [
            *(head.epoch, head.version, head.mark, head.version + 1, mark or new_mark(), origin, payload),
            *(self._log_length, len(set_requests), len(deleted_requests), len(set_leases)),
            *set_requests,
            *deleted_requests,
            *set_leases,
            *deleted_leases,
        ]
        found = await self._run("commit", agency, args, again=True)
        epoch, version, new, _ = found.values
        return Head(int(epoch), int(version), new.decode())

    async def entries(self, agency: str, after: Head, block_s: float = 0.0) -> list[Entry]:
        key = self._keys(agency)[3]
        read: tuple[Word, ...] = ("STREAMS", key, _id(after))
        if block_s:
            block = ("BLOCK", max(1, round(1000 * block_s)))
            answer = await self._door.wait(key, "XREAD", "COUNT", READ_AT_ONCE, *block, *read, block_s=block_s)
        else:
            answer = await self._door.call(key, "XREAD", "COUNT", READ_AT_ONCE, *read)
        if answer:
            return _chain(after, answer[0][1])
        current = await self.head(agency)
        if current is None or not leads_on(after, current):
            raise LogGone
        return []

    # ── installing ───────────────────────────────────────────────────────────────────────────────

    async def begin(self, agency: str, epoch: int) -> None:
        await self._run("begin", agency, (epoch, new_mark()), again=True)

    async def put(self, agency: str, epoch: int, requests: Mapping[str, bytes], leases: Mapping[str, bytes]) -> None:
        set_requests, _ = _words(requests)
        set_leases, _ = _words(leases)
        args = (epoch, len(set_requests), *set_requests, *set_leases)
        await self._run("put", agency, args, again=True)

    async def finish(self, agency: str, epoch: int, requests: int, leases: int) -> Head:
        found = await self._run("finish", agency, (epoch, requests, leases), again=True)
        _, version, mark, _ = found.values
        return Head(epoch, int(version), mark.decode())

    async def ready(self, agency: str, block_s: float) -> Head | None:
        head, building = await self._status(agency)
        if head is not None or not building:
            return head
        key = self._keys(agency)[3]
        block = ("BLOCK", max(1, round(1000 * block_s)))
        await self._door.wait(key, "XREAD", *block, "STREAMS", key, f"{building}-0", block_s=block_s)
        return await self.head(agency)

    def follow(self, after: Mapping[str, Head]) -> Follower:
        return RedisFollower(self, after)

    async def close(self) -> None:
        """The door is closed by whoever opened it."""

    # ── the wire ─────────────────────────────────────────────────────────────────────────────────

    def _keys(self, agency: str) -> list[str]:
        return [agency_key(self._prefix, agency, name) for name in ("head", "requests", "leases", "log")]

    async def _run(self, name: str, agency: str, args: Iterable[Word], *, again: bool) -> Any:
        script: Script = _SCRIPTS[name]
        return await self._door.run(script, self._keys(agency)[: len(script.keys)], list(args), again=again)

    async def _status(self, agency: str) -> tuple[Head | None, int]:
        """(head in force, epoch being installed or 0)"""
        key = self._keys(agency)[0]
        epoch, version, mark, building = await self._door.call(
            key, "HMGET", key, "epoch", "version", "mark", "building"
        )
        head = Head(int(epoch), int(version), mark.decode()) if epoch else None
        return head, int(building or 0)

    async def _scan(self, key: str) -> dict[str, bytes]:
        found: dict[bytes, bytes] = {}
        cursor = 0
        while True:
            cursor, some = await self._door.call(key, "HSCAN", key, cursor, "COUNT", CHUNK)
            found |= some
            if int(cursor) == 0:
                return {name.decode(): record for name, record in found.items()}


def _id(head: Head) -> str:
    return f"{head.epoch}-{head.version}"


def _words(changes: Mapping[str, bytes | None]) -> tuple[list[Word], list[Word]]:
    """(id, record, … to set; ids to delete)"""
    to_set: list[Word] = []
    to_delete: list[Word] = []
    for name, record in changes.items():
        if "\n" in name:
            raise ValueError("an id must not hold a line break")
        if record is None:
            to_delete.append(name)
        else:
            to_set += (name, record)
    return to_set, to_delete


def _apply(records: dict[str, bytes], changed: list[bytes | None]) -> None:
    for name, record in zip(changed[::2], changed[1::2], strict=True):
        assert name is not None
        if record is None:
            records.pop(name.decode(), None)
        else:
            records[name.decode()] = record


def _chain(after: Head, raw: RawEntries) -> list[Entry]:
    """The steps that lead on from a head; each must follow the one before it, or the log is not that of the head."""
    found: list[Entry] = []
    for entry_id, fields in raw:
        epoch, _, version = entry_id.decode().partition("-")
        if (
            int(epoch) != after.epoch
            or int(version) != after.version + 1
            or fields.get(b"q", b"").decode() != after.mark
        ):
            # what came before a break is good, and the next read finds the break again
            if found:
                break
            raise LogGone
        after = Head(after.epoch, int(version), fields[b"m"].decode())
        found.append(Entry(after, fields[b"o"].decode(), fields[b"p"]))
    return found


class RedisFollower:
    """One reader for all agencies; in a Cluster, where a command cannot span agencies, one for each."""

    def __init__(self, index: RedisIndex, after: Mapping[str, Head]) -> None:
        self._index = index
        self._door = index._door
        self._positions: dict[str, Head] = {}
        self._heard: asyncio.Queue[Heard] = asyncio.Queue(maxsize=256)
        self._changed = asyncio.Event()
        self._alone = self._door.kind is Kind.CLUSTER
        self._readers: dict[str, asyncio.Task[None]] = {}
        for agency, head in after.items():
            self.add(agency, head)

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            yield await self._heard.get()

    def add(self, agency: str, after: Head) -> None:
        self._positions[agency] = after
        reader = agency if self._alone else ""
        if reader not in self._readers:
            mine: Callable[[], dict[str, Head]] = lambda: self._mine(reader)  # noqa: E731
            self._readers[reader] = asyncio.create_task(self._read_on(mine), name=f"follow-{reader}")
        self._changed.set()

    def drop(self, agency: str) -> None:
        self._positions.pop(agency, None)
        reader = self._readers.pop(agency, None)
        if reader is not None:
            reader.cancel()
        self._changed.set()

    async def close(self) -> None:
        readers = list(self._readers.values())
        self._readers.clear()
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)

    def _mine(self, reader: str) -> dict[str, Head]:
        if not reader:
            return dict(self._positions)
        return {reader: self._positions[reader]} if reader in self._positions else {}

    async def _read_on(self, mine: Callable[[], dict[str, Head]]) -> None:
        loop = asyncio.get_running_loop()
        pause_s, checked = 0.0, loop.time()
        while True:
            self._changed.clear()
            positions = mine()
            try:
                if not positions:
                    await self._changed.wait()
                    continue
                await self._read(positions)
                if loop.time() - checked >= CHECK_S:
                    await self._check(positions)
                    checked = loop.time()
                pause_s = 0.0
            except IndexUnavailable as error:
                if not pause_s:
                    log.warning("following_cut_off", reason=error.details["reason"])
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s or 0.05)
                await asyncio.sleep(pause_s)
            except Exception:
                log.exception("following_failed")
                await asyncio.sleep(LONGEST_PAUSE_S)

    async def _read(self, positions: dict[str, Head]) -> None:
        keys = {self._index._keys(agency)[3].encode(): agency for agency in positions}
        words: list[Word] = [*keys, *map(_id, positions.values())]
        block = ("BLOCK", round(1000 * FOLLOW_BLOCK_S))
        reading = asyncio.ensure_future(
            self._door.wait(
                next(iter(keys)).decode(),
                *("XREAD", "COUNT", READ_AT_ONCE, *block, "STREAMS", *words),
                block_s=FOLLOW_BLOCK_S,
            )
        )
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait((reading, changed), return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                return
            found = reading.result() or ()
            for key, raw in found:
                await self._tell(keys[key], positions[keys[key]], raw)
            if found:
                await asyncio.sleep(GATHER_S)
        finally:
            reading.cancel()
            changed.cancel()
            await asyncio.gather(reading, changed, return_exceptions=True)

    async def _check(self, positions: dict[str, Head]) -> None:
        for agency in positions:
            after = self._positions.get(agency)
            if after is None:
                continue
            current = await self._index.head(agency)
            if current is None or not leads_on(after, current):
                await self._tell(agency, after, None)

    async def _tell(self, agency: str, after: Head, raw: RawEntries | None) -> None:
        """Pass on what was read after a head; None: the log does not lead on from there."""
        if self._positions.get(agency) is not after:
            return  # dropped, or added anew, in the meantime
        try:
            entries = None if raw is None else _chain(after, raw)
        except LogGone:
            entries = None
        if entries is None:
            del self._positions[agency]
        else:
            self._positions[agency] = entries[-1].head
        await self._heard.put(Heard(agency, entries))
