from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from web.live.admission_core import LEAST_S, MOST_S, TICKET_S, Admission


def test_few_are_let_in_at_once() -> None:
    admission = Admission(places=3, places_in_session=5)
    assert [admission.ask(0.0, in_session=False, luck=0.5) for _ in range(3)] == [None] * 3
    assert admission.is_full(0.0)
    assert admission.ask(0.0, in_session=False, luck=0.5) is not None
    assert [admission.ask(0.0, in_session=True, luck=0.5) for _ in range(2)] == [None] * 2
    assert admission.ask(0.0, in_session=True, luck=0.0) == LEAST_S, "those in a session come back first"
    for _ in range(3):
        admission.came(0.1)
    assert admission.ask(0.1, in_session=False, luck=0.5) is None


def test_a_ticket_that_nobody_uses_frees_its_place() -> None:
    admission = Admission(places=1)
    assert admission.ask(0.0, in_session=False, luck=0.5) is None
    assert admission.ask(TICKET_S - 1, in_session=False, luck=0.5) is not None
    assert admission.ask(TICKET_S, in_session=False, luck=0.5) is None


def test_the_herd_comes_back_spread_out() -> None:
    admission = Admission(places=10)
    told = [admission.ask(0.0, in_session=False, luck=(n * 0.618) % 1) for n in range(2000)]
    waits = Counter(wait for wait in told if wait is not None)
    assert min(waits) >= LEAST_S
    assert max(waits) <= MOST_S + 1
    usual = [waits[second] for second in range(2, 9)]
    assert max(usual) < 2 * min(usual), "no second is crowded"


@given(st.integers(1, 50), st.integers(1, 200), st.floats(10, 500))
def test_everybody_gets_in(places: int, people: int, per_second: float) -> None:
    """People who do as they are told, and a server that brings so many up to date each second."""
    admission, now, done = Admission(places=places, places_in_session=places), 0.0, 0
    waiting = [(0.0, n) for n in range(people)]
    coming = 0
    while done < people:
        for due, who in sorted(waiting):
            if due <= now:
                waiting.remove((due, who))
                wait = admission.ask(now, in_session=False, luck=(who * 0.618) % 1)
                if wait is None:
                    coming += 1
                else:
                    waiting.append((now + wait, who))
        ready = min(coming, max(1, int(per_second * 0.5)))
        for _ in range(ready):
            admission.came(now)
        coming, done, now = coming - ready, done + ready, now + 0.5
        assert now < 600
