"""Who signed in by the state's sign-on (VPM): the grammar of its identifiers (DOMAIN §3). Pure.

::

    PK:10098610000                   a resident
    AU:100001-PK:10098610000         an employee of the agency 100001
    PK:10098610000-UR:40003627089    a signatory of the company
    AU:100001                        a system of the agency
    DP:10098610000-PK:02010100013    the second, acting for the first

The same person has another identifier in each capacity, so that a role belongs to a capacity, not to a person.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from kernel.errors import PeerFault
from kernel.personal_code_core import parse_personal_code
from kernel.private import Private
from kernel.sign_on_errors import SignOnIdentifier
from portal_bridge.identifiers import parse_registration_number

Capacity = Literal["resident", "employee", "signatory", "system", "delegate"]

_GRAMMAR: tuple[tuple[Capacity, re.Pattern[str]], ...] = (
    ("resident", re.compile(r"PK:(?P<person>\d{11})")),
    ("employee", re.compile(r"AU:(?P<authority>\d{6})-PK:(?P<person>\d{11})")),
    ("signatory", re.compile(r"PK:(?P<person>\d{11})-UR:(?P<company>\d{11})")),
    ("system", re.compile(r"AU:(?P<authority>\d{6})")),
    ("delegate", re.compile(r"DP:(?P<authoriser>\d{11})-PK:(?P<person>\d{11})")),
)


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """``identifier`` as VPM writes it; ``person`` is who sits there, ``authoriser`` for whom they act."""

    capacity: Capacity
    identifier: Private[str]
    person: Private[str] | None = None
    authority: str = ""
    company: str = ""
    authoriser: Private[str] | None = None


def parse_identifier(text: str) -> Subject:
    """Raises `SignOnIdentifier`, also for a personal code or registration number that there cannot be."""
    if not text.isascii():
        raise SignOnIdentifier
    for capacity, pattern in _GRAMMAR:
        if found := pattern.fullmatch(text):
            parts = found.groupdict()
            try:
                return Subject(
                    capacity=capacity,
                    identifier=Private(text),
                    person=parse_personal_code(parts["person"]) if parts.get("person") else None,
                    authority=parts.get("authority", ""),
                    company=parse_registration_number(parts["company"]) if parts.get("company") else "",
                    authoriser=Private(parts["authoriser"]) if parts.get("authoriser") else None,
                )
            except PeerFault:
                raise SignOnIdentifier from None
    raise SignOnIdentifier
