from __future__ import annotations

from datetime import UTC, datetime

import pytest

from casework.indicators_core import INDICATORS, Quarter, Served, series, span


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def served(when: str, **changed: object) -> Served:
    values: dict[str, object] = {
        "started_ms": at(when),
        "pak": "PAK_06",
        "agency_id": "vsaa",
        "point_id": "grobina",
        "remote": True,
        "connected": True,
    }
    return Served(**(values | changed))  # type: ignore[arg-type]


def test_a_quarter_begins_at_midnight_in_riga() -> None:
    # 2026-06-30 21:00 UTC is 2026-07-01 00:00 in Riga
    assert str(Quarter.of(at("2026-06-30T20:59:59"))) == "2026-Q2"
    assert str(Quarter.of(at("2026-06-30T21:00:00"))) == "2026-Q3"
    assert Quarter(2026, 3).bounds_ms() == (at("2026-06-30T21:00:00"), at("2026-09-30T21:00:00"))
    assert Quarter(2026, 4).bounds_ms()[1] == at("2026-12-31T22:00:00")


def test_quarters_are_read_and_counted_up() -> None:
    assert Quarter.parse("2026-Q4").next() == Quarter(2027, 1)
    assert [str(each) for each in span(Quarter(2026, 4), Quarter(2027, 2))] == ["2026-Q4", "2027-Q1", "2027-Q2"]
    for wrong in ("2026-Q5", "2026Q1", "26-Q1", "2026-Q0", ""):
        with pytest.raises(ValueError, match=wrong or ".*"):
            Quarter.parse(wrong)


def test_rr4_counts_only_who_really_met() -> None:
    quarters = span(Quarter(2026, 3), Quarter(2026, 4))
    cases = [
        served("2026-08-01T09:00:00"),
        served("2026-08-01T10:00:00", connected=False),
        served("2026-08-02T09:00:00", pak="PAK_02", agency_id="vid", count=4),
        served("2026-11-02T09:00:00", point_id="adazi"),
        served("2026-11-02T09:00:00", remote=False, connected=False, pak="PAK_03"),
        served("2026-01-02T09:00:00"),
    ]
    found = series(cases, {("RR1", "2026-Q4"): 1200, ("RR4", "2026-Q4"): 9, ("RR1", "2020-Q1"): 5}, quarters)
    assert found["RR4"] == [5, 1]
    assert found["IR1"] == [1, 1]
    assert found["IR2"] == [2, 1]
    assert found["IR3"] == [5, 2]
    assert found["IR4"] == [0, 1]
    assert found["RR1"] == [0, 1200]
    assert list(found) == [each.code for each in INDICATORS]
