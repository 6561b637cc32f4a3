"""Makes web processes that have imported everything already, for tests that start them by the hundred.

Run as a program it forks one for each line it is given. What is forked runs the command as it stands and is killed like
any other; only the imports, most of a start, are done once.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

GONE_S = 10.0


class Forged:
    """As much of a `subprocess.Popen` as tests use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return -signal.SIGKILL
        return None

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def wait(self, timeout: float = GONE_S) -> int:
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            assert time.monotonic() < deadline, "it does not end"
            time.sleep(0.005)
        return code


class Forge:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def make(self, arguments: Sequence[str], environ: Mapping[str, str]) -> Forged:
        """``klatiene ARGUMENTS`` with that environment."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([list(arguments), dict(environ)]) + "\n")
        self._process.stdin.flush()
        return Forged(int(self._process.stdout.readline()))


@contextmanager
def forge() -> Iterator[Forge]:
    command = [sys.executable, "-m", "tests.web.forge"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Forge(process)
        finally:
            process.kill()


def _work() -> None:
    # imported before the first fork
    import web.app
    import web.migrate
    import web.serve
    import web.wiring  # noqa: F401
    from web import cli

    # nobody waits for those that are killed
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        arguments, environ = json.loads(line)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.environ.clear()
            os.environ.update(environ)
            os._exit(cli.main(arguments))
        answers.write(f"{pid}\n")
        answers.flush()


if __name__ == "__main__":
    _work()
