"""Debian's coturn with our configuration: a way in where UDP and the media port are blocked, and to nowhere else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from signaling.turn import TTL_S, Turn
from tests.lab.bridge import DEVICE, Quality
from tests.lab.calls import MEDIA_PORT, call, start, wait_for_port
from tests.lab.network import SERVER, Network, network

pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.timeout(120)]

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "turnserver.conf"
SECRET = "a-turn-secret-for-the-lab-of-32-bytes-or-more"
PORT, SERVER_V6 = 3478, "2001:db8::1"
URL = f"turn:{SERVER}:{PORT}?transport=tcp"
#: the port that every network lets through, with TLS, as a proxy that looks inside expects it
TLS_PORT = 443
TLS_URL = f"turns:{SERVER}:{TLS_PORT}?transport=tcp"

FORBIDDEN = 403
DENIED = {
    "loopback": "127.0.0.1",
    "any": "0.0.0.0",
    "10/8": "10.1.2.3",
    "172.16/12": "172.20.0.1",
    "192.168/16": "192.168.1.1",
    "link-local": "169.254.169.254",
    "shared": "100.64.0.1",
    "multicast": "224.0.0.1",
    "another host of the server's network": "198.18.0.2",
    "somebody in the world": "192.31.196.1",
    "v6 loopback": "::1",
    "v6 any": "::",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped private": "::ffff:10.1.2.3",
    "mapped media node": f"::ffff:{SERVER}",
    "translated loopback": "64:ff9b::7f00:1",
    "6to4 of a private address": "2002:a01:203::1",
    "v6 private": "fd00::1",
    "v6 link-local": "fe80::1",
    "v6 multicast": "ff02::1",
    "somebody in the v6 world": "2606:4700::1",
}


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Network]:
    """The lab with coturn beside the media node."""
    program = shutil.which("turnserver")
    assert program, "coturn is not installed: run scripts/system_packages.sh"
    with network() as lab:
        lab.server.run("ip", "address", "add", f"{SERVER_V6}/64", "dev", DEVICE, "nodad")
        async with AsyncExitStack() as stack:
            given = ["-c", str(CONFIGURATION), f"--listening-ip={SERVER}", f"--listening-port={PORT}"]
            given += [f"--relay-ip={SERVER}", f"--relay-ip={SERVER_V6}", f"--allowed-peer-ip={SERVER}"]
            given += [f"--static-auth-secret={SECRET}", "--no-dtls", "--pidfile=/dev/null"]
            certificate, key = self_signed(tmp_path)
            given += [f"--tls-listening-port={TLS_PORT}", f"--cert={certificate}", f"--pkey={key}"]
            start(stack, lab.server.command(program, *given), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for_port(lab.server, PORT)
            wait_for_port(lab.server, TLS_PORT)
            yield lab


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for the server's address, and its key."""
    certificate, key = folder / "turn.pem", folder / "turn.key"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", "2", "-subj", "/CN=turn", "-addext", f"subjectAltName=IP:{SERVER}"]
    subprocess.run([*words, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    # coturn gives up root before it reads them
    folder.chmod(0o755)
    key.chmod(0o644)
    return certificate, key


def asked(lab: Network, peers: list[str], username: str, password: str) -> dict[str, int]:
    words = [sys.executable, "-m", "tests.lab.turn_client", SERVER, str(PORT), username, password, *peers]
    told = subprocess.run(lab.client.command(*words), check=True, capture_output=True, text=True)
    return dict(json.loads(told.stdout))


async def test_it_relays_to_the_media_node_and_to_nobody_else(line: Network) -> None:
    (server,) = Turn((URL,), SECRET).ice_servers("near", time.time())
    assert asked(line, [SERVER], server.username, server.credential) == {SERVER: 0}
    answers = asked(line, list(DENIED.values()), server.username, server.credential)
    assert {name: answers[peer] for name, peer in DENIED.items()} == dict.fromkeys(DENIED, FORBIDDEN)


async def test_credentials_of_yesterday_and_of_others_are_worth_nothing(line: Network) -> None:
    (expired,) = Turn((URL,), SECRET).ice_servers("near", time.time() - TTL_S - 60)
    assert asked(line, [SERVER], expired.username, expired.credential) == {SERVER: 401}
    (foreign,) = Turn((URL,), SECRET[::-1]).ice_servers("near", time.time())
    assert asked(line, [SERVER], foreign.username, foreign.credential) == {SERVER: 401}


@pytest.mark.parametrize("policy", ["relay", pytest.param("all", marks=pytest.mark.lab)])
async def test_a_call_through_tcp_alone(line: Network, policy: str) -> None:
    """UDP is blocked and so is the media port: the browser finds TURN over TCP by itself, or is told to use it."""
    line.both(Quality(no_udp=True, no_tcp_ports=(MEDIA_PORT,)))
    async with call(line, TURN_URLS=URL, TURN_SECRET=SECRET) as held:
        await held.begin(rtcConfig={"iceTransportPolicy": policy})
        pair = (await held.near.stats())["pair"]
        assert (pair["type"], pair["relay"], pair["port"]) == ("relay", "tcp", MEDIA_PORT)
        for caller in (held.near, held.far):
            seen = await caller.watch(3)
            assert seen.frames_per_s > 5
            assert seen.audio_packets_per_s > 25


async def test_a_call_through_port_443_with_tls_alone(line: Network) -> None:
    """What the strictest network lets through."""
    line.both(Quality(no_udp=True, no_tcp_ports=(MEDIA_PORT, PORT)))
    async with call(line, TURN_URLS=TLS_URL, TURN_SECRET=SECRET) as held:
        await held.begin(rtcConfig={"iceTransportPolicy": "relay"})
        pair = (await held.near.stats())["pair"]
        assert (pair["type"], pair["relay"]) == ("relay", "tls")
        for caller in (held.near, held.far):
            seen = await caller.watch(3)
            assert seen.frames_per_s > 5
            assert seen.audio_packets_per_s > 25
