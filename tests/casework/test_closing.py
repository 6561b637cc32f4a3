"""Kept sums say what the events say, whatever comes late, is corrected, closed and opened, in whatever order."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from casework import report_core
from casework.closing_core import (
    GRAINS,
    day_after,
    days,
    grain_of,
    last_closable_day,
    last_closable_month,
    months,
    open_ranges,
)
from casework.entries import Entries
from casework.grants import GrantService
from casework.grants_core import USUAL_KINDS, GrantSet
from casework.indicators_core import Quarter
from casework.quick import Entry, Register
from casework.report_tables import queue_entries
from casework.service import CaseworkService
from casework.sums_tables import case_sums, closed_periods, entry_sums, sums_terms
from casework.tables import case_history, cases, contact_points
from kernel.clock import ManualClock
from kernel.feed import MemoryFeed
from kernel.ids import CaseId, PointId
from kernel.ledger import Ledger, open_ledger
from kernel.messages import AnyEvent, Pak
from tests.casework.test_replay import RIGA, SHORT_S, X_S, Story, same, stories_of
from tests.recorded_day import DAY_MS, MIDNIGHT_MS, POINTS, recorded_day

#: the recorded days: the last two of November and the first two of December
FIRST_MS = MIDNIGHT_MS + 5 * DAY_MS
HOUR_MS = 3_600_000
KEYS: dict[str, Callable[[Story], str]] = {
    "": lambda story: "",
    "agency": lambda story: story.facts.agency_id,
    "group": lambda story: story.facts.group_id,
    "point": lambda story: story.facts.point_id,
    "pak": lambda story: story.facts.pak.value,
}
WRITTEN = {"hour": "%Y-%m-%dT%H", "day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m"}


def test_the_smallest_grain_that_tells_enough() -> None:
    names = {needed: grain_of(needed.split()) for needed in ("", "hour", "point", "agency point", "pak", "group hour")}
    assert {needed: grain.name for needed, grain in names.items() if grain} == {
        "": "clock",
        "hour": "clock",
        "point": "point",
        "agency point": "place",
        "pak": "group",
        "group hour": "hour",
    }
    assert grain_of(["point", "pak"]) is None
    assert len({grain.name for grain in GRAINS}) == len(GRAINS)


def test_a_day_and_a_month_are_over_an_hour_after_midnight_in_riga() -> None:
    def at(text: str) -> int:
        return round(datetime.fromisoformat(text).replace(tzinfo=RIGA).timestamp() * 1000)

    assert [last_closable_day(at(f"2026-12-01T{time}")) for time in ("00:59", "01:00")] == ["2026-11-29", "2026-11-30"]
    assert [last_closable_month(at(f"2027-01-01T{time}")) for time in ("00:59", "01:00")] == ["2026-11", "2026-12"]
    assert months("2025-11", "2026-02") == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert (day_after("2026-12"), day_after("2028-02")) == (date(2027, 1, 1), date(2028, 3, 1))


@given(st.sets(st.integers(0, 30)), st.integers(0, 30), st.integers(0, 30))
def test_what_is_not_closed_is_counted(closed: set[int], one: int, other: int) -> None:
    every = days("2026-03-15", "2026-04-14")
    first, last = every[min(one, other)], every[max(one, other)]
    inside = {every[n] for n in closed if first <= every[n] <= last}
    found = [day for begin, end in open_ranges(first, last, inside) for day in days(begin, end)]
    assert found == [day for day in days(first, last) if day not in inside]


class Told:
    """A register that is told events and entries, with everything remembered beside it to count a second time."""

    def __init__(self, ledger: Ledger, chance: Random) -> None:
        self.ledger, self.chance, self.clock = ledger, chance, ManualClock(FIRST_MS + 12 * HOUR_MS)
        self.entries = Entries(ledger, self.clock, service_level_s=X_S, short_abandon_s=SHORT_S)
        self.casework = CaseworkService(ledger, self.clock)
        self.register = Register(ledger, self.clock, self.casework.sums)
        self.grants = GrantService(ledger, self.clock, self.casework.sums)
        self.heard: list[AnyEvent] = []
        #: by id: point, service code, when it began, version
        self.by_hand: dict[str, tuple[str, str, int, int]] = {}

    async def start(self) -> None:
        async with self.ledger.transaction() as tx:
            for table in (queue_entries, entry_sums, case_sums, closed_periods, sums_terms, case_history, cases):
                await tx.execute(sa.delete(table))
        await self.entries.closing.start()
        await self.casework.sums.closing.start()

    async def hear(self, *events: AnyEvent) -> None:
        async with self.ledger.transaction() as tx:
            for event in events:
                await self.entries.on_event(tx, event)
                await self.casework.on_event(tx, event)
            tx.recorded.clear()
        self.heard += events

    async def enter(self) -> None:
        point, pak, minutes = self.chance.choice(POINTS), self.chance.choice(list(Pak)), self.chance.randrange(600)
        entry = Entry(pak=pak, channel="in_person", language="lv", outcome="solved", minutes=minutes)
        case_id = CaseId(f"hand-{len(self.by_hand)}")
        who = {"point": (PointId(point), point), "clerk": ("clerk", "Darbinieks"), "despite": True}
        row = await self.register.record(entry, case_id=case_id, **who)
        self.by_hand[case_id] = (point, pak.value, row["started_ms"], 1)

    async def correct(self) -> None:
        if not self.by_hand:
            return
        case_id = self.chance.choice(sorted(self.by_hand))
        point, _, started_ms, version = self.by_hand[case_id]
        pak = self.chance.choice(list(Pak)).value
        where = [PointId(each) for each in POINTS]
        await self.casework.update(CaseId(case_id), where, version=version, by="clerk", fields={"pak": pak})
        self.by_hand[case_id] = (point, pak, started_ms, version + 1)

    async def close(self) -> None:
        await self.entries.closing.tick()
        await self.casework.sums.closing.tick()

    async def check(self) -> None:
        stories = [each for each in stories_of(self.heard) if not (each.leaving and each.leaving.why == "callback")]
        by, period = self.chance.choice(sorted(KEYS)), self.chance.choice(sorted(WRITTEN))
        agency_id = self.chance.choice([None, "vid"])
        asked: dict[str, Any] = {"agency_id": agency_id, "from_day": "2026-11-01", "to_day": "2026-12-31"}
        rows, _ = report_core.rows(await self.entries.sums(**asked, by=by or None, period=period), period)  # type: ignore[arg-type]
        expected: dict[tuple[str, str], list[Story]] = defaultdict(list)
        for story in stories:
            if agency_id in (None, story.facts.agency_id):
                local = datetime.fromtimestamp(story.facts.created_at_ms / 1000, UTC).astimezone(RIGA)
                expected[local.strftime(WRITTEN[period]), KEYS[by](story)].append(story)
        assert [(row.period, row.key) for row in rows] == sorted(expected)
        for row in rows:
            same(row, expected[row.period, row.key])
        await self.check_cases(stories)

    async def check_cases(self, stories: list[Story]) -> None:
        met = [each for each in stories if each.end and each.end.connected]
        counted = Counter((each.facts.point_id, each.facts.pak.value) for each in met)
        counted += Counter((point, pak) for point, pak, *_ in self.by_hand.values())
        first = self.chance.choice(["2026-11-01", "2026-11-29"])
        parameters = GrantSet(name="x", envelope=10**9, bases={}, weights={"consultation": 1000})
        result = await self.grants.calculate(parameters, first, "2026-12-31")
        for point in result.points:
            for kind, count in point.counts.items():
                services = [pak for pak, each in USUAL_KINDS.items() if each == kind]
                assert count == sum(counted[point.point_id, pak] for pak in services), (point, kind)
        quarter = Quarter(2026, 4)
        found = await self.grants.indicators(quarter, quarter)
        values = {each["code"]: each["values"][0] for each in found["indicators"]}
        trained = sum(count for (_, pak), count in counted.items() if pak == "PAK_03")
        assert (values["RR4"], values["IR3"], values["IR4"]) == (len(met), sum(counted.values()), trained)
        assert values["IR1"] == len({each.facts.point_id for each in met})
        assert values["IR2"] == len({each.facts.agency_id for each in met})


async def live_through(ledger: Ledger, chance: Random, steps: list[str]) -> None:
    told = Told(ledger, chance)
    await told.start()
    # what is still to come of each request; requests go on in any order, also days later
    to_come: list[list[AnyEvent]] = []
    for n in range(4):
        recorded = recorded_day(chance.randrange(10**6), requests=4, midnight_ms=FIRST_MS + n * DAY_MS, first=n * 4)
        to_come += [story.events[:] for story in stories_of(recorded)]
    for step in steps:
        match step:
            case "event" if to_come:
                some = chance.choice(to_come)
                await told.hear(*(some.pop(0) for _ in range(min(len(some), chance.randrange(1, 4)))))
                to_come = [each for each in to_come if each]
            case "enter":
                await told.enter()
            case "correct":
                await told.correct()
            case "hours":
                told.clock.advance(chance.randrange(1, 40) * 3600)
            case "close":
                await told.close()
        await told.check()
    await told.close()
    await told.check()


STEPS = st.lists(st.sampled_from(["event", "event", "event", "enter", "correct", "hours", "close"]), max_size=25)


def test_kept_sums_are_what_the_events_say(tmp_path: Path) -> None:
    with asyncio.Runner() as runner:
        ledger = runner.run(_opened(f"sqlite:///{tmp_path}/ledger.db"))

        @settings(max_examples=15)
        @given(st.randoms(use_true_random=False), STEPS)
        def check(chance: Random, steps: list[str]) -> None:
            runner.run(live_through(ledger, chance, steps))

        try:
            check()
        finally:
            runner.run(ledger.close())


async def test_kept_sums_on_each_database(ledger: Ledger) -> None:
    await _add_points(ledger)
    chance = Random(7)
    steps = chance.choices(["event", "event", "event", "enter", "correct", "hours", "close"], k=30)
    await live_through(ledger, chance, steps)


async def test_a_closed_day_is_read_from_its_sums_until_something_comes_late(ledger: Ledger) -> None:
    await _add_points(ledger)
    told = Told(ledger, Random(1))
    await told.start()
    recorded = recorded_day(requests=30, midnight_ms=FIRST_MS)
    await told.hear(*recorded[:-1])
    told.clock.advance(30 * 3600)
    assert await told.entries.closing.tick() == 1
    assert await told.entries.closing.tick() == 0
    asked: dict[str, Any] = {"agency_id": None, "from_day": "2026-11-29", "to_day": "2026-11-29"}
    before = report_core.rows(await told.entries.sums(**asked), "day")[1]
    # not the rows are read: without them the sums stay as they were
    async with ledger.transaction() as tx:
        await tx.execute(sa.update(queue_entries).values(state="kept"))
    assert report_core.rows(await told.entries.sums(**asked), "day")[1] == before
    async with ledger.transaction() as tx:
        await tx.execute(sa.delete(queue_entries))
        for event in recorded:
            await told.entries.on_event(tx, event)
    told.heard = recorded
    await told.check()
    # another service level counts anew
    other = Entries(ledger, told.clock, service_level_s=1, short_abandon_s=SHORT_S)
    await told.close()
    await other.closing.start()
    assert report_core.rows(await other.sums(**asked), "day")[1].sl != before.sl
    assert await told.entries.closing.tick() == 0
    assert await other.closing.tick() == 1


async def test_what_changes_while_a_day_is_closed_opens_it_again(ledger: Ledger) -> None:
    """The change waits for the closing, or the closing for the change; neither is lost."""
    await _add_points(ledger)
    for seed in range(2):
        told = Told(ledger, Random(seed))
        await told.start()
        recorded = recorded_day(seed, requests=12, midnight_ms=FIRST_MS)
        told.clock.advance(30 * 3600)
        await told.hear(*recorded[:10])

        async def go_on(told: Told = told, recorded: list[AnyEvent] = recorded) -> None:
            for event in recorded[10:]:
                await told.hear(event)

        async def keep_closing(told: Told = told) -> None:
            for _ in range(10):
                await told.entries.closing.tick()
                await asyncio.sleep(0)

        await asyncio.gather(go_on(), keep_closing(), keep_closing())
        await told.check()
        await told.close()
        await told.check()


async def _opened(url: str) -> Ledger:
    ledger = open_ledger(url, MemoryFeed("epoch"))
    await ledger.create_all()
    await _add_points(ledger)
    return ledger


async def _add_points(ledger: Ledger) -> None:
    rows = [{"id": each, "name": each, "kind": "centre", "atvk": "LV0021000", "demo": False} for each in POINTS]
    async with ledger.transaction() as tx:
        await tx.execute(sa.insert(contact_points), rows)
