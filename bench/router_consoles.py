"""From a clerk's request to the officer's ringing console, with 5,000 consoles connected; intake; fan-out.

    python -m bench.router_consoles [--consoles 5000] [--rate 50] [--seconds 15] [--postgres postgresql://…]

One web process on a ledger (SQLite unless one is named), a country of agencies, everybody signed in and connected over
real WebSockets; a fifth of the consoles are officers who are available.

- *request → offer*: clerks' requests arrive at a fixed rate over HTTP. Measured from the request's sending, and from
  its acknowledgement, to the offer in the officer's channel.
- *intake*: 5,000 requests a minute for a while; how long an acknowledgement takes.
- *fan-out*: an officer's indicator changes and every clerk's console is told; processor time of the web process per
  frame, beside that of a bare ``send`` of the same bytes to as many sockets. A change costs something by itself (a
  call, a decision, a commit), also when nobody is told: that is measured before the clerks connect and taken off.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import multiprocessing
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import httpx
import uvloop

from bench import reconnect
from bench.bare_send import bare_send_us
from bench.reconnect import Console
from kernel.settings import PREFIX
from web.client import KEEPALIVE_S
from web.migrate import migrate
from web.startup import free_port

DRIVERS = 2
#: consoles that connect at once
GANG = 50


@dataclass
class Seen:
    """By one driver. ``offers``: request → monotonic moment; the clock is the machine's, common to its processes."""

    offers: dict[str, float] = field(default_factory=dict)
    frames: int = 0
    bytes_read: int = 0
    connected: int = 0


# ── consoles, in processes of their own ──────────────────────────────────────────────────────────


def drive(pipe: Connection, port: int, gangs: list[list[Console]]) -> None:
    reconnect.more_files()
    uvloop.run(_drive(pipe, port, gangs))


async def _drive(pipe: Connection, port: int, gangs: list[list[Console]]) -> None:
    """Consoles come one gang after the other, each when told."""
    seen = Seen()
    gang = asyncio.Semaphore(GANG)
    listening: list[asyncio.Task[None]] = []

    async def connect(console: Console) -> None:
        async with gang:
            while True:
                ticket, wait_s = await reconnect._ticket(port, console)
                if ticket is not None:
                    break
                await asyncio.sleep(wait_s)
            reader, writer = await _channel(port, console, ticket)
        seen.connected += 1
        listening.append(asyncio.create_task(_listen(reader, writer, seen)))

    loop = asyncio.get_running_loop()
    waiting = iter(gangs)
    while (told := await loop.run_in_executor(None, pipe.recv)) != "leave":
        if told == "connect":
            await asyncio.gather(*(connect(console) for console in next(waiting)))
        pipe.send(seen)
    for task in listening:
        task.cancel()


