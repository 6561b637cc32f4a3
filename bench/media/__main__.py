"""``make bench-media``: our media node beside LiveKit's server, Debian's Janus and a plain forwarder in C.

Everything runs in a network namespace of its own, at one address that is no loopback address (Janus knows none).
Servers take turns in every round, so that a slow minute of the machine meets all of them alike; medians and ranges
are of the rounds. Tables are Markdown, for docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path

import media
from bench.media import servers
from bench.media.run import Load, Result, measure
from bench.media.servers import Server

#: reserved for measurements between network devices (RFC 2544)
ADDRESS = "198.18.0.1"
INSIDE = "KLATIENE_BENCH_INSIDE"

Starter = Callable[[], AbstractContextManager[Server]]
STARTERS: dict[str, Starter] = {
    #: as installed: compiled where ``make native`` was run; and the same sources as Python
    "klatiene": lambda: servers.own_node(ADDRESS),
    "python": lambda: servers.own_node(ADDRESS, compiled=False),
    "livekit": lambda: servers.livekit(ADDRESS, lite=True),
    "janus": lambda: servers.janus(ADDRESS),
    "forwarder": lambda: servers.forwarder(ADDRESS),
}


def main() -> int:
    arguments = _parser().parse_args()
    if INSIDE not in os.environ:
        if "livekit" in arguments.servers:
            # there is no network in the namespace
            servers.livekit_program()
        return _enter_namespace()
    _print_machine()
    results: list[Result] = []
    for load in _loads(arguments):
        rows = _rounds(arguments.servers, load, arguments.runs)
        results += rows
        print(_title(load))
        print(_table(rows, arguments.servers))
        print(flush=True)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps([asdict(result) for result in results], indent=1))
    return 0


def _rounds(names: list[str], load: Load, runs: int) -> list[Result]:
    """Every server once a round, each round beginning with another one."""
    results = []
    for turn in range(runs):
        for place in range(len(names)):
            name = names[(turn + place) % len(names)]
            with STARTERS[name]() as server:
                result = asyncio.run(measure(server, load))
            results.append(result)
            print(
                f"  round {turn + 1}, {name}: {result.cpu_us:.1f} us, lost {result.lost:.2%}, "
                f"load average {os.getloadavg()[0]:.1f}",
                file=sys.stderr,
                flush=True,
            )
    return results


def _loads(arguments: argparse.Namespace) -> list[Load]:
    return [Load(rooms, arguments.seconds, arguments.faster, arguments.even) for rooms in arguments.rooms]


def _title(load: Load) -> str:
    pace = "evenly spaced" if load.even else "a picture's packets at once"
    rate = f", {load.faster:g} times as fast" if load.faster != 1 else ""
    return f"**{load.rooms} room{'s' if load.rooms > 1 else ''} of three**, {pace}{rate}\n"


def _table(results: list[Result], names: list[str]) -> str:
    lines = [
        "| Server | CPU per forwarded packet, µs | processors busy | lost | latency p50 / p99, ms | memory a room, MiB "
        "| generator's own |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in names:
        rows = [result for result in results if result.server == name]

        def median(value: Callable[[Result], float], rows: list[Result] = rows) -> float:
            return statistics.median(value(row) for row in rows)

        cpu = [row.cpu_us for row in rows]
        lines.append(
            f"| {name} | **{median(lambda row: row.cpu_us):.1f}** ({min(cpu):.1f}–{max(cpu):.1f}) "
            f"| {median(lambda row: row.server_cores):.2f} | {median(lambda row: row.lost):.2%} "
            f"| {median(lambda row: row.p50_ms):.2f} / {median(lambda row: row.p99_ms):.1f} "
            f"| {median(lambda row: row.memory_kib_a_room) / 1024:.1f} "
            f"| {median(lambda row: row.generator_cores):.2f}, {median(lambda row: row.counts.late_us):.0f} µs late |"
        )
    return "\n".join(lines)


def _print_machine() -> None:
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    print(f"{os.cpu_count()} × {model}, Linux {platform.release()}, Python {platform.python_version()},", end=" ")
    print(f"load average at the start {os.getloadavg()[0]:.1f};", end=" ")
    print(f"our node {'compiled' if media.COMPILED else 'not compiled (make native)'}\n", flush=True)


def _enter_namespace() -> int:
    """This program again, where only it lives."""
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    inside = "ip link set lo up && ip link add bench0 type veth peer name bench1 && ip link set bench0 up && "
    inside += f'ip link set bench1 up && ip addr add {ADDRESS}/32 dev bench0 && exec "$@"'
    command = ["unshare", *user, "--net", "sh", "-c", inside, "sh", sys.executable, "-m", "bench.media", *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, INSIDE: "1"}, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.media", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--servers", nargs="+", choices=list(STARTERS), default=list(STARTERS))
    parser.add_argument("--rooms", nargs="+", type=int, default=[1, 10, 30])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long each server is measured")
    parser.add_argument("--faster", type=float, default=1.0, help="so many times the usual frames and sounds a second")
    parser.add_argument("--even", action="store_true", help="spread a picture's packets over its interval")
    parser.add_argument("--json", help="write every run to this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
