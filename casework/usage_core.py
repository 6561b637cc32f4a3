"""Sets of counts made safe to publish: leaves, totals of agencies or grantors, the month's total. Pure.

Whatever a row tells of is a cell of one tree, and only what `casework.suppression_core` lets through is told. How the
requests of a row ended is one level deeper: "12 of 13 were connected" would tell of the one who was not.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any, TypeVar

import msgspec

from casework.suppression_core import Lot, Path, Published, Shares, published, tree


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """One request. ``person``: its client's pseudonym, or something of its own for somebody anonymous."""

    agency: str
    pak: str
    group: str
    region: str
    point_kind: str
    person: str
    ended: str  # connected | abandoned | other
    wait_s: int
    duration_s: int | None


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """One benefit of one transaction, in cents."""

    grantor: str
    benefit: str
    provider: str
    atvk: str
    category: str
    person: str
    transaction: str
    benefit_cents: int
    gross_cents: int


_DIMENSIONS = ("agency", "pak", "group", "region", "point_kind")
T = TypeVar("T")
_SOLD = ("benefit", "provider", "atvk", "category")


def usage(month: str, uses: Iterable[Use], k: int, lot: Lot) -> list[dict[str, Any]]:
    """Rows of ``remote-officer-usage``: one a leaf that may be named, then totals by agency, then the month's."""
    leaves: dict[Path, list[Use]] = defaultdict(list)
    for use in uses:
        leaves[use.agency, "\x1f".join((use.pak, use.group, use.region, use.point_kind))].append(use)
    cells: dict[Path, Counter[str]] = defaultdict(Counter)
    for leaf, found in leaves.items():
        for use in found:
            cells[*leaf, use.ended][use.person] += 1
    people = [(path, {person: (n,) for person, n in of.items()}) for path, of in sorted(cells.items())]
    # of a month without anybody there is nothing to tell
    if not people:
        return []
    safe = published(tree(people), k, lot)
    return [_use_row(month, level, path, of, safe=safe, k=k) for level, path, of in _levels("agency", leaves, safe)]


def _use_row(month: str, level: str, path: Path, uses: Sequence[Use], *, safe: Published, k: int) -> dict[str, Any]:
    row: dict[str, Any] = {"month": month, "level": level, **dict.fromkeys(_DIMENSIONS)}
    if path:
        row["agency"] = path[0]
    if len(path) > 1:
        row |= zip(_DIMENSIONS[1:], path[1].split("\x1f"), strict=True)
    measures: dict[str, Any] = dict.fromkeys(("cases", "connected", "abandoned", "median_wait_s", "median_duration_s"))
    if path in safe.told:
        measures["cases"] = len(uses)
        measures["median_wait_s"] = _middle([(use.person, use.wait_s) for use in uses], k)
        # totals tell no endings: those of their leaves may be hidden
        endings = {use.ended for use in uses} if level == "cell" else set()
        if endings and all((*path, ended) in safe.told for ended in endings):
            measures["connected"] = sum(use.ended == "connected" for use in uses)
            measures["abandoned"] = sum(use.ended == "abandoned" for use in uses)
            talks = [(use.person, use.duration_s) for use in uses if use.ended == "connected"]
            measures["median_duration_s"] = _middle([(person, talk) for person, talk in talks if talk is not None], k)
    return row | measures | {"suppressed": path not in safe.told}


def _middle(found: Sequence[tuple[str, int]], k: int) -> int | None:
    """The median, unless of fewer than ``k`` persons, or of one who holds half of the values and so decides it."""
    of = Counter(person for person, _ in found)
    if len(of) < k or 2 * max(of.values()) >= len(found):
        return None
    return round(median(value for _, value in found))


def sales(month: str, found: Iterable[Sale], k: int, lot: Lot) -> list[dict[str, Any]]:
    """Rows of ``avis-transactions``. A transaction with benefits of two leaves counts in both, and twice in totals:
    counted once there, the parts less the total would be the few who bought both.
    """
    leaves: dict[Path, list[Sale]] = defaultdict(list)
    for sale in found:
        leaves[sale.grantor, "\x1f".join((sale.benefit, sale.provider, sale.atvk, sale.category))].append(sale)
    if not leaves:
        return []
    safe = published(tree([(leaf, _shares(of)) for leaf, of in sorted(leaves.items())]), k, lot)
    return [
        _sale_row(month, level, path, of, leaves=leaves, safe=safe)
        for level, path, of in _levels("grantor", leaves, safe)
    ]


def _shares(of: Sequence[Sale]) -> Shares:
    bought: dict[str, list[Sale]] = defaultdict(list)
    for sale in of:
        bought[sale.person].append(sale)
    return {
        person: (
            len({sale.transaction for sale in mine}),
            # what was taken back is as much a trace of a person as what was given
            sum(abs(sale.benefit_cents) for sale in mine),
            sum(abs(sale.gross_cents) for sale in mine),
        )
        for person, mine in bought.items()
    }


def _sale_row(
    month: str, level: str, path: Path, of: Sequence[Sale], *, leaves: Mapping[Path, Sequence[Sale]], safe: Published
) -> dict[str, Any]:
    row: dict[str, Any] = {"month": month, "level": level, "grantor": path[0] if path else None}
    row |= dict(zip(_SOLD, path[1].split("\x1f") if len(path) > 1 else [None] * 4, strict=True))
    below = {path: of} if path in leaves else {leaf: sold for leaf, sold in leaves.items() if leaf[: len(path)] == path}
    told = path in safe.told
    # everybody knows what a benefit is worth: cases and euro of two hidden cells would be two equations for two numbers
    all_told = told and below.keys() <= safe.told
    row["transactions"] = sum(len({s.transaction for s in sold}) for sold in below.values()) if told else None
    row["benefit_eur"] = _euro(sum(sale.benefit_cents for sale in of)) if all_told else None
    row["gross_eur"] = _euro(sum(sale.gross_cents for sale in of)) if all_told else None
    return row | {"suppressed": not told}


def _levels(
    middle: str, leaves: Mapping[Path, Sequence[T]], safe: Published
) -> Iterator[tuple[str, Path, Sequence[T]]]:
    """Level, path and records of each row that is published or may be said to be hidden."""
    listed = safe.told | safe.named
    yield from (("cell", leaf, of) for leaf, of in sorted(leaves.items()) if leaf in listed)
    for name in sorted({leaf[0] for leaf in leaves if leaf[:1] in listed}):
        yield middle, (name,), [each for leaf, of in leaves.items() if leaf[0] == name for each in of]
    yield "month", (), [each for of in leaves.values() for each in of]


def band(size: int, k: int) -> str | None:
    """The size of a group in powers of ten from ``k`` on; None when it is too small to be told."""
    if size < k:
        return None
    low = k
    while size >= low * 10:
        low *= 10
    return f"{low}–{low * 10 - 1}"


def _euro(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
