"""Sessions in the ledger: found, read, and changed by compare-and-set.

Every web process may change a session at any moment. A change is a pure decision on the session as it was read; it is
written only if nobody else wrote in between, otherwise the session is read and decided anew. So two processes never
overwrite each other, and a decision that both come to (a hold that ran out) has its effects once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable

import structlog

from consultation import store
from consultation.core import Outcome
from consultation.model import OFFICIALS, Participant, ParticipantState, PersonRole, Session
from consultation.store import SessionMoved, Workstation
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.batch import Batch
from kernel.errors import LedgerUnavailable, SessionUnknown
from kernel.identity import Principal
from kernel.ids import ConsultationId, PointId, WorkstationId
from kernel.ledger import Ledger, Transaction
from kernel.messages import Role

log = structlog.get_logger("consultation")

#: so many writers in a row being faster means that something is wrong
TRIES = 20
#: longest pause before the next try
PAUSE_S = 0.02

PERSONS: dict[Role, frozenset[PersonRole]] = {
    Role.CLERK: frozenset({PersonRole.CLERK}),
    Role.OFFICER: OFFICIALS,
    Role.WORKSTATION: frozenset({PersonRole.CITIZEN}),
    Role.AT_HOME: frozenset({PersonRole.CITIZEN}),
}
#: where each role's sessions are found
COLUMNS: dict[Role, tuple[str, ...]] = {
    Role.CLERK: ("clerk_id",),
    Role.OFFICER: ("officer_id", "guest_officer_id"),
    Role.WORKSTATION: ("workstation_id",),
    Role.AT_HOME: ("workstation_id",),
}

Decide = Callable[[Session], Outcome]
"""Changes the session given; called again with a fresh one when another process was faster."""

Within = Callable[[Transaction], Awaitable[object]]
"""What must become true with a change, or not at all."""


class Sessions:
    def __init__(self, ledger: Ledger, audit: Audit) -> None:
        self._ledger = ledger
        self._audit = audit
        # every console that comes asks for its session
        self._running: Batch[tuple[str, str], list[Session]] = Batch(self._load_running)

    # ── changing ─────────────────────────────────────────────────────────────────────────────────

    async def change(
        self, session_id: str, decide: Decide, entry: AuditEntry | None = None, *, within: Within | None = None
    ) -> tuple[Session, Outcome]:
        """The session as it was written, and what follows. An outcome without events changes nothing.

        ``within`` joins the transaction. Raises `SessionUnknown`, and whatever ``decide`` raises.
        """
        for _ in range(TRIES):
            session = await self.session(ConsultationId(session_id))
            outcome = decide(session)
            if not outcome.events:
                return session, outcome
            try:
                async with self._ledger.transaction() as tx:
                    await self.write(tx, session, outcome, entry)
                    if within is not None:
                        await within(tx)
                return session, outcome
            except SessionMoved:
                await asyncio.sleep(random.uniform(0, PAUSE_S))  # noqa: S311  (only to part two that collide)
        log.error("session_contended", consultation_id=session_id)
        raise LedgerUnavailable(retry_after_s=1)

    async def write(self, tx: Transaction, session: Session, outcome: Outcome, entry: AuditEntry | None) -> None:
        """Raises `SessionMoved` when the session is not what it was when it was read."""
        # the session first: whoever comes too late must not have waited for the audit chain
        await store.save_session(tx, session)
        if entry is not None:
            await self._audit.record(entry, tx)
        tx.record(*outcome.events)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    async def session(self, session_id: ConsultationId) -> Session:
        """Raises `SessionUnknown`."""
        async with self._ledger.reading() as connection:
            session = await store.load_session(connection, session_id)
        if session is None:
            raise SessionUnknown
        return session

    async def current(self, who: Principal) -> Session | None:
        """The running session that somebody belongs to, the newest when there are several."""
        return next(iter(await self.running(who)), None)

    async def running(self, who: Principal) -> list[Session]:
        """All that somebody belongs to, the newest first."""
        account = self._account(who)
        if account is None:
            return []
        asked = [self._running.ask((column, account)) for column in COLUMNS[who.role]]
        mine = {session.id: session for each in asked for session in await each or [] if self.place_of(who, session)}
        return sorted(mine.values(), key=lambda session: session.opened_ms, reverse=True)

    def place_of(self, who: Principal, session: Session) -> Participant | None:
        """The participant that somebody is in a session, if any; not one whose part is over."""
        account = self._account(who)
        mine = None if account is None else session.of_account(account)
        if mine is None or mine.role not in PERSONS[who.role] or mine.state is ParticipantState.GONE:
            return None
        return mine

    @staticmethod
    def _account(who: Principal) -> str | None:
        return {
            Role.CLERK: who.id,
            Role.OFFICER: who.officer_id,
            Role.WORKSTATION: who.workstation_id,
            Role.AT_HOME: who.workstation_id,
        }.get(who.role)

    # ── workstations ─────────────────────────────────────────────────────────────────────────────

    async def workstations(self, points: Iterable[PointId] | None = None) -> list[Workstation]:
        async with self._ledger.reading() as connection:
            return await store.load_workstations(connection, points)

    async def session_at(self, workstation_id: WorkstationId) -> Session | None:
        return (await self.sessions_at([workstation_id]))[0]

    async def sessions_at(self, workstation_ids: Iterable[WorkstationId]) -> list[Session | None]:
        asked = [self._running.ask(("workstation_id", each)) for each in workstation_ids]
        return [next(iter(await each or ()), None) for each in asked]

    async def _load_running(self, keys: list[tuple[str, str]]) -> dict[tuple[str, str], list[Session]]:
        async with self._ledger.reading() as connection:
            return await store.find_running(connection, keys)
