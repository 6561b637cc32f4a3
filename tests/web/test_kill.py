"""``kill -9`` of the control plane: what was acknowledged is there afterwards, in its place."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from kernel.settings import PREFIX
from tests.web.person import Person
from web.startup import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@contextmanager
def control_plane(var: Path, port: int, media_port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The web process alone; it is killed, not asked to end."""
    arguments = ["web", "--demo", "--var", str(var), "--port", str(port), "--media-port", str(media_port)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    process = subprocess.Popen(
        [sys.executable, "-m", "web.cli", *arguments, "--log-level", "ERROR"], env=environ, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 30
        while not alive(port):
            assert process.poll() is None, "the control plane ended by itself"
            assert time.monotonic() < deadline, "the control plane did not start"
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait(10)


def alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


def test_acknowledged_requests_keep_their_place(tmp_path: Path) -> None:
    port, media_port = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    places: dict[str, int] = {}
    for _ in range(3):
        with control_plane(tmp_path, port, media_port), Person(url, "clerk-grobina") as clerk:
            found = {each: clerk.get(f"/api/requests/{each}").json()["position"] for each in places}
            assert found == places
            for _ in range(4):
                answer = clerk.request("vsaa-pabalsti")
                assert answer.status_code == 201
                places[answer.json()["id"]] = answer.json()["position"]
    assert sorted(places.values()) == list(range(1, 13))
