"""How many officers a load needs: Erlang C (M/M/n), a hint and no plan. Pure. See ``docs/supervision.md#staffing``.

Erlang's model assumes that nobody gives up and that everybody waits in one queue; both make the hint careful.
"""

from __future__ import annotations

from math import exp

import msgspec

#: more officers than this for one group is a question for people, not for a formula
MOST = 500


class Staffing(msgspec.Struct, frozen=True, kw_only=True):
    """``level``: share answered within the target time; ``occupancy``: share of their time that officers are busy."""

    officers: int
    load: float
    level: float
    asa_s: float
    occupancy: float


def waits(officers: int, load: float) -> float:
    """The chance that a request has to wait; ``load`` in erlangs. 1.0 when the load is more than they can do.

    By the stable recursion for Erlang B, B(n) = a·B(n−1) / (n + a·B(n−1)), and C = n·B / (n − a·(1 − B)).
    """
    if load <= 0:
        return 0.0
    if officers <= load:
        return 1.0
    blocked = 1.0
    for n in range(1, officers + 1):
        blocked = load * blocked / (n + load * blocked)
    return officers * blocked / (officers - load * (1 - blocked))


def at(officers: int, load: float, *, handling_s: float, target_s: float) -> Staffing:
    chance = waits(officers, load)
    spare = officers - load
    level = 1 - chance * exp(-spare * target_s / handling_s) if spare > 0 else 0.0
    return Staffing(
        officers=officers,
        load=load,
        level=level,
        asa_s=chance * handling_s / spare if spare > 0 else float("inf"),
        occupancy=min(1.0, load / officers) if officers else 0.0,
    )


def needed(*, per_hour: float, handling_s: float, target_s: float, level: float) -> Staffing | None:
    """The fewest officers who answer the share ``level`` within ``target_s``; None when `MOST` are not enough.

    ``handling_s``: conversation and wrap-up together.
    """
    if per_hour <= 0 or handling_s <= 0:
        return Staffing(officers=0, load=0.0, level=1.0, asa_s=0.0, occupancy=0.0)
    load = per_hour * handling_s / 3600
    for officers in range(int(load) + 1, MOST + 1):
        found = at(officers, load, handling_s=handling_s, target_s=target_s)
        if found.level >= level:
            return found
    return None
