"""The installation check: it passes on a whole installation, and names what is wrong with a broken one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from web.startup import free_port
from web.throwaway import throwaway_demo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def selftest(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "web.cli", "selftest", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=150, check=False)


def test_every_step_holds_against_a_running_server_again_and_again() -> None:
    with throwaway_demo() as url:
        for _ in range(2):
            ended = selftest("--url", url, "--json")
            report = json.loads(ended.stdout)
            assert ended.returncode == 0, report
            assert report["failed"] is None
            assert [step["name"] for step in report["steps"] if not step["ok"]] == []
            assert report["steps"][-1]["name"] == "recorded"
            assert report["first_frame_ms"] > 0


def test_a_server_that_is_not_there_is_named() -> None:
    ended = selftest("--url", f"http://127.0.0.1:{free_port()}")
    assert ended.returncode == 1
    assert "FAILED at: server is ready" in ended.stdout
