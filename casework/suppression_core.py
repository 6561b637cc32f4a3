"""What may be published of small groups: thresholds, dominance and secondary suppression over a tree of totals. Pure.

Cells form a tree: a total and the parts that it is the sum of. A cell is *safe* when it holds at least ``k`` persons
and no person dominates one of its measures (p% rule). Published is what is safe, below published totals only; beside a
published total the hidden parts are none, or at least two that are safe together. Below a hidden cell nothing is told.

Why that is enough for sums: take as atoms the published leaves and, for each published total, the union of its hidden
parts. Atoms do not overlap and are safe, every published cell is a union of atoms, so is every difference that is a
cell at all, and a union of safe cells is safe: with ``x`` what a person adds to it and ``rest`` what the others but one
add, ``rest ≥ p·x`` holds in each atom and therefore in the sum.

Why a hidden cell stays unknown to those who know this rule: its name may be told, and with it that it holds somebody.
Parts are therefore named only where their cases exceed their number by ``k - 1`` or more, so that each of them may
hold one case or ``k`` of them; and which cells are hidden beside the small ones is drawn by lot, small ones likelier,
none impossible. See ``docs/open-data.md#suppression``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from math import log
from typing import NamedTuple

Path = tuple[str, ...]
#: how much each person, by pseudonym, adds to each measure; never below zero, cases come first
Shares = Mapping[str, tuple[int, ...]]
#: a number above 0 and up to 1 for each path, unknown to readers
Lot = Callable[[Path], float]

#: what the others must hold, beside the largest and the second, in percent of the largest
P_PERCENT = 20


@dataclass(slots=True)
class Cell:
    """``shares``: everybody in the cell; an anonymous client is a person of their own."""

    path: Path
    shares: Shares
    parts: list[Cell] = field(default_factory=list)


class Published(NamedTuple):
    """``told``: paths of cells whose numbers may be published. ``named``: hidden ones that may be said to exist."""

    told: frozenset[Path]
    named: frozenset[Path]


def tree(leaves: Sequence[tuple[Path, Shares]], root: Path = ()) -> Cell:
    """The tree over leaves that all have paths of one length; a total is the sum of its parts."""
    depth = len(root)
    if len(leaves) == 1 and len(leaves[0][0]) == depth:
        return Cell(root, leaves[0][1])
    by_name: dict[str, list[tuple[Path, Shares]]] = {}
    for path, shares in leaves:
        by_name.setdefault(path[depth], []).append((path, shares))
    parts = [tree(found, (*root, name)) for name, found in sorted(by_name.items())]
    return Cell(root, together(part.shares for part in parts), parts)


def together(several: Iterable[Shares]) -> Shares:
    found: dict[str, tuple[int, ...]] = {}
    for shares in several:
        for person, adds in shares.items():
            before = found.get(person)
            found[person] = adds if before is None else tuple(map(sum, zip(before, adds, strict=True)))
    return found


def safe(shares: Shares, k: int) -> bool:
    """At least ``k`` persons, and whoever adds second most to a measure cannot tell what the first adds."""
    return len(shares) >= k and not any(_dominated(measure) for measure in zip(*shares.values(), strict=True))


def published(total: Cell, k: int, lot: Lot) -> Published:
    told: set[Path] = set()
    named: set[Path] = set()

    def tell(cell: Cell) -> None:
        told.add(cell.path)
        shown, hidden = _split(cell.parts, k, lot)
        named.update(part.path for part in hidden)
        for part in shown:
            tell(part)

    if safe(total.shares, k):
        tell(total)
    else:
        named.add(total.path)
    return Published(frozenset(told), frozenset(named))


def _split(parts: Sequence[Cell], k: int, lot: Lot) -> tuple[list[Cell], list[Cell]]:
    """Parts that are shown, and hidden ones that may be named."""
    there = [part for part in parts if part.shares]
    hidden = [part for part in there if not safe(part.shares, k)]
    # a race of exponential clocks: a cell comes first with odds of one to its persons, and any order may be
    shown = sorted(
        (part for part in there if safe(part.shares, k)), key=lambda part: -log(lot(part.path)) * len(part.shares)
    )
    while hidden and not _hide_each_other(hidden, k):
        if not shown:
            # the total itself is safe; how many parts it has would already tell of them
            return [], []
        hidden.append(shown.pop(0))
    return shown, hidden


def _hide_each_other(hidden: Sequence[Cell], k: int) -> bool:
    if len(hidden) < 2:
        return False
    union = together(part.shares for part in hidden)
    return safe(union, k) and sum(adds[0] for adds in union.values()) >= k + len(hidden) - 1


def _dominated(adds: Sequence[int]) -> bool:
    first, *second = nlargest(2, adds)
    return (sum(adds) - first - sum(second)) * 100 < P_PERCENT * first
