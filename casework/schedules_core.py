"""Reports that make themselves: when the next one is due, and which days it tells of. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from casework.indicators_core import RIGA

#: in Riga; the day before is over and its last sessions have ended
AT_HOUR = 6

Every = Literal["day", "week", "month"]


class Schedule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    every: Every
    by: Literal["", "group", "point", "pak"] = ""
    form: Literal["csv", "xlsx", "pdf"] = "pdf"


def next_due(every: Every, now_ms: int) -> int:
    """The first due moment after ``now_ms``: tomorrow or today, the next Monday, the next first of a month."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(RIGA)
    day = now.date()
    while True:
        due = datetime(day.year, day.month, day.day, AT_HOUR, tzinfo=RIGA)
        fits = every == "day" or (every == "week" and day.isoweekday() == 1) or (every == "month" and day.day == 1)
        if fits and due > now:
            return round(due.timestamp() * 1000)
        day += timedelta(days=1)


def days_of(every: Every, due_ms: int) -> tuple[str, str]:
    """First and last day of the day, week or month before the due moment."""
    last = datetime.fromtimestamp(due_ms / 1000, UTC).astimezone(RIGA).date() - timedelta(days=1)
    first = {"day": last, "week": last - timedelta(days=6), "month": last.replace(day=1)}[every]
    return _text(first), _text(last)


def _text(day: date) -> str:
    return day.isoformat()
