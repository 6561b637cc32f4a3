from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from casework.schedules_core import days_of, next_due

RIGA = ZoneInfo("Europe/Riga")


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=RIGA).timestamp() * 1000)


@pytest.mark.parametrize(
    ("every", "now", "due", "days"),
    [
        ("day", "2026-11-24T05:59", "2026-11-24T06:00", ("2026-11-23", "2026-11-23")),
        ("day", "2026-11-24T06:00", "2026-11-25T06:00", ("2026-11-24", "2026-11-24")),
        # over the change of the clock
        ("day", "2026-10-24T12:00", "2026-10-25T06:00", ("2026-10-24", "2026-10-24")),
        ("week", "2026-11-24T12:00", "2026-11-30T06:00", ("2026-11-23", "2026-11-29")),
        ("month", "2026-11-24T12:00", "2026-12-01T06:00", ("2026-11-01", "2026-11-30")),
        ("month", "2026-12-24T12:00", "2027-01-01T06:00", ("2026-12-01", "2026-12-31")),
    ],
)
def test_when_and_of_which_days(every: Any, now: str, due: str, days: tuple[str, str]) -> None:
    assert next_due(every, ms(now)) == ms(due)
    assert days_of(every, ms(due)) == days
