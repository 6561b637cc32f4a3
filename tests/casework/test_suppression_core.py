from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from casework.suppression_core import Path, published, tree


def people(prefix: str, n: int) -> frozenset[str]:
    return frozenset(f"{prefix}{number}" for number in range(n))


def leaf(path: str, n: int) -> tuple[Path, frozenset[str]]:
    return tuple(path.split("/")), people(path, n)


def shown(*leaves: tuple[Path, frozenset[str]], k: int = 10) -> set[str]:
    return {"/".join(path) for path in published(tree(leaves), k)}


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
    assert {"/".join(path) for path in published(tree([(("a",), same), (("b",), same)]), 10)} == {"", "a", "b"}
    assert published(tree([(("a",), people("p", 5)), (("b",), people("p", 5))]), 10) == set()


LEAVES = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")),
    st.frozensets(st.integers(0, 25).map(str), max_size=14),
    min_size=1,
    max_size=7,
)


@given(LEAVES, st.integers(2, 6))
def test_no_cell_and_no_difference_of_cells_reveals_a_group_under_k(
    leaves: dict[tuple[str, str], frozenset[str]], k: int
) -> None:
    """Everything that adding and subtracting published cells can reach, tried out."""
    names = sorted(leaves)
    cells = published(tree([(name, leaves[name]) for name in names]), k)

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
