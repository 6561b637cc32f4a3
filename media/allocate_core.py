"""Who gets how much of a subscriber's line. Pure.

Audio comes first: what it takes is subtracted before anybody else is asked. Then shared screens, then cameras: each
gets its smallest layer, and what is left raises them one layer at a time in the same order. A picture for which not
even the smallest layer is left is paused, and its subscriber told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: how much of the budget layers may fill: keyframes come in bursts
FILL = 0.95
PAUSED = -1
UNLIMITED = 2


@dataclass(frozen=True, slots=True)
class Demand:
    """A picture somebody wants: ``rates``: bit/s of the qualities that flow; ``wanted``: the highest worth sending."""

    sid: str
    screen: bool
    wanted: int
    rates: Mapping[int, float]


def allocate(budget: float | None, audio: float, demands: Sequence[Demand]) -> dict[str, int]:
    """The highest quality each may have; ``PAUSED`` for none. Without a budget everybody gets what they want."""
    if budget is None:
        return {demand.sid: UNLIMITED for demand in demands}
    left = budget * FILL - audio
    given: dict[str, int] = {}
    order = sorted(demands, key=lambda demand: not demand.screen)
    for demand in order:
        lowest = min(demand.rates, default=0)
        cost = demand.rates.get(lowest, 0.0)
        if cost <= left:
            given[demand.sid] = lowest
            left -= cost
        else:
            given[demand.sid] = PAUSED
    raised = True
    while raised:
        raised = False
        for demand in order:
            now = given[demand.sid]
            above = [quality for quality in sorted(demand.rates) if now < quality <= demand.wanted]
            if now == PAUSED or not above:
                continue
            cost = demand.rates[above[0]] - demand.rates.get(now, 0.0)
            if cost <= left:
                given[demand.sid] = above[0]
                left -= cost
                raised = True
    return given
