"""AVIS with a million transactions in its store: a quote, a commit, many tills at once, sums over years.

    python -m bench.avis [--transactions 1000000] [--turns 300] [--postgres]

Two ledgers of one country (`bench.avis_country`), one with years of sales and one without any, take turns with the bare
INSERT + COMMIT of a row as large as a transaction's, so ratios hold on a busy machine. Times are through AVIS' own till
and over HTTP (client and server in this process); ``CPU`` is this process' processor time, without PostgreSQL's own.
``--postgres`` starts a PostgreSQL of its own, durable as in production.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, NamedTuple

import httpx
import psycopg
import sqlalchemy as sa
import uvicorn

from avis_bridge.api import create_app
from avis_bridge.integrity import Health
from avis_bridge.model import Receipt, System, month_of
from avis_bridge.month_sums import Scope
from avis_bridge.reference import Avis
from avis_bridge.till_model import Basket, BasketLine, Quote
from bench.avis_country import (
    GRANTORS,
    OUTLETS_EACH,
    PROVIDERS,
    VAULT,
    YEARS,
    Country,
    card,
    code,
    fill,
    outlet,
    provider_for,
    sold_by,
    writer,
)
from kernel.audit import Audit
from kernel.clock import SystemClock
from kernel.feed import MemoryFeed
from kernel.ids import new_id
from kernel.ledger import Ledger, metadata, open_ledger
from kernel.program_api import Unlimited
from tests import postgres_servers
from web.startup import free_port

ROWS = sa.Table("bench_rows", metadata, sa.Column("id", sa.String(36), primary_key=True), sa.Column("text", sa.Text))
#: as large as a transaction's body
TEXT = "x" * 1_800
TILLS = 16
TOGETHER_S = 8.0
CHECKS = "integrity checks of all months"

Do = Callable[[], Awaitable[Any]]


class Took(NamedTuple):
    wall_ms: float
    cpu_ms: float


class Store:
    """A ledger with the country in it, and tills that sell to whoever comes."""

    def __init__(self, ledger: Ledger, country: Country) -> None:
        self.ledger = ledger
        self.clock = SystemClock()
        self.avis = Avis(ledger, self.clock, VAULT)
        self.country = country
        self._dice = random.Random(1)
        self._sales = 0

    def somebody(self) -> tuple[System, int, str, str]:
        """A till, its place, the card that is shown, and the outlet."""
        who = self._dice.randrange(self.country.recipients)
        provider = provider_for(self._dice, who)
        till = System(client_id="bench", owner=PROVIDERS[provider], kind="both", name="Bench")
        return till, provider, card(who), outlet(provider, self._dice.randrange(OUTLETS_EACH))

    def basket(self, recipient: str, provider: int) -> Basket:
        chosen = self._dice.sample(sold_by(provider), 3)
        return Basket(
            recipient=recipient,
            lines=tuple(BasketLine(sku=path, quantity=self._dice.randint(1, 3), unit_cents=250) for path in chosen),
        )

    def receipt(self, paid_cents: int) -> tuple[Receipt, str]:
        """A receipt and an idempotency key that nobody had yet."""
        self._sales += 1
        number = new_id(self.clock.wall_ms())
        paper = Receipt(
            kind="kases_ceks", number=number, register="R", issued_at_ms=self.clock.wall_ms(), total_cents=paid_cents
        )
        return paper, number

    async def insert(self) -> None:
        async with self.ledger.transaction() as tx:
            await tx.execute(sa.insert(ROWS).values(id=new_id(self.clock.wall_ms()), text=TEXT))

    async def sell(self) -> None:
        till, provider, who, place = self.somebody()
        visit = await self.avis.till.identify(till, who, place)
        quote = await self.avis.till.quote(till, self.basket(visit.recipient, provider))
        await self.avis.till.commit(till, quote.quote, *self.receipt(quote.paid_cents))


# ── one at a time ────────────────────────────────────────────────────────────────────────────────


async def timed(work: Do, into: list[Took]) -> Any:
    wall, cpu = time.perf_counter(), time.process_time()
    found = await work()
    into.append(Took((time.perf_counter() - wall) * 1_000, (time.process_time() - cpu) * 1_000))
    return found


Seen = dict[str, list[Took]]


async def port_turn(store: Store, took: Seen) -> None:
    till, provider, who, place = store.somebody()
    await timed(store.insert, took["INSERT + COMMIT"])
    visit = await timed(lambda: store.avis.till.identify(till, who, place), took["identify"])
    quote: Quote = await timed(
        lambda: store.avis.till.quote(till, store.basket(visit.recipient, provider)), took["quote"]
    )
    paper, key = store.receipt(quote.paid_cents)
    await timed(lambda: store.avis.till.commit(till, quote.quote, paper, key), took["commit"])


class Counter:
    """Tills over HTTP: one system and its token for each provider."""

    def __init__(self, store: Store, http: httpx.AsyncClient, tokens: list[str]) -> None:
        self._store = store
        self._http = http
        self._tokens = tokens

    async def _post(self, provider: int, path: str, body: Any, key: str = "") -> Any:
        headers = {"authorization": f"Bearer {self._tokens[provider]}", "idempotency-key": key or "none"}
        answer = await self._http.post(path, json=body, headers=headers)
        answer.raise_for_status()
        return answer.json()

    async def turn(self, took: Seen) -> None:
        _, provider, who, place = self._store.somebody()
        visit = await self._post(provider, "/v1/identify", {"means": who, "outlet": place})
        lines = [
            {"sku": line.sku, "quantity": line.quantity, "unit_cents": line.unit_cents}
            for line in self._store.basket("", provider).lines
        ]
        basket = {"recipient": visit["recipient"], "lines": lines}
        quote = await timed(lambda: self._post(provider, "/v1/quotes", basket), took["quote over HTTP"])
        paper, key = self._store.receipt(quote["paid_cents"])
        body = {
            "quote": quote["quote"],
            "receipt": {name: getattr(paper, name) for name in paper.__struct_fields__},
        }
        await timed(lambda: self._post(provider, "/v1/transactions", body, key), took["commit over HTTP"])


@contextlib.asynccontextmanager
async def counter(store: Store) -> AsyncIterator[Counter]:
    tokens = []
    for reg_no in PROVIDERS:
        system, secret = await store.avis.systems.add(reg_no, "both", "Bench")
        tokens.append((await store.avis.systems.token(system.client_id, secret))[0])
    app = create_app(store.avis, Audit(store.ledger, store.clock), Unlimited())
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has nothing to wait for)
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        yield Counter(store, http, tokens)
    server.should_exit = True
    await serving


# ── many at once ─────────────────────────────────────────────────────────────────────────────────


async def together(work: Do) -> tuple[float, float]:
    """How many a second with `TILLS` at once, and this process' CPU for each in ms."""
    done, until, cpu = 0, time.perf_counter() + TOGETHER_S, time.process_time()

    async def till() -> None:
        nonlocal done
        while time.perf_counter() < until:
            await work()
            done += 1

    started = time.perf_counter()
    await asyncio.gather(*(till() for _ in range(TILLS)))
    return done / (time.perf_counter() - started), (time.process_time() - cpu) * 1_000 / done


