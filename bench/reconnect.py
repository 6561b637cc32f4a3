"""5,000 consoles come back at once: how long until every one is signed in again and shows the present state?

    python -m bench.reconnect [--consoles 5000] [--processes 1] [--redis redis://…] [--postgres postgresql://…]

A ledger is filled with a country's worth of agencies, officers and clerks, all signed in, all officers willing: each
who comes changes an indicator that every clerk sees. The web process (or several,
with ``--processes``) is started, and at one moment every console asks for a ticket over a connection of its own, opens
its live channel and reads until its snapshot is complete, as a browser would; a console that is told to wait comes
back when it was told. Then everybody's connection is cut and the same is measured again, now with a warm process.

Consoles run in processes of their own and do the least that the protocol allows; on a small machine they still take
their share of it, so the time is an upper bound.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import multiprocessing
import os
import random
import resource
import secrets
import subprocess
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import sqlalchemy as sa
import uvloop

from casework.service import CaseworkService, ContactPoint
from consultation.store import Workstation, save_workstation
from kernel.clock import SystemClock
from kernel.feed import MemoryFeed
from kernel.identity import Identity, Principal
from kernel.ids import AccountId, AgencyId, GroupId, OfficerId, PointId, WorkstationId
from kernel.ledger import open_ledger
from kernel.messages import Bilingual, Choice, Role
from kernel.settings import PREFIX
from presence.service import officer_choices
from router import directory
from router.model import Agency, Group, Officer
from web.migrate import migrate
from web.startup import free_port

AGENCIES, GROUPS = 10, 5
DRIVERS = 2
#: of a message, what tells its kind
BEGINS = 32
PEPPER = "p" * 48


@dataclass(frozen=True)
class Console:
    cookie: str
    csrf: str
    tab: str


# ── the country ──────────────────────────────────────────────────────────────────────────────────


async def populate(url: str, consoles: int) -> list[Console]:
    """A fifth officers, a fifth workstations, the rest clerks (three to a point); everybody signed in."""
    ledger = open_ledger(url, MemoryFeed("bench"))
    clock = SystemClock()
    identity = Identity(ledger, clock, pepper=PEPPER, session_hours=10)
    casework = CaseworkService(ledger, clock)
    officers, kiosks = consoles // 5, consoles // 5
    clerks = consoles - officers - kiosks
    accounts: list[AccountId] = []
    async with ledger.transaction() as tx:
        for a in range(AGENCIES):
            agency = AgencyId(f"agency-{a}")
            await directory.save_agency(tx, Agency(agency, f"A{a}", Bilingual(f"Iestāde {a}", f"Agency {a}")))
            for g in range(GROUPS):
                name = Bilingual(f"Kompetenču grupa {a}-{g}", f"Competence group {a}-{g}")
                await directory.save_group(tx, Group(GroupId(f"group-{a}-{g}"), agency, name, ("PAK_02", "PAK_06")))
        for n in range(officers):
            agency, officer = AgencyId(f"agency-{n % AGENCIES}"), OfficerId(f"officer-{n}")
            first = n // AGENCIES
            levels = {GroupId(f"group-{n % AGENCIES}-{g % GROUPS}"): 1 for g in (first, first + 1)}
            await directory.save_officer(tx, Officer(officer, agency, f"Speciālists {n}", ("lv", "en"), levels=levels))
            willing = {"officer_id": officer, "choice": Choice.AVAILABLE.value, "version": 1}
            await tx.execute(sa.insert(officer_choices).values(willing))
            more = {"agency_id": agency, "officer_id": officer}
            accounts.append(await _account(identity, tx, f"officer-{n}", Role.OFFICER, **more))
        for n in range(kiosks):
            point = PointId(f"point-{n // 3}")
            kiosk = WorkstationId(f"kiosk-{n}")
            place = Workstation(id=kiosk, name=f"Darba vieta {n}", point_id=point, point_name="Punkts")
            await save_workstation(tx, place)
            accounts.append(await _account(identity, tx, f"kiosk-{n}", Role.WORKSTATION, workstation_id=kiosk))
        for n in range(max(kiosks, clerks) // 3 + 1):
            await casework.save_point(
                tx, ContactPoint(id=PointId(f"point-{n}"), name=f"Punkts {n}", kind="library", atvk="LV0027000")
            )
        for n in range(clerks):
            point = PointId(f"point-{n // 3}")
            accounts.append(
                await _account(identity, tx, f"clerk-{n}", Role.CLERK, point_id=point, point_name=f"Punkts {n // 3}")
            )
    signed_in = []
    for n, account in enumerate(accounts):
        key, who = await identity.sign_in(account)
        signed_in.append(Console(f"__Host-klatiene={key}", who.csrf_token, f"tab-{n}"))
    await ledger.close()
    random.shuffle(signed_in)
    return signed_in


async def _account(identity: Identity, tx: Any, name: str, role: Role, **more: Any) -> AccountId:
    await identity.save_account(tx, Principal(id=AccountId(name), role=role, name=name, **more))
    return AccountId(name)


# ── the consoles ─────────────────────────────────────────────────────────────────────────────────


@dataclass
class Herd:
    took: list[float]
    told_to_wait: int
    bytes_read: int
    server_cpu_s: float = 0.0


async def come(port: int, consoles: list[Console], start_at: float) -> tuple[Herd, list[asyncio.StreamWriter]]:
    """Everybody at once; the sockets stay open. Times are seconds from the start to the end of the snapshot."""
    herd = Herd([], 0, 0)
    writers: list[asyncio.StreamWriter] = []
    await asyncio.sleep(max(0.0, start_at - time.time()))

    async def one(console: Console) -> None:
        while True:
            wait_s = 0.5
            with contextlib.suppress(OSError, EOFError, asyncio.IncompleteReadError):
                ticket, told_s = await _ticket(port, console)
                if ticket is not None:
                    read = await _snapshot(port, console, ticket, writers)
                    herd.bytes_read += read
                    herd.took.append(time.time() - start_at)
                    return
                wait_s = told_s
            herd.told_to_wait += 1
            await asyncio.sleep(wait_s * random.uniform(0.9, 1.1))

    await asyncio.gather(*(one(console) for console in consoles))
    return herd, writers


async def _ticket(port: int, console: Console) -> tuple[str | None, float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /api/ws-ticket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        f"Cookie: {console.cookie}\r\nX-CSRF-Token: {console.csrf}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    writer.close()
    if " 200 " not in head.split("\r\n", 1)[0]:
        return None, float(headers.get("retry-after", "1"))
    return str(json.loads(body)["ticket"]), 0.0


async def _snapshot(port: int, console: Console, ticket: str, writers: list[asyncio.StreamWriter]) -> int:
    """Opens the live channel and reads up to the end of the snapshot; how many bytes that were."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4 * 1024 * 1024)
    writer.write(
        f"GET /ws?ticket={ticket}&tab={console.tab} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nOrigin: http://127.0.0.1:{port}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {base64.b64encode(secrets.token_bytes(16)).decode()}\r\n"
        # as browsers ask
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    read = 0
    while True:
        heard = await frame(reader)
        read += heard.size
        if heard.text.startswith(b'{"t":"snapshot"'):
            break
        if heard.text.startswith(b'{"t":"error"') or not heard.text:
            raise EOFError
    writers.append(writer)
    return read


class Heard(NamedTuple):
    """A text frame; of a packed one only how it begins, as unpacking is the browsers' work. Empty: another frame."""

    size: int
    text: bytes


async def frame(reader: asyncio.StreamReader) -> Heard:
    first, length = await reader.readexactly(2)
    if length == 126:
        length = int.from_bytes(await reader.readexactly(2), "big")
    elif length == 127:
        length = int.from_bytes(await reader.readexactly(8), "big")
    payload = await reader.readexactly(length)
    if first & 0x0F != 1:
        return Heard(length, b"")
    packed = first & 0x40
    return Heard(length, zlib.decompressobj(-15).decompress(payload, BEGINS) if packed else payload)


def drive(pipe: Connection, port: int, consoles: list[Console]) -> None:
    """A process of consoles: for each start time that arrives, come, report, and leave when told."""
    more_files()

    async def work() -> None:
        loop = asyncio.get_running_loop()
        while (start_at := await loop.run_in_executor(None, pipe.recv)) is not None:
            herd, writers = await come(port, consoles, start_at)
            pipe.send(herd)
            await loop.run_in_executor(None, pipe.recv)
            for writer in writers:
                writer.transport.abort()

    uvloop.run(work())


def more_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


# ── the measurement ──────────────────────────────────────────────────────────────────────────────


def cpu_s(servers: list[int]) -> float:
    """Seconds of CPU that the web processes have used."""
    ticks = 0
    for pid in servers:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure(port: int, consoles: list[Console], rounds: int, servers: list[int]) -> list[Herd]:
    context = multiprocessing.get_context("spawn")
    drivers = []
    for n in range(DRIVERS):
        ours, theirs = context.Pipe()
        process = context.Process(target=drive, args=(theirs, port, consoles[n::DRIVERS]))
        process.start()
        drivers.append((process, ours))
    found = []
    for _ in range(rounds):
        start_at = time.time() + 2.0
        for _, pipe in drivers:
            pipe.send(start_at)
        time.sleep(max(0.0, start_at - time.time()))
        before = cpu_s(servers)
        herds: list[Herd] = [pipe.recv() for _, pipe in drivers]
        found.append(
            Herd(
                sorted(second for herd in herds for second in herd.took),
                sum(herd.told_to_wait for herd in herds),
                sum(herd.bytes_read for herd in herds),
                cpu_s(servers) - before,
            )
        )
        for _, pipe in drivers:
            pipe.send("leave")
        time.sleep(3)
    for process, pipe in drivers:
        pipe.send(None)
        process.join(20)
    return found


def report(name: str, herd: Herd) -> None:
    took = herd.took
    print(
        f"{name:<10} {len(took)} consoles  half {took[len(took) // 2]:5.2f} s"
        f"  99 % {took[len(took) * 99 // 100]:5.2f} s  all {took[-1]:5.2f} s"
        f"  told to wait {herd.told_to_wait}"
        f"  server {herd.server_cpu_s:.2f} s of CPU, {1000 * herd.server_cpu_s / len(took):.2f} ms a console"
        f"  {herd.bytes_read / 1e6:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consoles", type=int, default=5000)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--redis", default="")
    parser.add_argument("--postgres", default="")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    more_files()
    with tempfile.TemporaryDirectory(prefix="klatiene-bench-") as folder:
        url = arguments.postgres or f"sqlite:///{folder}/ledger.db"
        migrate(url)
        consoles = asyncio.run(populate(url, arguments.consoles))
        port = free_port()
        settings = {
            "ledger_url": url,
            "port": str(port),
            "media_port": str(free_port()),
            "var": folder,
            "pepper": PEPPER,
            "vault_key": "v" * 48,
            "media_secret": "m" * 48,
            "log_level": "ERROR",
            "redis_url": arguments.redis,
            "web_processes": str(arguments.processes),
        }
        environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        environ |= {PREFIX + name.upper(): value for name, value in settings.items() if value}
        servers = [
            subprocess.Popen([sys.executable, "-m", "web.cli", "web"], env=environ) for _ in range(arguments.processes)
        ]
        try:
            wait_until_served(port)
            for n, herd in enumerate(measure(port, consoles, arguments.rounds, [server.pid for server in servers])):
                report("cold" if n == 0 else f"again {n}", herd)
        finally:
            for server in servers:
                server.kill()
                server.wait()
            for path in Path(folder).glob("ledger.db*"):
                path.unlink()


def wait_until_served(port: int) -> None:
    deadline = time.monotonic() + 200
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2).status_code == 200:
                time.sleep(1)
                return
        if time.monotonic() > deadline:
            raise TimeoutError("the web process did not start")
        time.sleep(0.2)


if __name__ == "__main__":
    main()