async def _channel(port: int, console: Console, ticket: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4 * 1024 * 1024)
    writer.write(
        f"GET /ws?ticket={ticket}&tab={console.tab} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nOrigin: http://127.0.0.1:{port}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    while not (await reconnect.frame(reader)).text.startswith(b'{"t":"snapshot"'):
        pass
    return reader, writer


async def _listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            frame = (await reconnect.frame(reader)).text
            if frame.startswith(b'{"t":"ping"'):
                writer.write(_masked(json.dumps({"t": "pong", "n": json.loads(frame)["n"]}).encode()))
                continue
            seen.frames += 1
            seen.bytes_read += len(frame)
            if b'"offer.changed"' in frame:
                offer = json.loads(frame)["data"].get("offer")
                if offer:
                    seen.offers.setdefault(offer["request_id"], time.monotonic())


def _masked(payload: bytes) -> bytes:
    """A client's text frame; a mask of zeros masks as well as any, between processes of one machine."""
    return bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def of_role(consoles: list[Console], role: str) -> list[Console]:
    """As `bench.reconnect.populate` numbers them: a fifth officers, a fifth workstations, the rest clerks."""
    fifth = len(consoles) // 5
    wanted = range(fifth) if role == "officer" else range(2 * fifth, len(consoles))
    return [console for console in consoles if int(console.tab.removeprefix("tab-")) in wanted]


# ── the measurements ─────────────────────────────────────────────────────────────────────────────


class Country:
    def __init__(self, port: int, consoles: list[Console], server: int) -> None:
        self.port = port
        self.server = server
        self.consoles = consoles
        context = multiprocessing.get_context("spawn")
        clerks = of_role(consoles, "clerk")
        tabs = {console.tab for console in clerks}
        others = [console for console in consoles if console.tab not in tabs]
        self._pipes: list[Connection] = []
        self._drivers = []
        for n in range(DRIVERS):
            ours, theirs = context.Pipe()
            gangs = [part[n::DRIVERS] for part in (others, clerks)]
            driver = context.Process(target=drive, args=(theirs, port, gangs))
            driver.start()
            self._pipes.append(ours)
            self._drivers.append(driver)

    def connect(self) -> None:
        """The next gang: officers and workstations, then clerks."""
        self.seen("connect")

    def seen(self, word: str = "report") -> Seen:
        for pipe in self._pipes:
            pipe.send(word)
        total = Seen()
        for each in [pipe.recv() for pipe in self._pipes]:
            total.offers |= each.offers
            total.frames += each.frames
            total.bytes_read += each.bytes_read
            total.connected += each.connected
        return total

    def settle(self) -> None:
        """Until nobody is told anything for two seconds."""
        last = -1
        while (frames := self.seen().frames) != last:
            last = frames
            time.sleep(2)

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send("leave")
        for driver in self._drivers:
            driver.join(20)
            driver.kill()

    async def ask(self, rate: float, seconds: float) -> tuple[dict[str, tuple[float, float]], int]:
        """Requests at a fixed rate: id → (sent, acknowledged); and how many were refused."""
        origin = f"http://127.0.0.1:{self.port}"
        clerks = of_role(self.consoles, "clerk")
        asked: dict[str, tuple[float, float]] = {}
        refused = 0
        # given up well before the server does, which would meet a request half-way
        limits = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=KEEPALIVE_S)
        async with httpx.AsyncClient(base_url=origin, timeout=30, limits=limits) as client:

            async def one(number: int) -> None:
                nonlocal refused
                clerk = clerks[number % len(clerks)]
                body = {
                    "pak": "PAK_02",
                    "group_id": group_of(number),
                    "language": "lv",
                    "priority": "normal",
                    "client": {"kind": "anonymous"},
                }
                headers = {
                    "origin": origin,
                    "cookie": clerk.cookie,
                    "x-csrf-token": clerk.csrf,
                    "idempotency-key": uuid.uuid4().hex,
                }
                sent = time.monotonic()
                answer = await client.post("/api/requests", json=body, headers=headers)
                if answer.status_code == 201:
                    asked[answer.json()["id"]] = (sent, time.monotonic())
                else:
                    refused += 1

            begin = time.monotonic()
            tasks = []
            for number in range(round(rate * seconds)):
                await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
                tasks.append(asyncio.create_task(one(number)))
            await asyncio.gather(*tasks)
        return asked, refused


def group_of(number: int) -> str:
    return f"group-{number % reconnect.AGENCIES}-{number // reconnect.AGENCIES % reconnect.GROUPS}"


def quantiles(name: str, seconds: list[float]) -> str:
    times = sorted(1000 * each for each in seconds)
    if not times:
        return f"{name}: nothing"
    return f"{name}: p50 {times[len(times) // 2]:.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms"


def offers(country: Country, rate: float, seconds: float) -> None:
    asked, refused = asyncio.run(country.ask(rate, seconds))
    time.sleep(1)
    seen = country.seen()
    both = [(sent, acked, seen.offers[each]) for each, (sent, acked) in asked.items() if each in seen.offers]
    print(f"{seen.connected} consoles, {rate:.0f} requests/s")
    print(f"  {len(asked)} acknowledged, {refused} refused, {len(both)} rang")
    print("  " + quantiles("acknowledged", [acked - sent for sent, acked, _ in both]))
    print("  " + quantiles("sent → offer on the console", [rang - sent for sent, _, rang in both]))
    print("  " + quantiles("acknowledged → offer on the console", [max(0.0, rang - acked) for _, acked, rang in both]))