# ── sums over years ──────────────────────────────────────────────────────────────────────────────


async def checked(store: Store) -> Health:
    """All of history, as when an administrator asks for it."""
    await store.avis.integrity.ask()
    await store.avis.integrity.check_asked(float("inf"))
    return await store.avis.integrity.health()


def sums(store: Store) -> dict[str, Do]:
    history = store.avis.history
    this_month = month_of(store.clock.wall_ms())
    year = int(this_month[:4])
    all_years: dict[str, Any] = {"from_month": "2000-01", "to_month": "2099-12"}
    everything = Scope(side=None, reg_no="", **all_years)
    granted = Scope(side="grantor", reg_no=GRANTORS[0], **all_years)
    served = Scope(side="provider", reg_no=PROVIDERS[0], **all_years)
    of_grantor = Scope(side=None, reg_no="", only={"grantor": GRANTORS[0]}, **all_years)
    of_category = Scope(side=None, reg_no="", only={"category": "food/bread"}, **all_years)
    person = VAULT.pseudonym(code(0))

    async def quarters() -> None:
        """As the network manager's page of indicators asks."""
        for each in range(year - YEARS, year + 1):
            for first in (1, 4, 7, 10):
                begin, end = f"{each}-{first:02}", f"{each}-{first + 2:02}"
                await history.indicators(Scope(side=None, reg_no="", from_month=begin, to_month=end))

    return {
        f"indicators of {4 * (YEARS + 1)} quarters": quarters,
        "indicators of all years": lambda: history.indicators(everything),
        "report of everybody, instruction by month": lambda: history.report(everything, "month", "instruction_id"),
        "report of everybody, category by year": lambda: history.report(everything, "category", "year"),
        "report of everybody, outlet by month": lambda: history.report(everything, "outlet", "month"),
        "report of everybody, municipality by year": lambda: history.report(everything, "atvk", "year"),
        "report of everybody, municipality by grantor": lambda: history.report(everything, "atvk", "grantor"),
        "report of everybody, outlet by instruction": lambda: history.report(everything, "outlet", "instruction_id"),
        "report of everybody, outlet by category": lambda: history.report(everything, "outlet", "category"),
        "report of everybody, outlet by month of a grantor": lambda: history.report(of_grantor, "outlet", "month"),
        "report of everybody, month by year of a category": lambda: history.report(of_category, "month", "year"),
        "report of a grantor, outlet by year": lambda: history.report(granted, "outlet", "year"),
        "report of a provider, instruction by month": lambda: history.report(served, "month", "instruction_id"),
        "a provider's outlets to choose from": lambda: history.values(served, "outlet"),
        "a grantor's settlement": lambda: history.settlement("grantor", GRANTORS[0], this_month),
        "a provider's newest 50": lambda: history.of_provider(PROVIDERS[0]),
        "a person's newest 50": lambda: history.of_person(person),
        CHECKS: lambda: checked(store),
        "administrator's page: what the checks found": store.avis.integrity.health,
    }


