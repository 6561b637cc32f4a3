"""The event feed of several processes, joined by one stream in Redis.

Local first: `publish` numbers and delivers to this process's listeners at once, exactly as the memory twin does, and a
sender of our own carries the events to the others in batches. A follower delivers what the others sent. Numbers and
epoch stay this process's own; ``Numbered.origin`` names the process an event came from.

Nothing is promised that was not promised before: the feed is a wire. But a loss is noticed. Every batch says the number
of its first event within its process, and a process with nothing to say repeats its number every few seconds; so
whoever misses something, however it was lost (a full buffer, a trimmed stream, a failover that forgot), sees numbers
jump, and its listeners get a `Gap`. Batches that arrive twice are dropped by the same numbers.

Redis being away blocks nobody: events wait in a bounded buffer and arrive late, in order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

import msgspec
import structlog

from kernel.errors import IndexUnavailable
from kernel.feed import LocalFeed
from kernel.keys import house_key
from kernel.messages import Event, decode_event, encode_event
from kernel.redis import RedisDoor

#: events in one entry of the stream
BATCH = 200
#: events kept for a Redis that is away
BUFFER = 20_000
#: entries kept in the stream, about
STREAM_LENGTH = 20_000
#: longest silence of a process
BEAT_S = 5.0
BLOCK_S = 1.0
LONGEST_PAUSE_S = 1.0
#: processes remembered; each restart of one is another
PROCESSES = 1_000

log = structlog.get_logger("feed")


class RedisFeed(LocalFeed):
    """``epoch`` must be new for each process: it is also the name the others know it by."""

    def __init__(
        self,
        epoch: str,
        door: RedisDoor,
        prefix: str,
        *,
        history: int = 10_000,
        buffer: int = BUFFER,
        stream_length: int = STREAM_LENGTH,
        beat_s: float = BEAT_S,
    ) -> None:
        super().__init__(epoch, history=history)
        self._door = door
        self._key = house_key(prefix, "feed")
        self._stream_length = stream_length
        self._beat_s = beat_s
        self._outgoing: deque[Event] = deque(maxlen=buffer)
        self._published = 0
        self._wake = asyncio.Event()
        self._sending = asyncio.Lock()
        self._position: str | None = None
        self._next: dict[str, int] = {}
        """Process → number of the event it sends next."""
        self._may_have_missed = False
        self.gaps = 0

    def publish(self, events: Iterable[Event]) -> None:
        for event in events:
            self._deliver(event)
            if not event.travels:
                continue
            # a full buffer drops its oldest; the number of the next batch tells the others
            self._outgoing.append(event)
            self._published += 1
        if self._outgoing:
            self._wake.set()

    async def start(self) -> None:
        """Find the end of the stream: what others publish from now on will be heard. Redis may be away."""
        try:
            self._position = await self._end()
        except IndexUnavailable:
            self._may_have_missed = True

    async def run(self) -> None:
        """Send and follow until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send(), name="feed-sender")
            tasks.create_task(self._follow(), name="feed-follower")

    async def drain(self) -> None:
        """Send what still waits, once; for a process that leaves. Raises nothing."""
        try:
            await self._send_all()
        except IndexUnavailable:
            log.warning("feed_undelivered", events=len(self._outgoing))

    # ── sending ──────────────────────────────────────────────────────────────────────────────────

    async def _send(self) -> None:
        pause_s = 0.0
        while True:
            try:
                async with asyncio.timeout(self._beat_s):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._send_all()
                pause_s = 0.0
            except IndexUnavailable:
                self._wake.set()
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s or 0.05)
                await asyncio.sleep(pause_s)

    async def _send_all(self) -> None:
        """At least one batch: an empty one says that nothing was missed."""
        async with self._sending:
            await self._send_batch()
            while self._outgoing:
                await self._send_batch()

    async def _send_batch(self) -> None:
        """Take a batch off the buffer once it is in the stream; sent twice, harmlessly, when the answer was lost."""
        batch = [self._outgoing[n] for n in range(min(BATCH, len(self._outgoing)))]
        first = self._published - len(self._outgoing)
        body = b"[" + b",".join(encode_event(event) for event in batch) + b"]"
        fields = ("process", self.epoch, "first", first, "events", body)
        await self._door.call(self._key, "XADD", self._key, "MAXLEN", "~", self._stream_length, "*", *fields)
        # meanwhile the buffer may have dropped some of these by itself
        for _ in range(first + len(batch) - (self._published - len(self._outgoing))):
            self._outgoing.popleft()

    # ── following ────────────────────────────────────────────────────────────────────────────────

    async def _follow(self) -> None:
        pause_s = 0.0
        while True:
            try:
                if self._position is None or pause_s:
                    await self._find_position()
                await self._read()
                pause_s = 0.0
            except IndexUnavailable as error:
                if not pause_s:
                    log.warning("feed_cut_off", reason=error.details["reason"])
                pause_s = min(LONGEST_PAUSE_S, 2 * pause_s or 0.05)
                await asyncio.sleep(pause_s)

    async def _find_position(self) -> None:
        """After an absence: go on where we were, unless the stream has fallen behind that and so forgot something."""
        end = await self._end()
        if self._position is None:
            self._position = end
            self._missed("nothing could be heard from the start")
        elif _order(end) < _order(self._position):
            self._position = end
            self._missed("the stream began anew")
        self._may_have_missed = True

    async def _end(self) -> str:
        last = await self._door.call(self._key, "XREVRANGE", self._key, "+", "-", "COUNT", 1)
        return str(last[0][0].decode()) if last else "0-0"

    async def _read(self) -> None:
        assert self._position is not None
        command = ("XREAD", "COUNT", 500, "BLOCK", round(1000 * BLOCK_S), "STREAMS", self._key, self._position)
        for _, entries in await self._door.wait(self._key, *command, block_s=BLOCK_S) or ():
            for entry_id, fields in entries:
                self._position = entry_id.decode()
                self._hear(fields[b"process"].decode(), int(fields[b"first"]), fields[b"events"])
            # other tasks run between long reads
            await asyncio.sleep(0)

    def _hear(self, process: str, first: int, body: bytes) -> None:
        if process == self.epoch:
            return
        events = msgspec.json.decode(body, type=list[msgspec.Raw])
        expected = self._next.pop(process, None)
        if expected is None:
            # one that we never heard of: nothing was missed, unless it began while we could not hear
            expected = 0 if self._may_have_missed else first
        if first > expected:
            self._missed("numbers jump")
            expected = first
        self._next[process] = max(expected, first + len(events))
        while len(self._next) > PROCESSES:
            del self._next[next(iter(self._next))]
        for raw in events[expected - first :]:
            try:
                self._deliver(decode_event(raw), process)
            except msgspec.ValidationError:
                # a newer version of us, during an upgrade, says what we do not know yet
                log.warning("feed_unknown_event", process=process)

    def _missed(self, why: str) -> None:
        log.warning("feed_gap", why=why)
        self.gaps += 1
        self._lose()


def _order(entry_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence)
