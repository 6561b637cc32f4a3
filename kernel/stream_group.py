"""Consumer groups: the entries of a stream shared out among processes, each handled at least once.

An entry is acknowledged after its handler. If the handler fails or its process dies, the entry is taken over once it
has been idle longer than any handler may take, and delivered again, to whichever process asks first. After five
deliveries without success it becomes a dead letter with an alert. The entries behind it never wait for it.

A handler must be idempotent: a process may die between its effect and the acknowledgement.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kernel.clock import Clock
from kernel.errors import IndexUnavailable
from kernel.redis import RedisDoor
from kernel.scripts import KERNEL

TRIES = 5
BATCH = 20
BLOCK_S = 5.0
LONGEST_HANDLER_S = 10.0
CLAIM_IDLE_S = 30.0
LONGEST_PAUSE_S = 2.0
DEAD_LETTERS = 10_000
#: a consumer that has had nothing to do for so long belongs to a process that is gone
FORGET_CONSUMER_MS = 24 * 3600 * 1000

Fields = dict[bytes, bytes]
Handler = Callable[[str, Fields], Awaitable[None]]
"""Takes an entry's id and fields; raises when it could not be handled."""

log = structlog.get_logger("stream_group")


class StreamGroup:
    """One consumer of a group. ``stream`` and ``dead_letters`` must be of one hash tag.

    A handler is stopped after ``longest_handler_s``; ``claim_idle_s`` must be longer, else an entry could be taken
    over while it is being handled.
    """

    def __init__(
        self,
        door: RedisDoor,
        clock: Clock,
        handler: Handler,
        *,
        stream: str,
        group: str,
        consumer: str,
        dead_letters: str,
        longest_handler_s: float = LONGEST_HANDLER_S,
        claim_idle_s: float = CLAIM_IDLE_S,
        block_s: float = BLOCK_S,
    ) -> None:
        if claim_idle_s <= longest_handler_s:
            raise ValueError("entries must be left alone for longer than the longest handler takes")
        self._door = door
        self._clock = clock
        self._stream = stream
        self._dead_letters = dead_letters
        self.group = group
        self.consumer = consumer
        self._handler = handler
        self._longest_handler_s = longest_handler_s
        self._claim_idle_s = claim_idle_s
        self._block_s = block_s
        self._prepared = False
        self._claimed_at = float("-inf")
        self.handled = 0
        self.failed = 0
        self.dead = 0

    async def run(self) -> None:
        """Serve until cancelled. What is being handled then stays pending and is taken over."""
        pause_s = 0.0
        while True:
            try:
                await self.serve(self._block_s)
                pause_s = 0.0
            except IndexUnavailable as error:
                if not pause_s:
                    log.warning("group_waits", group=self.group, reason=error.details["reason"])
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s or 0.1)
                await asyncio.sleep(pause_s)

    async def serve(self, block_s: float = 0.0) -> int:
        """Handle a batch of what waits, and now and then what others left lying; how many entries that were.

        Raises `IndexUnavailable`.
        """
        try:
            if not self._prepared:
                await self._prepare()
            count = 0
            if self._clock.mono() - self._claimed_at >= self._claim_idle_s / 2:
                count = await self.take_over()
            return count + await self._handle_all(await self._read(block_s))
        except IndexUnavailable as error:
            if error.details.get("answer") == "NOGROUP":
                # the stream was lost with its groups: begin anew with what comes
                self._prepared = False
                return 0
            raise

    async def take_over(self) -> int:
        """Handle entries whose consumer failed or died; how many.

        One at a time: an entry that kills its consumer must not count against those that were taken with it.
        """
        self._claimed_at = self._clock.mono()
        count, cursor = 0, "0-0"
        while True:
            command = ("XAUTOCLAIM", self._stream, self.group, self.consumer, round(1000 * self._claim_idle_s), cursor)
            answer = await self._door.call(self._stream, *command, "COUNT", 1)
            for entry_id, fields in answer[1]:
                # taken over more often than it can have failed: those who took it died
                if await self._bury(entry_id, TRIES + 1, "every consumer that took it died") == "kept":
                    count += await self._handle_all([(entry_id, fields)])
            cursor = answer[0].decode()
            if cursor == "0-0":
                return count

    async def _prepare(self) -> None:
        try:
            await self._door.call(self._stream, "XGROUP", "CREATE", self._stream, self.group, "0", "MKSTREAM")
        except IndexUnavailable as error:
            if error.details.get("answer") != "BUSYGROUP":
                raise
        for consumer in await self._door.call(self._stream, "XINFO", "CONSUMERS", self._stream, self.group):
            known = dict(zip(consumer[::2], consumer[1::2], strict=True))
            if not known[b"pending"] and known[b"idle"] > FORGET_CONSUMER_MS:
                leaving = ("XGROUP", "DELCONSUMER", self._stream, self.group, known[b"name"])
                await self._door.call(self._stream, *leaving)
        self._prepared = True

    async def _read(self, block_s: float) -> list[tuple[bytes, Fields]]:
        command = ("XREADGROUP", "GROUP", self.group, self.consumer, "COUNT", BATCH)
        which = ("STREAMS", self._stream, ">")
        if block_s:
            block = ("BLOCK", max(1, round(1000 * block_s)))
            answer = await self._door.wait(self._stream, *command, *block, *which, block_s=block_s)
        else:
            answer = await self._door.call(self._stream, *command, *which)
        return list(answer[0][1]) if answer else []

    async def _handle_all(self, entries: list[tuple[bytes, Fields]]) -> int:
        """One after the other. Those that wait for their turn are held on to, or another process would take them."""
        held_at = self._clock.mono()
        for number, (entry_id, fields) in enumerate(entries):
            now = self._clock.mono()
            if now - held_at + self._longest_handler_s >= self._claim_idle_s:
                if now - held_at >= self._claim_idle_s:
                    log.warning("group_too_slow", group=self.group, left=len(entries) - number)
                    return number
                waiting = [entry_id for entry_id, _ in entries[number:]]
                command = ("XCLAIM", self._stream, self.group, self.consumer, 0)
                await self._door.call(self._stream, *command, *waiting, "JUSTID")
                held_at = now
            await self._handle(entry_id, fields)
        return len(entries)

    async def _handle(self, entry_id: bytes, fields: Fields) -> None:
        try:
            async with asyncio.timeout(self._longest_handler_s):
                await self._handler(entry_id.decode(), fields)
        except Exception as error:
            self.failed += 1
            why = type(error).__name__
            log.warning("group_handler_failed", group=self.group, entry=entry_id.decode(), error=why)
            await self._bury(entry_id, TRIES, why)
            return
        self.handled += 1
        await self._door.call(self._stream, "XACK", self._stream, self.group, entry_id)

    async def _bury(self, entry_id: bytes, limit: int, why: str) -> str:
        args = (self.group, entry_id, limit, why, DEAD_LETTERS)
        found = await self._door.run(KERNEL["bury"], [self._stream, self._dead_letters], args, again=True)
        if found.code == "buried":
            self.dead += 1
            log.error("dead_letter", group=self.group, stream=self._stream, entry=entry_id.decode(), error=why)
        return found.code
