"""Identifiers: UUIDv7 (RFC 9562 §5.7), written in the canonical lower-case form.

They sort by the time they were made, which keeps SQL indexes local and logs readable.
"""

from __future__ import annotations

import re
import secrets
from typing import NewType

from kernel.errors import IdMalformed

ConsultationId = NewType("ConsultationId", str)
"""Names a request, its session, its media room and its record alike."""
OfficerId = NewType("OfficerId", str)
ClerkId = NewType("ClerkId", str)
AgencyId = NewType("AgencyId", str)
GroupId = NewType("GroupId", str)
PointId = NewType("PointId", str)
WorkstationId = NewType("WorkstationId", str)
AccountId = NewType("AccountId", str)
CaseId = NewType("CaseId", str)

_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")


def uuid7(wall_ms: int, entropy: bytes) -> str:
    """The UUIDv7 of a moment. ``entropy`` is ten random bytes, of which 74 bits are used."""
    if len(entropy) != 10:
        raise ValueError("uuid7 needs ten bytes of entropy")
    value = (wall_ms & ((1 << 48) - 1)) << 80 | int.from_bytes(entropy, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_id(wall_ms: int) -> str:
    return uuid7(wall_ms, secrets.token_bytes(10))


def parse_id(text: str) -> str:
    """``text`` when it is a canonical UUIDv7, else `IdMalformed`."""
    if not _UUID7.fullmatch(text):
        raise IdMalformed
    return text


def parse_consultation_id(text: str) -> ConsultationId:
    return ConsultationId(parse_id(text))


def parse_slug(text: str) -> str:
    """Register entries (agencies, groups, officers, points) are named by slugs: ``vsaa-pabalsti``."""
    if not _SLUG.fullmatch(text):
        raise IdMalformed
    return text


#: begins the account of a client who comes from home by a personal link
AT_HOME = "home-"


def at_home(consultation_id: ConsultationId) -> WorkstationId:
    """The place where a consultation's client sits at home: for one consultation, a workstation of its own."""
    return WorkstationId(f"{AT_HOME}{consultation_id}")
