"""Powers of attorney inside running sessions: asked before each act, and looked at again while the session runs.

A power that is revoked meanwhile is dropped within `EVERY_S`: the banner shows, the client goes on as a private person.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from consultation import identity_core
from consultation.model import ActingFor, Session
from consultation.service import ConsultationService
from consultation.store import find_sessions
from kernel.errors import KlatieneError, SessionEnded
from kernel.ids import ConsultationId
from kernel.ledger import Ledger
from portal_bridge.port import JppPort
from web.clients import Clients

log = structlog.get_logger("powers")

EVERY_S = 10.0
PURPOSE = "consultation"


class Powers:
    def __init__(
        self,
        ledger: Ledger,
        consultation: ConsultationService,
        clients: Clients,
        jpp: JppPort,
        *,
        leads: Callable[[], bool],
    ) -> None:
        self._ledger = ledger
        self._consultation = consultation
        self._clients = clients
        self._jpp = jpp
        #: one process looks again for all
        self._leads = leads

    async def check(self, session: Session, reg_no: str, scope: str) -> tuple[ActingFor, str | None]:
        """(what the register says of the session's client, valid until). Raises `SessionEnded` when nobody is known."""
        known = await self._clients.find(session.id)
        if known is None:
            raise SessionEnded
        power = await self._jpp.check(known[0], reg_no, scope, purpose=PURPOSE, session=session.id)
        said = ActingFor(reg_no, power.allowed, power.reason, power.checked_at_ms, power.source, scope)
        return said, power.valid_to

    async def recheck(self, session_id: ConsultationId) -> None:
        """Before an act in a company's name."""
        session = await self._consultation.session(session_id)
        acting = identity_core.watched(session)
        if acting is None:
            return
        said, _ = await self.check(session, acting.reg_no, acting.scope)
        await self._consultation.change(
            session_id, lambda each: identity_core.rechecked(each, acting, said, said.checked_at_ms)
        )

    async def tick(self) -> None:
        if not self._leads():
            return
        async with self._ledger.reading() as connection:
            running = await find_sessions(connection)
        for session in running:
            if identity_core.watched(session) is None:
                continue
            try:
                await self.recheck(session.id)
            except KlatieneError as error:
                log.info("power_not_rechecked", consultation_id=session.id, code=error.code)
