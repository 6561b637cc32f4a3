"""Long-lived tasks under watch: one that fails is logged and started anew; one that keeps failing ends the process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from kernel.errors import Unavailable

log = structlog.get_logger("tasks")

Work = Callable[[], Awaitable[object]]

#: so many failures within the window mean that starting anew does not help
FAILURES = 5
WINDOW_S = 60.0


class Tasks:
    """`failed` is set, with `why`, when a task is beyond help: whoever runs the process must then end it."""

    def __init__(self) -> None:
        self.failed = asyncio.Event()
        self.why = ""
        self._running: set[asyncio.Task[None]] = set()

    def keep(self, name: str, work: Work) -> None:
        """Run ``work`` for as long as the process lives; its return is a failure too."""
        self._start(name, self._watch(name, work))

    def every(self, name: str, seconds: float, tick: Work) -> None:
        """Call ``tick`` again and again, ``seconds`` after the last call ended.

        What it needs may be away for a while (the ledger, Redis): then the next call does it, and nothing is at fault.
        """

        async def work() -> None:
            while True:
                await asyncio.sleep(seconds)
                try:
                    await tick()
                except Unavailable as error:
                    log.warning("tick_waits", task=name, error=error.code)

        self.keep(name, work)

    async def close(self) -> None:
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _start(self, name: str, work: Awaitable[None]) -> None:
        async def run() -> None:
            await work

        task = asyncio.create_task(run(), name=name)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _watch(self, name: str, work: Work) -> None:
        loop = asyncio.get_running_loop()
        failures: list[float] = []
        while True:
            try:
                await work()
                why = "ended by itself"
            except Exception as error:
                why = type(error).__name__
                log.exception("task_failed", task=name)
            now = loop.time()
            failures = [at for at in failures if now - at < WINDOW_S] + [now]
            if len(failures) >= FAILURES:
                self.why = f"{name}: {why}"
                self.failed.set()
                return
            await asyncio.sleep(0.1 * 2 ** len(failures))
