"""What follows one try at a state system: an answer, a refusal, another try. Pure.

Only what may be repeated without harm is tried again (``idempotent``), and never beyond the time that the caller gave:
a state system's trouble is not to become the trouble of whoever waits. Waits have full jitter, so that many processes
that failed together do not come back together.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

#: tries after the first
RETRIES = 2
FIRST_WAIT_S = 0.15
#: a token is renewed when this part of its life is over, so that no call meets its end
RENEW_AT = 0.8
#: longest rest that a ``Retry-After`` may ask for
LONGEST_REST_S = 120.0


class Outcome(enum.Enum):
    ANSWERED = "answered"
    UNAUTHORISED = "unauthorised"
    LIMITED = "limited"
    REFUSED = "refused"
    """The system works and said no, in its contract's words."""
    FAILED = "failed"
    """5xx, unreachable, or no answer in time."""
    NONSENSE = "nonsense"
    """Not of the contract's shape, or too much of it: the same again would be the same."""


class Then(enum.Enum):
    TAKE = "take"
    RENEW = "renew"
    WAIT = "wait"
    GIVE_UP = "give_up"


#: (what happened, may it be tried again) → what next
TABLE: dict[tuple[Outcome, bool], Then] = {
    (Outcome.ANSWERED, True): Then.TAKE,
    (Outcome.ANSWERED, False): Then.TAKE,
    # a token that was taken back was never acted upon: this may be repeated whatever the call is
    (Outcome.UNAUTHORISED, True): Then.RENEW,
    (Outcome.UNAUTHORISED, False): Then.RENEW,
    (Outcome.LIMITED, True): Then.WAIT,
    (Outcome.LIMITED, False): Then.GIVE_UP,
    (Outcome.REFUSED, True): Then.GIVE_UP,
    (Outcome.REFUSED, False): Then.GIVE_UP,
    (Outcome.FAILED, True): Then.WAIT,
    (Outcome.FAILED, False): Then.GIVE_UP,
    (Outcome.NONSENSE, True): Then.GIVE_UP,
    (Outcome.NONSENSE, False): Then.GIVE_UP,
}


@dataclass(frozen=True)
class Tries:
    """Of one call so far."""

    waited: int = 0
    renewed: bool = False


def next_step(
    outcome: Outcome, tries: Tries, *, idempotent: bool, left_s: float, luck: float, retry_after_s: float = 0.0
) -> tuple[Then, float]:
    """(what to do, how long to wait first). ``left_s``: of the caller's time; ``luck``: 0 up to 1."""
    then = TABLE[outcome, idempotent]
    if then is Then.RENEW:
        return (Then.GIVE_UP if tries.renewed else Then.RENEW), 0.0
    if then is not Then.WAIT:
        return then, 0.0
    wait_s = max(retry_after_s, luck * FIRST_WAIT_S * 2**tries.waited)
    if tries.waited >= RETRIES or wait_s >= left_s:
        return Then.GIVE_UP, 0.0
    return Then.WAIT, wait_s


def retry_after(header: str | None) -> float:
    """Seconds asked for by ``Retry-After`` (RFC 9110 §10.2.3); 0 when it says none, or a date."""
    text = (header or "").strip()
    return min(float(text), LONGEST_REST_S) if text.isascii() and text.isdigit() else 0.0
