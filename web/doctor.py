"""``klatiene doctor``: look at an installation from outside, running or not, and say what is well and what to do.

Nothing is changed. Each check ends within seconds, whatever it meets.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, NamedTuple

import httpx
import msgspec
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from casework.network import Network
from kernel.audit import Audit
from kernel.audit_core import ChainBroken
from kernel.clock import SystemClock
from kernel.errors import KlatieneError
from kernel.feed import MemoryFeed
from kernel.ledger import Ledger, cursors, dead_letters, events, open_ledger
from kernel.redis import open_redis
from kernel.settings import Settings
from web.migrate import SCRIPTS
from web.open_data import OpenData

CHECK_S = 10.0
#: less than this on the ledger's disk and something is about to stop
FREE_BYTES = 1 << 30
BEHIND = 1_000

State = Literal["ok", "warning", "failing"]


class Finding(NamedTuple):
    """``what``: a fact with its number; ``do``: what helps, empty when all is well."""

    check: str
    state: State
    what: str
    do: str = ""


async def run_doctor(settings: Settings, *, as_json: bool) -> int:
    """The exit code: 1 when anything fails."""
    findings = await examine(settings)
    if as_json:
        print(msgspec.json.encode([finding._asdict() for finding in findings]).decode())  # noqa: T201
    else:
        for finding in findings:
            print(f"{finding.state:8} {finding.check:12} {finding.what}")  # noqa: T201
            if finding.do:
                print(f"{'':21} → {finding.do}")  # noqa: T201
    return int(any(finding.state == "failing" for finding in findings))


async def examine(settings: Settings) -> list[Finding]:
    ledger = open_ledger(settings.ledger_url, MemoryFeed("doctor"))
    try:
        tables = await _tables(ledger)
        found = [tables, _disk(settings)]
        if tables.state == "ok":
            found += [
                await _within("consumers", lambda: _consumers(ledger)),
                await _within("audit", lambda: _audit(ledger)),
                await _within("open data", lambda: _open_data(ledger, settings)),
            ]
        found += [
            await _within("redis", lambda: _redis(settings)),
            await _within("media", lambda: _answers("media", settings.media_api_url)),
            *[
                await _within(name, lambda name=name, url=url: _answers(name, url))  # type: ignore[misc]
                for name, url in (("AVIS", settings.avis_url), ("JPP", settings.jpp_url))
                if url
            ],
        ]
        return [*found, _sign_in(settings)]
    finally:
        await ledger.close()


async def _within(check: str, look: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        async with asyncio.timeout(CHECK_S):
            return await look()
    except (KlatieneError, TimeoutError, OSError) as error:
        return Finding(
            check, "failing", f"no answer ({type(error).__name__})", "see whether it runs and can be reached"
        )


async def _tables(ledger: Ledger) -> Finding:
    if ledger.is_sqlite and not await asyncio.to_thread(_is_there, ledger):
        return Finding("ledger", "warning", "not made yet", "it is made at the first start")

    def revision(connection: sa.Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    try:
        async with asyncio.timeout(CHECK_S), ledger.reading() as connection:
            known = await connection.run_sync(revision)
    except (KlatieneError, TimeoutError):
        return Finding(
            "ledger", "failing", "cannot be read", "see whether the database runs and KLATIENE_LEDGER_URL is right"
        )
    newest = ScriptDirectory(str(SCRIPTS)).get_current_head()
    if known != newest:
        return Finding("ledger", "failing", f"tables are of version {known}, not {newest}", "run: klatiene migrate")
    return Finding("ledger", "ok", f"tables are of version {known}")


def _is_there(ledger: Ledger) -> bool:
    return Path(make_url(str(ledger.engine.url)).database or "").exists()


def _disk(settings: Settings) -> Finding:
    place = Path(settings.var)
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    state: State = "ok" if free >= FREE_BYTES else "failing"
    return Finding("disk", state, f"{free / (1 << 30):.1f} GiB free", "" if state == "ok" else "make room")


async def _consumers(ledger: Ledger) -> Finding:
    async with ledger.reading() as connection:
        last = (await connection.execute(sa.select(sa.func.max(events.c.id)))).scalar() or 0
        rows = (await connection.execute(sa.select(cursors))).all()
        dead = (await connection.execute(sa.select(sa.func.count()).select_from(dead_letters))).scalar() or 0
    behind = max((last - row.event_id for row in rows), default=0)
    if dead:
        return Finding(
            "consumers", "failing", f"{dead} events were set aside", "read the table dead_letters and the log"
        )
    if behind > BEHIND:
        return Finding("consumers", "warning", f"{behind} events behind", "see whether the control plane runs")
    return Finding("consumers", "ok", f"{behind} events behind, none set aside")


async def _audit(ledger: Ledger) -> Finding:
    try:
        rows = await Audit(ledger, SystemClock()).verify()
    except ChainBroken as broken:
        return Finding(
            "audit", "failing", f"the chain is broken: {broken}", "keep the ledger as it is and call for help"
        )
    return Finding("audit", "ok", f"{rows} rows, the chain holds")


async def _open_data(ledger: Ledger, settings: Settings) -> Finding:
    clock = SystemClock()
    data = OpenData(ledger, clock, Network(ledger, clock), settings)
    old = [row["dataset"] for row in await data.freshness() if not row["fresh"]]
    if old:
        return Finding("open data", "warning", f"not fresh: {', '.join(old)}", "run: klatiene publish")
    return Finding("open data", "ok", "every set is as new as it promises")


async def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding("redis", "ok", "not used: one web process")
    door = open_redis(settings.redis_url, SystemClock(), timeout_s=settings.redis_timeout_s)
    try:
        await door.ping()
    finally:
        await door.close()
    return Finding("redis", "ok", "answers")


async def _answers(check: str, url: str) -> Finding:
    """Any answer over HTTP will do: who may ask what is the business of others."""
    if not url:
        return Finding(check, "warning", "has no address", "set it, or start with `klatiene serve`")
    async with httpx.AsyncClient(timeout=CHECK_S / 2) as http:
        try:
            await http.get(url)
        except httpx.HTTPError:
            return Finding(check, "failing", f"{url} does not answer", "see whether it runs")
    return Finding(check, "ok", f"{url} answers")


def _sign_in(settings: Settings) -> Finding:
    if settings.demo:
        return Finding("sign-in", "warning", "the demo's sign-in is on", "never with real people")
    return Finding("sign-in", "ok", "no demo")