# ── the run ──────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def urls(names: list[str], *, postgres: bool) -> Iterator[list[str]]:
    """A database for each name."""
    with contextlib.ExitStack() as stack:
        if not postgres:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="klatiene-bench-"))
            yield [f"sqlite:///{folder}/{name}.db" for name in names]
            return
        server = stack.enter_context(postgres_servers.alone(durable=True))
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            for name in names:
                connection.execute(f"CREATE DATABASE {name}".encode())
        yield [f"{server}/{name}" for name in names]


async def open_store(url: str, country: Country) -> Store:
    ledger = open_ledger(url, MemoryFeed("bench"))
    await ledger.create_all()
    # no connection is open while the bulk is written
    await ledger.engine.dispose()
    store = Store(ledger, country)
    started = time.perf_counter()
    with writer(url) as write:
        fill(write, country, store.clock.wall_ms())
    print(f"{country.transactions:,} transactions written in {time.perf_counter() - started:.0f} s", flush=True)
    return store


def report(full: Seen, empty: Seen) -> None:
    print(f"\n{'':22}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'x INSERT':>10}{'full/empty':>12}{'of CPU':>9}")
    bare = statistics.median(each.wall_ms for each in full["INSERT + COMMIT"])
    for name, seen in full.items():
        walls = sorted(each.wall_ms for each in seen)
        wall, cpu = statistics.median(walls), statistics.median(each.cpu_ms for each in seen)
        other = statistics.median(each.wall_ms for each in empty[name])
        other_cpu = statistics.median(each.cpu_ms for each in empty[name])
        print(
            f"{name:22}{wall:9.2f}{walls[int(len(walls) * 0.99)]:9.2f}{cpu:9.2f}{wall / bare:10.2f}"
            f"{wall / other:12.2f}{cpu / other_cpu:9.2f}",
            flush=True,
        )


async def measure(full: Store, empty: Store, turns: int) -> None:
    names = ("INSERT + COMMIT", "identify", "quote", "commit", "quote over HTTP", "commit over HTTP")
    took: dict[Store, Seen] = {store: {name: [] for name in names} for store in (full, empty)}
    async with counter(full) as full_counter, counter(empty) as empty_counter:
        for turn in range(turns + 10):
            if turn == 10:  # what came before was warming up
                took = {store: {name: [] for name in names} for store in (full, empty)}
            for store, door in ((full, full_counter), (empty, empty_counter)):
                await port_turn(store, took[store])
                await door.turn(took[store])
    report(took[full], took[empty])

    print(f"\n{TILLS} tills at once: identify, quote and commit")
    for name, store in (("full", full), ("empty", empty)):
        sold, cpu = await together(store.sell)
        inserted, _ = await together(store.insert)
        print(f"{name:8}{sold:7.0f}/s, {cpu:.1f} ms CPU each; bare INSERT + COMMIT {inserted:.0f}/s", flush=True)


async def add_up(store: Store) -> None:
    """Every sum twice: counted from the rows alone, and when months that are over were added up."""
    work = sums(store)
    took: dict[str, list[Took]] = {name: [] for name in work}
    for name, do in work.items():
        await timed(do, took[name])
    started = time.perf_counter()
    added = await store.avis.sums.tick()
    print(f"\n{added} months added up in {time.perf_counter() - started:.1f} s")
    print(f"\n{'sums over the full store':52}{'from rows, s':>14}{'with sums, s':>14}{'CPU, s':>9}")
    for name, do in work.items():
        found = await timed(do, took[name])
        rows, kept = took[name]
        print(
            f"{name:52}{rows.wall_ms / 1_000:14.3f}{kept.wall_ms / 1_000:14.3f}{kept.cpu_ms / 1_000:9.3f}", flush=True
        )
        if name == CHECKS:
            assert not any(found.checks.values()), found.checks


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--transactions", type=int, default=1_000_000)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=300)
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    with urls(["with_sales", "without"], postgres=options.postgres) as found:
        full = await open_store(found[0], Country(options.recipients, options.transactions))
        empty = await open_store(found[1], Country(options.recipients, 0))
        await measure(full, empty, options.turns)
        await add_up(full)
        for store in (full, empty):
            await store.ledger.close()


if __name__ == "__main__":
    asyncio.run(main())
