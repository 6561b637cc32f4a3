"""The servers set side by side, each a child on free ports: our media node, LiveKit's, Janus, a plain forwarder."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.media.plane import compiled
from kernel.settings import PREFIX
from web.startup import free_port

LIVEKIT_BUILDER = Path(__file__).parents[2] / "scripts" / "livekit_server.sh"
LIVEKIT_BUILD_S = 1_500
#: where `media` looks for compiled modules there are none
AS_PYTHON = """
import runpy, sys
prefix, sys.prefix, sys.argv = sys.prefix, "/nowhere", ["klatiene", "media"]
import media
sys.prefix = prefix
runpy.run_module("web.cli", run_name="__main__", alter_sys=True)
"""
READY_S, END_S = 30.0, 10.0


@dataclass(frozen=True)
class Server:
    """``url`` is where signalling is done; media flows at ``address``; key and secret sign LiveKit's tokens."""

    name: str
    url: str
    pid: int
    log: Path
    address: str = "127.0.0.1"
    key: str = ""
    secret: str = ""

    def cpu_ns(self) -> int:
        """Time on a processor of all its threads so far (schedstat)."""
        total = 0
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            try:
                total += int((thread / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
        return total

    def memory_kib(self) -> int:
        """Proportional set size."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(next(line for line in text.splitlines() if line.startswith("Pss:")).split()[1])


@contextmanager
def own_node(address: str = "127.0.0.1", *, compiled: bool = True) -> Iterator[Server]:
    """``compiled`` False: without what ``make native`` made, if it did."""
    key, secret, port, media = "bench", secrets.token_urlsafe(48), free_port(), free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for name, value in {
        "MEDIA_KEY": key,
        "MEDIA_SECRET": secret,
        "MEDIA_PORT": port,
        "MEDIA_UDP_PORT": media,
        "MEDIA_HOST": address,
        "MEDIA_ADDRESSES": address,
        "MEDIA_DRAIN_S": 0,
        # nobody listens there; what a report costs is not what is measured
        "MEDIA_WEBHOOK_URL": f"http://127.0.0.1:{free_port()}/hooks/media",
        "PEPPER": secret,
        "VAULT_KEY": secret,
        "LOG_LEVEL": "ERROR",
    }.items():
        environ[PREFIX + name] = str(value)
    command = [sys.executable, "-m", "web.cli", "media"] if compiled else [sys.executable, "-c", AS_PYTHON]
    with _child("klatiene", command, _http_answers(address, port), environ) as (pid, log):
        yield Server("klatiene" if compiled else "python", f"ws://{address}:{port}", pid, log, address, key, secret)


@contextmanager
def livekit(address: str = "127.0.0.1", *, webhook_url: str = "", lite: bool = False) -> Iterator[Server]:
    """``webhook_url`` is where it reports; ``lite`` makes it ICE-lite, as the generator wants it."""
    program = livekit_program()
    key, secret, port = "klatiene", secrets.token_urlsafe(48), free_port()
    config = {
        "port": port,
        "bind_addresses": [address],
        "rtc": {
            "tcp_port": free_port(),
            "udp_port": free_port(),
            "use_external_ip": False,
            "node_ip": address,
            "enable_loopback_candidate": address == "127.0.0.1",
            "ips": {"includes": [f"{address}/32"]},
            "use_ice_lite": lite,
        },
        "keys": {key: secret},
        "webhook": {"api_key": key, "urls": [webhook_url] if webhook_url else []},
        "logging": {"level": "warn"},
    }
    with tempfile.TemporaryDirectory(prefix="klatiene-livekit-") as folder:
        path = Path(folder) / "livekit.yaml"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))  # which is YAML too
        with _child("livekit", [program, "--config", str(path)], _http_answers(address, port)) as (pid, log):
            yield Server("livekit", f"ws://{address}:{port}", pid, log, address, key, secret)


def livekit_program() -> str:
    """Built the first time, which takes minutes."""
    built = subprocess.run([LIVEKIT_BUILDER], check=True, stdout=subprocess.PIPE, text=True, timeout=LIVEKIT_BUILD_S)
    return built.stdout.strip()


@contextmanager
def janus(address: str) -> Iterator[Server]:
    """Debian's, with the VideoRoom plugin and nothing else that could cost. It knows no loopback."""
    port = free_port()
    libraries = next(Path("/usr/lib").glob("*/janus"))
    with tempfile.TemporaryDirectory(prefix="klatiene-janus-") as folder:
        for name, text in {
            "janus.jcfg": f"""
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{libraries}/plugins"
    transports_folder = "{libraries}/transports"
    loggers_folder = "{folder}"
    events_folder = "{folder}"
    debug_level = 2
    admin_secret = "{secrets.token_hex(16)}"
}}
nat: {{ ice_lite = true
    ice_enforce_list = "{address}" }}
media: {{ ipv6 = false }}
plugins: {{ disable = "{",".join(_others(libraries / "plugins", "libjanus_videoroom.so"))}" }}
transports: {{ disable = "{",".join(_others(libraries / "transports", "libjanus_websockets.so"))}" }}
""",
            "janus.transport.websockets.jcfg": f"""
general: {{ json = "compact"
    ws = true
    ws_port = {port}
    ws_ip = "127.0.0.1"
    wss = false }}
admin: {{ admin_ws = false
    admin_wss = false }}
""",
            "janus.plugin.videoroom.jcfg": "general: { }\n",
        }.items():
            (Path(folder) / name).write_text(text)
        with _child("janus", ["janus", "-F", folder], _listens(port)) as (pid, log):
            yield Server("janus", f"ws://127.0.0.1:{port}", pid, log, address)


@contextmanager
def forwarder(address: str = "127.0.0.1") -> Iterator[Server]:
    """A datagram in, two out: no SRTP, no RTP, no feedback."""
    port = free_port()
    command = [str(compiled("forwarder.c")), address, str(port)]
    with _child("forwarder", command, lambda: _bound(address, port)) as (pid, log):
        yield Server("forwarder", f"udp://{address}:{port}", pid, log, address)


def _bound(address: str, port: int) -> bool:
    """Nobody there: the kernel refuses the second datagram, having been told of the first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((address, port))
        try:
            probe.send(b"?")
            probe.send(b"?")
        except ConnectionRefusedError:
            return False
        return True


@contextmanager
def _child(
    name: str, command: list[str], ready: Callable[[], bool], environ: dict[str, str] | None = None
) -> Iterator[tuple[int, Path]]:
    with tempfile.TemporaryDirectory(prefix=f"klatiene-{name}-log-") as folder:
        log = Path(folder) / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, env=environ, stdout=output, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + READY_S
            while not ready():
                assert process.poll() is None, f"{name} ended by itself:\n{_tail(log)}"
                assert time.monotonic() < deadline, f"{name} did not start:\n{_tail(log)}"
                time.sleep(0.05)
            yield process.pid, log
        finally:
            process.terminate()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _http_answers(address: str, port: int) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            return httpx.get(f"http://{address}:{port}/", timeout=1.0).status_code == 200
        except httpx.HTTPError:
            return False

    return ready


def _listens(port: int) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=1.0)
        except httpx.ConnectError:
            return False
        except httpx.HTTPError:
            return True
        return True

    return ready


def _others(folder: Path, wanted: str) -> list[str]:
    return sorted(path.name for path in folder.glob("*.so") if path.name != wanted)
