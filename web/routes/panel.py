"""The citizen's panel: one call for each widget, so that each loads alone and a failing source says so (DOMAIN §7).

Everything is about the caller's own person, whose code comes from the account, or about the company in whose name the
call is made (`web.acting`). Each look is written down first.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from msgspec.structs import asdict

from avis_bridge.model import MeansKind
from avis_bridge.recipients import MeansAnswer, ProgrammesAnswer, RecipientAnswer, UsedAnswer
from kernel.audit import audit_log
from kernel.audit_core import AuditEntry
from kernel.messages import Role
from kernel.personal_code_core import masked
from kernel.private import Private
from portal_bridge.identifiers import parse_registration_number
from web import acting
from web.endpoint import Call, Endpoint

CITIZEN = frozenset({Role.CITIZEN})
SHOWN = 50
READ, ACTIVATE = "eadrese.read", "eadrese.activate"


class MeansBody(msgspec.Struct, forbid_unknown_fields=True):
    kind: MeansKind
    token: Annotated[str, msgspec.Meta(min_length=4, max_length=200)]
    label: Annotated[str, msgspec.Meta(max_length=64)] = ""


class EnrolBody(msgspec.Struct, forbid_unknown_fields=True):
    joined: bool


class LayoutBody(msgspec.Struct, forbid_unknown_fields=True):
    order: Annotated[list[str], msgspec.Meta(max_length=30)]
    hidden: Annotated[list[str], msgspec.Meta(max_length=30)] = []


class ReportBody(msgspec.Struct, forbid_unknown_fields=True):
    field: Literal["name", "address", "other"]
    text: Annotated[str, msgspec.Meta(min_length=10, max_length=1000)]


class EnterBody(msgspec.Struct, forbid_unknown_fields=True):
    reg_no: Annotated[str, msgspec.Meta(max_length=20)]


async def mine(call: Call, action: str, *fields: str) -> tuple[Private[str], str]:
    """(the own code, the name of this visit); written down before anything is asked."""
    code = await call.house.citizens.code_of(call.principal.id)
    await call.audit(f"panel.{action}", purpose="own_data", subject=call.house.clients.pseudonym(code), fields=fields)
    signed_in = call.signed_in
    return code, signed_in.session_hash[:32] if signed_in else ""


async def _private(call: Call, action: str, *fields: str) -> tuple[Private[str], str]:
    acting.must_be_private(call)
    return await mine(call, action, *fields)


# ── in whose name ────────────────────────────────────────────────────────────────────────────────


async def identities(call: Call) -> Any:
    """For which companies the citizen may act now."""
    code, session = await mine(call, "identities", "powers")
    return {"companies": await call.house.jpp.principals(code, purpose=acting.PURPOSE, session=session)}


async def enter(call: Call) -> Any:
    """Before the panel is shown in a company's name; each later call asks again."""
    code, session = await mine(call, "identity", "powers")
    return await acting.enter(call, code, session, parse_registration_number(call.body.reg_no))


# ── the widgets ──────────────────────────────────────────────────────────────────────────────────


async def me(call: Call) -> Any:
    """Of the person what DAGR lets through, its code masked; of a company what the register of powers knows."""
    code, session = await mine(call, "me", "fpr_person", "vzd_address")
    company = await acting.principal_now(call, code, session)
    if company is not None:
        return {"kind": "company", "as_of_ms": call.house.clock.wall_ms(), "source": "JPP", **asdict(company)}
    person, address = await call.house.state.own_data(code, session=session)
    return {
        "kind": "private",
        "code": masked(code),
        "as_of_ms": person.as_of_ms,
        "source": "DAGR",
        "fields": person.fields,
        "address": address,
    }


async def report_error(call: Call) -> Any:
    """To whoever keeps the data; the number under which it is looked into."""
    code, session = await _private(call, "report", call.body.field)
    call.house.limit("join", call.principal.id)
    return {"number": await call.house.state.report(code, call.body.field, call.body.text, session=session)}


async def eaddress(call: Call) -> Any:
    code, session = await mine(call, "eaddress", "eaddress")
    reg_no = await acting.must_cover(call, code, session, READ)
    return await call.house.state.eaddress(code, reg_no, purpose="own_data", session=session)


async def activate_eaddress(call: Call) -> Any:
    call.house.limit("bridge", call.principal.id)
    code, session = await mine(call, "eaddress.activate", "eaddress")
    reg_no = await acting.must_cover(call, code, session, ACTIVATE)
    return await call.house.state.activate_eaddress(code, reg_no, purpose="own_data", session=session)


async def benefits(call: Call) -> Any:
    code, session = await _private(call, "benefits", "benefits")
    return await call.house.avis.ask("/benefits", RecipientAnswer, code, session=session)