def intake(country: Country, seconds: float) -> None:
    rate = 5_000 / 60
    before = reconnect.cpu_s([country.server])
    asked, refused = asyncio.run(country.ask(rate, seconds))
    used = reconnect.cpu_s([country.server]) - before
    print(f"intake of 5,000 a minute for {seconds:.0f} s: {len(asked)} acknowledged, {refused} refused")
    print("  " + quantiles("acknowledged", [acked - sent for sent, acked in asked.values()]))
    print(f"  {1000 * used / max(1, len(asked)):.1f} ms of the web process' processor a request")


@dataclass
class Told:
    """What changes of one officer's indicator cost the web process, in seconds of its processor."""

    spent_s: float
    frames: int
    size: int


def change_indicator(country: Country, changes: int) -> Told:
    officer = of_role(country.consoles, "officer")[0]
    origin = f"http://127.0.0.1:{country.port}"
    headers = {"origin": origin, "cookie": officer.cookie, "x-csrf-token": officer.csrf}
    country.settle()
    idle = reconnect.cpu_s([country.server])
    time.sleep(5)
    idle_per_s = (reconnect.cpu_s([country.server]) - idle) / 5
    quiet = country.seen()
    started, used = time.monotonic(), reconnect.cpu_s([country.server])
    with httpx.Client(base_url=origin, headers=headers, timeout=30) as client:
        for number in range(changes):
            choice = {"choice": "away", "reason": "break"} if number % 2 == 0 else {"choice": "available"}
            assert client.post("/api/presence", json=choice).status_code < 300
            time.sleep(0.25)
    country.settle()
    after = country.seen()
    spent = reconnect.cpu_s([country.server]) - used - idle_per_s * (time.monotonic() - started)
    return Told(spent, after.frames - quiet.frames, after.bytes_read - quiet.bytes_read)


def fan_out(country: Country, changes: int) -> None:
    """With officers and workstations alone, then with the clerks."""
    alone = change_indicator(country, changes)
    country.connect()
    told = change_indicator(country, changes)
    frames, size = told.frames - alone.frames, told.size - alone.size
    assert frames > 0, "nobody was told"
    per_frame = 1e6 * (told.spent_s - alone.spent_s) / frames
    bare = bare_send_us(len(of_role(country.consoles, "clerk")), size // frames)
    print(f"fan-out: {frames:,} frames of {size // frames} bytes to clerks, {per_frame:.1f} µs each")
    print(f"  a bare send {bare:.1f} µs: {per_frame / bare:.2f} ×")
    print(f"  a change by itself {1e3 * alone.spent_s / changes:.1f} ms ({alone.frames // changes} officers told)")


# ── the country ──────────────────────────────────────────────────────────────────────────────────


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consoles", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--postgres", default="")
    chosen = parser.parse_args()
    reconnect.more_files()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory(prefix="klatiene-bench-") as folder:
        url = chosen.postgres or f"sqlite:///{folder}/ledger.db"
        migrate(url)
        consoles = asyncio.run(reconnect.populate(url, chosen.consoles))
        port = free_port()
        settings: dict[str, Any] = {
            "ledger_url": url,
            "port": port,
            "media_port": free_port(),
            "var": folder,
            "pepper": reconnect.PEPPER,
            "vault_key": "v" * 48,
            "media_secret": "m" * 48,
            "log_level": "ERROR",
            "offer_timeout_s": 600,
        }
        environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environ |= {PREFIX + name.upper(): str(value) for name, value in settings.items()}
        server = subprocess.Popen([sys.executable, "-m", "web.cli", "web"], env=environ)
        try:
            reconnect.wait_until_served(port)
            country = Country(port, consoles, server.pid)
            country.connect()
            # first, while nobody waits for the officer who goes and comes
            fan_out(country, 20)
            offers(country, chosen.rate, chosen.seconds)
            intake(country, chosen.seconds)
            country.close()
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
