"""May a person act for a legal person? The rules of powers of attorney (DOMAIN §6). Pure.

Nothing here knows of other delegates: a check is answered from the person's own authorisations alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from kernel.bridge_errors import (
    LegalPersonDissolved,
    LegalPersonUnknown,
    PeriodOutsidePower,
    PowerExpired,
    PowerRevoked,
    ScopeOutsidePower,
)
from portal_bridge.port import Principal, Reason

#: every e-service of a legal person; covers each single scope
ALL = "all_legal_person_eservices"

#: of several refusals the one nearest to a right is told
_NEAREST: tuple[Reason, ...] = (
    "no_authorisation",
    "authorisation_revoked",
    "authorisation_expired",
    "signatures_incomplete",
    "scope_outside_power",
)

Basis = Literal["notary_general_power", "self"]
State = Literal["draft", "pending_signatures", "active", "expired", "revoked", "superseded"]


class LegalPerson(msgspec.Struct, frozen=True, kw_only=True):
    reg_no: str
    name: str
    dissolved: bool = False


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """A general power of attorney as a sworn notary submitted it; persons are pseudonyms."""

    id: str
    act_no: str
    reg_no: str
    attorney: str
    notary: str
    scopes: tuple[str, ...]
    valid_from: str
    valid_to: str
    revoked: bool = False


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """``signed`` and ``needed``: representatives by pseudonym; a joint right is nothing until all have signed."""

    id: str
    basis: Basis
    reg_no: str
    delegate: str
    scopes: tuple[str, ...]
    valid_from: str
    valid_to: str
    state: State
    power_id: str | None = None
    needed: tuple[str, ...] = ()
    signed: tuple[str, ...] = ()


class Representative(msgspec.Struct, frozen=True, kw_only=True):
    reg_no: str
    person: str
    joint: bool


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    reason: Reason
    authorisation_id: str | None = None
    basis: str | None = None
    valid_to: str | None = None


def covers(scopes: Iterable[str], wanted: str) -> bool:
    held = set(scopes)
    return ALL in held or wanted in held


def decide(
    company: LegalPerson | None,
    mine: Sequence[Authorisation],
    represents: Representative | None,
    scope: str,
    day: str,
) -> Decision:
    """``mine``: the person's own authorisations for the company, a power's end already in their state."""
    if company is None:
        return Decision(reason="legal_person_unknown")
    if company.dissolved:
        return Decision(reason="legal_person_dissolved")
    if represents is not None and not represents.joint:
        return Decision(reason="allowed", basis="representative")
    refusal: Reason = "no_authorisation"
    for each in mine:
        why = _refusal(each, scope, day)
        if why is None:
            return Decision(reason="allowed", authorisation_id=each.id, basis=each.basis, valid_to=each.valid_to)
        refusal = max(refusal, why, key=_NEAREST.index)
    if not mine and represents is not None:
        refusal = "signatures_incomplete"
    return Decision(reason=refusal)


def principal_of(
    company: LegalPerson, mine: Sequence[Authorisation], day: str, *, represents: bool
) -> Principal | None:
    """What the person may do for the company now, over all own authorisations; None: nothing."""
    if represents:
        return Principal(reg_no=company.reg_no, name=company.name, basis="representative", scopes=(ALL,))
    held = [
        each
        for each in mine
        if each.reg_no == company.reg_no and each.scopes and _refusal(each, each.scopes[0], day) is None
    ]
    if not held:
        return None
    return Principal(
        reg_no=company.reg_no,
        name=company.name,
        basis=held[0].basis,
        scopes=tuple(dict.fromkeys(scope for each in held for scope in each.scopes)),
        valid_to=max(each.valid_to for each in held),
    )


def _refusal(each: Authorisation, scope: str, day: str) -> Reason | None:
    match each.state:
        case "revoked" | "superseded":
            return "authorisation_revoked"
        case "draft" | "pending_signatures":
            return "signatures_incomplete"
    if each.state == "expired" or each.valid_to < day:
        return "authorisation_expired"
    if each.valid_from > day:
        return "no_authorisation"
    return None if covers(each.scopes, scope) else "scope_outside_power"


def must_exist(company: LegalPerson | None) -> LegalPerson:
    if company is None:
        raise LegalPersonUnknown(field="reg_no")
    if company.dissolved:
        raise LegalPersonDissolved(field="reg_no")
    return company


def must_fit(power: Power, scopes: Iterable[str], valid_from: str, valid_to: str, day: str) -> None:
    """An authorisation lies within its power: in force, in scope, in time."""
    if power.revoked:
        raise PowerRevoked
    if power.valid_to < day:
        raise PowerExpired
    if not all(covers(power.scopes, scope) for scope in scopes):
        raise ScopeOutsidePower(field="scopes")
    if valid_from < power.valid_from or valid_to > power.valid_to or valid_to < valid_from:
        raise PeriodOutsidePower(field="valid_to")


def must_last(period: tuple[str, str]) -> None:
    """What ends before it begins is nothing to issue."""
    if period[1] < period[0]:
        raise PeriodOutsidePower(field="valid_to")


def state_after_signing(needed: Iterable[str], signed: Iterable[str]) -> State:
    return "active" if set(needed) <= set(signed) else "pending_signatures"
