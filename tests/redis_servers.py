"""Real Redis servers for tests: one alone, a Cluster of three masters with a replica each, and a Sentinel trio.

All listen on free ports in a directory of their own. A Cluster and its Sentinels normally take many seconds to find
each other; ours are born knowing each other, from configuration files that say what they would have found out.

Programs under test sign in as ``klatiene`` with the rights of ``deploy/redis.acl``; tests that must pull levers use the
default user, who may do everything.
"""

from __future__ import annotations

import hashlib
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import redis

READY_S = 20.0
HOST = "127.0.0.1"
USER, PASSWORD = "klatiene", "not-a-secret"
SERVICE = "klatiene"
#: key prefixes of tests begin so, and the user may touch no other keys
TEST_PREFIX = "t"
SLOTS = 16_384


def free_ports(count: int) -> list[int]:
    """Different free ports, low enough to leave room for none of Redis's own choices."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for opened in sockets:
            opened.bind((HOST, 0))
        return [opened.getsockname()[1] for opened in sockets]


def acl_lines() -> list[str]:
    """The rules of ``deploy/redis.acl`` for the tests' prefix, and an all-mighty default user."""
    kept = (Path(__file__).parent.parent / "deploy" / "redis.acl").read_text(encoding="utf-8")
    lines = [line for line in kept.splitlines() if line.startswith("user klatiene ")]
    assert len(lines) == 1
    line = lines[0].replace(">CHANGE-THIS-PASSWORD", f">{PASSWORD}").replace("~{klatiene:", f"~{{{TEST_PREFIX}")
    return ["user default on nopass ~* &* +@all", line]


