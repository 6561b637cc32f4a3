"""Calendars against the law, the clock on the wall, and a slow but obvious reading of the same rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from router.calendar_core import (
    HORIZON_DAYS,
    OFFICE_HOURS,
    Interval,
    closing,
    holidays_of,
    is_open,
    next_opening,
    open_intervals,
)
from router.model import Calendar, Hours

RIGA = ZoneInfo("Europe/Riga")
MINUTE_MS = 60_000
NEVER: tuple[tuple[Hours, ...], ...] = ((),) * 7
ALWAYS = ((Hours("00:00", "24:00"),),) * 7


def at(text: str, fold: int = 0) -> int:
    """The moment at which the clock in Riga shows ``2026-03-29 09:00``; of two such moments ``fold`` chooses."""
    return int(datetime.fromisoformat(text).replace(tzinfo=RIGA, fold=fold).timestamp()) * 1000


def every_day(*hours: tuple[str, str]) -> Calendar:
    return Calendar(week=(tuple(Hours(*each) for each in hours),) * 7, holidays=False)


# ── holidays ─────────────────────────────────────────────────────────────────────────────────────

FIXED = ((1, 1), (5, 1), (5, 4), (6, 23), (6, 24), (11, 18), (12, 24), (12, 25), (12, 26), (12, 31))
#: Good Friday and Easter Monday, Mother's Day, Pentecost; and the Mondays that 4 May and 18 November moved to
MOVING = {
    2024: ("2024-03-29", "2024-04-01", "2024-05-12", "2024-05-19", "2024-05-06"),
    2025: ("2025-04-18", "2025-04-21", "2025-05-11", "2025-06-08", "2025-05-05"),
    2026: ("2026-04-03", "2026-04-06", "2026-05-10", "2026-05-24"),
    2027: ("2027-03-26", "2027-03-29", "2027-05-09", "2027-05-16"),
    2028: ("2028-04-14", "2028-04-17", "2028-05-14", "2028-06-04", "2028-11-20"),
    2029: ("2029-03-30", "2029-04-02", "2029-05-13", "2029-05-20", "2029-11-19"),
    2030: ("2030-04-19", "2030-04-22", "2030-05-12", "2030-06-09", "2030-05-06"),
}


@pytest.mark.parametrize("year", MOVING)
def test_holidays_of_the_law(year: int) -> None:
    lawful = {date(year, month, day) for month, day in FIXED} | {date.fromisoformat(day) for day in MOVING[year]}
    good_friday = date.fromisoformat(MOVING[year][0])
    lawful.add(good_friday + timedelta(days=2))
    found = holidays_of(year)
    assert lawful <= found
    # what is more than the law says is a working day that the government moved: next to a holiday, never a weekend
    for day in found - lawful:
        assert day.weekday() < 5
        assert {day - timedelta(days=1), day + timedelta(days=1)} & lawful or day.weekday() in (0, 4)


def test_only_two_holidays_move_to_monday() -> None:
    # 2022: 1 May on a Sunday, 24 to 26 December and 31 December at the weekend
    for day in ("2022-05-02", "2022-12-27", "2023-01-02", "2028-12-27"):
        assert date.fromisoformat(day) not in holidays_of(int(day[:4]))
    # the festival that ended on Sunday, 9 July 2023
    assert date(2023, 7, 10) in holidays_of(2023)


def test_an_office_on_a_holiday() -> None:
    proclamation = at("2026-11-18 10:00")
    assert not is_open(OFFICE_HOURS, proclamation)
    assert next_opening(OFFICE_HOURS, proclamation) == at("2026-11-19 08:30")
    assert is_open(Calendar(week=OFFICE_HOURS.week, holidays=False), proclamation)


def test_exceptions_win() -> None:
    calendar = Calendar(
        week=OFFICE_HOURS.week,
        exceptions={
            "2026-11-18": (Hours("10:00", "12:00"),),  # a holiday, and yet
            "2026-11-19": (),  # a working day off
            "2026-11-21": (Hours("09:00", "13:00"),),  # a Saturday worked instead
        },
    )
    assert is_open(calendar, at("2026-11-18 10:00"))
    assert closing(calendar, at("2026-11-18 11:00")) == at("2026-11-18 12:00")
    assert next_opening(calendar, at("2026-11-18 12:00")) == at("2026-11-20 08:30")
    assert is_open(calendar, at("2026-11-21 12:59"))


# ── the clock on the wall ────────────────────────────────────────────────────────────────────────


def test_the_day_of_23_hours() -> None:
    # 29 March 2026: at 03:00 the clock shows 04:00
    night = every_day(("02:00", "05:00"))
    assert open_intervals(night, at("2026-03-29 00:00"), at("2026-03-30 00:00")) == [
        Interval(at("2026-03-29 02:00"), at("2026-03-29 05:00"))
    ]
    assert at("2026-03-29 05:00") - at("2026-03-29 02:00") == 2 * 3_600_000
    jumped_over = every_day(("03:10", "03:50"))
    assert open_intervals(jumped_over, at("2026-03-29 00:00"), at("2026-03-30 00:00")) == []
    from_the_gap = every_day(("03:30", "05:00"))
    assert next_opening(from_the_gap, at("2026-03-29 01:00")) == at("2026-03-29 04:00")


def test_the_day_of_25_hours() -> None:
    # 25 October 2026: at 04:00 the clock shows 03:00 once more
    day = Interval(at("2026-10-25 00:00"), at("2026-10-26 00:00"))
    assert day.to_ms - day.from_ms == 25 * 3_600_000
    assert open_intervals(every_day(("00:00", "24:00")), *day) == [day]
    twice = every_day(("03:15", "03:45"))
    assert open_intervals(twice, *day) == [Interval(at("2026-10-25 03:15"), at("2026-10-25 03:45", fold=1))]
    until_three = every_day(("01:00", "03:00"))
    assert closing(until_three, at("2026-10-25 02:00")) == at("2026-10-25 03:00")


def test_offices_keep_their_hours_through_the_change() -> None:
    for day in ("2026-03-27", "2026-03-30", "2026-10-23", "2026-10-26"):
        assert next_opening(OFFICE_HOURS, at(f"{day} 00:00")) == at(f"{day} 08:30")
        assert closing(OFFICE_HOURS, at(f"{day} 08:30")) == at(f"{day} 17:00")


def test_until_midnight_and_on() -> None:
    calendar = Calendar(
        week=((Hours("22:00", "24:00"),), (Hours("00:00", "02:00"),), (), (), (), (), ()), holidays=False
    )
    monday = at("2026-11-23 23:00")
    assert closing(calendar, monday) == at("2026-11-24 02:00")
    assert open_intervals(calendar, monday, at("2026-11-26 00:00")) == [Interval(monday, at("2026-11-24 02:00"))]


def test_never_and_always() -> None:
    never, always = Calendar(week=NEVER), Calendar(week=ALWAYS, holidays=False)
    now = at("2026-11-24 12:00")
    assert next_opening(never, now) is None
    assert closing(never, now) is None
    assert next_opening(always, now) == now
    assert closing(always, now) is None
    assert open_intervals(always, now, now) == []
    assert open_intervals(always, now, now - 1) == []


def test_beyond_the_horizon_nothing_is_promised() -> None:
    now = at("2026-11-24 12:00")
    for days, expected in ((HORIZON_DAYS, True), (HORIZON_DAYS + 2, False)):
        day = (datetime.fromtimestamp(now / 1000, UTC) + timedelta(days=days)).date().isoformat()
        calendar = Calendar(week=NEVER, exceptions={day: (Hours("09:00", "10:00"),)})
        assert (next_opening(calendar, now) == at(f"{day} 09:00")) is expected


# ── against the obvious reading ──────────────────────────────────────────────────────────────────

minutes = st.integers(0, 24 * 60)


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def days(draw: st.DrawFn) -> tuple[Hours, ...]:
    edges = sorted(draw(st.sets(minutes, max_size=4)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    return tuple(Hours(clock(opens), clock(closes)) for opens, closes in pairs)


#: around both changes of the clock, a holiday that moved and the turn of the year
FIRSTS = ("2025-03-28", "2026-03-27", "2026-10-23", "2024-11-15", "2028-11-17", "2026-12-30", "2026-06-20")


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, date]:
    first = date.fromisoformat(draw(st.sampled_from(FIRSTS)))
    exceptions = draw(st.dictionaries(st.integers(0, 4), days(), max_size=2))
    calendar = Calendar(
        week=tuple(draw(st.tuples(*[days()] * 7))),
        exceptions={(first + timedelta(days=number)).isoformat(): hours for number, hours in exceptions.items()},
        holidays=draw(st.booleans()),
    )
    return calendar, first


def open_minutes(calendar: Calendar, day: date) -> set[int]:
    """Minute by minute: open from the first at which the clock shows the opening time or later, until the last at which
    it shows less than the closing time."""
    start = at(f"{day} 00:00")
    of_day = []
    for minute in range(start, start + 26 * 60 * MINUTE_MS, MINUTE_MS):
        wall = datetime.fromtimestamp(minute / 1000, UTC).astimezone(RIGA)
        if wall.date() == day:
            of_day.append((minute, f"{wall:%H:%M}"))
    hours = calendar.week[day.weekday()]
    if calendar.holidays and day in holidays_of(day.year):
        hours = ()
    hours = calendar.exceptions.get(day.isoformat(), hours)
    found: set[int] = set()
    for each in hours:
        opens = next((minute for minute, wall in of_day if wall >= each.opens), None)
        last = next((minute for minute, wall in reversed(of_day) if wall < each.closes), None)
        if opens is not None and last is not None:
            found |= set(range(opens, last + MINUTE_MS, MINUTE_MS))
    return found


@settings(max_examples=60, deadline=None)
@given(calendars())
@example((every_day(("03:00", "04:00")), date(2026, 3, 27)))
@example((every_day(("03:00", "04:00")), date(2026, 10, 23)))
def test_open_minutes_are_those_the_clock_shows(given_: tuple[Calendar, date]) -> None:
    calendar, first = given_
    expected: set[int] = set()
    for number in range(4):
        expected |= open_minutes(calendar, first + timedelta(days=number))
    from_ms, to_ms = at(f"{first} 00:00"), at(f"{first + timedelta(days=4)} 00:00")
    found = open_intervals(calendar, from_ms, to_ms)
    assert {minute for one, other in found for minute in range(one, other, MINUTE_MS)} == expected
    assert all(before.to_ms < after.from_ms for before, after in pairwise(found))


@settings(max_examples=200, deadline=None)
@given(calendars(), st.integers(0, 4 * 24 * 60), st.integers(0, 59_999))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    given_: tuple[Calendar, date], minute: int, rest_ms: int
) -> None:
    calendar, first = given_
    now = at(f"{first} 00:00") + minute * MINUTE_MS + rest_ms
    found = next_opening(calendar, now)
    if found is None:
        assert open_intervals(calendar, now, now + 390 * 24 * 60 * MINUTE_MS) == []
        return
    assert found >= now
    assert is_open(calendar, found)
    assert is_open(calendar, now) == (found == now)
    assert open_intervals(calendar, now, found) == []
    until = closing(calendar, found)
    if until is not None:
        assert not is_open(calendar, until)
        assert open_intervals(calendar, found, until) == [Interval(found, until)]
