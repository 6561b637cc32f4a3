"""What the rest of the house may ask AVIS."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from kernel.errors import RegistryUnavailable
from kernel.ids import ConsultationId
from kernel.private import Private


class Benefit(msgspec.Struct, frozen=True, kw_only=True):
    """One active instruction that covers the person. ``kind``: percent, fixed_unit or final_price (DOMAIN §5)."""

    name: str
    grantor: str
    kind: Literal["percent", "fixed_unit", "final_price"]
    value: str
    valid_to: str | None = None


class Benefits(msgspec.Struct, frozen=True, kw_only=True):
    """``unavailable`` means that nobody knows, never that there is no entitlement; the list is empty then."""

    status: Literal["ok", "unavailable"]
    source: str
    as_of_ms: int | None = None
    stale: bool = False
    benefits: tuple[Benefit, ...] = ()


class AvisPort(Protocol):
    async def benefits(self, person: Private[str], *, purpose: str, session: ConsultationId) -> Benefits:
        """The person's benefits now. Never raises for a slow, failing or talkative AVIS."""

    async def ask(self, path: str, answer: type[Any], person: Private[str], *, session: str, **fields: Any) -> Any:
        """One of the calls under ``/recipients`` about the own person; raises `RegistryUnavailable` or its refusal."""


class NoAvis:
    """No AVIS is connected to this installation."""

    async def benefits(self, person: Private[str], *, purpose: str, session: ConsultationId) -> Benefits:
        return Benefits(status="unavailable", source="AVIS")

    async def ask(self, path: str, answer: type[Any], person: Private[str], *, session: str, **fields: Any) -> Any:
        raise RegistryUnavailable
