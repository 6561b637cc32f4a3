"""Everything that is published of small tables, over several months, in the hands of an attacker who computes.

``k`` persons is the promise. Who attacks is given more than a reader has: which groups exist, what each benefit is
worth, and that nobody is counted twice where that helps.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations, product
from math import exp
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.suppression_core import Path, published, tree
from casework.usage_core import Sale, Use, sales, usage
from tests.casework.attacker import Equation, bounds, known_groups

MONTHS = ("2026-09", "2026-10", "2026-11")
ENDINGS = ("connected", "abandoned", "other")
USE_NAMES = ("agency", "pak", "region", "point_kind")
SALE_NAMES = ("grantor", "benefit", "provider", "atvk", "category")
#: what a benefit is worth in cents: published in the instructions
WORTH = {"b1": 48, "b2": 100, "b3": 77}

Kind = tuple[str, ...]
Tables = dict[Kind, list[str]]

#: by lot, as hypothesis finds it worst
LOTS = st.randoms(use_true_random=False)
THRESHOLDS = st.integers(3, 6)


def tables(kinds: st.SearchStrategy[Kind]) -> st.SearchStrategy[Tables]:
    """Who is in each cell: persons may be in several cells, and in one more than once."""
    few = st.lists(st.integers(0, 12).map(str), min_size=1, max_size=3)
    many = st.lists(st.integers(0, 30).map(str), min_size=4, max_size=12)
    return st.dictionaries(kinds, few | many, min_size=1, max_size=9)


USES = tables(
    st.tuples(
        st.sampled_from(MONTHS),
        st.sampled_from(["vsaa", "vid"]),
        st.sampled_from(["PAK_01", "PAK_06"]),
        st.sampled_from(["Vidzeme", "Latgale"]),
        st.sampled_from(["library", "centre"]),
        st.sampled_from(ENDINGS),
    )
)


def requests(table: Tables) -> dict[str, list[tuple[Kind, Use]]]:
    found: dict[str, list[tuple[Kind, Use]]] = defaultdict(list)
    for kind, persons in table.items():
        month, agency, pak, region, place, ended = kind
        for n, person in enumerate(persons):
            found[month].append(
                (
                    kind,
                    Use(
                        agency=agency,
                        pak=pak,
                        group=f"{agency}-1",
                        region=region,
                        point_kind=place,
                        person=person,
                        ended=ended,
                        wait_s=n,
                        duration_s=60 * n,
                    ),
                )
            )
    return found


def use_kinds(table: Tables, row: Mapping[str, Any], ended: str | None = None) -> list[Kind]:
    """The kinds of records that a row counts."""
    wanted = (row["month"], *(row[name] for name in USE_NAMES), ended)
    return [kind for kind in table if all(want is None or want == is_ for want, is_ in zip(wanted, kind, strict=True))]


def use_equations(table: Tables, rows: Iterable[Mapping[str, Any]]) -> list[Equation]:
    found = []
    for row in rows:
        for column, ended in (("cases", None), ("connected", "connected"), ("abandoned", "abandoned")):
            if row[column] is not None:
                found.append(Equation(dict.fromkeys(use_kinds(table, row, ended), 1), row[column]))
    return found


@settings(max_examples=150, deadline=None)
@given(USES, THRESHOLDS, LOTS)
def test_no_requests_of_fewer_than_k_persons_follow_from_all_months(table: Tables, k: int, lots: Any) -> None:
    rows = [
        row
        for month, found in requests(table).items()
        for row in usage(month, [use for _, use in found], k, lambda _: 1.0 - lots.random())
    ]
    for group, size in known_groups(use_equations(table, rows)):
        assert size == sum(len(table[kind]) for kind in group)
        assert len({person for kind in group for person in table[kind]}) >= k
        assert not one_decides(Counter(person for kind in group for person in table[kind]))


@settings(max_examples=150, deadline=None)
@given(USES, THRESHOLDS, LOTS)
def test_a_named_hidden_row_may_hold_one_request_or_k(table: Tables, k: int, lots: Any) -> None:
    """By bounds: what is named holds something, nothing is below nought, and sums are known."""
    rows = [
        row
        for month, found in requests(table).items()
        for row in usage(month, [use for _, use in found], k, lambda _: 1.0 - lots.random())
    ]
    equations: list[Equation] = use_equations(table, rows)
    at_least: dict[Any, int] = dict.fromkeys(table, 0)
    hidden = [row for row in rows if row["suppressed"]]
    for number, row in enumerate(hidden):
        equations.append(Equation(dict.fromkeys(use_kinds(table, row), 1) | {number: -1}, 0))
        at_least[number] = 1
    found = bounds(equations, at_least)
    for number in range(len(hidden)):
        low, high = found[number]
        assert low == 1
        assert high is None or high >= k


SALES = tables(
    st.tuples(
        st.sampled_from(MONTHS[:2]),
        st.sampled_from(["g1", "g2"]),
        st.sampled_from(sorted(WORTH)),
        st.sampled_from(["p1", "p2"]),
        st.sampled_from(["LV1", "LV2"]),
        st.sampled_from(["food", "bus"]),
    )
)


def sold(table: Tables, prices: Mapping[str, int]) -> dict[str, list[tuple[Kind, Sale]]]:
    """A person buys everything of a month in one transaction, as often as the person is in the cell."""
    found: dict[str, list[tuple[Kind, Sale]]] = defaultdict(list)
    for kind, persons in table.items():
        month, grantor, benefit, provider, atvk, category = kind
        for person, times in Counter(persons).items():
            for time in range(times):
                found[month].append(
                    (
                        kind,
                        Sale(
                            grantor=grantor,
                            benefit=benefit,
                            provider=provider,
                            atvk=atvk,
                            category=category,
                            person=person,
                            transaction=f"{person}/{time}",
                            benefit_cents=WORTH[benefit],
                            gross_cents=prices[person],
                        ),
                    )
                )
    return found


def sale_equations(
    found: Mapping[str, Sequence[tuple[Kind, Sale]]], rows: Iterable[Mapping[str, Any]]
) -> list[Equation]:
    """Unknown: how many transactions touch exactly these cells. Whether a row counts transactions or their benefits is
    seen from the numbers; where the two are the same, so is what follows.
    """
    equations = []
    for row in rows:
        cells: dict[str, set[Kind]] = defaultdict(set)
        for kind, sale in found[row["month"]]:
            cells[sale.transaction].add(kind)
        sums: Counter[frozenset[Kind]] = Counter()
        once: Counter[frozenset[Kind]] = Counter()
        counted = distinct = 0
        for kinds in cells.values():
            hit = sum(counts(row, kind) for kind in kinds)
            if hit:
                sums[frozenset(kinds)], once[frozenset(kinds)] = hit, 1
                counted, distinct = counted + hit, distinct + 1
        if row["transactions"] is not None:
            assert row["transactions"] in (counted, distinct)
            equations.append(Equation(sums if row["transactions"] == counted else once, row["transactions"]))
        if row["benefit_eur"] is not None:
            worth = {
                kinds: sum(WORTH[kind[2]] for kind in kinds if counts(row, kind))
                for kinds in {frozenset(each) for each in cells.values()}
            }
            equations.append(Equation(worth, cents(row["benefit_eur"])))
    return equations


def counts(row: Mapping[str, Any], kind: Kind) -> bool:
    wanted = (row["month"], *(row[name] for name in SALE_NAMES))
    return all(want is None or want == is_ for want, is_ in zip(wanted, kind, strict=True))


def cents(euro: str) -> int:
    return int(euro.replace(".", ""))


def one_decides(adds: Mapping[Any, int]) -> bool:
    """Whoever adds the second most takes that away, and is left with what the first adds, to less than 20 %."""
    first, second = (*sorted(adds.values(), reverse=True), 0)[:2]
    return sum(adds.values()) - second < 1.2 * first


@settings(max_examples=150, deadline=None)
@given(SALES, THRESHOLDS, LOTS)
def test_no_purchases_of_fewer_than_k_persons_follow_from_counts_and_known_amounts(
    table: Tables, k: int, lots: Any
) -> None:
    found = sold(table, defaultdict(lambda: 500))
    rows = [
        row
        for month, of in found.items()
        for row in sales(month, [sale for _, sale in of], k, lambda _: 1.0 - lots.random())
    ]
    buyers: dict[frozenset[Kind], set[str]] = defaultdict(set)
    for of in found.values():
        cells: dict[tuple[str, str], set[Kind]] = defaultdict(set)
        for kind, sale in of:
            cells[sale.transaction, sale.person].add(kind)
        for (_, person), kinds in cells.items():
            buyers[frozenset(kinds)].add(person)
    for group, _ in known_groups(sale_equations(found, rows)):
        assert len({person for kinds in group for person in buyers[kinds]}) >= k


@settings(max_examples=150, deadline=None)
@given(
    SALES,
    THRESHOLDS,
    LOTS,
    st.dictionaries(st.integers(0, 30).map(str), st.sampled_from([1, 100, 5_000, 1_000_000]), max_size=31),
)
def test_no_sum_of_euro_tells_what_one_person_spent(table: Tables, k: int, lots: Any, prices: dict[str, int]) -> None:
    found = sold(table, defaultdict(lambda: 100, prices))
    rows = [
        row
        for month, of in found.items()
        for row in sales(month, [sale for _, sale in of], k, lambda _: 1.0 - lots.random())
    ]
    for column, measure in (("benefit_eur", "benefit_cents"), ("gross_eur", "gross_cents")):
        equations = [
            Equation({kind: 1 for kind in table if counts(row, kind)}, cents(row[column]))
            for row in rows
            if row[column] is not None
        ]
        for group, _ in known_groups(equations):
            spent: Counter[str] = Counter()
            for of in found.values():
                for kind, sale in of:
                    if kind in group:
                        spent[sale.person] += getattr(sale, measure)
            assert len(spent) >= k
            assert not one_decides(spent)


def _publications(k: int) -> dict[tuple[int | None, tuple[int | None, ...], frozenset[Path]], list[set[int]]]:
    """All that can be published of four parts, and what each part may hold then, over every table and every lot."""
    possible: dict[tuple[int | None, tuple[int | None, ...], frozenset[Path]], list[set[int]]] = {}
    for sizes in product(range(10), repeat=4):
        if not 0 < sum(sizes) <= 10:
            continue
        total = tree(
            [((str(n),), {f"{n}-{person}": (1,) for person in range(size)}) for n, size in enumerate(sizes) if size]
        )
        small = any(0 < size < k for size in sizes)
        for order in permutations(range(4)) if small else [(0, 1, 2, 3)]:
            # sizes change the odds, so this is the lot that draws them in this very order
            lot = {(str(n),): exp(-order[n] / size) for n, size in enumerate(sizes) if size}
            answer = published(total, k, lot.__getitem__)
            shown = tuple(size if (str(n),) in answer.told else None for n, size in enumerate(sizes))
            seen = (sum(sizes) if () in answer.told else None, shown, answer.named)
            for values, size in zip(possible.setdefault(seen, [set() for _ in sizes]), sizes, strict=True):
                values.add(size)
    return possible


@pytest.mark.parametrize("k", [3, 4])
def test_who_knows_the_rule_cannot_tell_whether_a_hidden_cell_holds_one_or_k(k: int) -> None:
    hidden = 0
    for (_, shown, named), values in _publications(k).items():
        for (part,) in named - {()}:
            hidden += 1
            assert min(values[int(part)]) == 1
            assert max(values[int(part)]) >= k
        for told, several in zip(shown, values, strict=True):
            # nobody, or at least two numbers that it may be
            assert several == {0} or told is not None or len(several) > 1
    assert hidden > 100


def test_the_attacker_wins_where_a_month_is_told_twice() -> None:
    """Why a month has one edition: a late event is the difference of two."""
    table: Tables = {("2026-10", "vsaa", "PAK_01", "Vidzeme", "library", "connected"): [str(n) for n in range(12)]}
    late = "late"
    first = [use for _, use in requests(table)["2026-10"]]
    second = [*first, first[0]]
    (one, *_), (other, *_) = (usage("2026-10", each, 10, lambda _: 0.5) for each in (first, second))
    (kind,) = table
    equations = [Equation({kind: 1}, one["cases"]), Equation({kind: 1, late: 1}, other["cases"])]
    assert (frozenset([late]), 1) in list(known_groups(equations))
