"""Result and output indicators by quarter of the year, Europe/Riga. Pure. See ``docs/grants.md#indicators``.

RR1–RR4 are the founding document's, with its targets; what IR1–IR4 measure is our own choice, for nothing is published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

RIGA = ZoneInfo("Europe/Riga")


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """``source``: ``counted`` from the register, or ``told`` by whoever runs AVIS. ``first``, ``final``: the targets.

    ``sums``: whether quarters may be added up; a count of distinct places or agencies may not.
    """

    code: str
    source: Literal["counted", "told"]
    unit: Literal["count", "eur"]
    sums: bool
    first: int | None = None
    final: int | None = None


INDICATORS = (
    Indicator(code="RR1", source="told", unit="count", sums=True, first=100_000, final=1_000_000),
    Indicator(code="RR2", source="told", unit="count", sums=False, first=2, final=5),
    Indicator(code="RR3", source="told", unit="eur", sums=True, first=10_000, final=100_000),
    Indicator(code="RR4", source="counted", unit="count", sums=True, first=100, final=500),
    Indicator(code="IR1", source="counted", unit="count", sums=False),
    Indicator(code="IR2", source="counted", unit="count", sums=False),
    Indicator(code="IR3", source="counted", unit="count", sums=True),
    Indicator(code="IR4", source="counted", unit="count", sums=True),
)
TOLD = frozenset(each.code for each in INDICATORS if each.source == "told")


class Quarter(msgspec.Struct, frozen=True, order=True):
    year: int
    quarter: int

    def __str__(self) -> str:
        return f"{self.year}-Q{self.quarter}"

    def next(self) -> Quarter:
        return Quarter(self.year + (self.quarter == 4), self.quarter % 4 + 1)

    def bounds_ms(self) -> tuple[int, int]:
        """From inclusive, to exclusive."""
        following = self.next()
        return start_ms(date(self.year, self.quarter * 3 - 2, 1)), start_ms(
            date(following.year, following.quarter * 3 - 2, 1)
        )

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Raises `ValueError` for anything but ``2026-Q3``."""
        year, separator, quarter = text.partition("-Q")
        if not separator or len(year) != 4 or quarter not in ("1", "2", "3", "4"):
            raise ValueError(text)
        return cls(int(year), int(quarter))

    @classmethod
    def of(cls, at_ms: int) -> Quarter:
        day = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(RIGA)
        return cls(day.year, (day.month + 2) // 3)


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """Served clients that are alike in everything that indicators look at; ``count`` of them.

    Sums tell of points or of agencies, not of both: what is not told is empty.
    """

    started_ms: int
    pak: str
    agency_id: str
    point_id: str
    remote: bool
    connected: bool
    count: int = 1


def start_ms(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=RIGA).timestamp() * 1000)


def span(first: Quarter, last: Quarter) -> list[Quarter]:
    found = []
    while first <= last:
        found.append(first)
        first = first.next()
    return found


def series(
    served: Iterable[Served], told: Mapping[tuple[str, str], int], quarters: list[Quarter]
) -> dict[str, list[int]]:
    """Values by indicator, one for each of ``quarters``; ``told``: (code, quarter) → value, in whole units."""
    values = {each.code: dict.fromkeys(map(str, quarters), 0) for each in INDICATORS}
    points: dict[str, set[str]] = {str(each): set() for each in quarters}
    agencies: dict[str, set[str]] = {str(each): set() for each in quarters}
    for case in served:
        quarter = str(Quarter.of(case.started_ms))
        if quarter not in points:
            continue
        really_remote = case.remote and case.connected
        if really_remote:
            values["RR4"][quarter] += case.count
            points[quarter] |= {case.point_id} - {""}
            agencies[quarter] |= {case.agency_id} - {""}
        if case.connected or not case.remote:
            values["IR3"][quarter] += case.count
            if case.pak == "PAK_03":
                values["IR4"][quarter] += case.count
    for quarter in map(str, quarters):
        values["IR1"][quarter] = len(points[quarter])
        values["IR2"][quarter] = len(agencies[quarter])
    for (code, quarter), value in told.items():
        if code in TOLD and quarter in values[code]:
            values[code][quarter] = value
    return {code: [by[str(quarter)] for quarter in quarters] for code, by in values.items()}
