"""Callbacks on a real ledger: the place is kept, the turn comes, and one request is made, whoever dies."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from kernel.clock import ManualClock
from kernel.consumer import DurableConsumer
from kernel.errors import CallbackClosed, CallbacksOff, CallbackUnknown, GroupClosed, RequestClosed
from kernel.feed import MemoryFeed
from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId
from kernel.ledger import Ledger, open_ledger
from kernel.messages import Bilingual, Priority, StandingChanged
from router import directory
from router.callbacks import CallbackService
from router.callbacks_core import Callback, CallbackState, Patience
from router.model import Agency, Calendar, Group, GroupRules, Hours, Officer
from router.opening import local_router
from tests.router.test_appointments_core import WANTED
from tests.router.test_calendar import at
from tests.router.test_service import wanted

VSAA, FAMILY, PENSIONS, NIGHT = AgencyId("vsaa"), GroupId("family"), GroupId("pensions"), GroupId("night")
FIRST = OfficerId("vsaa-1")
NOW = at("2026-11-23 10:00")
S = CallbackState
PATIENCE = Patience(tries=3, ring_s=300, rest_s=900, lifetime_s=10 * 3600)
NIGHTS = Calendar(week=((Hours("11:00", "12:00"),), (), (), (), (), (), ()))


async def fill(ledger: Ledger) -> None:
    rules = {FAMILY: GroupRules(), PENSIONS: GroupRules(callbacks=False), NIGHT: GroupRules(calendar=NIGHTS)}
    async with ledger.transaction() as tx:
        await directory.save_agency(tx, Agency(VSAA, "VSAA", Bilingual("VSAA", "VSAA")))
        for group_id, rule in rules.items():
            group = Group(group_id, VSAA, Bilingual(group_id, group_id), ("PAK_02",), rules=rule)
            await directory.save_group(tx, group)
        levels = dict.fromkeys(rules, 1)
        await directory.save_officer(tx, Officer(FIRST, VSAA, "VSAA 1", ("lv",), levels=levels))


class Process:
    def __init__(self, ledger: Ledger, clock: ManualClock) -> None:
        self.ledger = ledger
        self.carried: list[tuple[str, str]] = []
        self.router = local_router(ledger, clock)
        self.callbacks = CallbackService(ledger, clock, self.router, PATIENCE, carry=self._carry)

    async def _carry(self, source: ConsultationId, target: ConsultationId) -> None:
        self.carried.append((source, target))

    async def stands(self, *, ready: bool) -> None:
        event = StandingChanged(at_ms=0, officer_id=FIRST, online=True, ready=ready, reason=None)
        await self.router.on_standing(event)

    async def kept(self, number: int, **changed: Any) -> Callback:
        """A request that waits, turned into a callback."""
        status = await self.router.create_request(wanted(number, **changed))
        return await self.callbacks.keep_place(status.facts)

    async def ticked(self, callback: Callback) -> Callback:
        await self.callbacks.tick()
        return await self.callbacks.get(callback.id)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall_ms=NOW)


@pytest.fixture
async def process(ledger: Ledger, clock: ManualClock) -> Process:
    await fill(ledger)
    made = Process(ledger, clock)
    await made.router.start()
    return made


async def test_the_place_is_kept(process: Process, clock: ManualClock) -> None:
    """First come, left, and back before those who came later."""
    await process.stands(ready=False)
    callback = await process.kept(1, priority=Priority.RAISED, client_ref="someone")
    assert process.router.waiting_ids(FAMILY) == []
    clock.advance(1)
    for number in (2, 3):
        await process.router.create_request(wanted(number, priority=Priority.RAISED))
        clock.advance(1)
    rings = await process.ticked(callback)
    assert (rings.state, rings.tries) == (S.RINGING, 1), "its place would be the first"
    done = await process.callbacks.confirm(callback.id, ClerkId("clerk-adazi"), "Cits")
    assert done.state is S.CONVERTED
    second, third = (wanted(number).consultation_id for number in (2, 3))
    assert process.router.waiting_ids(FAMILY) == [callback.request_id, second, third]
    facts = (await process.router.status(callback.request_id)).facts
    assert (facts.clerk_id, facts.client_ref, facts.priority) == ("clerk-adazi", "someone", Priority.RAISED)
    assert process.carried == [(callback.id, callback.request_id)]
    assert await process.callbacks.confirm(callback.id, ClerkId("c"), "C") == done


async def test_not_before_its_turn(process: Process, clock: ManualClock) -> None:
    await process.stands(ready=False)
    await process.router.create_request(wanted(1))
    clock.advance(1)
    callback = await process.kept(2)
    assert (await process.ticked(callback)).state is S.WAITING, "somebody is before it"
    await process.router.withdraw(wanted(1).consultation_id, "citizen_left")
    assert (await process.ticked(callback)).state is S.RINGING


async def test_nobody_signed_in_rings_nobody(process: Process) -> None:
    callback = await process.kept(1)
    assert (await process.ticked(callback)).state is S.WAITING
    await process.stands(ready=True)
    assert (await process.ticked(callback)).state is S.RINGING


async def test_three_times_not_there(process: Process, clock: ManualClock) -> None:
    await process.stands(ready=True)
    callback = await process.kept(1, group_id=FAMILY, language="en")
    assert (await process.ticked(callback)).state is S.RINGING
    assert (await process.callbacks.not_there(callback.id)).state is S.WAITING
    clock.advance(899)
    assert (await process.ticked(callback)).state is S.WAITING
    clock.advance(1)
    assert (await process.ticked(callback)).tries == 2
    clock.advance(300)
    assert (await process.ticked(callback)).state is S.WAITING, "nobody at the console counts as well"
    clock.advance(900)
    assert (await process.ticked(callback)).tries == 3
    expired = await process.callbacks.not_there(callback.id)
    assert (expired.state, expired.end_reason) == (S.EXPIRED, "not_there")
    with pytest.raises(CallbackClosed):
        await process.callbacks.confirm(callback.id, ClerkId("c"), "C")


async def test_too_old(process: Process, clock: ManualClock) -> None:
    callback = await process.kept(1)
    clock.advance(10 * 3600)
    expired = await process.ticked(callback)
    assert (expired.state, expired.end_reason) == (S.EXPIRED, "too_old")


async def test_a_refused_request_waits_for_the_opening(process: Process, clock: ManualClock) -> None:
    await process.stands(ready=True)
    asked = msgspec.structs.replace(WANTED, group_id=NIGHT)
    callback = await process.callbacks.ask(ConsultationId("00000000-0000-7000-8000-000000000009"), asked)
    assert await process.callbacks.ask(callback.id, asked) == callback
    assert (await process.ticked(callback)).state is S.WAITING
    clock.advance(3600)
    assert (await process.ticked(callback)).state is S.RINGING
    assert (await process.callbacks.confirm(callback.id, ClerkId("c"), "C")).state is S.CONVERTED


async def test_refused_again_it_goes_on_waiting(process: Process) -> None:
    callback = await process.kept(1)
    group = next(group for group in process.router.groups() if group.id == FAMILY)
    async with process.ledger.transaction() as tx:
        await directory.save_group(tx, Group(FAMILY, VSAA, group.name, group.paks, open=False, rules=group.rules))
    await process.router.reload_directory()
    with pytest.raises(GroupClosed):
        await process.callbacks.confirm(callback.id, ClerkId("c"), "C")
    waits = await process.callbacks.get(callback.id)
    assert (waits.state, waits.problem, waits.score) == (S.WAITING, "group_closed", callback.score)


async def test_what_cannot_become_a_callback(process: Process) -> None:
    status = await process.router.create_request(wanted(1, group_id=PENSIONS))
    with pytest.raises(CallbacksOff):
        await process.callbacks.keep_place(status.facts)
    assert (await process.router.status(status.facts.consultation_id)).state == "queued"
    gone = await process.router.create_request(wanted(2))
    await process.router.withdraw(gone.facts.consultation_id, "citizen_left")
    with pytest.raises(RequestClosed):
        await process.callbacks.keep_place(gone.facts)
    with pytest.raises(CallbackUnknown):
        await process.callbacks.get(gone.facts.consultation_id)


async def test_cancelled(process: Process) -> None:
    callback = await process.kept(1)
    assert (await process.callbacks.cancel(callback.id, "client_cancelled")).state is S.CANCELLED
    assert (await process.callbacks.cancel(callback.id, "clerk_cancelled")).end_reason == "client_cancelled"
    assert await process.callbacks.open_of([callback.wanted.point_id]) == []


async def test_a_place_survives_a_process_that_died_in_between(process: Process, clock: ManualClock) -> None:
    """The request has left the queue and nothing else was written: the event makes the callback, once."""
    status = await process.router.create_request(wanted(1))
    await process.router.withdraw(status.facts.consultation_id, "callback")
    consumer = DurableConsumer("callbacks", process.ledger, clock, process.callbacks.on_event)
    await consumer.catch_up()
    callback = await process.callbacks.get(status.facts.consultation_id)
    assert callback.state is S.WAITING
    assert await process.callbacks.keep_place(status.facts) == callback
    await DurableConsumer("again", process.ledger, clock, process.callbacks.on_event).catch_up()
    assert await process.callbacks.get(callback.id) == callback


async def test_two_processes_ring_and_serve_it_once(ledger: Ledger, clock: ManualClock) -> None:
    await fill(ledger)
    other = open_ledger(ledger.engine.url.render_as_string(hide_password=False), MemoryFeed("other"))
    two = [Process(ledger, clock), Process(other, clock)]
    for process in two:
        await process.router.start()
        await process.stands(ready=False)
    callback = await two[0].kept(1)
    await asyncio.gather(*(process.callbacks.tick() for process in two * 2))
    assert (await two[0].callbacks.get(callback.id)).tries == 1
    confirmed = await asyncio.gather(
        *(process.callbacks.confirm(callback.id, ClerkId("c"), "C") for process in two * 2)
    )
    assert {each.state for each in confirmed} <= {S.CONVERTING, S.CONVERTED}
    assert (await two[1].callbacks.get(callback.id)).state is S.CONVERTED
    assert len(two[0].carried) + len(two[1].carried) == 1
    await other.close()
