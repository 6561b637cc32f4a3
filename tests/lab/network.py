"""Two machines, each a network namespace, and the line between them (`tests.lab.bridge`)."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.bridge import DEVICE, MTU, Quality

CLIENT, MOVED, SERVER = "198.18.0.2", "198.18.0.3", "198.18.0.1"
PERFECT = Quality()


@dataclass(frozen=True)
class Host:
    """A network namespace; it lives as long as its process."""

    name: str
    pid: int

    def command(self, *words: str) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *words]

    def run(self, *words: str) -> None:
        subprocess.run(self.command(*words), check=True, capture_output=True)

    def wrapper(self, folder: Path, program: str) -> str:
        """A script that starts ``program`` there, for those who want a path."""
        path = folder / f"{Path(program).name}-in-{self.name}"
        path.write_text(f'#!/bin/sh\nexec {" ".join(self.command(program))} "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)


@dataclass(frozen=True)
class Network:
    client: Host
    server: Host
    bridge: subprocess.Popen[str]

    def set(self, *, up: Quality = PERFECT, down: Quality = PERFECT) -> None:
        """From now on the line is like this; ``up`` is from client to server."""
        assert self.bridge.stdin is not None
        assert self.bridge.stdout is not None
        message = {"up": dataclasses.asdict(up), "down": dataclasses.asdict(down)}
        self.bridge.stdin.write(json.dumps(message) + "\n")
        self.bridge.stdin.flush()
        assert self.bridge.stdout.readline() == "set\n", "the bridge is gone"

    def both(self, quality: Quality) -> None:
        self.set(up=quality, down=quality)

    def move(self) -> None:
        """The client gets another address and loses the one it had."""
        self.client.run("ip", "address", "del", CLIENT, "peer", SERVER, "dev", DEVICE)
        self.client.run("ip", "address", "add", MOVED, "peer", SERVER, "dev", DEVICE)


@contextmanager
def network() -> Iterator[Network]:
    with ExitStack() as stack:
        try:
            client, server = (stack.enter_context(_host(name)) for name in ("client", "server"))
        except (subprocess.CalledProcessError, FileNotFoundError) as error:
            pytest.fail(f"the lab needs network namespaces (root, iproute2, util-linux): {error}")
        bridge = subprocess.Popen(
            [sys.executable, "-m", "tests.lab.bridge", str(client.pid), str(server.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.callback(_end, bridge)
        assert bridge.stdout is not None
        assert bridge.stdout.readline() == "ready\n", "the lab needs /dev/net/tun"
        for host, own, other in ((client, CLIENT, SERVER), (server, SERVER, CLIENT)):
            host.run("ip", "link", "set", "lo", "up")
            host.run("ip", "address", "add", own, "peer", other, "dev", DEVICE)
            host.run("ip", "link", "set", DEVICE, "up", "mtu", str(MTU))
        server.run("ip", "route", "add", MOVED, "dev", DEVICE)
        yield Network(client, server, bridge)


@contextmanager
def _host(name: str) -> Iterator[Host]:
    # the namespace is there before the first byte comes out
    process = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "echo ready; exec sleep infinity"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise subprocess.CalledProcessError(process.wait(), "unshare --net")
        yield Host(name, process.pid)
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    process.wait(10)


def environment(**settings: str) -> dict[str, str]:
    """Ours without what would set Klātiene up, and with what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KLATIENE_")}
    return kept | settings
