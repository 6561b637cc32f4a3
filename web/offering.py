"""What kind of help (PAK) may be asked for: one rule for all ways in: now, later, the panel, the register.

The catalogue of public services says which kinds go with a service (`portal_bridge.catalogue_core.paks_of`); PAK_04 has
two conditions more (DOMAIN §2). A service is named by its id, or by its name in either language: who types the name of
a service of the catalogue means that service.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Protocol

import msgspec

from kernel.ids import GroupId, OfficerId
from kernel.messages import Pak
from kernel.session_errors import ConditionsNotMet, PakNotOffered
from portal_bridge.catalogue import Catalogue
from portal_bridge.catalogue_core import PAK_04_AUTHORITY, paks_of
from web.endpoint import Call


class Anonymous(msgspec.Struct, tag_field="kind", tag="anonymous", forbid_unknown_fields=True):
    pass


class Identified(msgspec.Struct, tag_field="kind", tag="identified", forbid_unknown_fields=True):
    personal_code: Annotated[str, msgspec.Meta(max_length=20)]
    method: Literal["passport", "id_card", "eid", "driving_licence"]


class Pak04(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The two conditions of PAK_04, as the clerk checked them."""

    without_eid: bool
    not_delegated: bool


class Asked(Protocol):
    """What a clerk asks for, whether it is for now or for later. ``service_id``: of the catalogue."""

    client: Anonymous | Identified
    service: str | None
    service_id: str | None
    pak_04: Pak04 | None


def check_offer(
    call: Call, pak: Pak, *, group_id: str | None, officer_id: str | None = None, agency_id: str | None = None
) -> str | None:
    """The name of the service that the call's body asks for.

    Raises `ServiceUnknown`, `PakNotOffered` when the kind of help does not go with it, and `ConditionsNotMet`.
    """
    body: Asked = call.body
    name = service_of(call.house.catalogue, pak, body.service, body.service_id)
    if pak is Pak.PAK_04:
        _check_conditions(call, body, group_id, officer_id, agency_id)
    return name


def service_of(catalogue: Catalogue, pak: Pak, name: str | None, service_id: str | None = None) -> str | None:
    """The service's name. Raises `ServiceUnknown`, `PakNotOffered`."""
    found = catalogue.named((name or "").strip()) if service_id is None else catalogue.find(service_id)
    if found is None:
        return name
    if pak not in paks_of(found):
        raise PakNotOffered(field="pak", delegated=found.in_delegated_scheme)
    return name if service_id is None else found.name.get("lv") or found.id


def pak_for_booking(catalogue: Catalogue, paks: Iterable[str], service: str | None) -> Pak:
    """What somebody gets who books for themselves: advice, where the group gives it, else the first that fits.

    PAK_04 is not among it: its conditions are checked by a clerk. Raises `PakNotOffered`.
    """
    found = catalogue.named((service or "").strip())
    fitting = set(Pak if found is None else paks_of(found)) - {Pak.PAK_04}
    order: tuple[Pak, ...] = (Pak.PAK_02, *Pak)
    for pak in order:
        if pak.value in paks and pak in fitting:
            return pak
    raise PakNotOffered(field="service", delegated=found is not None and found.in_delegated_scheme)


def _check_conditions(
    call: Call, body: Asked, group_id: str | None, officer_id: str | None, agency_id: str | None
) -> None:
    """PAK_04: the client has no e-identification, the service is not in the delegated scheme, and VID serves it."""
    met = body.pak_04
    by_eid = isinstance(body.client, Identified) and body.client.method == "eid"
    if met is None or not (met.without_eid and met.not_delegated) or by_eid:
        raise ConditionsNotMet(field="pak_04")
    router = call.house.router
    group = None if group_id is None else router.group(GroupId(group_id))
    officer = None if officer_id is None else router.officer(OfficerId(officer_id))
    asked = group.agency_id if group else officer.agency_id if officer else agency_id
    code = next((agency.code for agency in router.agencies() if agency.id == asked), None)
    if code not in (None, PAK_04_AUTHORITY):
        raise ConditionsNotMet(field="group_id")
