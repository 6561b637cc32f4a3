"""Powers of attorney in the citizen's panel: what was received and given; issue, sign, change, stop (DOMAIN §6)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from kernel.messages import Role
from kernel.personal_code_core import parse_personal_code
from kernel.private import Private
from portal_bridge.identifiers import parse_registration_number
from portal_bridge.jpp_api import Day, Scopes, Text
from web import acting
from web.endpoint import Call, Endpoint
from web.routes.panel import mine

CITIZEN = frozenset({Role.CITIZEN})


class IssueBody(msgspec.Struct, forbid_unknown_fields=True):
    reg_no: Text
    delegate: Annotated[str, msgspec.Meta(max_length=20)]
    scopes: Scopes
    valid_to: Day


class ChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    scopes: Scopes
    valid_to: Day


async def _mine(call: Call, action: str) -> Private[str]:
    code = await call.house.citizens.code_of(call.principal.id)
    await call.audit(f"power.{action}", purpose="own_data", subject=call.house.clients.pseudonym(code))
    return code


async def show(call: Call) -> Any:
    """All of the citizen's; in a company's name what it gave, and that to those who represent it alone."""
    code, session = await mine(call, "powers", "powers")
    company = await acting.principal_now(call, code, session)
    found = await call.house.reference_jpp.of_person(code)
    if company is None:
        return found
    represents = company.basis == "representative"
    return {
        "companies": [each for each in found["companies"] if represents and each["reg_no"] == company.reg_no],
        "received": [each for each in found["received"] if each["reg_no"] == company.reg_no],
        "given": [each for each in found["given"] if represents and each["reg_no"] == company.reg_no],
    }


async def issue(call: Call) -> Any:
    jpp, body = call.house.reference_jpp, call.body
    made = await jpp.issue(
        await _mine(call, "issue"),
        parse_registration_number(body.reg_no),
        parse_personal_code(body.delegate),
        scopes=body.scopes,
        period=(jpp.today(), body.valid_to),
    )
    return {"id": made.id, "state": made.state}


async def sign(call: Call) -> Any:
    signed = await call.house.reference_jpp.sign(await _mine(call, "sign"), call.path("id"))
    return {"id": signed.id, "state": signed.state}


async def change(call: Call) -> Any:
    jpp = call.house.reference_jpp
    period = (jpp.today(), call.body.valid_to)
    made = await jpp.change(await _mine(call, "change"), call.path("id"), scopes=call.body.scopes, period=period)
    return {"id": made.id, "state": made.state}


async def stop(call: Call) -> Any:
    stopped = await call.house.reference_jpp.stop(await _mine(call, "stop"), call.path("id"))
    return {"id": stopped.id, "state": stopped.state}


ROUTES = (
    Endpoint(method="GET", path="/api/panel/powers", handler=show, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/powers", handler=issue, allow=CITIZEN, body=IssueBody),
    Endpoint(method="POST", path="/api/panel/powers/{id}/sign", handler=sign, allow=CITIZEN),
    Endpoint(method="PUT", path="/api/panel/powers/{id}", handler=change, allow=CITIZEN, body=ChangeBody),
    Endpoint(method="POST", path="/api/panel/powers/{id}/stop", handler=stop, allow=CITIZEN),
)
