"""When which month is checked for agreeing with itself. Pure.

All of history is checked again and again, a month at a time: months to which sales still come every ten minutes, those
that are over once a day, and all of them as soon as somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from avis_bridge.model import begin_of, month_after, month_of

OFTEN_MS = 10 * 60_000
SELDOM_MS = 24 * 3_600_000
#: whoever began a check and did not end it in so long is not at it any more
LOST_MS = 5 * 60_000


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A month and its last check; ``due``: somebody asked for one. ``checked_ms`` 0: it never was."""

    month: str
    due: bool
    begun_ms: int
    checked_ms: int


def months_from(first_ms: int, now_ms: int) -> list[str]:
    found = [month_of(first_ms)]
    while begin_of(month_after(found[-1])) <= now_ms:
        found.append(month_after(found[-1]))
    return found


def next_asked(known: Sequence[Checked]) -> str | None:
    """The newest month for which somebody waits."""
    return max((each.month for each in known if each.due), default=None)


def next_by_itself(known: Sequence[Checked], now_ms: int) -> str | None:
    """Whose check is overdue the longest, newer ones first."""
    # a sale before midnight may still come back this month; what comes back later is found within a day
    open_since = month_of(now_ms - SELDOM_MS)

    def overdue(each: Checked) -> int:
        return now_ms - each.checked_ms - (OFTEN_MS if each.month >= open_since else SELDOM_MS)

    waiting = [each for each in known if overdue(each) >= 0 and not is_running(each, now_ms)]
    return max(waiting, key=lambda each: (overdue(each), each.month)).month if waiting else None


def is_running(each: Checked, now_ms: int) -> bool:
    return each.begun_ms > each.checked_ms and now_ms - each.begun_ms < LOST_MS
