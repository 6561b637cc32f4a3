from hypothesis import given
from hypothesis import strategies as st

from kernel.breaker_core import TABLE, Breaker, Outcome, Policy, State, ask, report, rests_for_s

POLICY = Policy(failures=3, rest_s=1.0, longest_rest_s=4.0)


def opened_at(now: float) -> Breaker:
    breaker = Breaker()
    for _ in range(POLICY.failures):
        breaker, permit = ask(breaker, now)
        assert permit is not None
        breaker = report(breaker, POLICY, permit, Outcome.FAILURE, now)
    assert breaker.state is State.OPEN
    return breaker


def test_the_table_is_complete() -> None:
    assert set(TABLE) == {(state, outcome) for state in State for outcome in Outcome}


def test_failures_in_a_row_open_it_and_a_success_forgives() -> None:
    breaker = Breaker()
    for outcome in (Outcome.FAILURE, Outcome.FAILURE, Outcome.SUCCESS, Outcome.FAILURE, Outcome.FAILURE):
        breaker = report(breaker, POLICY, 0, outcome, 0.0)
    assert breaker.state is State.CLOSED
    assert report(breaker, POLICY, 0, Outcome.FAILURE, 0.0).state is State.OPEN


def test_nobody_calls_while_it_rests_and_then_one_does() -> None:
    breaker = opened_at(10.0)
    assert ask(breaker, 10.9)[1] is None
    assert rests_for_s(breaker, 10.5) == 0.5
    breaker, trial = ask(breaker, 11.0)
    assert trial is not None
    assert ask(breaker, 11.0)[1] is None, "one trial at a time"
    closed = report(breaker, POLICY, trial, Outcome.SUCCESS, 11.1)
    assert closed.state is State.CLOSED
    assert closed.failures == 0


def test_failed_trials_rest_longer_and_longer() -> None:
    breaker, now = opened_at(0.0), 0.0
    rests = []
    for _ in range(4):
        rests.append(rests_for_s(breaker, now))
        now += rests[-1]
        breaker, trial = ask(breaker, now)
        assert trial is not None
        breaker = report(breaker, POLICY, trial, Outcome.FAILURE, now)
    assert rests == [1.0, 2.0, 4.0, 4.0]


def test_a_trial_whose_caller_went_away_is_followed_by_another_at_once() -> None:
    breaker, trial = ask(opened_at(0.0), 1.0)
    assert trial is not None
    breaker = report(breaker, POLICY, trial, Outcome.ABANDONED, 1.5)
    assert ask(breaker, 1.5)[1] is not None


def test_late_results_of_older_calls_say_nothing() -> None:
    breaker, old = ask(Breaker(), 0.0)
    assert old is not None
    breaker, _ = ask(opened_at(0.0), 1.0)
    assert report(breaker, POLICY, old, Outcome.SUCCESS, 1.0) == breaker
    assert report(breaker, POLICY, old, Outcome.FAILURE, 1.0) == breaker


@given(st.lists(st.tuples(st.sampled_from(Outcome), st.floats(0.0, 3.0))))
def test_it_never_refuses_for_ever(steps: list[tuple[Outcome, float]]) -> None:
    breaker, now = Breaker(), 0.0
    for outcome, passed in steps:
        breaker, permit = ask(breaker, now)
        now += passed
        if permit is not None:
            breaker = report(breaker, POLICY, permit, outcome, now)
        assert breaker.state is not State.HALF_OPEN, "every permit was reported"
    assert ask(breaker, now + POLICY.longest_rest_s)[1] is not None
