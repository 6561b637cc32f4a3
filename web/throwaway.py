"""A demo server on free ports with a directory of its own, gone when the context ends."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from kernel.settings import PREFIX
from web.startup import free_port

READY_S = 60.0


class DidNotStart(Exception):
    pass


@contextmanager
def throwaway_demo(
    *, simulated: bool = False, log_level: str = "WARNING", port: int | None = None, **settings: str
) -> Iterator[str]:
    """Yields the server's address. ``settings`` are further settings by name, for example ``wrap_up_s="5"``."""
    with tempfile.TemporaryDirectory(prefix="klatiene-") as var:
        port = port or free_port()
        arguments = ["demo", "--var", var, "--port", str(port), "--log-level", log_level]
        arguments += ["--media-port", str(free_port()), "--media-udp-port", str(free_port())]
        if not simulated:
            arguments.append("--no-simulated")
        environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environ |= {PREFIX + name.upper(): value for name, value in settings.items()}
        process = subprocess.Popen(  # noqa: S603  (our own command)
            [sys.executable, "-m", "web.cli", *arguments], env=environ, stdout=subprocess.DEVNULL
        )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_ready(process, url)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DidNotStart(f"the server ended with code {process.returncode}")
        try:
            if httpx.get(f"{url}/readyz", timeout=2.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise DidNotStart(f"the server was not ready within {READY_S:.0f} s")
