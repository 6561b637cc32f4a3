"""Sets of counts made safe to publish: leaves, totals of agencies or grantors, the month's total. Pure.

Whatever a row tells of is a cell of one tree, and only what `casework.suppression_core` lets through is told. How the
requests of a row ended is one level deeper: "12 of 13 were connected" would tell of the one who was not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

import msgspec

from casework.suppression_core import Path, published, tree


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


def usage(month: str, uses: Iterable[Use], k: int) -> list[dict[str, Any]]:
    """Rows of ``remote-officer-usage``: one a leaf that anybody is in, then totals by agency, then the month's."""
    leaves: dict[tuple[str, str], list[Use]] = defaultdict(list)
    for use in uses:
        leaves[use.agency, "\x1f".join((use.pak, use.group, use.region, use.point_kind))].append(use)
    cells: dict[Path, set[str]] = defaultdict(set)
    for leaf, found in leaves.items():
        for use in found:
            cells[*leaf, use.ended].add(use.person)
    people = [(path, frozenset(persons)) for path, persons in sorted(cells.items())]
    shown = published(tree(people), k) if people else set()
    rows = [_use_row(month, "cell", leaf, found, shown) for leaf, found in sorted(leaves.items())]
    for agency in sorted({agency for agency, _ in leaves}):
        found = [use for leaf, uses_of in leaves.items() if leaf[0] == agency for use in uses_of]
        rows.append(_use_row(month, "agency", (agency,), found, shown))
    everything = [use for found in leaves.values() for use in found]
    # of a month without anybody there is nothing to tell
    return [*rows, _use_row(month, "month", (), everything, shown)] if everything else []


def _use_row(month: str, level: str, path: Path, uses: Sequence[Use], shown: set[Path]) -> dict[str, Any]:
    row: dict[str, Any] = {"month": month, "level": level, **dict.fromkeys(_DIMENSIONS)}
    if path:
        row["agency"] = path[0]
    if len(path) > 1:
        row |= zip(_DIMENSIONS[1:], path[1].split("\x1f"), strict=True)
    measures: dict[str, Any] = dict.fromkeys(("cases", "connected", "abandoned", "median_wait_s", "median_duration_s"))
    if path in shown:
        measures["cases"] = len(uses)
        measures["median_wait_s"] = round(median(use.wait_s for use in uses))
        # totals tell no endings: those of their leaves may be hidden
        endings = {use.ended for use in uses} if level == "cell" else set()
        if endings and all((*path, ended) in shown for ended in endings):
            measures["connected"] = sum(use.ended == "connected" for use in uses)
            measures["abandoned"] = sum(use.ended == "abandoned" for use in uses)
            talks = [use.duration_s for use in uses if use.ended == "connected" and use.duration_s is not None]
            measures["median_duration_s"] = round(median(talks)) if talks else None
    return row | measures | {"suppressed": path not in shown}


def sales(month: str, found: Iterable[Sale], k: int) -> list[dict[str, Any]]:
    """Rows of ``avis-transactions``."""
    leaves: dict[Path, list[Sale]] = defaultdict(list)
    for sale in found:
        leaves[sale.grantor, "\x1f".join((sale.benefit, sale.provider, sale.atvk, sale.category))].append(sale)
    people = [(leaf, frozenset(sale.person for sale in of)) for leaf, of in sorted(leaves.items())]
    shown = published(tree(people), k) if people else set()
    rows = [_sale_row(month, "cell", leaf, of, shown) for leaf, of in sorted(leaves.items())]
    for grantor in sorted({leaf[0] for leaf in leaves}):
        all_of = [sale for leaf, of in leaves.items() if leaf[0] == grantor for sale in of]
        rows.append(_sale_row(month, "grantor", (grantor,), all_of, shown))
    everything = [sale for of in leaves.values() for sale in of]
    return [*rows, _sale_row(month, "month", (), everything, shown)] if everything else []


def _sale_row(month: str, level: str, path: Path, of: Sequence[Sale], shown: set[Path]) -> dict[str, Any]:
    row: dict[str, Any] = {"month": month, "level": level, "grantor": path[0] if path else None}
    names = ("benefit", "provider", "atvk", "category")
    row |= dict(zip(names, path[1].split("\x1f") if len(path) > 1 else [None] * 4, strict=True))
    told = path in shown
    row["transactions"] = len({sale.transaction for sale in of}) if told else None
    row["benefit_eur"] = _euro(sum(sale.benefit_cents for sale in of)) if told else None
    row["gross_eur"] = _euro(sum(sale.gross_cents for sale in of)) if told else None
    return row | {"suppressed": not told}


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
