"""Two processes on one database, as two ledgers with feeds of their own: nothing is skipped, nothing happens twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.util import await_only

from kernel.clock import ManualClock
from kernel.consumer import DurableConsumer
from kernel.errors import LedgerUnavailable
from kernel.feed import MemoryFeed
from kernel.idempotency import Idempotency
from kernel.ids import ConsultationId, OfficerId
from kernel.ledger import Ledger, Transaction, cursors, open_ledger
from kernel.messages import AnyEvent, OfficerReleased

CONSULTATION = ConsultationId("019b76da-a800-7215-af0b-79243976fb0e")


def released(n: int) -> OfficerReleased:
    return OfficerReleased(at_ms=n, consultation_id=CONSULTATION, officer_id=OfficerId(f"o-{n}"))


async def write(ledger: Ledger, *numbers: int) -> None:
    async with ledger.transaction() as tx:
        tx.record(*(released(n) for n in numbers))


async def scalar(ledger: Ledger, statement: sa.Select[tuple[int]]) -> int:
    async with ledger.reading() as connection:
        return int(await connection.scalar(statement) or 0)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Ledger, Ledger]]:
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/ledger.db" if on_sqlite else request.getfixturevalue("postgres_url")
    one, two = open_ledger(url, MemoryFeed("one")), open_ledger(url, MemoryFeed("two"))
    await one.create_all()
    yield one, two
    await one.close()
    await two.close()


@pytest.fixture
async def postgres_pair(postgres_url: str) -> AsyncIterator[tuple[Ledger, Ledger]]:
    one, two = open_ledger(postgres_url, MemoryFeed("one")), open_ledger(postgres_url, MemoryFeed("two"))
    await one.create_all()
    yield one, two
    await one.close()
    await two.close()


@pytest.mark.postgres
async def test_an_event_that_commits_late_is_not_skipped(
    postgres_pair: tuple[Ledger, Ledger], clock: ManualClock
) -> None:
    one, two = postgres_pair
    seen: list[AnyEvent] = []

    async def handle(_tx: Transaction, event: AnyEvent) -> None:
        seen.append(event)

    at_commit, may_commit = asyncio.Event(), asyncio.Event()

    @sa.event.listens_for(one.engine.sync_engine, "commit")
    def hold(_connection: object) -> None:
        at_commit.set()
        await_only(may_commit.wait())

    waiting = (
        sa.select(sa.func.count())
        .select_from(sa.table("pg_locks", sa.column("locktype"), sa.column("granted")))
        .where(sa.column("locktype") == "advisory", sa.not_(sa.column("granted")))
    )
    early = asyncio.create_task(write(one, 1))
    await at_commit.wait()
    late = asyncio.create_task(write(two, 2))
    async with asyncio.timeout(10):
        # either it has gone through, or it waits its turn
        while not late.done() and not await scalar(two, waiting):
            await asyncio.wait([late], timeout=0.01)
    consumer = DurableConsumer("c", two, clock, handle)
    await consumer.catch_up()
    may_commit.set()
    await asyncio.gather(early, late)
    await consumer.catch_up()
    assert seen == [released(1), released(2)]


async def test_two_processes_handle_every_event_once_and_in_order(
    pair: tuple[Ledger, Ledger], clock: ManualClock
) -> None:
    seen: list[tuple[int, AnyEvent]] = []

    def handler(process: int) -> Callable[[Transaction, AnyEvent], asyncio.Future[None]]:
        async def handle(_tx: Transaction, event: AnyEvent) -> None:
            await asyncio.sleep(0)
            seen.append((process, event))

        return handle  # type: ignore[return-value]

    consumers = [DurableConsumer("c", ledger, clock, handler(n)) for n, ledger in enumerate(pair)]
    await asyncio.gather(*(write(pair[n % 2], n) for n in range(40)))
    last = await scalar(pair[0], sa.select(sa.func.max(sa.table("events", sa.column("id")).c.id)))

    async def until_done(consumer: DurableConsumer) -> None:
        while await scalar(pair[0], sa.select(cursors.c.event_id)) < last:
            await consumer.catch_up()

    await consumers[0].catch_up()
    await asyncio.gather(*(write(pair[n % 2], n) for n in range(40, 60)))
    last += 20
    await asyncio.gather(*(until_done(consumer) for consumer in consumers))
    stored = [event for _, event in await pair[0].events_after(0)]
    assert [event for _, event in seen] == stored
    assert len(stored) == 60


@pytest.mark.postgres
async def test_whoever_loses_its_connection_holds_up_nobody(
    postgres_pair: tuple[Ledger, Ledger], clock: ManualClock
) -> None:
    one, two = postgres_pair
    seen: list[AnyEvent] = []
    stuck = asyncio.Event()
    backend = 0

    async def hangs(tx: Transaction, _event: AnyEvent) -> None:
        nonlocal backend
        backend = int(await tx.connection.scalar(sa.select(sa.func.pg_backend_pid())) or 0)
        stuck.set()
        await asyncio.Event().wait()

    async def handle(_tx: Transaction, event: AnyEvent) -> None:
        seen.append(event)

    await write(one, 1)
    holder = asyncio.create_task(DurableConsumer("c", one, clock, hangs).catch_up())
    await stuck.wait()
    other = DurableConsumer("c", two, clock, handle)
    assert await other.catch_up() == 0, "the holder is at it"
    async with two.reading() as connection:
        await connection.execute(sa.select(sa.func.pg_terminate_backend(backend, 5000)))
    assert await other.catch_up() == 1
    assert seen == [released(1)]
    holder.cancel()
    with pytest.raises((asyncio.CancelledError, LedgerUnavailable)):
        await holder


async def test_one_key_has_one_result_on_two_processes(pair: tuple[Ledger, Ledger], clock: ManualClock) -> None:
    claims = await asyncio.gather(
        *(Idempotency(pair[n % 2], clock).claim("clerk", "key", b"body", f"result-{n}") for n in range(8))
    )
    assert len({result for result, _ in claims}) == 1
    assert [first for _, first in claims].count(True) == 1
