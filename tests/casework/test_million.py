"""Any report over a million requests and a million cases within two seconds on PostgreSQL (`make torture`, on a machine
that does nothing else). Every day the same questions are asked of few rows, whatever time that takes.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa

from casework import report_core
from casework.entries import Entries
from casework.grants import GrantService
from casework.grants_core import GrantSet
from casework.indicators_core import Quarter
from casework.service import CaseworkService, Filter
from kernel.clock import ManualClock
from kernel.feed import MemoryFeed
from kernel.ids import PointId
from kernel.ledger import Ledger, open_ledger

MOST_S = 2.0
MANY = 1_000_000

ENTRIES = """
INSERT INTO queue_entries (id, agency_id, group_id, point_id, pak, language, client_ref, queued_ms, day, hour, state,
                           waited_ms, left_why, connected, ended_ms, talk_ms, wrap_ms)
SELECT lpad(n::text, 36, '0'), 'agency-' || n % 11, 'group-' || n % 44, 'point-' || n % 166, 'PAK_0' || 1 + n % 6,
       'lv', 'person-' || n % 200000, 1767225600000 + n::bigint * 31000,
       to_char(date '2026-01-01' + (n % 365), 'YYYY-MM-DD'), 8 + n % 10,
       CASE WHEN n % 10 = 0 THEN 'left' ELSE 'answered' END, (n::bigint * 7919) % 180000,
       CASE WHEN n % 10 = 0 THEN 'citizen_left' END, n % 10 <> 0, 1, 300000, 60000
FROM generate_series(1, :rows) AS n
"""
CASES = """
INSERT INTO cases (id, point_id, point_name, clerk_id, clerk_name, pak, agency_id, group_name, officer_id,
                   officer_name, client_kind, started_ms, ended_ms, duration_s, wait_s, connected, outcome, note,
                   officer_note, version, source, channel, language)
SELECT lpad(n::text, 36, '0'), 'point-' || n % 166, 'Punkts ' || n % 166, 'clerk', 'Darbinieks', 'PAK_0' || 1 + n % 6,
       'agency-' || n % 11, 'Grupa', 'officer', 'Speciālists', 'anonymous', 1767225600000 + n::bigint * 31000, 1, 300,
       30, n % 10 <> 0, 'solved', '', '', 1, 'session', 'video', 'lv'
FROM generate_series(1, :rows) AS n
"""
POINTS = """
INSERT INTO contact_points (id, name, kind, atvk, demo)
SELECT 'point-' || n, 'Punkts ' || n, 'library', 'LV0021000', false FROM generate_series(0, 165) AS n
"""


@pytest.fixture
async def full(postgres_url: str, amount: Callable[[int, int], int]) -> Any:
    ledger = open_ledger(postgres_url, MemoryFeed("epoch"))
    await ledger.create_all()
    rows = amount(10_000, MANY)
    async with ledger.engine.begin() as connection:
        for statement in (ENTRIES, CASES):
            await connection.execute(sa.text(statement), {"rows": rows})
        await connection.execute(sa.text(POINTS))
    async with ledger.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(sa.text("VACUUM ANALYZE"))
    yield ledger, rows
    await ledger.close()


@pytest.mark.postgres
@pytest.mark.torture
async def test_any_report_in_two_seconds(full: tuple[Ledger, int], clock: ManualClock) -> None:
    ledger, rows = full
    entries = Entries(ledger, service_level_s=60, short_abandon_s=5)
    grants, casework = GrantService(ledger, clock), CaseworkService(ledger, clock)
    year = {"from_day": "2026-01-01", "to_day": "2026-12-31"}
    parameters = GrantSet(name="x", envelope=10**9, bases={}, weights={"consultation": 1000, "remote": 3000})
    took: dict[str, float] = {}

    async def timed(name: str, work: Awaitable[Any]) -> Any:
        began = time.perf_counter()
        found = await work
        took[name] = time.perf_counter() - began
        return found

    total = await timed("year by day", entries.sums(agency_id=None, **year))
    assert report_core.rows(total, "month")[1].offered == rows
    for by, period in (("agency", "day"), ("group", "day"), ("pak", "day"), ("point", "month")):

        async def made(by: str = by, period: Any = period) -> report_core.Row:
            return report_core.rows(await entries.sums(agency_id=None, by=by, period=period, **year), period)[1]

        assert (await timed(f"year by {period} and {by}", made())).offered == rows
    quarter = {"from_day": "2026-01-01", "to_day": "2026-03-31"}
    await timed("quarter by day and point", entries.sums(agency_id=None, by="point", **quarter))
    await timed("agency by hour", entries.sums(agency_id="agency-1", period="hour", **year))
    await timed("load", entries.load(agency_id=None, group_id=None, **year))
    behind = {"agency_id": "agency-1", "only": {}, "states": ["left"], "limit": 500}
    await timed("requests behind", entries.listed(**behind, **year))
    await timed("grants", grants.calculate(parameters, "2026-01-01", "2026-12-31"))
    await timed("indicators", grants.indicators(Quarter(2025, 1), Quarter(2026, 4)))
    page = casework.cases([PointId("point-1")], Filter(text="speciālists"))
    assert len((await timed("register, searched", page))[0]) == 50
    print({name: round(seconds, 2) for name, seconds in took.items()})
    assert rows < MANY or {name: seconds for name, seconds in took.items() if seconds > MOST_S} == {}
