"""The identified client of a consultation: the personal code, encrypted, while somebody works on it."""

from __future__ import annotations

import sqlalchemy as sa

from consultation.model import SessionState
from consultation.store import load_session
from kernel.clock import Clock
from kernel.consumer import hears
from kernel.ids import ConsultationId
from kernel.ledger import Ledger, Transaction, metadata
from kernel.messages import (
    AnyEvent,
    AppointmentChanged,
    CallbackChanged,
    RequestLeft,
    RequestReturned,
    SessionEnded,
    WrapUpFinished,
)
from kernel.private import Private
from kernel.vault import Vault
from router.service import RETURN_S

#: whatever happened to the wrap-up, nothing is kept longer
KEEP_HOURS = 24
#: after a session in which several officials had a part: the time to wrap up
PASSED_S = 900.0

sealed_clients = sa.Table(
    "sealed_clients",
    metadata,
    sa.Column("consultation_id", sa.String(36), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("method", sa.String(32), nullable=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False, index=True),
)


class Clients:
    def __init__(self, ledger: Ledger, clock: Clock, vault: Vault) -> None:
        self._ledger = ledger
        self._clock = clock
        self._vault = vault

    def pseudonym(self, code: Private[str]) -> str:
        return self._vault.pseudonym(code)

    async def keep(
        self, consultation_id: ConsultationId, code: Private[str], method: str, *, from_ms: int | None = None
    ) -> None:
        """Once per consultation; a repeated call changes nothing. ``from_ms``: a later moment from which `KEEP_HOURS`
        count, for a consultation that is still to come."""
        async with self._ledger.transaction() as tx:
            known = await tx.execute(
                sa.select(sealed_clients.c.method).where(sealed_clients.c.consultation_id == consultation_id)
            )
            if known.first() is None:
                await tx.execute(
                    sa.insert(sealed_clients).values(
                        consultation_id=consultation_id,
                        sealed=self._vault.seal(code, consultation_id),
                        method=method,
                        at_ms=from_ms or self._clock.wall_ms(),
                    )
                )

    async def replace(self, consultation_id: ConsultationId, code: Private[str], method: str) -> None:
        """Another document was shown, or another person sat down."""
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(sealed_clients).where(sealed_clients.c.consultation_id == consultation_id))
        await self.keep(consultation_id, code, method)

    async def find(self, consultation_id: ConsultationId) -> tuple[Private[str], str] | None:
        """(personal code, how it was identified), or None: anonymous, or gone with the end of the wrap-up."""
        async with self._ledger.reading() as connection:
            row = (
                await connection.execute(
                    sa.select(sealed_clients).where(sealed_clients.c.consultation_id == consultation_id)
                )
            ).first()
        return None if row is None else (self._vault.open(row.sealed, consultation_id), row.method)

    async def carry(self, source: ConsultationId, target: ConsultationId) -> None:
        """What is known of a client goes to the consultation that begins; it is sealed for each anew."""
        found = await self.find(source)
        if found is not None:
            await self.keep(target, *found)

    @hears(RequestLeft, RequestReturned, AppointmentChanged, CallbackChanged, WrapUpFinished, SessionEnded)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """Durable consumer ``clients``: forget who was served as soon as nobody works on it, nor can any more."""
        match event:
            case RequestLeft(why="callback"):
                return
            case RequestLeft(facts=facts):
                # whoever comes back in time is still who was identified
                soon_ms = self._clock.wall_ms() - KEEP_HOURS * 3_600_000 + round(RETURN_S * 1000)
                await self._keep_from(tx, facts.consultation_id, soon_ms)
                return
            case RequestReturned(facts=facts):
                await self._keep_from(tx, facts.consultation_id, self._clock.wall_ms())
                return
            case AppointmentChanged(state="cancelled" | "no_show", request_id=consultation_id):
                pass
            case AppointmentChanged(request_id=consultation_id, starts_at_ms=from_ms):
                await self._keep_from(tx, consultation_id, from_ms)
                return
            case CallbackChanged(state="cancelled" | "expired" | "converted", callback_id=consultation_id):
                pass
            case CallbackChanged(callback_id=consultation_id, until_ms=from_ms):
                await self._keep_from(tx, consultation_id, from_ms)
                return
            case WrapUpFinished(consultation_id=consultation_id):
                if await self._goes_on(tx, consultation_id):
                    # the session was passed to another official, and the client with it
                    return
            case SessionEnded(facts=facts, officials=officials) if len(officials) > 1:
                # whoever wraps up last does it under another request's name
                soon_ms = self._clock.wall_ms() - KEEP_HOURS * 3_600_000 + round(PASSED_S * 1000)
                await self._keep_from(tx, facts.consultation_id, soon_ms)
                return
            case _:
                return
        await tx.execute(sa.delete(sealed_clients).where(sealed_clients.c.consultation_id == consultation_id))

    @staticmethod
    async def _goes_on(tx: Transaction, consultation_id: ConsultationId) -> bool:
        session = await load_session(tx.connection, consultation_id)
        return session is not None and session.state is not SessionState.ENDED

    async def _keep_from(self, tx: Transaction, consultation_id: ConsultationId, from_ms: int) -> None:
        """`forget_old` counts from then."""
        mine = sealed_clients.c.consultation_id == consultation_id
        await tx.execute(sa.update(sealed_clients).where(mine).values(at_ms=from_ms))

    async def forget_old(self) -> None:
        limit = self._clock.wall_ms() - KEEP_HOURS * 3_600_000
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(sealed_clients).where(sealed_clients.c.at_ms < limit))
