"""The board's numbers, by their definitions."""

from __future__ import annotations

from router.numbers import Entry, count_day


def test_a_kept_place_is_neither_abandoned_nor_offered_twice() -> None:
    """One queue entry, one count: it is counted when it comes back, however often it left for a callback."""
    left = Entry("g", "withdrawn", 30_000, "callback")
    back = Entry("g", "ended", 50_000, "served")
    gone = Entry("g", "withdrawn", 30_000, "citizen_left")
    day = count_day([left, left, back, gone], service_level_s=60, short_abandon_s=5)
    assert (day.offered, day.answered, day.abandoned["citizen_left"]) == (2, 1, 1)
    assert day.abandoned["clerk_cancelled"] == 0
    assert (day.asa_s, day.abandon_rate, day.service_level) == (50.0, 0.5, 0.5)
