"""Appointments on a real ledger: no place twice, no request twice, whatever the processes do at once."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from kernel.clock import ManualClock
from kernel.errors import AppointmentClosed, AppointmentsOff, AppointmentUnknown, SlotTaken, SlotUnavailable
from kernel.feed import MemoryFeed
from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId, WorkstationId
from kernel.ledger import Ledger, open_ledger
from kernel.messages import AppointmentChanged, Bilingual, Priority
from router import directory
from router.appointments import AppointmentService, cells
from router.appointments_core import AppointmentState, Timing
from router.model import Agency, Group, GroupRules, Officer, Slots
from router.opening import local_router
from tests.router.test_appointments_core import WANTED
from tests.router.test_calendar import at

VSAA, FAMILY, PENSIONS = AgencyId("vsaa"), GroupId("family"), GroupId("pensions")
NOW = at("2026-11-23 07:00")
NINE, HALF_PAST = at("2026-11-23 09:00"), at("2026-11-23 09:30")
S = AppointmentState
TIMING = Timing(reminder_s=600, no_show_s=900)


async def fill(ledger: Ledger, parallel: int = 1) -> None:
    async with ledger.transaction() as tx:
        await directory.save_agency(tx, Agency(VSAA, "VSAA", Bilingual("VSAA", "VSAA")))
        for group_id, slots in ((FAMILY, Slots(minutes=30, parallel=parallel)), (PENSIONS, None)):
            group = Group(group_id, VSAA, Bilingual(group_id, group_id), ("PAK_02",), rules=GroupRules(slots=slots))
            await directory.save_group(tx, group)
        await directory.save_officer(tx, Officer(OfficerId("vsaa-1"), VSAA, "VSAA 1", ("lv",), levels={FAMILY: 1}))


class Process:
    """One process' services on a ledger that others use too."""

    def __init__(self, ledger: Ledger, clock: ManualClock) -> None:
        self.ledger = ledger
        self.on: set[str] = set()
        self.router = local_router(ledger, clock)
        self.appointments = AppointmentService(ledger, clock, self.router, TIMING, workstation_on=self.on.__contains__)


CLERK = ClerkId("clerk-grobina")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(wall_ms=NOW)


@pytest.fixture
async def process(ledger: Ledger, clock: ManualClock) -> Process:
    await fill(ledger)
    made = Process(ledger, clock)
    await made.router.start()
    return made


async def book(process: Process, number: int = 1, starts_ms: int = NINE, **wanted: Any) -> Any:
    return await process.appointments.book(
        f"00000000-0000-7000-8000-{number:012d}",
        msgspec.structs.replace(WANTED, **wanted),
        starts_ms,
        ConsultationId(f"00000000-0000-7000-9000-{number:012d}"),
    )


async def free(process: Process) -> list[int]:
    day = at("2026-11-23 00:00"), at("2026-11-24 00:00")
    return [slot.starts_ms for slot in await process.appointments.free(FAMILY, *day)]


async def test_a_booked_slot_is_not_free_until_it_is_cancelled(process: Process) -> None:
    assert NINE in await free(process)
    booked = await book(process)
    assert await book(process) == booked, "the same id again is the same booking"
    assert NINE not in await free(process)
    with pytest.raises(SlotTaken):
        await book(process, 2)
    with pytest.raises(SlotUnavailable):
        await book(process, 2, at("2026-11-23 09:10"))
    cancelled = await process.appointments.cancel(booked.id, "client_cancelled")
    assert (cancelled.state, cancelled.end_reason) == (S.CANCELLED, "client_cancelled")
    assert await process.appointments.cancel(booked.id, "clerk_cancelled") == cancelled
    assert NINE in await free(process)
    await book(process, 2)


async def test_what_takes_no_appointments(process: Process) -> None:
    assert not process.appointments.takes(PENSIONS)
    with pytest.raises(AppointmentsOff):
        await process.appointments.free(PENSIONS, NINE, HALF_PAST)
    with pytest.raises(AppointmentUnknown):
        await process.appointments.cancel("nothing", "clerk_cancelled")


