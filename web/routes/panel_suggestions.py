"""Life situations and suggestions: nothing is looked at without consent, and withdrawn it is forgotten (DOMAIN §7)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import sqlalchemy as sa

from casework.tables import cases as case_rows
from kernel.bridge_errors import ConsentMissing
from kernel.messages import Role
from web import acting
from web.endpoint import Call, Endpoint
from web.routes.panel import mine

CITIZEN = frozenset({Role.CITIZEN})
MOST = 12


class ConsentBody(msgspec.Struct, forbid_unknown_fields=True):
    life_events: Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=30)] = []


async def suggestions(call: Call) -> Any:
    """Without consent nothing but that; with it, services of the chosen situations and of agencies visited."""
    acting.must_be_private(call)
    consent = await call.house.consents.of(call.principal.id)
    if consent is None:
        return {"consent": None, "life_events": [], "suggestions": []}
    code, _ = await mine(call, "suggestions", "life_events", "cases")
    services = await call.house.state.services()
    visited = await _visited(call, call.house.clients.pseudonym(code))
    found = []
    for each in services:
        why = "situation" if each.life_event in consent.life_events else "visited" if each.authority in visited else ""
        if why:
            found.append({"id": each.id, "name": each.name, "authority": each.authority, "why": why})
    return {
        "consent": consent,
        "life_events": sorted({each.life_event for each in services if each.life_event}),
        "suggestions": found[:MOST],
    }


async def give(call: Call) -> Any:
    acting.must_be_private(call)
    await mine(call, "suggestions.consent", "consent")
    return await call.house.consents.give(call.principal.id, call.body.life_events)


async def choose(call: Call) -> Any:
    """Other life situations, under the consent that was given. Raises `ConsentMissing`."""
    acting.must_be_private(call)
    await mine(call, "suggestions.choose", "life_events")
    if await call.house.consents.of(call.principal.id) is None:
        raise ConsentMissing
    return await call.house.consents.give(call.principal.id, call.body.life_events)


async def withdraw(call: Call) -> None:
    await mine(call, "suggestions.withdraw", "consent")
    await call.house.consents.withdraw(call.principal.id)


async def _visited(call: Call, person: str) -> set[str]:
    """Codes of the agencies the person was consulted by."""
    codes = {str(agency.id): agency.code for agency in call.house.router.agencies()}
    wanted = sa.select(case_rows.c.agency_id).where(case_rows.c.client_ref == person).distinct()
    async with call.house.ledger.reading() as connection:
        return {codes.get(agency, agency) for agency in await connection.scalars(wanted)}


ROUTES = (
    Endpoint(method="GET", path="/api/panel/suggestions", handler=suggestions, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/suggestions", handler=give, allow=CITIZEN, body=ConsentBody),
    Endpoint(method="PUT", path="/api/panel/suggestions", handler=choose, allow=CITIZEN, body=ConsentBody),
    Endpoint(method="DELETE", path="/api/panel/suggestions", handler=withdraw, allow=CITIZEN),
)
