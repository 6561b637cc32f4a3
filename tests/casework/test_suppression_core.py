from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from casework.suppression_core import Path, Shares, published, safe, together, tree


def people(prefix: str, n: int) -> Shares:
    return {f"{prefix}{number}": (1,) for number in range(n)}


def leaf(path: str, n: int) -> tuple[Path, Shares]:
    return tuple(path.split("/")), people(path, n)


def early(_: Path) -> float:
    """A lot that leaves the order to sizes."""
    return 0.5


def shown(*leaves: tuple[Path, Shares], k: int = 10) -> set[str]:
    return {"/".join(path) for path in published(tree(leaves), k, early).told}


def test_a_small_group_hides_itself_and_one_more() -> None:
    # vid alone would be 57 − 50 = 7
    assert shown(leaf("vsaa", 50), leaf("vid", 7)) == {""}
    assert shown(leaf("vsaa", 50), leaf("vid", 7), leaf("ur", 20)) == {"", "vsaa"}
    assert shown(leaf("vsaa", 50), leaf("vid", 7), leaf("ur", 8)) == {"", "vsaa"}
    # two small ones together are under k as well
    assert shown(leaf("vsaa", 50), leaf("vid", 4), leaf("ur", 3), leaf("nva", 40)) == {"", "vsaa"}


def test_nothing_small_nothing_hidden() -> None:
    assert shown(leaf("vsaa", 50), leaf("vid", 10)) == {"", "vsaa", "vid"}
    assert shown(leaf("vsaa", 9)) == set()


def test_below_a_hidden_cell_nothing_is_told() -> None:
    assert shown(leaf("a/x", 30), leaf("a/y", 30), leaf("b/x", 20), leaf("b/y", 20), leaf("c/x", 3)) == {
        "",
        "a",
        "a/x",
        "a/y",
    }


def test_one_person_many_times_is_one_person() -> None:
    same = people("p", 12)
    leaves: list[tuple[Path, Shares]] = [(("a",), same), (("b",), same)]
    assert {"/".join(path) for path in published(tree(leaves), 10, early).told} == {"", "a", "b"}
    assert published(tree([(("a",), people("p", 5)), (("b",), people("p", 5))]), 10, early).told == set()


def test_hidden_cells_are_named_where_their_number_does_not_tell_of_them() -> None:
    # ten cells that sum to ten would be one each
    ones = [leaf(f"{n}", 1) for n in range(10)]
    assert published(tree(ones), 10, early) == ({()}, set())
    named = published(tree([*ones, leaf("x", 10)]), 10, early).named
    assert named == {(f"{n}",) for n in range(10)} | {("x",)}
    # below what is hidden nothing is named either, and of a hidden month only the month
    small = [leaf("a/x", 3), leaf("a/y", 3), leaf("b/x", 30), leaf("c/x", 40)]
    assert published(tree(small), 10, early).named == {("a",), ("b",)}
    assert published(tree(small[:2]), 10, early) == (set(), {()})


def test_the_lot_decides_which_cell_hides_another() -> None:
    leaves = [leaf("small", 3), leaf("a", 20), leaf("b", 30), leaf("c", 500)]
    for unlucky in "abc":
        told = published(tree(leaves), 10, lambda path, unlucky=unlucky: 1.0 if path == (unlucky,) else 0.001).told
        assert {path[0] for path in told if path} == {"a", "b", "c"} - {unlucky}


def test_one_who_adds_most_hides_the_sum() -> None:
    others: Shares = {f"p{n}": (1, 100) for n in range(11)}
    assert safe({**others, "x": (1, 100)}, 10)
    assert safe({**others, "x": (1, 5_000)}, 10)
    # ten others add 1,000: less than 20 % of it
    assert not safe({**others, "x": (1, 5_001)}, 10)
    # hers are half of the requests and more, though there are twelve people
    assert not safe({**others, "x": (51, 100)}, 10)


SHARES = st.dictionaries(st.integers(0, 8).map(str), st.tuples(st.integers(1, 9), st.integers(0, 1_000)), max_size=9)


@given(SHARES, SHARES, st.integers(1, 5))
def test_what_is_safe_stays_safe_together(one: Shares, other: Shares, k: int) -> None:
    if safe(one, k) and safe(other, k):
        assert safe(together([one, other]), k)


LEAVES = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")),
    st.frozensets(st.integers(0, 25).map(str), max_size=14),
    min_size=1,
    max_size=7,
)


@given(LEAVES, st.integers(2, 6), st.randoms(use_true_random=False))
def test_no_cell_and_no_difference_of_cells_reveals_a_group_under_k(
    leaves: dict[tuple[str, str], frozenset[str]], k: int, lots: random.Random
) -> None:
    """Everything that adding and subtracting published cells can reach, tried out."""
    names = sorted(leaves)
    cells = published(
        tree([(name, dict.fromkeys(leaves[name], (1,))) for name in names]), k, lambda _: 1.0 - lots.random()
    ).told

    def covered(path: Path) -> frozenset[int]:
        return frozenset(n for n, name in enumerate(names) if name[: len(path)] == path and leaves[name])

    reached = {covered(path) for path in cells}
    while True:
        found = {one - other for one in reached for other in reached if other < one}
        found |= {one | other for one in reached for other in reached if not one & other}
        if found <= reached:
            break
        reached |= found
    for group in reached - {frozenset()}:
        assert len(frozenset().union(*(leaves[names[n]] for n in group))) >= k
