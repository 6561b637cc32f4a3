"""The register of contact points: what is known of each, and what a table of them says row by row. Pure.

A point keeps its history: its territory is a list of periods, and a point that closed keeps its last day.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

import msgspec

from casework.atvk_core import territory

KINDS = ("centre", "library", "brigade")
EQUIPMENT = ("workstation", "camera", "printer", "scanner", "hearing_loop", "ramp")
DAY = r"^\d{4}-\d{2}-\d{2}$"
TIME = r"^([01]\d|2[0-3]):[0-5]\d$"

Day = Annotated[str, msgspec.Meta(pattern=DAY)]
Time = Annotated[str, msgspec.Meta(pattern=TIME)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Weekday = Annotated[int, msgspec.Meta(ge=1, le=7)]
Latitude = Annotated[float, msgspec.Meta(ge=55, le=59)]
Longitude = Annotated[float, msgspec.Meta(ge=20, le=29)]


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Monday is 1."""

    weekday: Weekday
    opens: Time
    closes: Time


class Stop(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a brigade stands: every week, or on one day."""

    id: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,64}$")]
    place: Short
    atvk: str
    opens: Time
    closes: Time
    weekday: Weekday | None = None
    day: Day | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None


class Placed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A territory that the point belonged to; ``valid_to`` is its last day, or None."""

    atvk: str
    valid_from: Day
    valid_to: Day | None = None


class Details(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    address: Short = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    email: Short = ""
    phone: Short = ""
    hours: tuple[Hours, ...] = ()
    equipment: tuple[Literal["workstation", "camera", "printer", "scanner", "hearing_loop", "ramp"], ...] = ()
    remote_officer: bool = False
    valid_from: Day = "2021-07-01"
    valid_to: Day | None = None
    placed: tuple[Placed, ...] = ()
    stops: tuple[Stop, ...] = ()


class Point(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(pattern="^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    kind: Literal["centre", "library", "brigade"]
    atvk: str
    host_point_id: str | None = None
    details: Details = Details()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one line of the table. ``line`` counts from 1, the header being the first."""

    line: int
    id: str
    state: Literal["new", "changed", "same", "wrong"]
    problems: tuple[str, ...] = ()
    point: Point | None = None


def problems_of(point: Point, ids: Iterable[str]) -> list[str]:
    """Codes of what is wrong: ``field.code``. ``ids``: every point that there will be."""
    details, found = point.details, []
    # a point that stands must lie in a territory that stands; one that closed, in one of its last day
    if territory(point.atvk, details.valid_to or "9999-12-31") is None:
        found.append("atvk.unknown")
    if point.host_point_id is not None and (point.host_point_id == point.id or point.host_point_id not in set(ids)):
        found.append("host_point_id.unknown")
    if (details.lat is None) != (details.lon is None):
        found.append("coordinates.half")
    if details.valid_to is not None and details.valid_to < details.valid_from:
        found.append("valid_to.before")
    times = [(each.opens, each.closes) for each in details.hours]
    times += [(each.opens, each.closes) for each in details.stops]
    if any(closes <= opens for opens, closes in times):
        found.append("hours.backwards")
    if any((stop.weekday is None) == (stop.day is None) for stop in details.stops):
        found.append("stops.when")
    if details.stops and point.kind != "brigade":
        found.append("stops.no_brigade")
    placed = sorted(details.placed, key=lambda each: each.valid_from)
    for earlier, later in pairwise(placed):
        if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
            found.append("placed.overlap")
            break
    return found


def placed_anew(known: Point | None, wanted: Point, day: str) -> Point:
    """``wanted`` with its history: when the territory changes, the former one ends the day before ``day``."""
    history = wanted.details.placed or (known.details.placed if known else ())
    if not history:
        begin = known.details.valid_from if known else wanted.details.valid_from
        history = (Placed(known.atvk if known else wanted.atvk, begin),)
    last = history[-1]
    if last.atvk != wanted.atvk:
        before = date.fromordinal(date.fromisoformat(day).toordinal() - 1).isoformat()
        history = (*history[:-1], Placed(last.atvk, last.valid_from, before), Placed(wanted.atvk, day))
    return msgspec.structs.replace(wanted, details=msgspec.structs.replace(wanted.details, placed=history))


def stop_today(details: Details, day: str) -> Stop | None:
    """Where a brigade stands on a day; a stop of that very day goes before a weekly one."""
    weekday = date.fromisoformat(day).isoweekday()
    on_day = [stop for stop in details.stops if stop.day == day]
    weekly = [stop for stop in details.stops if stop.weekday == weekday]
    return next(iter(on_day + weekly), None)


# ── a table of points ────────────────────────────────────────────────────────────────────────────

COLUMNS = (
    "id",
    "name",
    "kind",
    "atvk",
    "host_point_id",
    "address",
    "lat",
    "lon",
    "email",
    "phone",
    "hours",
    "equipment",
    "remote_officer",
    "valid_from",
    "valid_to",
)
_REQUIRED = ("id", "name", "kind", "atvk")
_DAYS = ("P", "O", "T", "C", "Pk", "S", "Sv")
_RANGE = re.compile(r"(Pk|Sv|P|O|T|C|S)(?:-(Pk|Sv|P|O|T|C|S))?\s+(\d\d:\d\d)-(\d\d:\d\d)")


class TableUnreadable(Exception):
    """``missing`` columns, or none when it is no table at all."""

    def __init__(self, missing: tuple[str, ...] = ()) -> None:
        super().__init__(missing)
        self.missing = missing


def read_table(text: str, known: Mapping[str, Point]) -> list[Line]:
    """Every line with what is wrong with it or what it would change; nothing is guessed, nothing is skipped.

    ``;`` or ``,`` between fields, columns in any order by `COLUMNS`. A column that is not there leaves what is known.
    """
    text = text.removeprefix("\ufeff")
    header = text.split("\n", 1)[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if header.count(";") >= header.count(",") else ",")
    names = [name.strip() for name in rows.fieldnames or ()]
    if missing := tuple(name for name in _REQUIRED if name not in names):
        raise TableUnreadable(missing)
    rows.fieldnames = names
    read = [
        (number, {name: (value or "").strip() for name, value in row.items() if name})
        for number, row in enumerate(rows, 2)
    ]
    ids = {row["id"] for _, row in read} | known.keys()
    found: list[Line] = []
    seen: set[str] = set()
    for number, row in read:
        line = _line(number, row, known.get(row["id"]), ids)
        if row["id"] in seen:
            line = Line(line=number, id=row["id"], state="wrong", problems=("id.twice",))
        seen.add(row["id"])
        found.append(line)
    return found


def _line(number: int, row: Mapping[str, str], known: Point | None, ids: Iterable[str]) -> Line:
    problems: list[str] = [f"{name}.unknown_column" for name in row if name not in COLUMNS]
    before = known.details if known else Details()
    values: dict[str, object] = {}
    try:
        if "hours" in row:
            values["hours"] = hours_of(row["hours"])
    except ValueError:
        problems.append("hours.unreadable")
    for name in ("lat", "lon"):
        if name in row:
            try:
                values[name] = float(row[name].replace(",", ".")) if row[name] else None
            except ValueError:
                problems.append(f"{name}.unreadable")
    for name in ("address", "email", "phone"):
        if name in row:
            values[name] = row[name]
    if "equipment" in row:
        values["equipment"] = tuple(part.strip() for part in row["equipment"].split("|") if part.strip())
    if "remote_officer" in row:
        values["remote_officer"] = row["remote_officer"].lower() in ("1", "true", "jā", "ja", "yes")
    if row.get("valid_from"):
        values["valid_from"] = row["valid_from"]
    if "valid_to" in row:
        values["valid_to"] = row["valid_to"] or None
    details = msgspec.to_builtins(before) | {name: value for name, value in values.items() if name != "hours"}
    if "hours" in values:
        details["hours"] = msgspec.to_builtins(values["hours"])
    whole = {
        "id": row["id"],
        "name": row["name"],
        "kind": row["kind"],
        "atvk": row["atvk"],
        "host_point_id": (row["host_point_id"] or None)
        if "host_point_id" in row
        else (known.host_point_id if known else None),
        "details": details,
    }
    point: Point | None = None
    try:
        point = msgspec.convert(whole, Point)
    except msgspec.ValidationError as error:
        where = re.search(r"at `\$\.([^`]*)`", str(error))
        problems.append(f"{where[1].removeprefix('details.') if where else 'row'}.invalid")
    if point is not None:
        problems += problems_of(point, ids)
    if problems or point is None:
        return Line(line=number, id=row["id"], state="wrong", problems=tuple(problems))
    state: Literal["new", "changed", "same"] = "new" if known is None else "same" if point == known else "changed"
    return Line(line=number, id=row["id"], state=state, point=point)


def hours_of(text: str) -> tuple[Hours, ...]:
    """``P-C 08:00-17:00, Pk 08:00-15:00``, by the Latvian names of the days. Raises `ValueError`."""
    found = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = _RANGE.fullmatch(part)
        if match is None:
            raise ValueError(part)
        first = _DAYS.index(match[1])
        last = _DAYS.index(match[2]) if match[2] else first
        if last < first:
            raise ValueError(part)
        found += [Hours(day + 1, match[3], match[4]) for day in range(first, last + 1)]
    return tuple(found)


def hours_text(hours: Iterable[Hours]) -> str:
    """The inverse of `hours_of`, days that are alike and follow one another taken together."""
    parts: list[tuple[int, int, str]] = []
    for each in sorted(hours, key=lambda one: (one.weekday, one.opens)):
        time = f"{each.opens}-{each.closes}"
        if parts and parts[-1][2] == time and parts[-1][1] == each.weekday - 1:
            parts[-1] = (parts[-1][0], each.weekday, time)
        else:
            parts.append((each.weekday, each.weekday, time))
    return ", ".join(
        f"{_DAYS[first - 1]}{'' if first == last else '-' + _DAYS[last - 1]} {time}" for first, last, time in parts
    )
