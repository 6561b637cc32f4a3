"""The catalogue of public services in the clerk's console: searched here, whether VIRSIS answers now or not."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from portal_bridge.catalogue_core import paks_of, search
from portal_bridge.state import Service
from web.endpoint import CLERK_OR_OFFICER, Call, Endpoint, convert_query


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=100)] = ""
    authority: Annotated[str, msgspec.Meta(max_length=32)] = ""


async def services(call: Call) -> Any:
    """``fetched_ms`` 0: there never was a catalogue. ``stale``: older than a day; it is shown all the same."""
    wanted = convert_query(dict(call.request.query_params), Wanted)
    catalogue = call.house.catalogue
    found = search(catalogue.services, wanted.text, authority=wanted.authority)
    return {
        "services": [view(each) for each in found],
        "fetched_ms": catalogue.fetched_ms,
        "stale": catalogue.stale,
    }


def view(service: Service) -> dict[str, Any]:
    return {
        "id": service.id,
        "name": service.name,
        "description": service.description,
        "authority": service.authority,
        "channels": service.channels,
        "cost": service.cost,
        "deadline": service.deadline,
        "is_eservice": service.is_eservice,
        "in_delegated_scheme": service.in_delegated_scheme,
        "paks": paks_of(service),
    }


ROUTES = (Endpoint(method="GET", path="/api/catalogue", handler=services, allow=CLERK_OR_OFFICER),)
