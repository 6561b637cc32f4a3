"""In whose name a call of the panel is made: the citizen's own, or a company's by a right that is asked for each time.

The identity travels with each call and is kept nowhere, so two windows never mix theirs, and a right that was revoked
ends with the very next call. A register that does not answer lets nobody act (DOMAIN §6).
"""

from __future__ import annotations

from collections.abc import Mapping

from kernel.bridge_errors import (
    IdentityEnded,
    LegalPersonDissolved,
    LegalPersonUnknown,
    NotOfCompany,
    PowerExpired,
    PowerRevoked,
    ScopeOutsidePower,
    SignaturesIncomplete,
)
from kernel.errors import KlatieneError, NotAllowed, RegistryUnavailable
from kernel.private import Private
from portal_bridge.identifiers import parse_registration_number
from portal_bridge.port import Principal, Reason
from web.endpoint import Call

HEADER = "x-acting-for"
PURPOSE = "delegate_check"

#: a refusal's reason as the error that people read
_REFUSALS: Mapping[Reason, type[KlatieneError]] = {
    "authorisation_expired": PowerExpired,
    "authorisation_revoked": PowerRevoked,
    "legal_person_dissolved": LegalPersonDissolved,
    "legal_person_unknown": LegalPersonUnknown,
    "no_authorisation": NotAllowed,
    "registry_unavailable": RegistryUnavailable,
    "scope_outside_power": ScopeOutsidePower,
    "signatures_incomplete": SignaturesIncomplete,
}


def named(call: Call) -> str:
    """The registration number the call is made for, or empty. Raises `RegistrationNumberInvalid`."""
    said = call.request.headers.get(HEADER, "")
    return parse_registration_number(said) if said else ""


def must_be_private(call: Call) -> None:
    """For what is about the person alone. Raises `NotOfCompany`."""
    if named(call):
        raise NotOfCompany


async def principal_now(call: Call, code: Private[str], session: str) -> Principal | None:
    """The company acted for, asked of the register now; None: a private person.

    Raises `IdentityEnded`, `RegistryUnavailable`.
    """
    reg_no = named(call)
    if not reg_no:
        return None
    held = await call.house.jpp.principals(code, purpose=PURPOSE, session=session)
    found = next((each for each in held if each.reg_no == reg_no), None)
    if found is None:
        power = await call.house.jpp.check(code, reg_no, "", purpose=PURPOSE, session=session)
        raise IdentityEnded(reason=power.reason)
    return found


async def must_cover(call: Call, code: Private[str], session: str, scope: str) -> str:
    """The registration number acted for, its power asked for this very scope; empty for a private person.

    Raises `ScopeOutsidePower`, `IdentityEnded`, `RegistryUnavailable`.
    """
    reg_no = named(call)
    if not reg_no:
        return ""
    power = await call.house.jpp.check(code, reg_no, scope, purpose=PURPOSE, session=session)
    if power.allowed:
        return reg_no
    if power.reason in ("scope_outside_power", "registry_unavailable"):
        raise _REFUSALS[power.reason]
    raise IdentityEnded(reason=power.reason)


async def enter(call: Call, code: Private[str], session: str, reg_no: str) -> Principal:
    """The company the citizen is about to act for. Raises whatever the register says against it."""
    held = await call.house.jpp.principals(code, purpose=PURPOSE, session=session)
    found = next((each for each in held if each.reg_no == reg_no), None)
    if found is None:
        power = await call.house.jpp.check(code, reg_no, "", purpose=PURPOSE, session=session)
        raise _REFUSALS.get(power.reason, NotAllowed)(field="reg_no")
    return found