async def means(call: Call) -> Any:
    code, session = await _private(call, "means", "means")
    return await call.house.avis.ask("/means", MeansAnswer, code, session=session)


async def add_means(call: Call) -> Any:
    # a token that is somebody's is a guess that tells something
    call.house.limit("bridge", call.principal.id)
    code, session = await _private(call, "means.add", "means")
    body = call.body
    return await call.house.avis.ask(
        "/means/register", MeansAnswer, code, session=session, kind=body.kind, token=body.token, label=body.label
    )


async def set_means(call: Call) -> Any:
    code, session = await _private(call, "means.state", "means")
    return await call.house.avis.ask(
        "/means/state", MeansAnswer, code, session=session, id=call.path("id"), state=call.path("state")
    )


async def used(call: Call) -> Any:
    code, session = await _private(call, "used", "transactions")
    return await call.house.avis.ask("/transactions", UsedAnswer, code, session=session)


async def programmes(call: Call) -> Any:
    code, session = await _private(call, "programmes", "programmes")
    return await call.house.avis.ask("/programmes", ProgrammesAnswer, code, session=session)


async def enrol(call: Call) -> Any:
    code, session = await _private(call, "programmes.enrol", "programmes")
    return await call.house.avis.ask(
        "/programmes/enrol", ProgrammesAnswer, code, session=session, id=call.path("id"), joined=call.body.joined
    )


async def open_now(call: Call) -> Any:
    """Per agency, open or closed only."""
    found: dict[str, bool] = {}
    for group in call.house.router.groups():
        live = call.house.router.group_live(group.id)
        found[group.agency_id] = found.get(group.agency_id, False) or (group.open and live.signed_in > 0)
    return {
        "agencies": [
            {"id": agency.id, "code": agency.code, "name": agency.name, "open": found.get(agency.id, False)}
            for agency in call.house.router.agencies()
        ]
    }


async def viewed(call: Call) -> Any:
    """Who looked at the caller's data: role and place, purpose, time. Officials are not named."""
    code, _ = await _private(call, "viewed", "audit")
    wanted = (
        sa.select(audit_log.c.id, audit_log.c.at_ms, audit_log.c.body)
        .where(audit_log.c.subject == call.house.clients.pseudonym(code), audit_log.c.actor != call.principal.id)
        .order_by(audit_log.c.id.desc())
        .limit(SHOWN)
    )
    agencies = {str(agency.id): agency.code for agency in call.house.router.agencies()}
    async with call.house.ledger.reading() as connection:
        rows = [(row, msgspec.json.decode(row.body, type=AuditEntry)) for row in await connection.execute(wanted)]
    return {
        "viewed": [
            {
                "id": row.id,
                "at_ms": row.at_ms,
                "role": entry.role,
                "unit": agencies.get(entry.unit, entry.unit),
                "action": entry.action,
                "purpose": entry.purpose,
                "fields": entry.fields,
            }
            for row, entry in rows
        ]
    }


async def layout(call: Call) -> Any:
    return await call.house.layouts.of(call.principal.id)


async def save_layout(call: Call) -> Any:
    return await call.house.layouts.save(call.principal.id, call.body.order, call.body.hidden)


ROUTES = (
    Endpoint(method="GET", path="/api/panel/identities", handler=identities, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/identity", handler=enter, allow=CITIZEN, body=EnterBody),
    Endpoint(method="GET", path="/api/panel/me", handler=me, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/me/report", handler=report_error, allow=CITIZEN, body=ReportBody),
    Endpoint(method="GET", path="/api/panel/eaddress", handler=eaddress, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/eaddress", handler=activate_eaddress, allow=CITIZEN),
    Endpoint(method="GET", path="/api/panel/benefits", handler=benefits, allow=CITIZEN),
    Endpoint(method="GET", path="/api/panel/means", handler=means, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/means", handler=add_means, allow=CITIZEN, body=MeansBody),
    Endpoint(method="POST", path="/api/panel/means/{id}/{state}", handler=set_means, allow=CITIZEN),
    Endpoint(method="GET", path="/api/panel/used", handler=used, allow=CITIZEN),
    Endpoint(method="GET", path="/api/panel/programmes", handler=programmes, allow=CITIZEN),
    Endpoint(method="POST", path="/api/panel/programmes/{id}", handler=enrol, allow=CITIZEN, body=EnrolBody),
    Endpoint(method="GET", path="/api/panel/open_now", handler=open_now, allow=CITIZEN),
    Endpoint(method="GET", path="/api/panel/viewed", handler=viewed, allow=CITIZEN),
    Endpoint(method="GET", path="/api/panel/layout", handler=layout, allow=CITIZEN),
    Endpoint(method="PUT", path="/api/panel/layout", handler=save_layout, allow=CITIZEN, body=LayoutBody),
)
