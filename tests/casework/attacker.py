"""A reader of open data who wants to know more: solves what is published, exactly, for what it does not say.

Knows nothing of how the publisher decides. Unknowns are counts of records of one kind; what is published are sums of
them, with coefficients.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import NamedTuple

Group = Hashable
Row = tuple[dict[Group, Fraction], Fraction]


class Equation(NamedTuple):
    sums: Mapping[Group, int]
    value: int


def eliminated(equations: Sequence[Equation]) -> list[Row]:
    """The reduced echelon form: what follows from the equations, each row with an unknown no other row has."""
    rows: list[Row] = []
    for equation in equations:
        sums, value = {g: Fraction(n) for g, n in equation.sums.items() if n}, Fraction(equation.value)
        for other, known in rows:
            sums, value = _less(sums, value, other, known, next(iter(other)))
        if not sums:
            assert value == 0, "what is published contradicts itself"
            continue
        pivot = next(iter(sums))
        by = sums.pop(pivot)
        sums, value = {pivot: Fraction(1)} | {g: n / by for g, n in sums.items()}, value / by
        rows = [_less(other, known, sums, value, pivot) for other, known in rows]
        rows.append((sums, value))
    return rows


def _less(
    sums: dict[Group, Fraction], value: Fraction, other: Mapping[Group, Fraction], known: Fraction, pivot: Group
) -> Row:
    by = sums.get(pivot, Fraction(0))
    if not by:
        return sums, value
    # a row's own pivot stays its first
    left = {
        g: sums.get(g, Fraction(0)) - by * other.get(g, Fraction(0))
        for g in (*sums, *(g for g in other if g not in sums))
    }
    return {g: n for g, n in left.items() if n}, value - by * known


def known_groups(equations: Sequence[Equation]) -> Iterator[tuple[frozenset[Group], Fraction]]:
    """Every union of groups whose size follows by adding, subtracting and scaling, with that size; those that belong
    to independent parts of the system apart, because their unions tell nothing new.
    """
    for part in _independent(eliminated(equations)):
        # in a sum of rows that has only noughts and ones, each row's pivot says how often the row is in
        for taken in product((0, 1), repeat=len(part)):
            total: dict[Group, Fraction] = {}
            for (sums, _), once in zip(part, taken, strict=True):
                if once:
                    for group, n in sums.items():
                        total[group] = total.get(group, Fraction(0)) + n
            members = frozenset(group for group, n in total.items() if n)
            if members and all(total[group] == 1 for group in members):
                yield members, sum((value for (_, value), once in zip(part, taken, strict=True) if once), Fraction(0))


def _independent(
    rows: Iterable[Row],
) -> list[list[Row]]:
    parts: list[list[Row]] = []
    for row in rows:
        touching = [part for part in parts if any(row[0].keys() & sums.keys() for sums, _ in part)]
        parts = [part for part in parts if part not in touching]
        parts.append([row, *(each for part in touching for each in part)])
    return parts


def bounds(equations: Sequence[Equation], at_least: Mapping[Group, int]) -> dict[Group, tuple[int, int | None]]:
    """From which to which whole number each unknown may be, by the equations and what each is at least."""
    low, high = dict(at_least), dict.fromkeys(at_least)  # type: dict[Group, int], dict[Group, int | None]
    rows = [*((dict(e.sums), Fraction(e.value)) for e in equations), *eliminated(equations)]
    moved = True
    while moved:
        moved = False
        for sums, value in rows:
            for group, factor in sums.items():
                least, most = _rest(sums, group, low, high)
                # factor · x = value - rest
                ends = [None if end is None else (value - end) / factor for end in (most, least)]
                down, up = ends if factor > 0 else ends[::-1]
                if down is not None and -(-down // 1) > low[group]:
                    low[group], moved = int(-(-down // 1)), True
                known = high[group]
                if up is not None and (known is None or up // 1 < known):
                    high[group], moved = int(up // 1), True
    return {group: (low[group], high[group]) for group in low}


def _rest(
    sums: Mapping[Group, Fraction | int], but: Group, low: Mapping[Group, int], high: Mapping[Group, int | None]
) -> tuple[Fraction | None, Fraction | None]:
    least: Fraction | None = Fraction(0)
    most: Fraction | None = Fraction(0)
    for group, factor in sums.items():
        if group == but:
            continue
        ends = [low[group], high[group]] if factor > 0 else [high[group], low[group]]
        least = None if least is None or ends[0] is None else least + factor * ends[0]
        most = None if most is None or ends[1] is None else most + factor * ends[1]
    return least, most
