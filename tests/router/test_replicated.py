"""Several processes on one ledger and one shared index: in memory, one Redis, a Redis Cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from kernel.clock import ManualClock
from kernel.errors import IndexUnavailable, OfferGone, OfferStale, OfferTaken
from kernel.messages import LeaseState, OfferMade
from router.model import RequestState
from router.step import Step
from router.tables import requests
from tests.router.directory import BENEFITS, ONE, TWO, VSAA
from tests.router.household import Start, house, identified, until, wanted
from tests.router.shared_twins import Twin


@pytest.fixture
async def start(twin: Twin, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Start]:
    async with house(twin.index, tmp_path, clock) as opened:
        yield opened


async def test_what_one_decides_the_other_shows(start: Start) -> None:
    one, two = await start("one"), await start("two")
    heard = two.feed.subscribe()
    await two.stands(ONE)
    await one.router.create_request(wanted(1))
    await until(lambda: two.router.officer_offer(ONE) is not None)
    offer = two.router.officer_offer(ONE)
    assert offer is not None
    assert offer.facts.consultation_id == identified(1)
    async for numbered in heard:
        if isinstance(numbered.event, OfferMade):
            assert numbered.origin == "one", "told where it was decided"
            break
    await two.router.accept(ONE, identified(1), offer.version)
    await until(lambda: one.router.lease(ONE).state is LeaseState.BUSY)


async def test_of_those_who_accept_at_both_processes_one_has_it(start: Start) -> None:
    processes = [await start("one"), await start("two")]
    for officer_id in (ONE, TWO):
        await processes[0].stands(officer_id)
    for number in (1, 2):
        await processes[number % 2].router.create_request(wanted(number))
        core = processes[number % 2].index.cores[VSAA]
        officer_id = core.requests[identified(number)].officer_id
        assert officer_id is not None
        results = await asyncio.gather(
            *(each.router.accept(officer_id, identified(number), 1) for each in processes * 3), return_exceptions=True
        )
        assert sum(result is None for result in results) == 1, results
        assert all(isinstance(each, OfferTaken | OfferStale | OfferGone) for each in results if each is not None)


async def test_a_refusal_is_checked_against_the_newest(start: Start) -> None:
    one, two = await start("one"), await start("two")
    two.follows.cancel()
    await asyncio.gather(two.follows, return_exceptions=True)
    await one.stands(ONE)
    await one.router.create_request(wanted(1))
    assert two.router.officer_offer(ONE) is None, "it has not heard of it"
    await two.router.accept(ONE, identified(1), 1)


async def test_an_index_that_was_lost_is_made_from_the_ledger(start: Start, twin: Twin) -> None:
    one, two = await start("one"), await start("two")
    await one.stands(ONE)
    for number in (1, 2, 3):
        await one.router.create_request(wanted(number))
    await one.router.accept(ONE, identified(1), 1)
    await twin.lose(VSAA)
    await two.router.create_request(wanted(4))
    for each in (one, two):
        await each.catches_up()
        assert [each.state(number) for number in (1, 2, 3, 4)] == [RequestState.ACCEPTED] + [RequestState.QUEUED] * 3
        assert each.router.lease(ONE).state is LeaseState.BUSY
    await two.stands(TWO)
    offer = two.router.officer_offer(TWO)
    assert offer is not None
    assert offer.facts.consultation_id == identified(2), "everybody is at the same place"
    with pytest.raises((OfferStale, OfferTaken, OfferGone)):
        await one.router.accept(TWO, identified(2), 1)


async def test_who_is_being_served_hears_what_became_of_it_however_slow_that_is(
    start: Start, twin: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await start("one")
    for officer_id in (ONE, TWO):
        await one.stands(officer_id)
    for number in (1, 2):
        await one.router.create_request(wanted(number))
    monkeypatch.setattr("router.replicated.PATIENCE_S", 0.1)
    commit, gates = twin.index.commit, [asyncio.Event(), asyncio.Event()]
    reached = [asyncio.Event(), asyncio.Event()]

    async def slow(*arguments: Any, **named: Any) -> Any:
        if turns:
            turn = turns.pop(0)
            reached[turn].set()
            await gates[turn].wait()
        return await commit(*arguments, **named)

    turns = [0, 1]
    monkeypatch.setattr(one.index._shared, "commit", slow)
    first = asyncio.create_task(one.router.create_request(wanted(3)))
    await reached[0].wait()
    # both wait for the first, and one of them takes the other along
    offers = [(officer_id, one.router.officer_offer(officer_id)) for officer_id in (ONE, TWO)]
    accepts = [
        asyncio.create_task(one.router.accept(officer_id, offer.facts.consultation_id, offer.version))
        for officer_id, offer in offers
        if offer is not None
    ]
    await asyncio.sleep(0)
    gates[0].set()
    await reached[1].wait()
    # longer than anybody waits who is not being served
    await asyncio.sleep(0.3)
    gates[1].set()
    assert await asyncio.gather(*accepts) == [None, None]
    await first


@pytest.mark.torture
async def test_requests_are_taken_while_the_index_is_made_anew(
    start: Start, twin: Twin, amount: Callable[[int, int], int]
) -> None:
    one, two = await start("one"), await start("two")
    known, more = amount(100, 20_000), amount(10, 1_000)
    for number in range(1, known + 1):
        await one.router.create_request(wanted(number))
    await twin.lose(VSAA)
    rebuilding = asyncio.create_task(one.index.rebuild(VSAA))
    for number in range(known + 1, known + more + 1):
        await two.router.create_request(wanted(number))
    await rebuilding
    # what was committed while the ledger was read, and placed into the index that was lost
    await two.reconciled()
    for each in (one, two):
        await each.catches_up()
        assert each.router.waiting_ids(BENEFITS) == [identified(number) for number in range(1, known + more + 1)]


async def test_a_process_that_slept_through_a_rebuild_is_refused_and_takes_the_new_index(start: Start) -> None:
    one, two = await start("one"), await start("two")
    two.follows.cancel()
    await asyncio.gather(two.follows, return_exceptions=True)
    await one.router.create_request(wanted(1))
    await one.index.rebuild(VSAA)
    await two.stands(ONE)
    offer = two.router.officer_offer(ONE)
    assert offer is not None
    assert offer.version > 1_000_000, "numbered in the new epoch"


async def test_several_who_find_it_lost_make_it_once_more_and_agree(start: Start, twin: Twin) -> None:
    processes = [await start(name) for name in ("one", "two", "three")]
    for number in range(1, 30):
        await processes[number % 3].router.create_request(wanted(number))
    await twin.lose(VSAA)
    await asyncio.gather(*(each.catches_up() for each in processes))
    for each in processes:
        await each.catches_up()
        assert each.router.waiting_ids(BENEFITS) == [identified(number) for number in range(1, 30)]


async def test_the_reconciler_places_what_the_index_never_heard_of(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await start("one")

    async def away(*_: Any, **__: Any) -> Step:
        raise IndexUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(one.index, "decide", away)
        status = await one.router.create_request(wanted(1))
    assert (status.state, status.next.code, status.position) == ("queued", "routing_delayed", None)
    await one.reconciled()
    assert (await one.router.status(identified(1))).position == 1


async def test_the_reconciler_follows_the_ledger_in_everything(start: Start) -> None:
    one = await start("one")
    await one.stands(ONE)
    for number in (1, 2, 3):
        await one.router.create_request(wanted(number))
    await one.router.accept(ONE, identified(1), 1)
    async with one.ledger.transaction() as tx:
        # as if a process had died right after its commit, each time
        await tx.execute(sa.update(requests).where(requests.c.id == identified(1)).values(state="ended"))
        await tx.execute(sa.update(requests).where(requests.c.id == identified(2)).values(state="withdrawn"))
        await tx.execute(
            sa.update(requests)
            .where(requests.c.id == identified(3))
            .values(state="accepted", officer_id=TWO, version=9)
        )
    await one.reconciled()
    assert [one.state(number) for number in (1, 2, 3)] == [None, None, RequestState.ACCEPTED]
    assert [slot.consultation_id for slot in one.router.lease(TWO).slots] == [identified(3)]


async def test_an_accept_that_never_reached_the_ledger_is_taken_back(start: Start) -> None:
    one = await start("one")
    await one.stands(ONE)
    await one.router.create_request(wanted(1))
    await one.index.decide(VSAA, lambda core, now, wall_ms: core.accept(ONE, identified(1), 1, now, wall_ms))
    assert one.state(1) is RequestState.ACCEPTED
    await one.reconciled()
    assert one.state(1) is RequestState.OFFERED, "it rings again"
