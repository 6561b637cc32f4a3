"""A report's rows from sums: periods, rates and the heat map, by DESIGN's definitions. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from operator import add
from typing import Literal, NamedTuple

import msgspec

Period = Literal["hour", "day", "week", "month"]


class Sums(NamedTuple):
    """Everything that adds up. ``talks``: sessions that ended; times in milliseconds."""

    offered: int = 0
    answered: int = 0
    clerk_cancelled: int = 0
    citizen_left: int = 0
    workstation_lost: int = 0
    waited_ms: int = 0
    answered_in_time: int = 0
    abandoned_in_time: int = 0
    abandoned_short: int = 0
    connected: int = 0
    talks: int = 0
    talk_ms: int = 0
    wrap_ms: int = 0

    def plus(self, other: Sums) -> Sums:
        return Sums(*map(add, self, other))

    @property
    def abandoned(self) -> int:
        return self.clerk_cancelled + self.citizen_left + self.workstation_lost


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a report; a rate is None where there is nothing to divide by."""

    period: str
    key: str
    offered: int
    answered: int
    abandoned: dict[str, int]
    connected: int
    asa_s: float | None
    sl: float | None
    sl2: float | None
    abandon_rate: float | None
    talk_s: float | None
    handling_s: float | None


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """An hour of a day: what came, and what handling those took that were handled."""

    day: str
    hour: int
    offered: int
    handled: int
    handling_ms: int


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """An hour of the week, on average over the days of that weekday in the period. ``weekday``: Monday is 1."""

    weekday: int
    hour: int
    per_hour: float


def period_of(day: str, hour: int, period: Period) -> str:
    """``2026-11-24T13``, ``2026-11-24``, ``2026-W48``, ``2026-11``: they sort as time goes by."""
    match period:
        case "hour":
            return f"{day}T{hour:02}"
        case "day":
            return day
        case "week":
            year, week, _ = date.fromisoformat(day).isocalendar()
            return f"{year}-W{week:02}"
        case "month":
            return day[:7]


def row(period: str, key: str, sums: Sums) -> Row:
    counted = sums.answered + sums.abandoned - sums.abandoned_short
    finished = sums.answered + sums.abandoned
    return Row(
        period=period,
        key=key,
        offered=sums.offered,
        answered=sums.answered,
        abandoned={
            "clerk_cancelled": sums.clerk_cancelled,
            "citizen_left": sums.citizen_left,
            "workstation_lost": sums.workstation_lost,
        },
        connected=sums.connected,
        asa_s=sums.waited_ms / sums.answered / 1000 if sums.answered else None,
        sl=sums.answered_in_time / counted if counted else None,
        sl2=(sums.answered_in_time + sums.abandoned_in_time) / finished if finished else None,
        abandon_rate=sums.abandoned / sums.offered if sums.offered else None,
        talk_s=sums.talk_ms / sums.talks / 1000 if sums.talks else None,
        handling_s=(sums.talk_ms + sums.wrap_ms) / sums.talks / 1000 if sums.talks else None,
    )


def rows(found: Iterable[tuple[str, int, str, Sums]], period: Period) -> tuple[list[Row], Row]:
    """(every period and key that has entries, in order; the total of them all)."""
    by: dict[tuple[str, str], Sums] = defaultdict(Sums)
    total = Sums()
    for day, hour, key, sums in found:
        place = (period_of(day, hour, period), key)
        by[place] = by[place].plus(sums)
        total = total.plus(sums)
    return [row(when, key, sums) for (when, key), sums in sorted(by.items())], row("", "", total)


def heat(load: Sequence[Load], from_day: str, to_day: str) -> list[Hour]:
    """Every hour of the week in which anything came."""
    first, last = date.fromisoformat(from_day), date.fromisoformat(to_day)
    days = [0] * 8
    for n in range((last - first).days + 1):
        days[(first + timedelta(n)).isoweekday()] += 1
    came: dict[tuple[int, int], int] = defaultdict(int)
    for each in load:
        came[date.fromisoformat(each.day).isoweekday(), each.hour] += each.offered
    return [
        Hour(weekday=weekday, hour=hour, per_hour=count / days[weekday])
        for (weekday, hour), count in sorted(came.items())
    ]


def handling_s(load: Iterable[Load]) -> float | None:
    """Conversation and wrap-up of an average request; None when none was handled."""
    handled = total = 0
    for each in load:
        handled += each.handled
        total += each.handling_ms
    return total / handled / 1000 if handled else None
