import asyncio
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from kernel.clock import ManualClock
from kernel.consumer import BATCH, FAR, TRIES, DurableConsumer, hears
from kernel.errors import LedgerUnavailable
from kernel.feed import MemoryFeed
from kernel.ids import ConsultationId, GroupId, OfficerId
from kernel.ledger import Ledger, Transaction, cursors, dead_letters, events, open_ledger
from kernel.messages import AnyEvent, OfficerReleased, QueueChanged, WrapUpFinished

CONSULTATION = ConsultationId("019b76da-a800-7215-af0b-79243976fb0e")


def released(n: int) -> OfficerReleased:
    return OfficerReleased(at_ms=n, consultation_id=CONSULTATION, officer_id=OfficerId(f"o-{n}"))


async def test_durable_events_are_stored_and_all_are_published_after_the_commit(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        tx.record(released(1), QueueChanged(at_ms=2, group_id=GroupId("g")))
        assert ledger.feed.last_seq == 0
    assert ledger.feed.last_seq == 2
    assert [event for _, event in await ledger.events_after(0)] == [released(1)]


async def test_a_failed_transaction_leaves_nothing_and_says_nothing(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError):
        async with ledger.transaction() as tx:
            tx.record(released(1))
            await tx.execute(sa.insert(cursors).values(consumer="x", event_id=1))
            raise RuntimeError
    assert ledger.feed.last_seq == 0
    assert await ledger.events_after(0) == []
    async with ledger.reading() as connection:
        assert (await connection.execute(sa.select(cursors))).all() == []


async def test_many_writers_lose_no_update(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        await tx.execute(sa.insert(cursors).values(consumer="n", event_id=0))

    async def add() -> None:
        async with ledger.transaction() as tx:
            await tx.execute(
                sa.update(cursors).where(cursors.c.consumer == "n").values(event_id=cursors.c.event_id + 1)
            )

    await asyncio.gather(*(add() for _ in range(40)))
    async with ledger.reading() as connection:
        assert await connection.scalar(sa.select(cursors.c.event_id)) == 40


async def test_a_ledger_that_cannot_serve_is_unavailable(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/nowhere/at-all.db", MemoryFeed("e"))
    with pytest.raises(LedgerUnavailable) as caught:
        await ledger.ping()
    assert caught.value.retryable
    assert caught.value.http == 503
    await ledger.close()
    # the driver's thread still reports its end to this loop, which must not be gone by then
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 5)


async def test_a_locked_ledger_acknowledges_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    ledger = open_ledger(url, MemoryFeed("e"))
    await ledger.create_all()
    async with ledger.engine.connect() as other:
        await other.exec_driver_sql("BEGIN IMMEDIATE")
        second = open_ledger(url, MemoryFeed("e"))
        sa.event.listen(second.engine.sync_engine, "connect", lambda c, _: c.execute("PRAGMA busy_timeout=50"))
        with pytest.raises(LedgerUnavailable):
            async with second.transaction() as tx:
                tx.record(released(1))
        assert second.feed.last_seq == 0
        await second.close()
    await ledger.close()


def test_other_databases_are_refused() -> None:
    with pytest.raises(ValueError, match="sqlite or postgresql"):
        open_ledger("mysql://x/y", MemoryFeed("e"))


async def test_a_consumer_sees_every_durable_event_once_and_in_order(ledger: Ledger, clock: ManualClock) -> None:
    seen: list[AnyEvent] = []

    async def handle(_tx: Transaction, event: AnyEvent) -> None:
        seen.append(event)

    async with ledger.transaction() as tx:
        tx.record(*(released(n) for n in range(5)))
    assert await DurableConsumer("c", ledger, clock, handle).catch_up() == 5
    async with ledger.transaction() as tx:
        tx.record(released(5))
    # a new process goes on where the old one stopped
    assert await DurableConsumer("c", ledger, clock, handle).catch_up() == 1
    assert seen == [released(n) for n in range(6)]


async def test_what_a_handler_did_vanishes_with_its_failure(ledger: Ledger, clock: ManualClock) -> None:
    tries = 0

    async def fails_once(tx: Transaction, event: AnyEvent) -> None:
        nonlocal tries
        if event != released(1):
            return
        tries += 1
        tx.record(released(99))
        if tries == 1:
            raise RuntimeError

    async with ledger.transaction() as tx:
        tx.record(released(1))
    consumer = DurableConsumer("c", ledger, clock, fails_once)
    with pytest.raises(RuntimeError):
        await consumer.catch_up()
    assert len(await ledger.events_after(0)) == 1
    await consumer.catch_up()
    assert [event for _, event in await ledger.events_after(0)] == [released(1), released(99)]


async def test_a_poison_event_becomes_a_dead_letter_and_the_line_moves_on(ledger: Ledger, clock: ManualClock) -> None:
    async def handle(tx: Transaction, event: AnyEvent) -> None:
        if event == released(1):
            raise RuntimeError
        if event.at_ms < 100:
            tx.record(released(100 + event.at_ms))

    async with ledger.transaction() as tx:
        tx.record(released(0), released(1), released(2))
    consumer = DurableConsumer("c", ledger, clock, handle)
    for _ in range(TRIES - 1):
        with pytest.raises(RuntimeError):
            await consumer.catch_up()
    await consumer.catch_up()
    effects = [event for _, event in await ledger.events_after(0) if event.at_ms >= 100]
    assert effects == [released(100), released(102)], "once each, however often they were tried beside the poison"
    async with ledger.reading() as connection:
        letters = (await connection.execute(sa.select(dead_letters.c.consumer, dead_letters.c.error))).all()
        last = await connection.scalar(sa.select(sa.func.max(events.c.id)))
        assert await connection.scalar(sa.select(cursors.c.event_id)) == last
    assert letters == [("c", "RuntimeError")]


async def test_what_waits_is_handled_several_in_a_transaction(ledger: Ledger, clock: ManualClock) -> None:
    transactions: dict[int, int] = {}

    async def handle(tx: Transaction, _event: AnyEvent) -> None:
        transactions[id(tx)] = transactions.get(id(tx), 0) + 1
        held.append(tx)

    held: list[Transaction] = []
    async with ledger.transaction() as tx:
        tx.record(*(released(n) for n in range(BATCH + 3)))
    assert await DurableConsumer("c", ledger, clock, handle).catch_up() == BATCH + 3
    assert list(transactions.values()) == [BATCH, 3]


async def test_only_the_kinds_that_concern_a_consumer_reach_it(ledger: Ledger, clock: ManualClock) -> None:
    seen: list[AnyEvent] = []

    class Service:
        @hears(WrapUpFinished)
        async def on_event(self, _tx: Transaction, event: AnyEvent) -> None:
            seen.append(event)

    def another() -> DurableConsumer:
        return DurableConsumer("c", ledger, clock, Service().on_event)

    ours = [
        WrapUpFinished(at_ms=n, officer_id=OfficerId("o"), consultation_id=CONSULTATION, outcome="solved", note=None)
        for n in range(2)
    ]
    async with ledger.transaction() as tx:
        tx.record(ours[0], *(released(n) for n in range(FAR)))
    consumer = another()
    assert await consumer.catch_up() == 1
    await consumer.look_over()
    async with ledger.reading() as connection:
        # and whoever starts next does not look through the others again
        assert await connection.scalar(sa.select(cursors.c.event_id)) == await ledger.last_event()
    async with ledger.transaction() as tx:
        tx.record(released(1), ours[1])
    assert await consumer.catch_up() == 1
    assert await another().catch_up() == 0
    assert seen == ours


async def test_a_running_consumer_is_woken_by_the_commit(ledger: Ledger, clock: ManualClock) -> None:
    seen = asyncio.Event()

    async def handle(_tx: Transaction, _event: AnyEvent) -> None:
        seen.set()

    task = asyncio.create_task(DurableConsumer("c", ledger, clock, handle).run())
    try:
        async with ledger.transaction() as tx:
            tx.record(released(1))
        async with asyncio.timeout(5):
            await seen.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_nobody_waits_for_gathers_and_is_handled_together(ledger: Ledger, clock: ManualClock) -> None:
    handled: list[tuple[Transaction, AnyEvent]] = []
    done = asyncio.Event()

    class Service:
        @hears(OfficerReleased, gather_s=0.5)
        async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
            handled.append((tx, event))
            if len(handled) == 5:
                done.set()

    task = asyncio.create_task(DurableConsumer("c", ledger, clock, Service().on_event).run())
    try:
        for n in range(5):
            async with ledger.transaction() as tx:
                tx.record(released(n))
            await asyncio.sleep(0.02)
        async with asyncio.timeout(5):
            await done.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [event for _, event in handled] == [released(n) for n in range(5)]
    # the first may have been there when the consumer began
    assert len({id(tx) for tx, _ in handled}) <= 2
