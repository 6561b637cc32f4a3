"""CPU of the relay per forwarded packet: rooms of three on loopback, one generator, variants taken in turns.

The node runs in a process of its own and is driven past ICE and DTLS (addresses and SRTP keys are agreed beforehand),
so that only forwarding is measured. Each participant sends video (28 frames of 5 packets a second, 1,100 bytes) and
audio (50 packets a second, 100 bytes) to the two others. Figures compare variants within one run; they say little about
another machine.

    python -m bench.forwarding --rooms 10 --seconds 5 --runs 3
    python -m bench.forwarding --against OTHER_CHECKOUT
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import heapq
import json
import os
import re
import resource
import socket
import statistics
import struct
import subprocess
import sys
import time
from typing import Any

import pylibsrtp
import structlog
from pylibsrtp import Policy

VIDEO_BYTES, AUDIO_BYTES = 1_100, 100
PER_FRAME, FRAMES, AUDIO = 5, 28, 50
GCM = Policy.SRTP_PROFILE_AEAD_AES_128_GCM
HEAD = struct.Struct("!BBHII")


def srtp(number: int, direction: int) -> pylibsrtp.Session:
    key = bytes((number * 7 + place) & 255 for place in range(28))
    policy = Policy(key, direction, srtp_profile=GCM)
    policy.allow_repeat_tx = True
    policy.window_size = 1_024
    return pylibsrtp.Session(policy)


# ── the node's process ───────────────────────────────────────────────────────────────────────────


class Nobody:
    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


async def run_node(rooms: int, ports: list[int], io: str) -> None:
    from media.api import Kind, Publication  # noqa: PLC0415  (of the checkout this process runs in)
    from media.node import RelayConfig, RelayNode  # noqa: PLC0415
    from tests.media import offers  # noqa: PLC0415

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    extra = {"io": io} if io else {}
    node = RelayNode(RelayConfig("127.0.0.1", 0, 0, ("127.0.0.1",), **extra))
    await node.start()
    with contextlib.suppress(OSError, AttributeError):
        # where we may: a busy machine must not decide what is lost (SO_RCVBUFFORCE)
        node._udp.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
    everybody = [node.open_peer(str(n), Nobody()) for n in range(rooms * 3)]  # type: ignore[arg-type]
    for n, peer in enumerate(everybody):
        for kind, mime in ((Kind.AUDIO, "audio/opus"), (Kind.VIDEO, "video/VP8")):
            peer.publish(Publication(f"{n}{kind}", kind, frozenset({f"{n}{kind}"}), mime, f"{n}|{n}", red=False))
        sections = [offers.section("audio", "0", "sendonly", track=f"{n}audio")]
        sections += [offers.section("video", "1", "sendonly", track=f"{n}video")]
        sections += [offers.section(kind, str(m), "recvonly") for m, kind in enumerate(("audio", "video") * 2, 2)]
        peer.answer(offers.offer(*sections, offers.application("9")))
        for other in range(n - n % 3, n - n % 3 + 3):
            if other < n:
                peer.subscribe(f"{other}audio"), peer.subscribe(f"{other}video")
                everybody[other].subscribe(f"{n}audio"), everybody[other].subscribe(f"{n}video")
    for n, peer in enumerate(everybody):
        sections = [offers.section("audio", "0", "sendonly", track=f"{n}audio")]
        sections += [offers.section("video", "1", "sendonly", track=f"{n}video")]
        sections += [offers.section(kind, str(m), "recvonly") for m, kind in enumerate(("audio", "video") * 2, 2)]
        peer.answer(offers.offer(*sections, offers.application("9")))
        source = ("udp", "127.0.0.1", ports[n])
        rx, tx = srtp(n, Policy.SSRC_ANY_INBOUND), srtp(1_000 + n, Policy.SSRC_ANY_OUTBOUND)
        if hasattr(peer.secure, "keyed"):
            peer.secure.keyed(rx, tx)
        else:
            peer.secure._dtls = type("Keys", (), {"_rx_srtp": rx, "_tx_srtp": tx})
            peer.secure.connected = True
        node.ice._admit(peer.side, source, True, node.now())
        for task in peer._tasks:
            task.cancel()
        peer.side.last_check = float("inf")
    print(node.udp_port, flush=True)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while (line := await reader.readline()) and line != b"profile\n":
        usage = resource.getrusage(resource.RUSAGE_SELF)
        state = {"cpu": time.process_time(), "user": usage.ru_utime, "wakes": usage.ru_nvcsw, **node.counters()}
        print(json.dumps(state), flush=True)
    os._exit(0)


# ── the generator ────────────────────────────────────────────────────────────────────────────────


class Sender:
    """One participant: a socket whose answers nobody reads."""

    def __init__(self, number: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.number = number
        self.tx = srtp(number, Policy.SSRC_ANY_OUTBOUND)
        self.video = self.audio = self.frame = self.twcc = 0

    def _send(  # noqa: PLR0917
        self, kind: int, sequence: int, stamp: int, ssrc: int, body: bytes, port: int
    ) -> None:
        self.twcc = (self.twcc + 1) & 0xFFFF
        block = struct.pack("!HHBHBBBBB", 0xBEDE, 2, 0x31, self.twcc, 0x10 if kind == 111 else 0x40, 0x30, 0, 0, 0)
        head = HEAD.pack(0x90, kind, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc)
        self.socket.sendto(self.tx.protect(head + block + body), ("127.0.0.1", port))

    def send_frame(self, port: int) -> None:
        self.frame += 1
        key = self.frame % 14 == 1
        for part in range(PER_FRAME):
            first = b"\x90\xe0" if part == 0 else b"\x80\xe0"
            body = first + struct.pack("!HBB", 0x8000 | self.frame & 0x7FFF, self.frame & 255, 0x20)
            body += (b"\x10" if key else b"\x11") + bytes(VIDEO_BYTES - len(body) - 1)
            self.video += 1
            kind = 96 | (0x80 if part == PER_FRAME - 1 else 0)
            self._send(kind, self.video, self.frame * 3_214, 1101, body, port)

    def send_audio(self, port: int) -> None:
        self.audio += 1
        self._send(111, self.audio, self.audio * 960, 1001, bytes(AUDIO_BYTES), port)


class Variant:
    def __init__(self, name: str, rooms: int, checkout: str, io: str) -> None:
        self.name = name
        self.results: list[dict[str, float]] = []
        self.rooms = rooms
        self.senders = [Sender(n) for n in range(rooms * 3)]
        ports = ",".join(str(sender.port) for sender in self.senders)
        command = [sys.executable, "-m", "bench.forwarding", "--node", ports, "--rooms", str(rooms), "--io", io]
        self.process = subprocess.Popen(
            command, cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": checkout},
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def ask(self) -> dict[str, float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        state: dict[str, float] = json.loads(self.process.stdout.readline())
        return state

    def run(self, seconds: float) -> None:
        self._play(1.0)
        before = self.ask()
        sent, own, late = self._play(seconds)
        after = self.ask()
        change = {name: after.get(name, 0) - before.get(name, 0) for name in after}
        out = change.get("packets_out", 0)
        self.results.append({
            "us": change["cpu"] / max(out, 1) * 1e6,
            "user": change["user"] / max(out, 1) * 1e6,
            "lost": 1 - out / (2 * sent),
            "wakes": change["wakes"] / seconds,
            "share": change["cpu"] / seconds,
            "own": own / sent * 1e6,
            "late": late,
        })  # fmt: skip

    def _play(self, seconds: float) -> tuple[int, float, float]:
        """(packets sent, own CPU, worst lateness)."""
        started, cpu = time.perf_counter(), time.process_time()
        plan: list[tuple[float, int, bool]] = []
        for sender in self.senders:
            phase = sender.number / len(self.senders)
            plan += [(phase / FRAMES, sender.number, True), (phase / AUDIO + 0.003, sender.number, False)]
        heapq.heapify(plan)
        sent, late = 0, 0.0
        while plan[0][0] < seconds:
            at, number, video = plan[0]
            wait = at - (time.perf_counter() - started)
            if wait > 0:
                time.sleep(wait)
            late = max(late, -wait)
            if video:
                self.senders[number].send_frame(self.port)
            else:
                self.senders[number].send_audio(self.port)
            sent += PER_FRAME if video else 1
            heapq.heapreplace(plan, (at + 1 / (FRAMES if video else AUDIO), number, video))
        time.sleep(0.05)
        return sent, time.process_time() - cpu, late

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for sender in self.senders:
            sender.socket.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--io", default="", help="batched or portable; empty: what the machine has")
    parser.add_argument("--against", default="", help="another checkout, measured in turns with this one")
    parser.add_argument("--compare-io", action="store_true", help="batched and portable in turns")
    parser.add_argument("--node", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.node:
        import uvloop  # noqa: PLC0415

        uvloop.run(run_node(given.rooms, [int(port) for port in given.node.split(",")], given.io))
        return
    here = re.sub(r"/bench/[^/]*$", "", os.path.abspath(__file__))
    variants = [Variant("here", given.rooms, here, given.io)]
    if given.compare_io:
        variants = [Variant(io, given.rooms, here, io) for io in ("batched", "portable")]
    if given.against:
        variants.append(Variant("other", given.rooms, given.against, ""))
    for _ in range(given.runs):
        for variant in variants:
            variant.run(given.seconds)
    for variant in variants:
        variant.close()
        middle = {key: statistics.median(run[key] for run in variant.results) for key in variant.results[0]}
        spread = [run["us"] for run in variant.results]
        print(
            f"{variant.name:9} {middle['us']:6.2f} µs of CPU a forwarded packet ({min(spread):.2f}–{max(spread):.2f}), "
            f"{middle['user']:.2f} of them in user mode; {middle['share']:.0%} of a core, lost {middle['lost']:.2%}, "
            f"{middle['wakes']:.0f} wake-ups/s; generator {middle['own']:.1f} µs a packet, "
            f"at most {middle['late'] * 1e3:.0f} ms late"
        )
    if len(variants) == 2:
        pairs = zip(variants[0].results, variants[1].results, strict=True)
        print(f"ratio {statistics.median(a['us'] / b['us'] for a, b in pairs):.2f}")


if __name__ == "__main__":
    main()
