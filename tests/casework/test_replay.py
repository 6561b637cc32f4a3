"""A recorded day of 10,000 events: every report equals a second way of counting, straight from the events."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from casework import report_core
from casework.entries import Entries
from casework.grants import GrantService
from casework.indicators_core import Quarter
from casework.service import CaseworkService
from kernel.clock import ManualClock
from kernel.ledger import Ledger
from kernel.messages import (
    AnyEvent,
    OfferAccepted,
    RequestFacts,
    RequestLeft,
    RequestReturned,
    SessionEnded,
    SessionOpened,
    WrapUpFinished,
)
from router.numbers import Entry, count_day
from tests.recorded_day import recorded_day

X_S, SHORT_S = 60.0, 5.0
RIGA = ZoneInfo("Europe/Riga")


@dataclass
class Story:
    """All that was said of one request, in order."""

    events: list[AnyEvent] = field(default_factory=list)

    @property
    def facts(self) -> RequestFacts:
        return [event.facts for event in self.events if not isinstance(event, WrapUpFinished)][-1]

    @property
    def answer(self) -> OfferAccepted | None:
        return next((event for event in self.events if isinstance(event, OfferAccepted)), None)

    @property
    def end(self) -> SessionEnded | None:
        return next((event for event in self.events if isinstance(event, SessionEnded)), None)

    @property
    def leaving(self) -> RequestLeft | None:
        """How it left for good, if it did."""
        moves = [event for event in self.events if isinstance(event, RequestLeft | RequestReturned)]
        if self.answer or not moves or isinstance(moves[-1], RequestReturned):
            return None
        return moves[-1]  # type: ignore[return-value]

    @property
    def wrapped_ms(self) -> int:
        finish = next((event for event in self.events if isinstance(event, WrapUpFinished)), None)
        return finish.at_ms - self.end.at_ms if finish and self.end else 0


def stories_of(events: list[AnyEvent]) -> list[Story]:
    found: dict[str, Story] = defaultdict(Story)
    for event in events:
        name = event.consultation_id if isinstance(event, WrapUpFinished) else event.facts.consultation_id  # type: ignore[union-attr]
        found[name].events.append(event)
    return list(found.values())


def recounted(stories: list[Story]) -> dict[str, Any]:
    """The definitions of DESIGN, written out once more over lists instead of sums."""
    stories = [each for each in stories if not (each.leaving and each.leaving.why == "callback")]
    waits = [each.answer.waited_ms / 1000 for each in stories if each.answer]
    leaving = [each.leaving for each in stories if each.leaving and each.leaving.why != "unserved"]
    gone = [each.waited_ms / 1000 for each in leaving]
    causes = {
        cause: sum(each.why == cause for each in leaving)
        for cause in ("clerk_cancelled", "citizen_left", "workstation_lost")
    }
    good = sum(wait <= X_S for wait in waits)
    counted = len(waits) + len(gone) - sum(wait < SHORT_S for wait in gone)
    ends = [each.end for each in stories if each.end]
    talks = [(end.at_ms - end.opened_at_ms) / 1000 for end in ends]
    handled = [
        (each.end.at_ms - each.end.opened_at_ms + each.wrapped_ms) / 1000 for each in stories if each.end is not None
    ]
    return {
        "offered": len(stories),
        "answered": len(waits),
        "abandoned": causes,
        "connected": sum(end.connected for end in ends),
        "asa_s": fmean(waits) if waits else None,
        "sl": good / counted if counted else None,
        "sl2": (good + sum(wait <= X_S for wait in gone)) / (len(waits) + len(gone)) if waits or gone else None,
        "abandon_rate": len(gone) / len(stories) if stories else None,
        "talk_s": fmean(talks) if talks else None,
        "handling_s": fmean(handled) if handled else None,
    }


def same(row: report_core.Row, stories: list[Story]) -> None:
    for name, value in recounted(stories).items():
        assert getattr(row, name) == (pytest.approx(value) if isinstance(value, float) else value), (row, name)


@pytest.mark.timeout(400)
async def test_every_report_equals_the_second_count(ledger: Ledger, clock: ManualClock) -> None:
    # the whole day once; the other database answers the same questions of a shorter one
    requests = 2_300 if ledger.is_sqlite else 500
    events = recorded_day(requests=requests)
    assert len(events) >= 4 * requests
    assert events == recorded_day(requests=requests)
    assert not ledger.is_sqlite or len(events) >= 10_000
    entries = Entries(ledger, clock, service_level_s=X_S, short_abandon_s=SHORT_S)
    casework = CaseworkService(ledger, clock)
    async with ledger.transaction() as tx:
        for event in events:
            await entries.on_event(tx, event)
            await casework.on_event(tx, event)
        tx.recorded.clear()
    stories = stories_of(events)

    def local(story: Story) -> datetime:
        return datetime.fromtimestamp(story.facts.created_at_ms / 1000, UTC).astimezone(RIGA)

    keys = {
        "": lambda story: "",
        "agency": lambda story: story.facts.agency_id,
        "group": lambda story: story.facts.group_id,
        "point": lambda story: story.facts.point_id,
        "pak": lambda story: story.facts.pak.value,
    }
    days = {"agency_id": None, "from_day": "2026-11-01", "to_day": "2026-11-30"}
    for by, key in keys.items():
        for period, written in (("hour", "%Y-%m-%dT%H"), ("day", "%Y-%m-%d"), ("week", "%G-W%V"), ("month", "%Y-%m")):
            found = await entries.sums(**days, by=by or None, period=period)  # type: ignore[arg-type]
            rows, total = report_core.rows(found, period)  # type: ignore[arg-type]
            expected: dict[tuple[str, str], list[Story]] = defaultdict(list)
            for story in stories:
                if not (story.leaving and story.leaving.why == "callback"):
                    expected[local(story).strftime(written), key(story)].append(story)
            assert [(row.period, row.key) for row in rows] == sorted(expected)
            for row in rows:
                same(row, expected[row.period, row.key])
            same(total, stories)

    # one agency, and one point of it
    only = [each for each in stories if (each.facts.agency_id, each.facts.point_id) == ("vid", "adazi")]
    found = await entries.sums(agency_id="vid", from_day="2026-11-24", to_day="2026-11-24", only={"point": "adazi"})
    same(report_core.rows(found, "day")[1], only)
    listed = await entries.listed(
        agency_id="vid", from_day="2026-11-24", to_day="2026-11-24", only={"point": "adazi"}, states=["left"], limit=999
    )
    assert {row["id"] for row in listed} == {
        each.facts.consultation_id for each in only if each.leaving and each.leaving.why not in ("unserved", "callback")
    }

    # the board's own way of counting the day says the same
    state = [
        Entry(
            story.facts.group_id,
            "accepted"
            if story.answer
            else "withdrawn"
            if story.leaving and story.leaving.why != "unserved"
            else "queued",
            story.answer.waited_ms if story.answer else story.leaving.waited_ms if story.leaving else 0,
            story.leaving.why if story.leaving else None,
        )
        for story in stories
    ]
    board = count_day(state, service_level_s=X_S, short_abandon_s=SHORT_S)
    whole = recounted(stories)
    assert (board.offered, board.answered, board.abandoned) == (whole["offered"], whole["answered"], whole["abandoned"])
    assert (board.asa_s, board.service_level, board.service_level_2, board.abandon_rate) == pytest.approx(
        (whole["asa_s"], whole["sl"], whole["sl2"], whole["abandon_rate"])
    )

    # RR4 is who really met
    quarter = Quarter(2026, 4)
    indicators = await GrantService(ledger, clock, casework.sums).indicators(quarter, quarter)
    values = {each["code"]: each["values"][0] for each in indicators["indicators"]}
    met = [each for each in stories if each.end and each.end.connected]
    assert values["RR4"] == values["IR3"] == len(met)
    assert values["IR1"] == len({each.facts.point_id for each in met})
    assert values["IR2"] == len({each.facts.agency_id for each in met})
    assert values["IR4"] == sum(each.facts.pak == "PAK_03" for each in met)
    assert any(isinstance(event, SessionOpened) for event in events)
