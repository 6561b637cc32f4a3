"""JPP over HTTP, behind the state's API gateway."""

from __future__ import annotations

import msgspec
import structlog

from kernel.clock import Clock
from kernel.errors import RegistryUnavailable
from kernel.gateway import Asking, Gateway, GatewayError
from kernel.private import Private
from portal_bridge.port import Power, Principal, Reason

SOURCE = "JPP"

log = structlog.get_logger("jpp")


class CheckQuery(msgspec.Struct, kw_only=True):
    person: str
    reg_no: str
    scope: str
    at_ms: int
    purpose: str
    session: str


class CheckAnswer(msgspec.Struct, kw_only=True):
    allowed: bool
    reason: Reason
    authorisation_id: str | None = None
    basis: str | None = None
    valid_to: str | None = None


class PrincipalsQuery(msgspec.Struct, kw_only=True):
    """The code travels in the body: an address is logged on the way."""

    person: str
    purpose: str
    session: str


class PrincipalsAnswer(msgspec.Struct, kw_only=True):
    principals: list[Principal]


class HttpJpp:
    def __init__(self, gateway: Gateway, clock: Clock) -> None:
        self._gateway = gateway
        self._clock = clock

    async def check(self, person: Private[str], reg_no: str, scope: str, *, purpose: str, session: str) -> Power:
        now_ms = self._clock.wall_ms()
        query = CheckQuery(
            person=person.reveal(), reg_no=reg_no, scope=scope, at_ms=now_ms, purpose=purpose, session=session
        )
        try:
            reason = Asking(purpose=purpose, session=session)
            found = await self._gateway.post("/jpp/check", query, CheckAnswer, reason=reason, idempotent=True)
        except GatewayError as error:
            log.warning("jpp_unavailable", reason=error.reason)
            return unavailable(now_ms)
        return Power(
            status="ok",
            # two fields must agree before anybody may act for another
            allowed=found.allowed and found.reason == "allowed",
            reason=found.reason,
            source=SOURCE,
            checked_at_ms=now_ms,
            authorisation_id=found.authorisation_id,
            basis=found.basis,
            valid_to=found.valid_to,
        )

    async def principals(self, person: Private[str], *, purpose: str, session: str) -> list[Principal]:
        query = PrincipalsQuery(person=person.reveal(), purpose=purpose, session=session)
        try:
            reason = Asking(purpose=purpose, session=session)
            path = "/jpp/my-principals"
            found = await self._gateway.post(path, query, PrincipalsAnswer, reason=reason, idempotent=True)
        except GatewayError as error:
            log.warning("jpp_unavailable", reason=error.reason)
            raise RegistryUnavailable(retry_after_s=15) from None
        return found.principals


def unavailable(now_ms: int) -> Power:
    return Power(
        status="unavailable", allowed=False, reason="registry_unavailable", source=SOURCE, checked_at_ms=now_ms
    )


class NoJpp:
    """No register is connected to this installation."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def check(self, person: Private[str], reg_no: str, scope: str, *, purpose: str, session: str) -> Power:
        return unavailable(self._clock.wall_ms())

    async def principals(self, person: Private[str], *, purpose: str, session: str) -> list[Principal]:
        raise RegistryUnavailable
