"""Mutated input for every parser: an answer or a promised refusal, never anything else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.mutate import mutations
from tests.fuzz.targets import EVERYDAY, TARGETS, TORTURE, USUAL, corpus


@pytest.mark.torture
@pytest.mark.parametrize("name", TARGETS)
def test_mutated_input(name: str, amount: Callable[[int, int], int]) -> None:
    cases, target, tried = corpus(name), TARGETS[name], 0
    for case in chain(cases, mutations(cases, amount(EVERYDAY.get(name, USUAL), TORTURE), seed=11)):
        try:
            target(case)
        except Exception as error:
            pytest.fail(f"{name} raised {error!r} on {case.hex()}")
        tried += 1
    assert tried > len(cases)


@pytest.mark.parametrize("name", [name for name in TARGETS if name != "sctp"])
@given(noise=st.binary(max_size=300))
def test_any_bytes(name: str, noise: bytes) -> None:
    assert TARGETS[name](noise) is None
