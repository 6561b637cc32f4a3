"""``klatiene serve --web-processes 2``: one port, two processes, and one that is killed is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel.settings import PREFIX
from tests.redis_servers import RedisServer
from tests.web.person import Person
from tests.web.planes import READY_S, alive
from web.startup import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def serve(var: Path, port: int, **settings: str) -> subprocess.Popen[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environ |= {PREFIX + name.upper(): value for name, value in settings.items()}
    arguments = ["serve", "--demo", "--var", str(var), "--port", str(port), "--web-processes", "2"]
    arguments += ["--media-port", str(free_port()), "--media-udp-port", str(free_port()), "--log-level", "ERROR"]
    command = [sys.executable, "-m", "web.cli", *arguments]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def served(tmp_path: Path, redis_alone: RedisServer, redis_prefix: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    port = free_port()
    supervisor = serve(tmp_path, port, redis_url=redis_alone.url, redis_prefix=redis_prefix)
    url = f"http://127.0.0.1:{port}"
    try:
        wait(lambda: len(epochs(url, 8)) == 2 if alive(url) else False)
        yield url, supervisor
    finally:
        supervisor.send_signal(signal.SIGTERM)
        supervisor.communicate(timeout=40)


def wait(holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + READY_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def epochs(url: str, consoles: int) -> set[str]:
    """The processes that so many consoles reach."""
    found = set()
    with Person(url, "clerk-grobina") as first:
        for _ in range(consoles):
            with Person(url, "clerk-grobina", signed_in=first) as clerk:
                found.add(clerk.go_live().heard("hello")[0]["epoch"])
    return found


def web_processes(supervisor: int) -> list[int]:
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [int(pid) for pid in children if b"web.cli\0web" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_the_port_is_shared_and_one_that_dies_is_replaced(served: tuple[str, subprocess.Popen[str]]) -> None:
    url, supervisor = served
    before = epochs(url, 16)
    assert len(before) == 2, "the kernel deals connections to both"
    killed, survivor = web_processes(supervisor.pid)
    os.kill(killed, signal.SIGKILL)
    assert len(epochs(url, 4) & before) == 1, "the other one serves on"
    wait(lambda: len(epochs(url, 16) - before) == 1)
    assert survivor in web_processes(supervisor.pid)


def test_several_processes_need_redis(tmp_path: Path) -> None:
    process = serve(tmp_path, free_port())
    _, said = process.communicate(timeout=READY_S)
    assert process.returncode == 2
    assert "KLATIENE_REDIS_URL: must be set, because KLATIENE_WEB_PROCESSES is 2" in said
