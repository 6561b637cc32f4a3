"""The processes that share one Redis: each says that it lives, and learns who else does and who vanished."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kernel.clock import Clock
from kernel.errors import IndexUnavailable
from kernel.keys import house_key
from kernel.processes_core import Watch
from kernel.redis import RedisDoor
from kernel.scripts import KERNEL, Result

TTL_S = 5.0
BEAT_S = 1.0

HEARTBEAT = KERNEL["heartbeat"]

log = structlog.get_logger("processes")


class ProcessRegistry:
    """``process`` is the name of this one, new at each start (the feed's epoch)."""

    def __init__(
        self, process: str, door: RedisDoor, prefix: str, clock: Clock, *, ttl_s: float = TTL_S, beat_s: float = BEAT_S
    ) -> None:
        self.process = process
        self._door = door
        self._key = house_key(prefix, "processes")
        self._clock = clock
        self._ttl_s = ttl_s
        self._beat_s = beat_s
        self._watch = Watch(ttl_s)

    @property
    def live(self) -> frozenset[str]:
        """Every process believed to live, this one included once it has spoken."""
        return self._watch.live

    async def beat(self) -> list[str]:
        """Speak once; who vanished since the last time. Raises `IndexUnavailable`."""
        found = await self._speak(self._ttl_s)
        present = [process.decode() for process in found.values]
        gone = self._watch.look(present, known=found.code == "alive", now=self._clock.mono())
        for process in gone:
            log.warning("process_vanished", process=process)
        return [process for process in gone if process != self.process]

    async def run(self, on_vanished: Callable[[str], Awaitable[None]]) -> None:
        """Speak until cancelled, and tell of each process that vanished, once."""
        while True:
            try:
                for process in await self.beat():
                    await on_vanished(process)
            except IndexUnavailable as error:
                log.debug("heartbeat_failed", reason=error.details["reason"])
            await asyncio.sleep(self._beat_s)

    async def leave(self) -> None:
        """Say that this process ends, so that the others need not wait. Raises nothing."""
        try:
            await self._speak(0.0)
        except IndexUnavailable:
            log.warning("left_unheard")

    async def _speak(self, ttl_s: float) -> Result:
        return await self._door.run(HEARTBEAT, [self._key], [self.process, round(1000 * ttl_s)], again=True)
