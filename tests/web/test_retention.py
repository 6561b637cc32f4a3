"""What is forgotten after its time, and what stays."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from casework.report_tables import queue_entries
from casework.tables import case_history, cases
from consultation.tables import session_documents, sessions
from kernel.clock import ManualClock
from kernel.idempotency import idempotency_keys
from kernel.ids import new_id
from kernel.ledger import Ledger, cursors, events
from router.appointments import appointments
from router.callbacks import callbacks
from router.tables import claims, requests
from web.retention import DAY_MS, PIECE, Retention

DAYS = 548
#: every table of which something is forgotten, with the values by which a row is over
OVER: dict[sa.Table, dict[str, Any]] = {
    cases: {"started_ms": 0, "note": "par pabalstu", "client_ref": "c", "acting_for": "40003009497"},
    case_history: {},
    queue_entries: {"queued_ms": 0, "client_ref": "c"},
    requests: {"created_ms": 0, "state": "ended"},
    claims: {"state": "done"},
    sessions: {"opened_ms": 0, "state": "ended"},
    session_documents: {},
    appointments: {"ends_ms": 0, "state": "converted"},
    callbacks: {"state": "converted"},
    idempotency_keys: {"at_ms": 0},
    events: {"at_ms": 0},
}
STAY = {cases, queue_entries}


def row(table: sa.Table, name: str, moment: int, **values: Any) -> dict[str, Any]:
    """A row whose named times are ``moment``, and everything that must be something and was not said."""
    made: dict[str, Any] = {}
    for column in table.columns:
        if column.name in values:
            value = values[column.name]
            made[column.name] = moment if column.name.endswith("_ms") else value
        elif column.name in ("id", "case_id", "session_id", "consultation_id", "request_id", "key"):
            made[column.name] = name
        elif not column.nullable and column.server_default is None:
            kind = column.type.python_type
            made[column.name] = b"" if kind is bytes else kind()
    if table is events:
        del made["id"]
    return made


async def fill(ledger: Ledger, name: str, at_ms: int, **changed: Any) -> None:
    async with ledger.transaction() as tx:
        for table, values in OVER.items():
            fitting = {column: value for column, value in changed.items() if column in table.c}
            await tx.execute(sa.insert(table).values(row(table, name, at_ms, **values | fitting)))


async def counts(ledger: Ledger) -> dict[str, int]:
    async with ledger.reading() as connection:
        return {
            table.name: int(await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for table in OVER
        }


async def handled(ledger: Ledger, event_id: int) -> None:
    async with ledger.transaction() as tx:
        await tx.execute(sa.insert(cursors).values(consumer="c", event_id=event_id))


@pytest.mark.parametrize("late_ms", [-1, 0])
async def test_it_goes_when_its_time_is_over_and_not_before(ledger: Ledger, clock: ManualClock, late_ms: int) -> None:
    at_ms = clock.wall_ms() - DAYS * DAY_MS + late_ms
    await fill(ledger, new_id(at_ms), at_ms)
    await handled(ledger, 1)
    found = await Retention(ledger, clock, DAYS).run_once()
    assert set(found) == ({table.name for table in OVER} if late_ms < 0 else set())
    left = await counts(ledger)
    assert left == {table.name: int(late_ms == 0 or table in STAY) for table in OVER}


async def test_a_case_stays_and_says_of_nobody_whose_it_was(ledger: Ledger, clock: ManualClock) -> None:
    await fill(ledger, "x", clock.wall_ms() - 600 * DAY_MS, pak="PAK_02", minutes=12)
    await Retention(ledger, clock, DAYS).run_once()
    async with ledger.reading() as connection:
        case = (await connection.execute(sa.select(cases))).one()
        entry = (await connection.execute(sa.select(queue_entries))).one()
    assert (case.client_ref, case.acting_for, case.note, case.officer_note) == (None, None, "", "")
    assert entry.client_ref is None
    assert await Retention(ledger, clock, DAYS).run_once() == {}, "once is enough"


async def test_what_is_still_open_stays_however_old(ledger: Ledger, clock: ManualClock) -> None:
    at_ms = clock.wall_ms() - 600 * DAY_MS
    async with ledger.transaction() as tx:
        await tx.execute(sa.insert(requests).values(row(requests, "r", at_ms, created_ms=0, state="queued")))
        await tx.execute(sa.insert(claims).values(row(claims, "r", at_ms, state="active")))
        await tx.execute(sa.insert(sessions).values(row(sessions, "s", at_ms, opened_ms=0, state="live")))
        await tx.execute(sa.insert(session_documents).values(row(session_documents, "s", at_ms)))
        await tx.execute(sa.insert(callbacks).values(row(callbacks, new_id(at_ms), at_ms, state="waiting")))
        await tx.execute(sa.insert(events).values(row(events, "", at_ms, at_ms=0)))
    # nobody has handled the event yet
    await handled(ledger, 0)
    assert await Retention(ledger, clock, DAYS).run_once() == {}


async def test_much_goes_in_pieces(ledger: Ledger, clock: ManualClock) -> None:
    at_ms = clock.wall_ms() - 600 * DAY_MS
    many = 2 * PIECE + 1
    async with ledger.transaction() as tx:
        rows = [row(idempotency_keys, f"k-{n}", at_ms, at_ms=0) for n in range(many)]
        await tx.execute(sa.insert(idempotency_keys), rows)
    assert await Retention(ledger, clock, DAYS).run_once() == {"idempotency_keys": many}
