"""DAGR, e-adrese and VIRSIS behind the state's API gateway: what is asked, and what a failure means.

A failing system is `RegistryUnavailable`; it is never read as "no". Every call carries purpose and session, and whoever
calls has written to the audit log before. DAGR's answers are of a moment: ``as_of_ms`` goes with them.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec
import structlog

from kernel.errors import RegistryUnavailable
from kernel.gateway import Gateway, GatewayError
from kernel.private import Private

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
    text: str = ""
    life_event: str = ""


class Service(msgspec.Struct, kw_only=True):
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
    services: list[Service]


class State:
    """One client for all three. ``gateway`` None: this installation is not connected."""

    def __init__(self, gateway: Gateway | None, *, dagr_permission: str) -> None:
        self._gateway = gateway
        self._permission = dagr_permission

    async def person(self, code: Private[str], *, purpose: str, session: str) -> PersonAnswer:
        query = Query(person=code.reveal(), purpose=purpose, session=session)
        return await self._ask("/dagr/fpr_person", query, PersonAnswer, dagr=True)

    async def is_resident(self, code: Private[str]) -> bool:
        return (await self.person(code, purpose="delegate_check", session="jpp")).resident

    async def holds(self, code: Private[str], criterion: str) -> bool:
        query = CriterionQuery(person=code.reveal(), purpose="benefits", session="avis", criterion=criterion)
        return (await self._ask("/dagr/criterion", query, CriterionAnswer, dagr=True)).holds

    async def eaddress(self, code: Private[str], subject: str, *, purpose: str, session: str) -> EaddressAnswer:
        query = EaddressQuery(person=code.reveal(), subject=subject, purpose=purpose, session=session)
        return await self._ask("/eadrese/status", query, EaddressAnswer)

    async def activate_eaddress(
        self, code: Private[str], subject: str, *, purpose: str, session: str
    ) -> EaddressAnswer:
        query = EaddressQuery(person=code.reveal(), subject=subject, purpose=purpose, session=session)
        return await self._ask("/eadrese/activate", query, EaddressAnswer)

    async def services(self, text: str = "", *, life_event: str = "") -> list[Service]:
        return (
            await self._ask("/virsis/services", ServiceQuery(text=text, life_event=life_event), ServicesAnswer)
        ).services

    async def _ask(self, path: str, query: msgspec.Struct, answer: type[T], *, dagr: bool = False) -> T:
        if self._gateway is None:
            raise RegistryUnavailable
        headers = {"X-DAGR-Permission": self._permission} if dagr else {}
        try:
            return await self._gateway.post(path, query, answer, headers)
        except GatewayError as error:
            log.warning("state_unavailable", path=path, reason=error.reason, code=error.code)
            raise RegistryUnavailable(retry_after_s=15) from None
