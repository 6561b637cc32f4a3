"""The board's numbers, by the definitions of DESIGN ("Router semantics"); pure, from one day's rows.

*wait*: enqueue → accept or leave. *ASA*: Σ wait of answered / answered. *SL(X)*: answered ≤ X / (answered +
abandoned − short abandons). *SL2(X)*: (answered + abandoned within X) / (answered + abandoned). *Abandon rate*:
abandoned / offered, where every queue entry was offered to the agency once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

ABANDON_REASONS = ("clerk_cancelled", "citizen_left", "workstation_lost")


@dataclass(frozen=True, slots=True)
class Entry:
    """One queue entry of the day. ``state`` as in `router.model.RequestState`; ``waited_ms`` when it left the queue."""

    group_id: str
    state: str
    waited_ms: int
    end_reason: str | None


@dataclass(slots=True)
class Day:
    offered: int = 0
    answered: int = 0
    abandoned: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ABANDON_REASONS, 0))
    asa_s: float | None = None
    service_level: float | None = None
    service_level_2: float | None = None
    abandon_rate: float | None = None


def count_day(entries: Iterable[Entry], *, service_level_s: float, short_abandon_s: float) -> Day:
    day = Day()
    waited = answered_in_time = abandoned_in_time = short = 0
    for entry in entries:
        if entry.end_reason == "callback":
            # its place was kept: it is counted when it comes back
            continue
        day.offered += 1
        if entry.state in ("accepted", "ended"):
            day.answered += 1
            waited += entry.waited_ms
            answered_in_time += entry.waited_ms <= service_level_s * 1000
        elif entry.state == "withdrawn":
            reason = entry.end_reason if entry.end_reason in ABANDON_REASONS else "clerk_cancelled"
            day.abandoned[reason] += 1
            abandoned_in_time += entry.waited_ms <= service_level_s * 1000
            short += entry.waited_ms < short_abandon_s * 1000
    abandoned = sum(day.abandoned.values())
    if day.answered:
        day.asa_s = waited / day.answered / 1000
    if counted := day.answered + abandoned - short:
        day.service_level = answered_in_time / counted
    if finished := day.answered + abandoned:
        day.service_level_2 = (answered_in_time + abandoned_in_time) / finished
    if day.offered:
        day.abandon_rate = abandoned / day.offered
    return day
