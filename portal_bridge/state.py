"""DAGR, e-adrese and VIRSIS behind the state's API gateway: what is asked, and what a failure means.

A failing system is `RegistryUnavailable`; it is never read as "no". Every call carries purpose and session; the gateway
writes them down, with the legal basis, before anything leaves. DAGR's answers are of a moment, ``as_of_ms``.
"""

from __future__ import annotations

import asyncio
from typing import Literal, TypeVar

import msgspec
import structlog

from kernel.errors import RegistryUnavailable
from kernel.gateway import Asking, Gateway, GatewayError
from kernel.private import Private
from portal_bridge.viss import Viss, VissPort

T = TypeVar("T")

log = structlog.get_logger("state")


class Query(msgspec.Struct, kw_only=True):
    person: str
    purpose: str
    session: str


class PersonAnswer(msgspec.Struct, kw_only=True):
    """``fields``: what the permission lets through, and no more."""

    as_of_ms: int
    resident: bool
    fields: dict[str, str] = {}


class AddressAnswer(msgspec.Struct, kw_only=True):
    """``address``: the declared one, or empty."""

    as_of_ms: int
    address: str


class ReportQuery(Query, kw_only=True):
    """An error that the person sees in the own data."""

    field: str
    text: str


class ReportAnswer(msgspec.Struct, kw_only=True):
    number: str


class CriterionQuery(Query, kw_only=True):
    criterion: str


class CriterionAnswer(msgspec.Struct, kw_only=True):
    as_of_ms: int
    holds: bool


class EaddressQuery(Query, kw_only=True):
    """``subject``: registration number of the legal person, or empty for the person itself."""

    subject: str = ""


class EaddressAnswer(msgspec.Struct, kw_only=True):
    status: Literal["active", "inactive"]
    as_of_ms: int


class ServiceQuery(msgspec.Struct, kw_only=True):
    """``cursor``: where the next page begins, as the page before said."""

    text: str = ""
    life_event: str = ""
    cursor: str = ""


class Service(msgspec.Struct, kw_only=True, frozen=True):
    """CPSV-AP 3.2, as much of it as is used."""

    id: str
    name: dict[str, str]
    description: dict[str, str]
    authority: str
    channels: list[str]
    life_event: str
    cost: str
    deadline: str
    is_eservice: bool
    in_delegated_scheme: bool


class ServicesAnswer(msgspec.Struct, kw_only=True):
    items: list[Service]
    next: str = ""


class State:
    """One client for all of them. ``gateway`` None: this installation is not connected."""

    def __init__(self, gateway: Gateway | None, *, dagr_permission: str, viss_urn: str = "") -> None:
        self.viss: VissPort = Viss(gateway, urn=viss_urn)
        self._gateway = gateway
        self._permission = dagr_permission

    async def person(self, code: Private[str], *, purpose: str, session: str) -> PersonAnswer:
        query = Query(person=code.reveal(), purpose=purpose, session=session)
        return await self._ask("/dagr/fpr_person", query, PersonAnswer, dagr=True, reads=True)

    async def own_data(self, code: Private[str], *, session: str) -> tuple[PersonAnswer, str | None]:
        """What the registers hold of the person itself, and the declared address; None: only that could not be had."""

        async def address() -> str | None:
            query = Query(person=code.reveal(), purpose="own_data", session=session)
            try:
                return (await self._ask("/dagr/vzd_address", query, AddressAnswer, dagr=True, reads=True)).address
            except RegistryUnavailable:
                return None

        person, found = await asyncio.gather(self.person(code, purpose="own_data", session=session), address())
        return person, found

    async def report(self, code: Private[str], field: str, text: str, *, session: str) -> str:
        """The number under which whoever keeps the data looks into it."""
        query = ReportQuery(person=code.reveal(), purpose="own_data", session=session, field=field, text=text)
        return (await self._ask("/dagr/reports", query, ReportAnswer, dagr=True)).number

    async def is_resident(self, code: Private[str], *, session: str) -> bool:
        return (await self.person(code, purpose="delegate_check", session=session)).resident

    async def holds(self, code: Private[str], criterion: str, *, session: str) -> bool:
        query = CriterionQuery(person=code.reveal(), purpose="benefits", session=session, criterion=criterion)
        return (await self._ask("/dagr/criterion", query, CriterionAnswer, dagr=True, reads=True)).holds

    async def eaddress(self, code: Private[str], subject: str, *, purpose: str, session: str) -> EaddressAnswer:
        query = EaddressQuery(person=code.reveal(), subject=subject, purpose=purpose, session=session)
        return await self._ask("/eadrese/status", query, EaddressAnswer, reads=True)

    async def activate_eaddress(
        self, code: Private[str], subject: str, *, purpose: str, session: str
    ) -> EaddressAnswer:
        query = EaddressQuery(person=code.reveal(), subject=subject, purpose=purpose, session=session)
        return await self._ask("/eadrese/activate", query, EaddressAnswer)

    async def services(self, text: str = "", *, life_event: str = "", session: str = "catalogue") -> list[Service]:
        """Every service that fits, page by page. Nobody's data: what is asked names no person."""
        if self._gateway is None:
            raise RegistryUnavailable
        query = {"text": text, "life_event": life_event}
        reason = Asking(purpose="catalogue", session=session)
        try:
            return [each async for each in self._gateway.pages("/virsis/services", query, Service, reason=reason)]
        except GatewayError as error:
            raise _unavailable("/virsis/services", error) from None

    async def _ask(self, path: str, query: Query, answer: type[T], *, dagr: bool = False, reads: bool = False) -> T:
        """``reads``: it changes nothing there, so it may be asked again when the line fails."""
        if self._gateway is None:
            raise RegistryUnavailable
        headers = {"X-DAGR-Permission": self._permission} if dagr else {}
        reason = Asking(purpose=query.purpose, session=query.session)
        try:
            return await self._gateway.post(path, query, answer, headers, reason=reason, idempotent=reads)
        except GatewayError as error:
            raise _unavailable(path, error) from None


def _unavailable(path: str, error: GatewayError) -> RegistryUnavailable:
    log.warning("state_unavailable", path=path, reason=error.reason, code=error.code)
    return RegistryUnavailable(retry_after_s=15)
