"""Is a calendar sound? Pure; `router.calendar_core` reads one that is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from router.model import Calendar, Hours

DAYS = 7
#: intervals of one day: before and after a break, and one more
INTERVALS = 4
EXCEPTIONS = 400
TIME_ZONES = frozenset({"Europe/Riga"})
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def minutes(time: str) -> int | None:
    """Of the day, 0–1440; None when it is not a time."""
    return int(time[:2]) * 60 + int(time[3:]) if _TIME.fullmatch(time) else None


def open_minutes(calendar: Calendar) -> int:
    """Of a week without exceptions and holidays."""
    hours = [each for day in calendar.week for each in day]
    return sum((minutes(each.closes) or 0) - (minutes(each.opens) or 0) for each in hours)


def calendar_problems(calendar: Calendar, here: str) -> Iterator[tuple[str, str]]:
    """(field path, code) of everything that is wrong; intervals are in order and do not overlap."""
    if len(calendar.week) != DAYS:
        yield f"{here}.week", "required"
    for number, day in enumerate(calendar.week):
        yield from _of_day(day, f"{here}.week.{number}")
    if len(calendar.exceptions) > EXCEPTIONS:
        yield f"{here}.exceptions", "too_long"
    for on, day in calendar.exceptions.items():
        if not _is_date(on):
            yield f"{here}.exceptions.{on[:10]}", "not_a_date"
        yield from _of_day(day, f"{here}.exceptions.{on[:10]}")
    if calendar.time_zone not in TIME_ZONES:
        yield f"{here}.time_zone", "unknown"


def _of_day(day: tuple[Hours, ...], here: str) -> Iterator[tuple[str, str]]:
    if len(day) > INTERVALS:
        yield here, "too_long"
    closed_at = 0
    for number, hours in enumerate(day):
        opens, closes = minutes(hours.opens), minutes(hours.closes)
        if opens is None or opens == 24 * 60:
            yield f"{here}.{number}.opens", "not_a_time"
        elif opens < closed_at:
            yield f"{here}.{number}.opens", "overlaps"
        if closes is None:
            yield f"{here}.{number}.closes", "not_a_time"
        elif opens is not None and closes <= opens:
            yield f"{here}.{number}.closes", "not_after"
        closed_at = max(closed_at, closes or 0)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
