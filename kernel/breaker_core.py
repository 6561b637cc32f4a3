"""A circuit breaker: after repeated failures nobody waits for what does not answer, until one trial succeeds. Pure.

::

    CLOSED ──too many failures in a row──▶ OPEN ──its rest is over, next call──▶ HALF_OPEN
       ▲                                    ▲                                      │  │
       └────────────────────────────────────┼───────────trial succeeded────────────┘  │
                                            └───────────trial failed, longer rest─────┘

`ask` before each call gives a permit or refuses; `report` says what became of it. Permits carry the breaker's
generation, so the late result of a call that began before the last change says nothing about the present.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace


class State(enum.Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Outcome(enum.Enum):
    SUCCESS = "success"
    FAILURE = "failure"
    ABANDONED = "abandoned"
    """The caller went away before the answer: nothing is known."""


class Then(enum.Enum):
    FORGIVE = "forgive"
    COUNT = "count"
    CLOSE = "close"
    REOPEN = "reopen"
    RETRY = "retry"
    NOTHING = "nothing"


TABLE: dict[tuple[State, Outcome], Then] = {
    (State.CLOSED, Outcome.SUCCESS): Then.FORGIVE,
    (State.CLOSED, Outcome.FAILURE): Then.COUNT,
    (State.CLOSED, Outcome.ABANDONED): Then.NOTHING,
    (State.OPEN, Outcome.SUCCESS): Then.NOTHING,
    (State.OPEN, Outcome.FAILURE): Then.NOTHING,
    (State.OPEN, Outcome.ABANDONED): Then.NOTHING,
    (State.HALF_OPEN, Outcome.SUCCESS): Then.CLOSE,
    (State.HALF_OPEN, Outcome.FAILURE): Then.REOPEN,
    (State.HALF_OPEN, Outcome.ABANDONED): Then.RETRY,
}


@dataclass(frozen=True)
class Policy:
    failures: int = 5
    """How many in a row open it."""
    rest_s: float = 1.0
    longest_rest_s: float = 10.0
    """Each failed trial doubles the rest up to this."""


@dataclass(frozen=True)
class Breaker:
    state: State = State.CLOSED
    generation: int = 0
    failures: int = 0
    rest_s: float = 0.0
    until: float = 0.0
    """OPEN: when the rest is over, on the monotonic clock."""


def ask(breaker: Breaker, now: float) -> tuple[Breaker, int | None]:
    """The breaker afterwards, and the permit (give it to `report`) or None: do not call."""
    if breaker.state is State.OPEN and now >= breaker.until:
        trial = replace(breaker, state=State.HALF_OPEN, generation=breaker.generation + 1)
        return trial, trial.generation
    if breaker.state is State.CLOSED:
        return breaker, breaker.generation
    return breaker, None


def report(breaker: Breaker, policy: Policy, permit: int, outcome: Outcome, now: float) -> Breaker:
    if permit != breaker.generation:
        return breaker
    match TABLE[breaker.state, outcome]:
        case Then.FORGIVE:
            return breaker if breaker.failures == 0 else replace(breaker, failures=0)
        case Then.COUNT:
            if breaker.failures + 1 < policy.failures:
                return replace(breaker, failures=breaker.failures + 1)
            return _opened(breaker, policy.rest_s, now)
        case Then.CLOSE:
            return Breaker(generation=breaker.generation + 1)
        case Then.REOPEN:
            return _opened(breaker, min(2 * breaker.rest_s, policy.longest_rest_s), now)
        case Then.RETRY:
            return _opened(breaker, breaker.rest_s, now - breaker.rest_s)
        case Then.NOTHING:
            return breaker


def rests_for_s(breaker: Breaker, now: float) -> float:
    """How long calls will be refused; 0 when they are not."""
    return max(0.0, breaker.until - now) if breaker.state is State.OPEN else 0.0


def _opened(breaker: Breaker, rest_s: float, now: float) -> Breaker:
    return Breaker(
        state=State.OPEN,
        generation=breaker.generation + 1,
        failures=breaker.failures + 1,
        rest_s=rest_s,
        until=now + rest_s,
    )
