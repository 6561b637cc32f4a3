"""What the rest of the house may ask about powers of attorney."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from kernel.private import Private

Reason = Literal[
    "allowed",
    "no_authorisation",
    "authorisation_expired",
    "authorisation_revoked",
    "scope_outside_power",
    "legal_person_unknown",
    "legal_person_dissolved",
    "signatures_incomplete",
    "registry_unavailable",
]


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """May this person act for that company? ``status`` is ``unavailable`` when nobody could say: then not allowed."""

    status: Literal["ok", "unavailable"]
    allowed: bool
    reason: Reason
    source: str
    checked_at_ms: int
    authorisation_id: str | None = None
    basis: str | None = None
    valid_to: str | None = None


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """A company for which a person may act now: alone as its representative, or by an authorisation."""

    reg_no: str
    name: str
    basis: str
    scopes: tuple[str, ...]
    valid_to: str | None = None


class JppPort(Protocol):
    async def check(self, person: Private[str], reg_no: str, scope: str, *, purpose: str, session: str) -> Power:
        """Fails closed: an unreachable register means *not allowed*, with the reason said (DOMAIN §6)."""

    async def principals(self, person: Private[str], *, purpose: str, session: str) -> list[Principal]:
        """For whom the person may act now. Raises `RegistryUnavailable`: nobody knows is not "for nobody"."""
