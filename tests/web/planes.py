"""Real web processes on one ledger and one Redis, each at an address of its own, so that a test can choose."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from kernel.settings import PREFIX
from tests.web.forge import Forge, Forged
from web.startup import free_port

READY_S = 90.0


class Plane:
    """One control plane; `kill` is ``kill -9``."""

    def __init__(self, var: Path, media_port: int, *, forge: Forge | None = None, **settings: str) -> None:
        self._made_of = (var, media_port, forge, settings)
        self.port = free_port()
        self.media_port = media_port
        self.url = f"http://127.0.0.1:{self.port}"
        environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environ |= {PREFIX + name.upper(): value for name, value in settings.items()}
        arguments = ["web", "--demo", "--var", str(var), "--port", str(self.port), "--media-port", str(media_port)]
        arguments += ["--log-level", "ERROR"]
        self.process: subprocess.Popen[bytes] | Forged
        if forge is None:
            command = [sys.executable, "-m", "web.cli", *arguments]
            self.process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
        else:
            self.process = forge.make(arguments, environ)

    def wait(self, ready_s: float = READY_S) -> None:
        deadline = time.monotonic() + ready_s
        while not alive(self.url):
            assert self.process.poll() is None, "the control plane ended by itself"
            assert time.monotonic() < deadline, "the control plane did not start"
            time.sleep(0.05)

    def twin(self) -> Plane:
        """One more of the same house; not yet waited for."""
        var, media_port, forge, settings = self._made_of
        return Plane(var, media_port, forge=forge, **settings)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def end(self) -> None:
        """As an orderly stop: SIGTERM."""
        self.process.terminate()
        self.process.wait(20)


@contextmanager
def planes(count: int, var: Path, *, forge: Forge | None = None, **settings: str) -> Iterator[list[Plane]]:
    media_port = free_port()
    started: list[Plane] = []
    try:
        # the first makes the secrets that all share
        for _ in range(count):
            plane = Plane(var, media_port, forge=forge, **settings)
            started.append(plane)
            plane.wait()
        yield started
    finally:
        for plane in started:
            plane.kill()


def alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