class RedisServer:
    """One process; it can be killed, frozen and started again with its files and port."""

    def __init__(self, directory: Path, port: int, lines: Iterable[str], *, sentinel: bool = False) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is not installed: run scripts/system_packages.sh"
        self.port = port
        self.directory = directory
        directory.mkdir(parents=True)
        config = directory / "redis.conf"
        common = [f"port {port}", f"bind {HOST}", f"dir {directory}", "loglevel warning", "enable-debug-command local"]
        if sentinel:
            common = common[:4]
        else:
            (directory / "users.acl").write_text("\n".join(acl_lines()) + "\n")
            common += ['save ""', "appendonly no", f"aclfile {directory}/users.acl", "repl-diskless-sync-delay 0"]
        config.write_text("\n".join([*common, *lines]) + "\n")
        self._command = [program, str(config), *(["--sentinel"] if sentinel else [])]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://{USER}:{PASSWORD}@{HOST}:{self.port}/0"

    def admin(self) -> redis.Redis:
        """As the default user; close it."""
        return redis.Redis(host=HOST, port=self.port, protocol=2, socket_timeout=READY_S)

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, cwd=self.directory)

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + READY_S
        with closing(self.admin()) as client:
            while True:
                assert self._process is not None
                assert self._process.poll() is None, (self.directory / "log").read_text()
                try:
                    client.ping()
                    return
                except redis.ConnectionError:
                    assert time.monotonic() < deadline, "Redis did not start"
                    time.sleep(0.02)

    def kill(self) -> None:
        """As ``kill -9`` does it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(READY_S)
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


@contextmanager
def _running(servers: Sequence[RedisServer]) -> Iterator[None]:
    try:
        for server in servers:
            server.wait()
        yield
    finally:
        for server in servers:
            server.kill()


@contextmanager
def standalone(directory: Path, lines: Iterable[str] = ()) -> Iterator[RedisServer]:
    server = RedisServer(directory / "alone", free_ports(1)[0], lines)
    with _running([server]):
        yield server


class RedisCluster:
    def __init__(self, masters: list[RedisServer], replicas: list[RedisServer]) -> None:
        self.masters = masters
        self.replicas = replicas

    @property
    def url(self) -> str:
        nodes = ",".join(f"{HOST}:{server.port}" for server in self.masters)
        return f"redis+cluster://{USER}:{PASSWORD}@{nodes}"


@contextmanager
def cluster(directory: Path) -> Iterator[RedisCluster]:
    """Six nodes; about two seconds, the least that a master waits before it takes writes."""
    ports = free_ports(12)
    nodes, buses = ports[:6], ports[6:]
    names = [hashlib.sha1(f"node {n}".encode()).hexdigest() for n in range(6)]
    bounds = [round(n * SLOTS / 3) for n in range(4)]

    def described(number: int, seen_by: int) -> str:
        myself = "myself," if number == seen_by else ""
        role = f"{myself}master -" if number < 3 else f"{myself}slave {names[number - 3]}"
        slots = f" {bounds[number]}-{bounds[number + 1] - 1}" if number < 3 else ""
        epoch = number % 3 + 1
        return f"{names[number]} {HOST}:{nodes[number]}@{buses[number]} {role} 0 0 {epoch} connected{slots}"

    servers = []
    for number in range(6):
        home = directory / f"node-{number}"
        lines = [
            "cluster-enabled yes",
            f"cluster-port {buses[number]}",
            f"cluster-config-file {directory}/nodes-{number}.conf",
            "cluster-node-timeout 2000",
            "cluster-allow-replica-migration no",
        ]
        known = [described(other, number) for other in range(6)]
        (directory / f"nodes-{number}.conf").write_text("\n".join([*known, "vars currentEpoch 3 lastVoteEpoch 0", ""]))
        servers.append(RedisServer(home, nodes[number], lines))
    with _running(servers):
        for server in servers:
            _wait_for(server, lambda client: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"))
        for server in servers[3:]:
            _wait_for(server, _follows)
        yield RedisCluster(servers[:3], servers[3:])


class RedisSentinels:
    def __init__(self, master: RedisServer, replica: RedisServer, sentinels: list[RedisServer]) -> None:
        self.master = master
        self.replica = replica
        self.sentinels = sentinels

    @property
    def url(self) -> str:
        nodes = ",".join(f"{HOST}:{server.port}" for server in self.sentinels)
        return f"redis+sentinel://{USER}:{PASSWORD}@{nodes}/{SERVICE}/0"


@contextmanager
def sentinels(directory: Path, *, down_after_ms: int = 500) -> Iterator[RedisSentinels]:
    """A master, its replica and three Sentinels who agree at once; a failover takes about two seconds."""
    master_port, replica_port, *watching = free_ports(5)
    master = RedisServer(directory / "master", master_port, [])
    replica = RedisServer(directory / "replica", replica_port, [f"replicaof {HOST} {master_port}"])
    names = [hashlib.sha1(f"sentinel {n}".encode()).hexdigest() for n in range(3)]
    with _running([master, replica]):
        _wait_for(replica, _follows)
        watchers = []
        for number, port in enumerate(watching):
            lines = [
                f"sentinel myid {names[number]}",
                f"sentinel monitor {SERVICE} {HOST} {master_port} 2",
                f"sentinel down-after-milliseconds {SERVICE} {down_after_ms}",
                f"sentinel failover-timeout {SERVICE} 3000",
                f"sentinel known-replica {SERVICE} {HOST} {replica_port}",
                *(
                    f"sentinel known-sentinel {SERVICE} {HOST} {watching[other]} {names[other]}"
                    for other in range(3)
                    if other != number
                ),
            ]
            watchers.append(RedisServer(directory / f"sentinel-{number}", port, lines, sentinel=True))
        with _running(watchers):
            yield RedisSentinels(master, replica, watchers)


def _follows(client: redis.Redis) -> bool:
    return b"master_link_status:up" in client.execute_command("INFO", "replication")


def _wait_for(server: RedisServer, holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + READY_S
    with closing(server.admin()) as client:
        # the answers are wanted as they came, not as the library reads them
        client.response_callbacks.clear()
        while not holds(client):
            assert time.monotonic() < deadline, (server.directory / "log").read_text()
            time.sleep(0.02)