async def test_moving_frees_one_and_takes_the_other(process: Process) -> None:
    await book(process, 1, NINE)
    await book(process, 2, HALF_PAST)
    with pytest.raises(SlotTaken):
        await process.appointments.move("00000000-0000-7000-8000-000000000001", HALF_PAST)
    assert NINE not in await free(process), "a move that failed changed nothing"
    ten = at("2026-11-23 10:00")
    moved = await process.appointments.move("00000000-0000-7000-8000-000000000001", ten)
    assert (moved.starts_ms, moved.state) == (ten, S.BOOKED)
    assert await process.appointments.move(moved.id, ten) == moved
    assert {NINE, ten} & set(await free(process)) == {NINE}
    await process.appointments.cancel(moved.id, "clerk_cancelled")
    with pytest.raises(AppointmentClosed):
        await process.appointments.move(moved.id, NINE)


async def test_the_cells_of_a_lane_are_a_fence(process: Process) -> None:
    """What two processes that saw the same free slot run into, whatever they believe."""
    booked = await book(process)
    row = {"group_id": FAMILY, "lane": 0, "cell": booked.starts_ms // 300_000 + 3, "appointment_id": "another"}
    with pytest.raises(sa.exc.IntegrityError):
        async with process.ledger.transaction() as tx:
            await tx.execute(sa.insert(cells).values(row))


async def test_reminded_then_waited_for_then_gone(process: Process, clock: ManualClock) -> None:
    booked = await book(process)
    clock.jump_wall((NINE - NOW) / 1000 - 601)
    await process.appointments.tick()
    assert (await process.appointments.get(booked.id)).state is S.BOOKED
    clock.jump_wall(1)
    await process.appointments.tick()
    assert (await process.appointments.get(booked.id)).state is S.REMINDED
    assert (await process.appointments.seen(booked.id, CLERK, "Darbinieks")).state is S.EXPECTED
    assert (await process.appointments.seen(booked.id, CLERK, "Darbinieks")).version == 2, (
        "said again it changes nothing"
    )
    clock.jump_wall(600 + 899)
    await process.appointments.tick()
    assert (await process.appointments.get(booked.id)).state is S.EXPECTED
    clock.jump_wall(1)
    await process.appointments.tick()
    assert (await process.appointments.get(booked.id)).state is S.NO_SHOW
    with pytest.raises(AppointmentClosed):
        await process.appointments.arrived(booked.id, CLERK, "Darbinieks")
    changed = [event for _, event in await process.ledger.events_after(0) if isinstance(event, AppointmentChanged)]
    assert [event.state for event in changed] == ["booked", "reminded", "expected", "no_show"]


async def test_a_request_at_its_time_and_not_before(process: Process, clock: ManualClock) -> None:
    booked = await book(process, preferred_officer_id=OfficerId("vsaa-1"), client_ref="someone")
    clock.jump_wall((NINE - NOW) / 1000 - 120)
    there = await process.appointments.arrived(booked.id, ClerkId("clerk-adazi"), "Ādažu darbinieks")
    assert there.state is S.ARRIVED
    await process.appointments.tick()
    assert process.router.waiting_ids(FAMILY) == []
    clock.jump_wall(120)
    await process.appointments.tick()
    status = await process.router.status(booked.request_id)
    assert status.facts.priority is Priority.URGENT
    assert (status.facts.clerk_id, status.facts.client_ref) == ("clerk-adazi", "someone")
    assert status.facts.preferred_officer_id == "vsaa-1"
    assert (await process.appointments.get(booked.id)).state is S.CONVERTED


async def test_a_late_client_is_served_at_once(process: Process, clock: ManualClock) -> None:
    booked = await book(process)
    clock.jump_wall((NINE - NOW) / 1000 + 300)
    assert (await process.appointments.arrived(booked.id, ClerkId("c"), "C")).state is S.CONVERTED
    assert process.router.waiting_ids(FAMILY) == [booked.request_id]
    again = await process.appointments.arrived(booked.id, ClerkId("c"), "C")
    assert again.state is S.CONVERTED


async def test_a_workstation_that_is_on_speaks_for_the_client(process: Process, clock: ManualClock) -> None:
    on = await book(process, 1, NINE, workstation_id=WorkstationId("grobina-1"))
    off = await book(process, 2, HALF_PAST, workstation_id=WorkstationId("zeltini-1"))
    process.on.add("grobina-1")
    clock.jump_wall((HALF_PAST - NOW) / 1000 - 1800)
    await process.appointments.tick()
    clock.jump_wall(1800)
    await process.appointments.tick()
    assert (await process.appointments.get(on.id)).state is S.CONVERTED
    assert (await process.appointments.get(off.id)).state is S.REMINDED


async def test_a_closed_group_refuses_and_is_asked_again(process: Process, clock: ManualClock) -> None:
    booked = await book(process)
    await switch(process, is_open=False)
    clock.jump_wall((NINE - NOW) / 1000)
    there = await process.appointments.arrived(booked.id, ClerkId("c"), "C")
    assert (there.state, there.problem) == (S.ARRIVED, "group_closed")
    await switch(process, is_open=True)
    await process.appointments.tick()
    assert (await process.appointments.get(booked.id)).state is S.ARRIVED, "not in every tick"
    clock.jump_wall(30)
    await process.appointments.tick()
    assert (await process.appointments.get(booked.id)).state is S.CONVERTED


async def switch(process: Process, *, is_open: bool) -> None:
    group = next(group for group in process.router.groups() if group.id == FAMILY)
    async with process.ledger.transaction() as tx:
        changed = Group(FAMILY, VSAA, group.name, group.paks, open=is_open, rules=group.rules)
        await directory.save_group(tx, changed)
    await process.router.reload_directory()


# ── two processes ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def two(ledger: Ledger, clock: ManualClock) -> Any:
    """Two processes on one ledger; each has its own connections and its own index."""
    await fill(ledger, parallel=3)
    other = open_ledger(ledger.engine.url.render_as_string(hide_password=False), MemoryFeed("other"))
    made = [Process(ledger, clock), Process(other, clock)]
    for process in made:
        await process.router.start()
    yield made
    await other.close()


async def test_forty_want_three_places(two: list[Process]) -> None:
    outcomes = await asyncio.gather(*(book(two[number % 2], number) for number in range(40)), return_exceptions=True)
    served = [each for each in outcomes if not isinstance(each, BaseException)]
    refused = [each for each in outcomes if isinstance(each, BaseException)]
    assert len(served) == 3
    assert all(isinstance(each, SlotTaken) for each in refused)
    async with two[0].ledger.reading() as connection:
        rows = list(await connection.execute(sa.select(cells)))
    assert {row.lane for row in rows} == {0, 1, 2}
    assert len(rows) == 3 * 6


async def test_both_convert_and_one_request_is_made(two: list[Process], clock: ManualClock) -> None:
    booked = [await book(two[0], number) for number in range(3)]
    clock.jump_wall((NINE - NOW) / 1000 - 60)
    for each in booked:
        await two[1].appointments.arrived(each.id, ClerkId("c"), "C")
    clock.jump_wall(60)
    await asyncio.gather(*(process.appointments.tick() for process in two * 3))
    made = [await two[0].router.status(each.request_id) for each in booked]
    assert [status.state for status in made] == ["queued"] * 3
    events = [event for _, event in await two[0].ledger.events_after(0) if isinstance(event, AppointmentChanged)]
    assert [event.state for event in events].count("converted") == 3


async def test_a_conversion_that_died_is_finished_by_the_other(two: list[Process], clock: ManualClock) -> None:
    booked = await book(two[0])
    clock.jump_wall((NINE - NOW) / 1000)

    class DiesError(BaseException):
        pass

    async def dies(*_: Any) -> Any:
        raise DiesError

    two[0].router.create_request = dies  # type: ignore[method-assign]
    with pytest.raises(DiesError):
        await two[0].appointments.arrived(booked.id, ClerkId("c"), "C")
    assert (await two[1].appointments.get(booked.id)).state is S.CONVERTING
    await two[1].appointments.tick()
    assert (await two[1].appointments.get(booked.id)).state is S.CONVERTING, "it may still be at work"
    clock.jump_wall(10)
    await two[1].appointments.tick()
    assert (await two[1].appointments.get(booked.id)).state is S.CONVERTED
    assert two[1].router.waiting_ids(FAMILY) == [booked.request_id]
