"""What is known of a request from the moment it is made, and travels with everything that happens to it."""

from __future__ import annotations

import msgspec

from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId, PointId, WorkstationId
from kernel.vocabulary import ClientKind, Pak, Priority


class Bilingual(msgspec.Struct, frozen=True):
    lv: str
    en: str


class RequestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What every event about a consultation repeats: who asks for what, from where."""

    consultation_id: ConsultationId
    ticket: str
    agency_id: AgencyId
    group_id: GroupId
    topic: Bilingual
    pak: Pak
    service: str | None
    language: str
    priority: Priority
    clerk_id: ClerkId
    clerk_name: str
    point_id: PointId
    point_name: str
    workstation_id: WorkstationId | None
    client_kind: ClientKind
    #: keyed pseudonym of the identified client, or None
    client_ref: str | None
    direct_officer_id: OfficerId | None
    created_at_ms: int
    #: asked for, on top of the language: a level in the group, and skills such as ``sign``
    level: int = 0
    skills: tuple[str, ...] = ()
    #: is waited for alone, for a while
    preferred_officer_id: OfficerId | None = None
    #: requests of one visit are served one at a time, each keeping its place
    visit_id: str | None = None
    #: the running session that a second official is called into, and why: ``specialist`` or ``transfer``
    joins: ConsultationId | None = None
    joins_as: str = ""
    #: how the clerk identified the client
    client_method: str | None = None


class OfficialServed(msgspec.Struct, frozen=True, kw_only=True):
    """One official's part of a consultation. ``kind``: first, specialist (called in), transfer (took over).
    ``request_id``: by which they came, and whose wrap-up is this part's; None in events of before it was said."""

    officer_id: OfficerId
    officer_name: str
    agency_id: AgencyId
    kind: str
    from_ms: int
    to_ms: int
    request_id: ConsultationId | None = None


class Lent(msgspec.Struct, frozen=True, kw_only=True):
    """What an official was lent of the client's workstation. ``level``: view, guide or control."""

    officer_id: OfficerId
    officer_name: str
    level: str
    from_ms: int
    to_ms: int
