"""Slots of a calendar, and what may become of a booking."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import AppointmentClosed, SlotTaken, SlotUnavailable
from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, PointId
from kernel.messages import Pak
from router import appointments_core as core
from router.appointments_core import FINAL, TRANSITIONS, Appointment, AppointmentState, Due, Timing
from router.calendar_core import OFFICE_HOURS, is_open
from router.model import Calendar, Hours, Slots
from router.wanted_core import Wanted
from tests.router.test_calendar import at

MINUTE_MS = core.MINUTE_MS
NOW = at("2026-11-23 07:00")  # a Monday
HALVES = Slots(minutes=30, parallel=2, days_ahead=14, min_notice_minutes=60)
WANTED = Wanted(
    agency_id=AgencyId("vsaa"),
    group_id=GroupId("family"),
    pak=Pak.PAK_02,
    clerk_id=ClerkId("clerk-grobina"),
    clerk_name="Darbinieks",
    point_id=PointId("grobina"),
    point_name="Grobiņas VPVKAC",
)
S = AppointmentState


def booked(**changed: Any) -> Appointment:
    values: dict[str, Any] = {
        "id": "a",
        "wanted": WANTED,
        "starts_ms": NOW,
        "ends_ms": NOW + 30 * MINUTE_MS,
        "request_id": ConsultationId("r"),
    }
    return Appointment(**(values | changed))


def monday(calendar: Calendar = OFFICE_HOURS, slots: Slots = HALVES, **more: Any) -> list[int]:
    values: dict[str, Any] = {"booked": (), "now_ms": NOW} | more
    found = core.free_slots(calendar, slots, from_ms=at("2026-11-23 00:00"), to_ms=at("2026-11-24 00:00"), **values)
    return [slot.starts_ms for slot in found]


def test_slots_of_a_day() -> None:
    found = monday()
    assert found[0] == at("2026-11-23 08:30")
    assert found[-1] == at("2026-11-23 16:30")
    assert len(found) == 17


def test_each_opening_begins_its_own_slots_and_nothing_goes_beyond_the_closing() -> None:
    calendar = Calendar(
        week=((Hours("09:10", "10:20"), Hours("13:00", "13:40")), (), (), (), (), (), ()), holidays=False
    )
    assert monday(calendar) == [at(f"2026-11-23 {time}") for time in ("09:10", "09:40", "13:00")]


def test_notice_and_horizon() -> None:
    assert monday(now_ms=at("2026-11-23 09:01"))[0] == at("2026-11-23 10:30")
    far = monday(slots=msgspec.structs.replace(HALVES, days_ahead=1), now_ms=at("2026-11-22 10:00"))
    assert far[-1] == at("2026-11-23 10:00")
    assert monday(now_ms=at("2026-11-24 00:00")) == []


def test_a_slot_is_free_until_its_places_are_taken() -> None:
    nine = (at("2026-11-23 09:00"), at("2026-11-23 09:30"))
    assert nine[0] in monday(booked=[nine])
    assert nine[0] not in monday(booked=[nine, nine])
    # also what was booked by other rules takes the slots it lies across
    across = (at("2026-11-23 09:15"), at("2026-11-23 09:45"))
    assert set(monday()) - set(monday(booked=[across, across])) == {nine[0], nine[1]}


def test_taking_a_slot() -> None:
    nine = at("2026-11-23 09:00")
    there = [(nine, nine + 30 * MINUTE_MS)]
    times: dict[str, Any] = {"now_ms": NOW}
    assert core.take(OFFICE_HOURS, HALVES, there, starts_ms=nine, **times).free == 1
    with pytest.raises(SlotTaken):
        core.take(OFFICE_HOURS, HALVES, there * 2, starts_ms=nine, **times)
    for never in ("2026-11-23 09:10", "2026-11-23 17:00", "2026-11-22 09:00", "2026-11-23 07:30", "2026-12-23 09:00"):
        with pytest.raises(SlotUnavailable):
            core.take(OFFICE_HOURS, HALVES, there, starts_ms=at(never), **times)


@settings(max_examples=60, deadline=None)
@given(
    minutes=st.sampled_from([5, 7, 15, 30, 45, 90]),
    parallel=st.integers(1, 3),
    day=st.sampled_from(["2026-03-29", "2026-10-25", "2026-11-18", "2026-11-23"]),
    hours=st.lists(st.sampled_from([("00:00", "04:00"), ("08:30", "12:00"), ("12:45", "24:00")]), unique=True),
    picks=st.lists(st.integers(0, 300), max_size=12),
)
def test_booking_what_is_free_never_overbooks(
    minutes: int, parallel: int, day: str, hours: list[tuple[str, str]], picks: list[int]
) -> None:
    calendar = Calendar(week=(tuple(Hours(*each) for each in hours),) * 7)
    slots = Slots(minutes=minutes, parallel=parallel, min_notice_minutes=0)
    from_ms, to_ms = at(f"{day} 00:00"), at(f"{day} 00:00") + 25 * 60 * MINUTE_MS
    taken: list[tuple[int, int]] = []
    for pick in picks:
        free = core.free_slots(calendar, slots, taken, from_ms=from_ms, to_ms=to_ms, now_ms=from_ms)
        assert all(is_open(calendar, slot.starts_ms) and is_open(calendar, slot.ends_ms - 1) for slot in free)
        if not free:
            break
        slot = free[pick % len(free)]
        taken.append((slot.starts_ms, slot.ends_ms))
    cells = [cell for one, other in taken for cell in core.cells(one, other)]
    assert all(cells.count(cell) <= parallel for cell in set(cells))


# ── a booking's life ─────────────────────────────────────────────────────────────────────────────


def test_only_what_the_table_allows() -> None:
    for state in S:
        for to in S:
            appointment = booked(state=state)
            if (state, to) in TRANSITIONS:
                after = core.step(appointment, to)
                assert (after.state, after.version) == (to, 1)
            else:
                with pytest.raises(AppointmentClosed):
                    core.step(appointment, to)
    assert not any(state in FINAL for state, _ in TRANSITIONS)
    assert {state for state, _ in TRANSITIONS} | FINAL == set(S)


TIMING = Timing(reminder_s=600, no_show_s=900)


@pytest.mark.parametrize(
    ("state", "after_s", "workstation_on", "expected"),
    [
        (S.BOOKED, -601, True, None),
        (S.BOOKED, -600, False, Due.REMIND),
        (S.REMINDED, -1, True, None),
        (S.EXPECTED, 0, False, None),
        (S.EXPECTED, 899, False, None),
        (S.EXPECTED, 900, False, Due.NO_SHOW),
        (S.BOOKED, 900, True, Due.NO_SHOW),
        (S.BOOKED, 0, True, Due.CONVERT),
        (S.BOOKED, 0, False, Due.REMIND),
        (S.REMINDED, 899, True, Due.CONVERT),
        (S.ARRIVED, -1, True, None),
        (S.ARRIVED, 0, False, Due.CONVERT),
        (S.CONVERTED, 5000, True, None),
        (S.CANCELLED, 5000, True, None),
        (S.NO_SHOW, 5000, True, None),
    ],
)
def test_what_is_due(state: AppointmentState, after_s: int, workstation_on: bool, expected: Due | None) -> None:
    appointment = booked(state=state, arrived_ms=NOW - 60_000 if state is S.ARRIVED else None)
    assert core.due(appointment, TIMING, NOW + after_s * 1000, workstation_on=workstation_on) is expected


def test_a_late_arrival_is_waited_for_anew() -> None:
    late = core.arrive(booked(state=S.EXPECTED), ClerkId("another"), "Cits", NOW + 890_000)
    assert core.due(late, TIMING, NOW + 890_000, workstation_on=False) is Due.CONVERT
    assert core.due(late, TIMING, NOW + 890_000 + 900_000, workstation_on=False) is Due.NO_SHOW
    assert late.wanted.clerk_id == "another"
    assert core.arrive(late, ClerkId("third"), "Trešais", NOW) is late


def test_a_conversion_that_died_or_was_refused_is_tried_again() -> None:
    begun = core.begin(booked(state=S.ARRIVED, arrived_ms=NOW), NOW)
    assert core.due(begun, TIMING, NOW + 9_999, workstation_on=False) is None
    assert core.due(begun, TIMING, NOW + 10_000, workstation_on=False) is Due.CONVERT
    refused = core.refused(begun, "group_closed", NOW)
    assert (refused.state, refused.problem) == (S.ARRIVED, "group_closed")
    assert core.due(refused, TIMING, NOW + 29_999, workstation_on=False) is None
    assert core.due(refused, TIMING, NOW + 30_000, workstation_on=False) is Due.CONVERT
    assert core.due(refused, TIMING, NOW + 900_000, workstation_on=False) is Due.NO_SHOW


def test_a_move_begins_anew() -> None:
    slot = core.Slot(NOW + 60 * MINUTE_MS, NOW + 90 * MINUTE_MS, 1)
    moved = core.move(booked(state=S.ARRIVED, arrived_ms=NOW, problem="group_closed"), slot)
    assert (moved.state, moved.starts_ms, moved.arrived_ms, moved.problem) == (S.BOOKED, slot.starts_ms, None, None)
    with pytest.raises(AppointmentClosed):
        core.move(booked(state=S.CONVERTING), slot)
