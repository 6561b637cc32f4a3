"""Against values that tables and calculators of Erlang C agree on."""

from __future__ import annotations

from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.staffing_core import at, needed, waits


@pytest.mark.parametrize(
    ("officers", "load", "chance"),
    [
        (1, 0.5, 0.5),  # M/M/1: the chance to wait is the utilisation
        (2, 1.0, 1 / 3),
        (11, 10.0, 0.6821),
        (14, 10.0, 0.1741),
        (5, 6.0, 1.0),
        (3, 0.0, 0.0),
    ],
)
def test_known_values(officers: int, load: float, chance: float) -> None:
    assert waits(officers, load) == pytest.approx(chance, abs=5e-5)


def test_the_textbook_call_centre() -> None:
    # 200 calls an hour of 3 minutes: 10 erlangs; 80 % within 20 s need 14 people, who reach 88.8 %
    found = needed(per_hour=200, handling_s=180, target_s=20, level=0.8)
    assert found is not None
    assert (found.officers, round(found.load, 6)) == (14, 10)
    assert found.level == pytest.approx(0.8883, abs=5e-4)
    assert found.asa_s == pytest.approx(7.8, abs=0.1)
    assert found.occupancy == pytest.approx(10 / 14)


def test_no_load_needs_nobody_and_too_much_needs_people_to_think() -> None:
    idle = needed(per_hour=0, handling_s=180, target_s=20, level=0.8)
    assert idle is not None
    assert idle.officers == 0
    assert needed(per_hour=100_000, handling_s=600, target_s=20, level=0.8) is None


@given(st.integers(1, 60), st.floats(0.05, 0.99))
def test_equals_the_formula_written_out(officers: int, share: float) -> None:
    load = officers * share
    top = load**officers / factorial(officers) * officers / (officers - load)
    plain = top / (sum(load**k / factorial(k) for k in range(officers)) + top)
    assert waits(officers, load) == pytest.approx(plain, rel=1e-9)


@given(st.floats(0.1, 400), st.floats(30, 1800), st.floats(1, 300), st.floats(0.5, 0.99))
def test_the_hint_is_enough_and_one_fewer_is_not(
    per_hour: float, handling_s: float, target_s: float, level: float
) -> None:
    found = needed(per_hour=per_hour, handling_s=handling_s, target_s=target_s, level=level)
    assert found is not None
    assert found.level >= level
    fewer = at(found.officers - 1, found.load, handling_s=handling_s, target_s=target_s)
    assert fewer.level < level
    assert 0 <= found.level <= 1
