"""A supervisor's board: what is so now and what the day's numbers are. Pure; counts only, no people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kernel.ids import AgencyId, GroupId, OfficerId
from kernel.messages import Indicator
from router.commands import GroupLive
from router.model import Group, Officer
from router.numbers import Day


def seconds_since(then_ms: int | None, now_ms: int) -> int:
    """Whole seconds, 0 when there is no then; the wall clock may have jumped."""
    return 0 if then_ms is None else max(0, (now_ms - then_ms) // 1000)


def view(
    agency_id: AgencyId,
    *,
    groups: Iterable[Group],
    officers: Iterable[Officer],
    indicator: Callable[[OfficerId], Indicator],
    live: Callable[[GroupId], GroupLive],
    day: Mapping[GroupId | None, Day],
    in_session: Mapping[GroupId, int],
    service_level_s: float,
    now_ms: int,
    channels: int | None = None,
) -> dict[str, Any]:
    """``BoardView`` of docs/api.md for one agency."""
    everybody = [(officer, indicator(officer.id)) for officer in officers]
    lives = {group.id: live(group.id) for group in groups}

    def tile(group: Group | None) -> dict[str, Any]:
        chosen = list(lives) if group is None else [group.id]
        states = Counter(shown for officer, shown in everybody if group is None or group.id in officer.levels)
        oldest = [each for group_id in chosen if (each := lives[group_id].oldest_ms) is not None]
        numbers = day.get(None if group is None else group.id, Day())
        return {
            "group_id": None if group is None else group.id,
            "name": None if group is None else group.name,
            "waiting": sum(lives[group_id].waiting for group_id in chosen),
            "longest_wait_s": seconds_since(min(oldest, default=None), now_ms),
            "available": states[Indicator.AVAILABLE],
            "ringing": states[Indicator.RINGING],
            "busy": states[Indicator.BUSY],
            "wrap_up": states[Indicator.WRAP_UP],
            "away": states[Indicator.AWAY],
            "signed_in": sum(count for shown, count in states.items() if shown is not Indicator.OFFLINE),
            "in_session": sum(in_session.get(group_id, 0) for group_id in chosen),
            # parallel channels that there are; None: no limit was set
            "channels": channels if group is None else group.rules.channels,
            "offered_today": numbers.offered,
            "answered_today": numbers.answered,
            "abandoned_today": numbers.abandoned,
            "asa_s": numbers.asa_s,
            "sl": {"x_s": service_level_s, "value": numbers.service_level},
            "sl2": {"x_s": service_level_s, "value": numbers.service_level_2},
            "abandon_rate": numbers.abandon_rate,
        }

    named = [group for group in groups if group.agency_id == agency_id]
    return {"at_ms": now_ms, "totals": tile(None), "groups": [tile(group) for group in named]}
