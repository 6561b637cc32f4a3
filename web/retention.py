"""What is forgotten when its time is over (`KLATIENE_RETENTION_DAYS`; DOMAIN §8: 18 months unless configured).

A case stays, for the numbers it is part of; who was served and what was written about them goes. What only a running
consultation needs — requests, offers, sessions, documents, events — goes whole. The audit log is not touched: it holds
pseudonyms alone, and its chain proves that nobody took anything out (docs/retention.md).
"""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from casework.report_tables import queue_entries
from casework.tables import case_history, cases
from consultation.model import SessionState
from consultation.tables import session_documents, sessions
from kernel.clock import Clock
from kernel.idempotency import idempotency_keys
from kernel.ledger import Ledger, cursors, events
from router.appointments import appointments
from router.callbacks import callbacks
from router.callbacks_core import FINAL
from router.store import OPEN
from router.tables import claims, requests

log = structlog.get_logger("retention")

DAY_MS = 86_400_000
#: rows that go in one transaction: others wait for the ledger no longer than that takes
PIECE = 500
#: how often it is looked whether somebody's time is over
FORGET_EVERY_S = 3_600.0

#: rows that stay, and what takes the place of whatever in them is about a person
_STAY: dict[sa.Table, dict[str, str | None]] = {
    cases: {"client_ref": None, "acting_for": None, "note": "", "officer_note": ""},
    queue_entries: {"client_ref": None},
}


class Retention:
    def __init__(self, ledger: Ledger, clock: Clock, days: int) -> None:
        self._ledger = ledger
        self._clock = clock
        self._keep_ms = days * DAY_MS

    async def run_once(self) -> dict[str, int]:
        """Forget everything whose time is over; what was found, by table."""
        before_ms = self._clock.wall_ms() - self._keep_ms
        found = {}
        for table, over in self._over(before_ms).items():
            count = 0
            while done := await self._piece(table, over):
                count += done
            if count:
                found[table.name] = count
        if found:
            log.info("forgotten", **found)
        return found

    def _over(self, before_ms: int) -> dict[sa.Table, sa.ColumnElement[bool]]:
        """What is over, in the order in which it goes: nothing that refers to something outlives it."""
        old_requests = sa.select(requests.c.id).where(_old_request(before_ms))
        old_sessions = sa.select(sessions.c.id).where(_old_session(before_ms))
        # a consumer that was stopped for long finds what it has not handled
        handled = sa.select(sa.func.min(cursors.c.event_id)).scalar_subquery()
        return {
            case_history: case_history.c.case_id.in_(sa.select(cases.c.id).where(cases.c.started_ms < before_ms)),
            cases: cases.c.started_ms < before_ms,
            queue_entries: queue_entries.c.queued_ms < before_ms,
            claims: claims.c.consultation_id.in_(old_requests) & (claims.c.state != "active"),
            requests: _old_request(before_ms),
            session_documents: session_documents.c.session_id.in_(old_sessions),
            sessions: _old_session(before_ms),
            appointments: appointments.c.ends_ms < before_ms,
            callbacks: (callbacks.c.id < _first_id(before_ms)) & callbacks.c.state.in_([each.value for each in FINAL]),
            idempotency_keys: idempotency_keys.c.at_ms < before_ms,
            events: (events.c.at_ms < before_ms) & (events.c.id <= handled),
        }

    async def _piece(self, table: sa.Table, over: sa.ColumnElement[bool]) -> int:
        change: sa.Update | sa.Delete = sa.delete(table)
        if (nobody := _STAY.get(table)) is not None:
            change = sa.update(table).values(nobody)
            over &= sa.or_(*(table.c[name].is_distinct_from(value) for name, value in nobody.items()))
        key = sa.tuple_(*table.primary_key.columns)
        some = sa.select(*table.primary_key.columns).where(over).limit(PIECE)
        async with self._ledger.transaction() as tx:
            return (await tx.execute(change.where(key.in_(some)))).rowcount


def _old_request(before_ms: int) -> sa.ColumnElement[bool]:
    return (requests.c.created_ms < before_ms) & requests.c.state.not_in(OPEN)


def _old_session(before_ms: int) -> sa.ColumnElement[bool]:
    return (sessions.c.opened_ms < before_ms) & (sessions.c.state == SessionState.ENDED.value)


def _first_id(at_ms: int) -> str:
    """No UUIDv7 of that moment or later comes before this (RFC 9562 §5.7: the time is in front)."""
    digits = f"{at_ms:012x}"
    return f"{digits[:8]}-{digits[8:]}"
