"""Child processes under watch: started in order, restarted when they die, ended together.

They share nothing but the environment, so one that is killed takes no other along: media goes on while the control
plane comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

log = structlog.get_logger("supervise")

#: how long a child may drain after SIGTERM
DRAIN_S = 10.0
#: a child that lived so long starts with a fresh backoff
STEADY_S = 30.0
MAX_BACKOFF_S = 5.0
#: exit code of a child that will not run however often it is started
CANNOT_START = 2


@dataclass(frozen=True, slots=True)
class Program:
    """One ``klatiene`` command that runs as a process of its own."""

    name: str
    arguments: Sequence[str]


class Supervisor:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[int]] = []
        self.processes: dict[str, asyncio.subprocess.Process] = {}

    def start(self, program: Program) -> None:
        self._tasks.append(asyncio.create_task(self._watch(program), name=program.name))

    def stop(self) -> None:
        """Ask everybody to drain and end."""
        self._stopping.set()

    def stop_on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.stop)

    async def run(self) -> int:
        """Until `stop` was called (0), or a child that cannot start ended everything (its exit code)."""
        waiter = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([waiter, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.stop()
            waiter.cancel()
            codes = await asyncio.gather(*self._tasks)
        ended = [task.result() for task in done if task in self._tasks]
        return max(ended or codes or [0]) if ended else 0

    async def _watch(self, program: Program) -> int:
        backoff = 0.2
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started = loop.time()
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "web.cli", *program.arguments, env=self._environ, start_new_session=True
            )
            self.processes[program.name] = process
            code = await self._until_ended(process)
            if self._stopping.is_set():
                return 0
            if code == CANNOT_START:
                return code
            backoff = 0.2 if loop.time() - started > STEADY_S else min(MAX_BACKOFF_S, backoff * 2)
            log.warning("process_restarts", process=program.name, exit_code=code, in_s=backoff)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(backoff):
                    await self._stopping.wait()
        return 0

    async def _until_ended(self, process: asyncio.subprocess.Process) -> int:
        ended = asyncio.create_task(process.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                process.terminate()
                try:
                    async with asyncio.timeout(DRAIN_S):
                        await asyncio.shield(ended)
                except TimeoutError:
                    process.kill()
            return await ended
        finally:
            stopping.cancel()
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
