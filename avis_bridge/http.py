"""AVIS over HTTP, behind the state's API gateway."""

from __future__ import annotations

import msgspec
import structlog

from avis_bridge.port import Benefit, Benefits
from kernel.gateway import Gateway, GatewayError
from kernel.ids import ConsultationId
from kernel.private import Private

SOURCE = "AVIS"

log = structlog.get_logger("avis")


class RecipientQuery(msgspec.Struct, kw_only=True):
    """The code travels in the body: never in a URL, where it would be logged on the way."""

    person: str
    purpose: str
    session: str


class RecipientAnswer(msgspec.Struct, kw_only=True):
    as_of_ms: int
    benefits: list[Benefit]


class HttpAvis:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def benefits(self, person: Private[str], *, purpose: str, session: ConsultationId) -> Benefits:
        query = RecipientQuery(person=person.reveal(), purpose=purpose, session=session)
        try:
            found = await self._gateway.post("/recipients/benefits", query, RecipientAnswer)
        except GatewayError as error:
            log.warning("avis_unavailable", reason=error.reason)
            return Benefits(status="unavailable", source=SOURCE)
        return Benefits(status="ok", source=SOURCE, as_of_ms=found.as_of_ms, benefits=tuple(found.benefits))
