"""AVIS over HTTP, behind the state's API gateway."""

from __future__ import annotations

from typing import Any

import structlog

from avis_bridge.port import Benefits
from avis_bridge.recipients import RecipientAnswer
from kernel.bridge_errors import MeansBlocked, MeansKnown, MeansOfAnother, MeansUnknown, ProgrammeUnknown
from kernel.errors import KlatieneError, RegistryUnavailable
from kernel.gateway import Asking, Gateway, GatewayError
from kernel.ids import ConsultationId
from kernel.private import Private

SOURCE = "AVIS"
#: refusals that are the recipient's to know
REFUSALS: dict[str, type[KlatieneError]] = {
    error.code: error for error in (MeansBlocked, MeansKnown, MeansOfAnother, MeansUnknown, ProgrammeUnknown)
}

#: what may be asked again without doing anything twice
READS = frozenset({"/benefits", "/means", "/transactions", "/programmes"})

log = structlog.get_logger("avis")


class HttpAvis:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def benefits(self, person: Private[str], *, purpose: str, session: ConsultationId) -> Benefits:
        query = {"person": person.reveal(), "purpose": purpose, "session": session}
        try:
            reason = Asking(purpose=purpose, session=session)
            found = await self._gateway.post(
                "/recipients/benefits", query, RecipientAnswer, reason=reason, idempotent=True
            )
        except GatewayError as error:
            log.warning("avis_unavailable", reason=error.reason)
            return Benefits(status="unavailable", source=SOURCE)
        return Benefits(
            status="ok", source=SOURCE, as_of_ms=found.as_of_ms, stale=found.stale, benefits=tuple(found.benefits)
        )

    async def ask(self, path: str, answer: type[Any], person: Private[str], *, session: str, **fields: Any) -> Any:
        query = {"person": person.reveal(), "purpose": "own_data", "session": session, **fields}
        try:
            return await self._gateway.post(
                f"/recipients{path}",
                query,
                answer,
                reason=Asking(purpose=str(query["purpose"]), session=session),
                idempotent=path in READS,
            )
        except GatewayError as error:
            if error.code in REFUSALS:
                raise REFUSALS[error.code] from None
            log.warning("avis_unavailable", reason=error.reason)
            raise RegistryUnavailable from None
