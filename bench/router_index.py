"""The live index in Redis, beside the same server's no-op script and SET, in one run.

    python -m bench.router_index [--seconds 10] [--rate 1000]

- *matches*: a request is placed and rings an idle officer at once, then leaves; 64 at a time over ten agencies. A match
  is two decisions, so it is set beside two calls of a script that does nothing, and two of SET.
- *enqueue → offer*: requests arrive at a fixed rate whatever happens; the clock stops when another process, which only
  follows the log, has the offer.
- *cost by queue length*: processor time of the deciding process and the server together for one officer's turn (free,
  rung, accepts, released, wrapped up) and one new request, with 10, 1,000 and 100,000 waiting.
- *rebuild*: 100,000 requests from the ledger into the index of a new epoch.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvloop

from kernel.clock import SystemClock
from kernel.facts import Bilingual, RequestFacts
from kernel.feed import MemoryFeed
from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId, PointId, new_id
from kernel.messages import OfferMade
from kernel.redis import RedisDoor, open_redis
from kernel.scripts import load_scripts
from kernel.vocabulary import ClientKind, Pak, Priority
from router.core import AgencyCore
from router.model import Agency, Directory, Group, Officer, Request
from router.replicated import ReplicatedIndex
from router.restore_core import Ledgered
from router.shared_redis import RedisIndex
from router.step import Step
from web.serve import collect_rarely
from web.startup import free_port

AGENCIES = 10
OFFICERS = 20
AT_ONCE = 64
PREFIX = "bench"
CLOCK = SystemClock()


def agency(number: int) -> AgencyId:
    return AgencyId(f"agency-{number % AGENCIES}")


def directory(number: int) -> Directory:
    own, group = agency(number), GroupId(f"group-{number}")
    name = Bilingual("Grupa", "Group")
    officers = [
        Officer(OfficerId(f"officer-{number}-{n}"), own, "Speciālists", ("lv",), levels={group: 1})
        for n in range(OFFICERS)
    ]
    return Directory(
        agency=Agency(own, f"A{number}", name),
        groups={group: Group(group, own, name, ("PAK_02",))},
        officers={officer.id: officer for officer in officers},
    )


def facts(number: int) -> RequestFacts:
    return RequestFacts(
        consultation_id=ConsultationId(new_id(CLOCK.wall_ms())),
        ticket="A-001",
        agency_id=agency(number),
        group_id=GroupId(f"group-{number % AGENCIES}"),
        topic=Bilingual("Pabalsti ģimenēm", "Family benefits"),
        pak=Pak.PAK_02,
        service=None,
        language="lv",
        priority=Priority.NORMAL,
        clerk_id=ClerkId("clerk"),
        clerk_name="Darbinieks",
        point_id=PointId("point"),
        point_name="Kontaktpunkts",
        workstation_id=None,
        client_kind=ClientKind.ANONYMOUS,
        client_ref=None,
        direct_officer_id=None,
        created_at_ms=CLOCK.wall_ms(),
    )


class Bench:
    """One process with its replica of every agency."""

    def __init__(self, url: str, origin: str) -> None:
        self.door: RedisDoor = open_redis(url, CLOCK, timeout_s=5.0)
        self.feed = MemoryFeed(origin)
        self.waiting: list[Request] = []
        shared = RedisIndex(self.door, PREFIX)
        self.index = ReplicatedIndex(
            CLOCK, self.feed, self._load, shared, origin, offer_timeout_s=600.0, wrap_up_s=600.0
        )
        self._epoch = int(time.time())

    async def start(self) -> None:
        await self.index.direct({agency(number): directory(number) for number in range(AGENCIES)})

    async def stand(self) -> None:
        for number in range(AGENCIES):
            for n in range(OFFICERS):
                officer_id = OfficerId(f"officer-{number}-{n}")
                await self.index.decide(agency(number), _stands(officer_id, ready=True))

    async def place(self, number: int) -> Request:
        request = self.request(number)
        await self.index.decide(agency(number), lambda core, now, wall_ms: core.place(request, now, wall_ms))
        return request

    async def drop(self, request: Request) -> None:
        own = request.facts.agency_id
        await self.index.decide(own, lambda core, now, wall_ms: core.drop(request.id, now, wall_ms))

    def request(self, number: int) -> Request:
        made = facts(number)
        return Request(facts=made, score=self.index.cores[made.agency_id].records.next_us(made.created_at_ms))

    async def _load(self, agency_id: AgencyId) -> Ledgered:
        self._epoch += 1
        mine = [each for each in self.waiting if each.facts.agency_id == agency_id]
        return Ledgered(epoch=self._epoch, requests=mine, working=[], busy_visits=set(), waits={})


def _stands(officer_id: OfficerId, *, ready: bool) -> Callable[[AgencyCore, float, int], Step]:
    def decide(core: AgencyCore, now: float, wall_ms: int) -> Step:
        return core.stand(officer_id, online=True, ready=ready, reason=None, now=now, wall_ms=wall_ms)

    return decide


# ── matches per second ───────────────────────────────────────────────────────────────────────────


async def rate_of(work: Callable[[int], Awaitable[Any]], seconds: float) -> float:
    """Turns per second with `AT_ONCE` running."""
    done, number, until = 0, 0, time.perf_counter() + seconds

    async def run() -> None:
        nonlocal done, number
        while time.perf_counter() < until:
            number += 1
            await work(number)
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(run() for _ in range(AT_ONCE)))
    return done / (time.perf_counter() - started)


async def matches(url: str, seconds: float) -> None:
    bench = Bench(url, "matches")
    await bench.start()
    await bench.stand()
    noop = load_scripts("bench", {"ok": None})["noop"]

    async def match(number: int) -> None:
        await bench.drop(await bench.place(number))

    async def nothing(number: int) -> None:
        key = f"{{{PREFIX}:{number % AGENCIES}}}:noop"
        for _ in range(2):
            await bench.door.run(noop, [key], ["-"])

    async def put(number: int) -> None:
        key = f"{{{PREFIX}:{number % AGENCIES}}}:set"
        for _ in range(2):
            await bench.door.call(key, "SET", key, b"x" * 100)

    kinds = {"match": match, "2 × no-op EVALSHA": nothing, "2 × SET": put}
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(5):
        for name, work in kinds.items():
            rates[name].append(await rate_of(work, seconds / 5))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, per_s in medians.items():
        spread = f"{min(rates[name]):,.0f}–{max(rates[name]):,.0f}"
        print(f"{name:<24}{per_s:>10,.0f} /s   ({spread})   {per_s / medians['match']:.2f} × matches")
    await bench.door.close()


# ── enqueue → offer ──────────────────────────────────────────────────────────────────────────────


def follow(url: str, pipe: Connection) -> None:
    """Another process: only follows; sends back when each offer was there."""
    collect_rarely()
    uvloop.run(_follow(url, pipe))


async def _follow(url: str, pipe: Connection) -> None:
    bench = Bench(url, "follower")
    heard = bench.feed.subscribe(keep=1_000_000)
    await bench.start()
    running = asyncio.create_task(bench.index.run())
    seen: dict[str, float] = {}

    async def listen() -> None:
        async for numbered in heard:
            if isinstance(numbered.event, OfferMade):
                seen[numbered.event.facts.consultation_id] = time.monotonic()

    listening = asyncio.create_task(listen())
    pipe.send("ready")
    await asyncio.to_thread(pipe.recv)
    await asyncio.sleep(0.5)
    pipe.send(seen)
    for task in (running, listening):
        task.cancel()
    await asyncio.gather(running, listening, return_exceptions=True)
    await bench.door.close()


async def latency(url: str, rate: int, seconds: float) -> None:
    bench = Bench(url, "decider")
    await bench.start()
    await bench.stand()
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    follower = context.Process(target=follow, args=(url, theirs))
    follower.start()
    assert await asyncio.to_thread(ours.recv) == "ready"
    running = asyncio.create_task(bench.index.run())
    asked: dict[str, float] = {}
    tasks: set[asyncio.Task[None]] = set()

    async def one(number: int) -> None:
        started = time.monotonic()
        request = await bench.place(number)
        asked[request.id] = started
        await bench.drop(request)

    begin = time.monotonic()
    for number in range(round(rate * seconds)):
        await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
        task = asyncio.create_task(one(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    took_s = time.monotonic() - begin
    ours.send("stop")
    seen: dict[str, float] = await asyncio.to_thread(ours.recv)
    follower.join(10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    times = sorted(1000 * (seen[key] - started) for key, started in asked.items() if key in seen)
    lost = len(asked) - len(times)
    print(
        f"enqueue → offer at {len(asked) / took_s:,.0f}/s: p50 {times[len(times) // 2]:.2f} ms, "
        f"p99 {times[len(times) * 99 // 100]:.2f} ms, most {times[-1]:.1f} ms, never heard {lost}"
    )
    await bench.door.close()


# ── cost by queue length, rebuild ────────────────────────────────────────────────────────────────


async def cost(url: str, server_pid: int) -> None:
    found: dict[int, float] = {}
    for waiting in (10, 1_000, 100_000):
        bench = Bench(url, f"cost-{waiting}")
        await bench.start()
        bench.waiting = [bench.request(0) for _ in range(waiting)]
        started = time.perf_counter()
        await bench.index.rebuild(agency(0))
        if waiting == 100_000:
            print(f"rebuild of 100,000 waiting requests: {time.perf_counter() - started:.1f} s")
        officer_id = OfficerId("officer-0-0")

        async def turn(bench: Bench = bench, officer_id: OfficerId = officer_id) -> None:
            own = agency(0)
            await bench.index.decide(own, _stands(officer_id, ready=True))
            rung = bench.index.cores[own].lease(officer_id).ringing
            assert rung is not None
            version = bench.index.cores[own].requests[rung].version
            await bench.index.decide(own, lambda core, now, ms: core.accept(officer_id, rung, version, now, ms))
            await bench.index.decide(own, _stands(officer_id, ready=False))
            await bench.index.decide(own, lambda core, now, ms: core.release(rung, officer_id, now, ms))
            await bench.index.decide(own, lambda core, now, ms: core.finish_wrap_up(officer_id, rung, now, ms))
            await bench.place(0)

        for _ in range(50):
            await turn()
        turns = []
        for _ in range(5):
            before = time.process_time() + _cpu_s(server_pid)
            for _ in range(100):
                await turn()
            turns.append((time.process_time() + _cpu_s(server_pid) - before) / 100)
        found[waiting] = statistics.median(turns) * 1e6
        await bench.door.close()
    least = found[10]
    told = [f"{waiting:,} waiting {us:,.0f} µs ({us / least:.2f}×)" for waiting, us in found.items()]
    print("cost of an officer's turn: " + ", ".join(told))


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def redis_server() -> Iterator[tuple[str, int]]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, "--loglevel", "warning"]
        server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        try:
            for _ in range(500):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.02)
            yield f"redis://127.0.0.1:{port}/0", server.pid
        finally:
            server.terminate()
            server.wait(10)


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rate", type=int, default=1_000)
    chosen = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with redis_server() as (url, _):
        await matches(url, chosen.seconds)
    with redis_server() as (url, _):
        await latency(url, chosen.rate, chosen.seconds)
    with redis_server() as (url, pid):
        await cost(url, pid)


if __name__ == "__main__":
    # as the web processes do
    collect_rarely()
    uvloop.run(main())
