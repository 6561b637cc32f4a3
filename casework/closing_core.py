"""Which kept sums answer a question, and which days are left to be counted row by row. Pure.

A *period* (a day of entries, a month of cases) is closed when its sums are kept and nothing has changed since. What is
asked is the sums of closed periods and the rows of the others; see ``docs/supervision.md#sums``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from casework.indicators_core import RIGA

#: a day is closed this long after its midnight: clocks of processes differ, and late transactions have ended
MARGIN = timedelta(hours=1)


class Grain(NamedTuple):
    """``told``: what its sums tell apart beside the day."""

    name: str
    told: frozenset[str]


#: the smallest first: about how many rows a day has in a network of 11 agencies, 44 groups and 166 points
GRAINS = (
    Grain("clock", frozenset({"hour"})),  # 10
    Grain("point", frozenset({"point"})),  # 166
    Grain("group", frozenset({"agency", "group", "pak"})),  # 264
    Grain("hour", frozenset({"agency", "group", "hour"})),  # 440
    Grain("place", frozenset({"agency", "point"})),  # 1,800 at the most
)


def grain_of(needed: Iterable[str]) -> Grain | None:
    """The smallest grain that tells apart everything that is needed; None: only the rows do."""
    wanted = set(needed)
    return next((grain for grain in GRAINS if wanted <= grain.told), None)


def open_ranges(from_day: str, to_day: str, closed: Iterable[str]) -> list[tuple[str, str]]:
    """First and last days of what is not closed between the two, in order."""
    found: list[tuple[str, str]] = []
    begin = from_day
    for day in sorted(set(closed)):
        if day > begin:
            found.append((begin, _moved(day, -1)))
        begin = _moved(day, 1)
    if begin <= to_day:
        found.append((begin, to_day))
    return found


def today(now_ms: int) -> str:
    return _riga(now_ms).date().isoformat()


def last_closable_day(now_ms: int) -> str:
    """The newest day that may be closed."""
    return ((_riga(now_ms) - MARGIN).date() - timedelta(days=1)).isoformat()


def last_closable_month(now_ms: int) -> str:
    return ((_riga(now_ms) - MARGIN).date().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def month_of(at_ms: int) -> str:
    return _riga(at_ms).strftime("%Y-%m")


def days(first: str, last: str) -> list[str]:
    """Both included; none when the last is before the first."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(begin + timedelta(n)).isoformat() for n in range((end - begin).days + 1)]


def months(first: str, last: str) -> list[str]:
    """Both included."""
    found = []
    while first <= last:
        found.append(first)
        first = day_after(first).strftime("%Y-%m")
    return found


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def day_after(month: str) -> date:
    """The first day that does not belong to the month any more."""
    return (first_day(month) + timedelta(days=31)).replace(day=1)


def _moved(day: str, by: int) -> str:
    return date.fromordinal(date.fromisoformat(day).toordinal() + by).isoformat()


def _riga(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(RIGA)
