"""What may be published of small groups: k-anonymity with secondary suppression, over a tree of totals. Pure.

Cells form a tree: a total and the parts it is the sum of. A cell under ``k`` persons is hidden (primary). What its
Cells form a tree: a total and the parts that it is the sum of. A cell under ``k`` persons is hidden (primary). What its
parts are none, or at least two that together hold at least ``k`` persons. Below a hidden cell nothing is published.

Why that is enough: take as atoms the published leaves and, for each published total, the union of its hidden parts.
Every atom holds at least ``k`` persons, atoms do not overlap, and every published cell is a union of atoms; so is every
difference of published cells, which therefore holds nobody or at least ``k``. See ``docs/open-data.md#suppression``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Path = tuple[str, ...]


@dataclass(slots=True)
class Cell:
    """``persons``: everybody in the cell, by pseudonym; an anonymous client is a person of their own."""

    path: Path
    persons: frozenset[str]
    parts: list[Cell] = field(default_factory=list)


def tree(leaves: Sequence[tuple[Path, frozenset[str]]], root: Path = ()) -> Cell:
    """The tree over leaves that all have paths of one length; a total is the union of its parts."""
    depth = len(root)
    if len(leaves) == 1 and len(leaves[0][0]) == depth:
        return Cell(root, leaves[0][1])
    by_name: dict[str, list[tuple[Path, frozenset[str]]]] = {}
    for path, persons in leaves:
        by_name.setdefault(path[depth], []).append((path, persons))
    parts = [tree(found, (*root, name)) for name, found in sorted(by_name.items())]
    return Cell(root, frozenset().union(*(part.persons for part in parts)), parts)


def published(total: Cell, k: int) -> set[Path]:
    """Paths of the cells that may be published."""
    if len(total.persons) < k:
        return set()
    found = {total.path}
    for part in _shown(total.parts, k):
        found |= published(part, k)
    return found


def _shown(parts: Sequence[Cell], k: int) -> list[Cell]:
    """The smallest go first, ties by path, until the hidden ones hide each other."""
    order = sorted((part for part in parts if part.persons), key=lambda part: (len(part.persons), part.path))
    hidden = [part for part in order if len(part.persons) < k]
    shown = order[len(hidden) :]
    while hidden and shown and not _hide_each_other(hidden, k):
        hidden.append(shown.pop(0))
    # a single part that is hidden is its total
    return [] if hidden and not _hide_each_other(hidden, k) else shown


def _hide_each_other(hidden: Sequence[Cell], k: int) -> bool:
    return len(hidden) > 1 and len(frozenset().union(*(part.persons for part in hidden))) >= k
