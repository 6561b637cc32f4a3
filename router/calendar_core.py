"""When people are served: opening hours, Latvia's holidays, days of 23 and 25 hours. Pure. See docs/calendars.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

from router.model import Agency, Calendar, Group, Hours

#: nothing is promised further ahead
HORIZON_DAYS = 400
#: a closing further away than this is none
CLOSING_DAYS = 8

_MINUTE_MS = 60_000

#: state offices on a working day; what appointments follow where nobody has set a calendar
OFFICE_HOURS = Calendar(week=(*((Hours("08:30", "17:00"),),) * 5, (), ()))


class Interval(NamedTuple):
    """Open from ``from_ms`` until just before ``to_ms``; wall clock."""

    from_ms: int
    to_ms: int


class GroupHours(NamedTuple):
    """``opens_ms``: of a closed group; ``closes_ms``: of an open one; each None when nothing is known."""

    open: bool
    opens_ms: int | None = None
    closes_ms: int | None = None


# ── asking ───────────────────────────────────────────────────────────────────────────────────────


def is_open(calendar: Calendar, at_ms: int) -> bool:
    return any(from_ms <= at_ms < to_ms for from_ms, to_ms in _intervals_of(calendar, _date(calendar, at_ms)))


def next_opening(calendar: Calendar, at_ms: int) -> int | None:
    """``at_ms`` when it is open then, else the first moment it will be; None when that is beyond `HORIZON_DAYS`."""
    for from_ms, to_ms in _intervals(calendar, at_ms, HORIZON_DAYS):
        if at_ms < to_ms:
            return max(at_ms, from_ms)
    return None


def closing(calendar: Calendar, at_ms: int) -> int | None:
    """When it stops being open; None when it is closed at ``at_ms`` or stays open for more than a week."""
    horizon_ms = at_ms + (CLOSING_DAYS - 1) * 86_400_000
    for from_ms, to_ms in _joined(_intervals(calendar, at_ms, CLOSING_DAYS)):
        if from_ms <= at_ms < to_ms:
            return to_ms if to_ms < horizon_ms else None
    return None


def open_intervals(calendar: Calendar, from_ms: int, to_ms: int) -> list[Interval]:
    """What of ``from_ms`` … ``to_ms`` is open: in order, apart from each other."""
    days = (_date(calendar, max(from_ms, to_ms)) - _date(calendar, from_ms)).days
    cut = (Interval(max(i.from_ms, from_ms), min(i.to_ms, to_ms)) for i in _intervals(calendar, from_ms, days))
    return list(_joined(interval for interval in cut if interval.from_ms < interval.to_ms))


def calendar_of(group: Group, agency: Agency) -> Calendar | None:
    """The group's own, else its agency's; None: always open."""
    return group.rules.calendar or agency.calendar


def group_hours(group: Group, agency: Agency, now_ms: int) -> GroupHours:
    """By its switch and its calendar; when a supervisor has closed it, nobody knows when it opens."""
    calendar = calendar_of(group, agency)
    if calendar is None:
        return GroupHours(open=group.open)
    opens_ms = next_opening(calendar, now_ms)
    if not group.open:
        return GroupHours(open=False, opens_ms=None if opens_ms == now_ms else opens_ms)
    if opens_ms == now_ms:
        return GroupHours(open=True, closes_ms=closing(calendar, now_ms))
    return GroupHours(open=False, opens_ms=opens_ms)


def hours_on(calendar: Calendar, day: date) -> tuple[Hours, ...]:
    """The hours of a local day: its exception if it has one, none on a holiday, else those of its weekday."""
    exception = calendar.exceptions.get(day.isoformat())
    if exception is not None:
        return exception
    if calendar.holidays and day in holidays_of(day.year):
        return ()
    return calendar.week[day.weekday()]


@lru_cache(maxsize=64)
def holidays_of(year: int) -> frozenset[date]:
    """By law, the Monday after a 4 May or 18 November on a weekend among them, and days off moved by the government."""
    return frozenset(holidays.country_holidays("LV", years=year))


# ── the clock on the wall ────────────────────────────────────────────────────────────────────────


def _intervals(calendar: Calendar, from_ms: int, days: int) -> Iterator[Interval]:
    """In order, of the local day of ``from_ms`` and ``days`` more."""
    first = _date(calendar, from_ms)
    for number in range(days + 1):
        yield from _intervals_of(calendar, first + timedelta(days=number))


def _intervals_of(calendar: Calendar, day: date) -> list[Interval]:
    hours = hours_on(calendar, day)
    if not hours:
        return []
    zone = ZoneInfo(calendar.time_zone)
    found = [Interval(_opens_ms(zone, day, each.opens), _closes_ms(zone, day, each.closes)) for each in hours]
    # hours that the clock jumps over in spring are none
    return sorted(interval for interval in found if interval.from_ms < interval.to_ms)


def _joined(intervals: Iterator[Interval]) -> Iterator[Interval]:
    """Intervals in order, those that touch made one."""
    last: Interval | None = None
    for interval in intervals:
        if last is not None and interval.from_ms <= last.to_ms:
            last = Interval(last.from_ms, max(last.to_ms, interval.to_ms))
            continue
        if last is not None:
            yield last
        last = interval
    if last is not None:
        yield last


def _date(calendar: Calendar, at_ms: int) -> date:
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(ZoneInfo(calendar.time_zone)).date()


def _opens_ms(zone: ZoneInfo, day: date, text: str) -> int:
    """The first moment of the day at which the clock shows ``text`` or later."""
    return _moment_ms(zone, day, _minutes(text), fold=0)


def _closes_ms(zone: ZoneInfo, day: date, text: str) -> int:
    """The end of the day's last minute at which the clock shows earlier than ``text``."""
    last = _minutes(text) - 1
    at_ms = _moment_ms(zone, day, last, fold=1)
    return at_ms + _MINUTE_MS if _exists(zone, day, last) else at_ms


def _moment_ms(zone: ZoneInfo, day: date, minutes: int, fold: int) -> int:
    """A time that the clock shows twice: the first (``fold`` 0) or the last; one it jumps over: when it jumps."""
    while not _exists(zone, day, minutes):
        minutes += 1
        fold = 0
    return int(_wall(zone, day, minutes, fold).timestamp()) * 1000


def _exists(zone: ZoneInfo, day: date, minutes: int) -> bool:
    wall = _wall(zone, day, minutes, 0)
    return wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)


def _wall(zone: ZoneInfo, day: date, minutes: int, fold: int) -> datetime:
    midnight = datetime(day.year, day.month, day.day)
    return (midnight + timedelta(minutes=minutes)).replace(tzinfo=zone, fold=fold)


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)
