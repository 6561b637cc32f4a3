"""PostgreSQL of one's own, for as long as it is needed."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from web.startup import free_port

READY_S = 30.0


@contextmanager
def alone(*, durable: bool) -> Iterator[str]:
    """A cluster on a free port; its address without a database. ``durable``: a commit waits for the disk."""
    initdb, postgres = _program("initdb"), _program("postgres")
    # PostgreSQL refuses to run as root; its package brings an account
    account: dict[str, Any] = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="klatiene-postgres-") as directory:
        if account:
            shutil.chown(directory, "postgres", "postgres")
        quiet: dict[str, Any] = {"cwd": directory, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        data = f"{directory}/data"
        subprocess.run(
            [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            **quiet,
            **account,
        )
        listening = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", directory]
        careless = [] if durable else ["-c", "fsync=off", "-c", "full_page_writes=off"]
        server = subprocess.Popen([postgres, "-D", data, *listening, *careless], **quiet, **account)
        url = f"postgresql://postgres@127.0.0.1:{port}"
        try:
            _wait(server, url)
            yield url
        finally:
            server.terminate()
            server.wait(READY_S)


def _program(name: str) -> str:
    """Distributions keep the server's programs out of PATH."""
    packaged = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    found = shutil.which(name) or (packaged[-1] if packaged else None)
    assert found, "PostgreSQL is not installed: run scripts/system_packages.sh"
    return found


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            psycopg.connect(f"{url}/postgres").close()
            return
        except psycopg.OperationalError:
            assert server.poll() is None, "PostgreSQL ended by itself"
            assert time.monotonic() < deadline, "PostgreSQL did not start"
            time.sleep(0.05)
