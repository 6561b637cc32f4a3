from __future__ import annotations

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.grants_core import BasesExceedEnvelope, Counted, Grants, GrantSet, compare, problems_of, run

WORKED = GrantSet(
    name="Paraugs",
    envelope=1_000_000,
    bases={"centre": 100_000},
    weights={"consultation": 1000, "application": 2000, "remote": 3000},
)


def counted(point_id: str, consultations: int, applications: int, remote: int, kind: str = "centre") -> Counted:
    counts = {"consultation": consultations, "application": applications, "remote": remote}
    return Counted(point_id=point_id, name=point_id.upper(), kind=kind, counts=counts)


A, B = counted("a", 300, 100, 20), counted("b", 100, 50, 10)


def grants(result: Grants) -> dict[str, int]:
    return {point.point_id: point.grant for point in result.points}


def test_the_worked_example_to_the_cent() -> None:
    result = run(WORKED, [B, A])
    assert grants(result) == {"a": 667_089, "b": 332_911}
    assert (result.bases, result.shared, result.left) == (200_000, 800_000, 0)
    first, second = result.points
    # 8,000.00 × 560 / 790 = 5,670.886…: the larger remainder gets the cent
    assert (first.weighted, first.exact, first.rounded_up) == (560_000, 5_670_886_075, True)
    assert (second.weighted, second.exact, second.rounded_up) == (230_000, 2_329_113_924, False)


def test_a_cap_holds_and_the_rest_goes_to_the_others() -> None:
    result = run(
        GrantSet(
            name="Ar griestiem",
            envelope=1_000_000,
            bases={"centre": 100_000, "library": 0},
            weights=WORKED.weights,
            caps={"centre": 300_000},
        ),
        [A, B, counted("l", 10, 0, 0, "library")],
    )
    # a and b reach 3,000.00 each; what they cannot take is the library's
    assert grants(result) == {"a": 300_000, "b": 300_000, "l": 400_000}
    assert [point.capped for point in result.points] == [True, True, False]


def test_what_nobody_can_take_is_left_and_said() -> None:
    capped = run(GrantSet(name="x", envelope=1_000_000, bases={}, weights=WORKED.weights, caps={"centre": 1}), [A, B])
    assert (grants(capped), capped.left) == ({"a": 1, "b": 1}, 999_998)
    idle = run(WORKED, [counted("a", 0, 0, 0)])
    assert (grants(idle), idle.left) == ({"a": 100_000}, 900_000)
    assert run(WORKED, []).left == 1_000_000


def test_bases_beyond_the_envelope_are_refused() -> None:
    with pytest.raises(BasesExceedEnvelope) as refused:
        run(msgspec.structs.replace(WORKED, envelope=150_000), [A, B])
    assert refused.value.missing == 50_000


def test_two_sets_side_by_side() -> None:
    changed = msgspec.structs.replace(WORKED, weights={"consultation": 1000, "application": 2000, "remote": 0})
    rows = compare(run(WORKED, [A, B]), run(changed, [A, B]))
    assert [(row.point_id, row.difference) for row in rows] == [("a", 4_340), ("b", -4_340)]
    assert sum(row.difference for row in rows) == 0
    alone = compare(run(WORKED, [A]), run(WORKED, [B]))
    assert {row.point_id: (row.first, row.second) for row in alone} == {"a": (1_000_000, 0), "b": (0, 1_000_000)}


def test_names_that_nobody_has_are_found() -> None:
    wrong = GrantSet(
        name="x",
        envelope=1,
        bases={"kiosk": 1, "centre": 5},
        weights={"remote": 0},
        caps={"centre": 4},
        kinds={"PAK_01": "chat"},
    )
    assert problems_of(wrong) == ["bases.kiosk", "kinds.PAK_01", "caps.centre", "weights"]
    assert problems_of(WORKED) == []


KINDS = st.sampled_from(["centre", "library", "brigade"])
COUNTS = st.dictionaries(st.sampled_from(["consultation", "application", "remote"]), st.integers(0, 5_000))
POINTS = st.lists(
    st.builds(Counted, point_id=st.uuids().map(str), name=st.just("p"), kind=KINDS, counts=COUNTS), max_size=20
)
SETS = st.builds(
    GrantSet,
    name=st.just("s"),
    envelope=st.integers(0, 10**9),
    bases=st.dictionaries(KINDS, st.integers(0, 10**5)),
    weights=st.dictionaries(st.sampled_from(["consultation", "application", "remote"]), st.integers(0, 9_999)),
    caps=st.dictionaries(KINDS, st.integers(10**5, 10**8)),
)


@given(SETS, POINTS)
def test_every_cent_is_accounted_for(parameters: GrantSet, points: list[Counted]) -> None:
    bases = sum(parameters.bases.get(point.kind, 0) for point in points)
    if bases > parameters.envelope:
        with pytest.raises(BasesExceedEnvelope):
            run(parameters, points)
        return
    result = run(parameters, points)
    assert sum(point.grant for point in result.points) + result.left == parameters.envelope
    weights = {
        point.point_id: sum(parameters.weights.get(kind, 0) * n for kind, n in point.counts.items()) for point in points
    }
    for point in result.points:
        assert point.share >= 0
        assert point.grant <= parameters.caps.get(point.kind, parameters.envelope)
    free = [point for point in result.points if not point.capped and weights[point.point_id]]
    # something is left only when nobody could take it
    assert not result.left or not free
    # quota rule: no share is a whole cent away from what the weights say
    for one in free:
        for other in free:
            assert abs(
                Fraction(one.share) * weights[other.point_id] - Fraction(other.share) * weights[one.point_id]
            ) < (weights[one.point_id] + weights[other.point_id])
