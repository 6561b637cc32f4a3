"""An agency's administrator: the own agency's directory, looked at, tried out and changed."""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.errors import BodyInvalid, NotAllowed
from kernel.ids import AgencyId, GroupId, OfficerId
from kernel.messages import Indicator
from router import configuration_core as core
from router.changes import (
    ActivateOfficer,
    Change,
    Configured,
    RetireGroup,
    SaveAgency,
    SaveGroup,
    SaveOfficer,
    SaveRules,
)
from web.endpoint import ADMINISTRATOR, Call, Endpoint


class ChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    change: SaveGroup | RetireGroup | SaveOfficer | ActivateOfficer | SaveRules | SaveAgency


async def show(call: Call) -> Any:
    now = await call.house.configuration.read(_own(call))
    async with call.house.ledger.reading() as connection:
        accounts = await call.house.identity.officers_accounts(connection)
    return {
        "version": now.version,
        "agency": {
            "id": now.agency.id,
            "code": now.agency.code,
            "name": now.agency.name,
            "document": core.agency_document(now),
            "etag": core.etag_of(core.agency_document(now)),
        },
        "groups": [_group(now, group_id) for group_id in now.groups],
        "officers": [
            {**_officer(now, officer_id), "account": accounts[officer_id][0] if officer_id in accounts else None}
            for officer_id in now.officers
        ],
        "rules": {"document": core.rule_documents(now), "etag": core.etag_of(core.rule_documents(now))},
        "defaults": {
            "offer_timeout_s": call.house.settings.offer_timeout_s,
            "wrap_up_s": call.house.settings.wrap_up_s,
        },
    }


async def preview(call: Call) -> Any:
    agency_id = _own(call)
    house = call.house
    signed_in = frozenset(
        officer.id
        for officer in house.router.officers()
        if officer.agency_id == agency_id and house.presence.indicator(officer.id)[0] is not Indicator.OFFLINE
    )
    return await house.configuration.preview(agency_id, _change(call), signed_in)


async def change(call: Call) -> Any:
    return await call.house.configuration.make(call.principal, _own(call), _change(call), correlation=call.request_id)


def _own(call: Call) -> AgencyId:
    if call.principal.agency_id is None:
        raise NotAllowed
    return call.principal.agency_id


def _change(call: Call) -> Change:
    """Rules are records of the router, which reads what it knows; here a field that is not known is a mistake."""
    found: Change = call.body.change
    sent = msgspec.json.decode(call.raw_body)["change"]
    if (unknown := _not_read(sent, msgspec.to_builtins(found))) is not None:
        raise BodyInvalid(field=unknown)
    return found


def _not_read(sent: Any, read: Any) -> str | None:
    """The first name in ``sent`` that did not arrive."""
    if isinstance(sent, dict) and isinstance(read, dict):
        for name, value in sent.items():
            if name not in read:
                return str(name)
            if (found := _not_read(value, read[name])) is not None:
                return found
    if isinstance(sent, list) and isinstance(read, list | tuple):
        return next((found for pair in zip(sent, read, strict=True) if (found := _not_read(*pair))), None)
    return None


def _group(now: Configured, group_id: GroupId) -> dict[str, Any]:
    document, retired = core.group_document(now, group_id), group_id in now.retired
    return {
        "id": group_id,
        "document": document,
        "retired": retired,
        "etag": core.etag_of(document, gone=retired),
    }


def _officer(now: Configured, officer_id: OfficerId) -> dict[str, Any]:
    officer, inactive = now.officers[officer_id], officer_id in now.inactive
    document = core.officer_document(officer)
    return {
        "id": officer_id,
        "document": document,
        "active": not inactive,
        "simulated": officer.simulated,
        "etag": core.etag_of(document, gone=inactive),
    }


ROUTES = (
    Endpoint(method="GET", path="/api/admin", handler=show, allow=ADMINISTRATOR),
    Endpoint(method="POST", path="/api/admin/preview", handler=preview, allow=ADMINISTRATOR, body=ChangeBody),
    Endpoint(method="POST", path="/api/admin/changes", handler=change, allow=ADMINISTRATOR, body=ChangeBody),
)
