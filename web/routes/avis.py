"""AVIS' work environments: the grantor's (and a merchant's own programme), the provider's, the administrator's.

Everybody sees and changes what is of the own registration number alone; it comes from the account, never from the call.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from avis_bridge.calculation_core import Line, calculate
from avis_bridge.model import (
    Body,
    Day,
    Instruction,
    Item,
    MeansKind,
    MeansState,
    Name,
    Outlet,
    SystemKind,
    Words,
    day_of,
    problem_of,
)
from kernel.bridge_errors import InstructionInvalid
from kernel.errors import BodyInvalid, NotAllowed
from kernel.messages import Role
from kernel.personal_code_core import parse_personal_code
from web.endpoint import Call, Endpoint

PARTY = frozenset({Role.GRANTOR, Role.PROVIDER})
PROVIDER = frozenset({Role.PROVIDER})
ADMINISTRATOR = frozenset({Role.AVIS_ADMINISTRATOR})
READERS = PARTY | ADMINISTRATOR
#: a list of recipients with its dates
IMPORT_LIMIT = 4 * 1024 * 1024

Month = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])$")]


class InstructionBody(msgspec.Struct, forbid_unknown_fields=True):
    body: Body
    version: int | None = None


class OrderBody(msgspec.Struct, forbid_unknown_fields=True):
    ids: Annotated[list[str], msgspec.Meta(max_length=2_000)]


class PreviewLine(msgspec.Struct, forbid_unknown_fields=True):
    category: Annotated[str, msgspec.Meta(max_length=120)]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    unit_cents: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True):
    body: Body
    line: PreviewLine


class GroupBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Words
    criterion: Annotated[str, msgspec.Meta(pattern=r"^[a-z_]{1,64}$")] | None = None


class MembersBody(msgspec.Struct, forbid_unknown_fields=True):
    """``text``: one recipient a line: personal code; from; to (the days may be left out)."""

    text: Annotated[str, msgspec.Meta(max_length=3_000_000)]


class IssueBody(msgspec.Struct, forbid_unknown_fields=True):
    personal_code: Annotated[str, msgspec.Meta(max_length=20)]
    kind: MeansKind
    valid_to: Day | None = None


class SystemBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    kind: SystemKind


class ActiveBody(msgspec.Struct, forbid_unknown_fields=True):
    active: bool


class OutletBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Name
    atvk: Annotated[str, msgspec.Meta(pattern=r"^LV\d{7}$")]
    address: Annotated[str, msgspec.Meta(max_length=200)] = ""
    active: bool = True


class ItemsBody(msgspec.Struct, forbid_unknown_fields=True):
    items: Annotated[list[Item], msgspec.Meta(max_length=1_000)]


class ProgrammeBody(msgspec.Struct, forbid_unknown_fields=True):
    name: Words


def party_of(call: Call) -> str:
    if call.principal.party_id is None:
        raise NotAllowed
    return call.principal.party_id


# ── what there is ────────────────────────────────────────────────────────────────────────────────


async def overview(call: Call) -> Any:
    """Everything of the own environment but people and history."""
    avis, party = call.house.reference_avis, party_of(call)
    names = await avis.register.names()
    grantor = await avis.register.grantor(party)
    return {
        "party": {"reg_no": party, "name": names.get(party, party), "sector": grantor.sector if grantor else None},
        "names": names,
        "instructions": await avis.instructions.of(party),
        "groups": await avis.groups.of(party),
        "programmes": await avis.programmes.of(party),
        "contracts": await avis.register.contracts_of(party),
        "systems": await avis.systems.of(party),
        "outlets": await avis.register.outlets_of(party),
        "items": await avis.register.items_of(party),
        "today": day_of(call.house.clock.wall_ms()),
    }


# ── instructions ─────────────────────────────────────────────────────────────────────────────────


async def create(call: Call) -> Any:
    await call.audit("avis.instruction.create", purpose="benefits")
    return await call.house.reference_avis.instructions.create(party_of(call), call.body.body, by=call.principal.id)


async def revise(call: Call) -> Any:
    if call.body.version is None:
        raise BodyInvalid(field="version")
    await call.audit("avis.instruction.revise", purpose="benefits")
    return await call.house.reference_avis.instructions.revise(
        party_of(call), call.path("id"), call.body.body, version=call.body.version, by=call.principal.id
    )


async def step(call: Call) -> Any:
    name = call.path("step")
    if name not in ("activate", "suspend", "end"):
        raise BodyInvalid(field="step")
    await call.audit(f"avis.instruction.{name}", purpose="benefits")
    return await call.house.reference_avis.instructions.step(party_of(call), call.path("id"), name)


async def order(call: Call) -> Any:
    await call.audit("avis.instruction.order", purpose="benefits")
    return {"instructions": await call.house.reference_avis.instructions.reorder(party_of(call), call.body.ids)}


async def versions(call: Call) -> Any:
    found = await call.house.reference_avis.instructions.versions(party_of(call), call.path("id"))
    return {"versions": found}


async def preview(call: Call) -> Any:
    """Who would have it and what it would give on one line; nothing is kept."""
    body: Body = call.body.body
    wrong = problem_of(body)
    if wrong is not None:
        raise InstructionInvalid(field=wrong)
    avis, party = call.house.reference_avis, party_of(call)
    groups = {group.id: group.members for group in await avis.groups.of(party)}
    programmes = {programme.id: programme.members for programme in await avis.programmes.of(party)}
    asked = call.body.line
    line = Line(sku="preview", category=asked.category, quantity=asked.quantity, unit_cents=asked.unit_cents)
    drafted = Instruction(id="preview", grantor=party, sector="public", version=1, state="draft", priority=1, body=body)
    result = calculate([line], [drafted.rule()], {})
    return {
        "recipients": groups.get(body.group_id or "", 0) + programmes.get(body.programme_id or "", 0),
        "gross_cents": result.gross,
        "benefit_cents": result.benefit,
        "paid_cents": result.paid,
        "why": result.steps[0].why,
        "at_most_month_cents": body.cap_month,
    }


# ── recipients and their means ───────────────────────────────────────────────────────────────────


async def create_group(call: Call) -> Any:
    await call.audit("avis.group.create", purpose="benefits")
    return await call.house.reference_avis.groups.create(party_of(call), call.body.name, criterion=call.body.criterion)


async def import_members(call: Call) -> Any:
    """Row by row; what cannot be read is reported with its number and code, and never repeated."""
    await call.audit("avis.group.import", purpose="benefits", fields=("personal_code",))
    today = day_of(call.house.clock.wall_ms())
    rows = []
    for text in call.body.text.splitlines():
        if text.strip():
            parts = [part.strip() for part in text.replace("\t", ";").replace(",", ";").split(";")]
            rows.append((parts[0], (parts[1:2] or [""])[0] or today, (parts[2:3] or [""])[0] or None))
    report = await call.house.reference_avis.groups.import_list(party_of(call), call.path("id"), rows)
    return {"added": report.added, "known": report.known, "refused": [list(row) for row in report.refused]}


async def refresh_group(call: Call) -> Any:
    await call.audit("avis.group.refresh", purpose="benefits")
    return await call.house.reference_avis.groups.refresh(party_of(call), call.path("id"))


async def issued(call: Call) -> Any:
    return {"means": await call.house.reference_avis.means.issued_by(party_of(call))}


async def issue(call: Call) -> Any:
    code = parse_personal_code(call.body.personal_code)
    await call.audit(
        "avis.means.issue", purpose="benefits", subject=call.house.clients.pseudonym(code), fields=("personal_code",)
    )
    made, token = await call.house.reference_avis.means.issue(
        code, call.body.kind, grantor=party_of(call), valid_to=call.body.valid_to
    )
    return {"means": made, "token": token}


async def set_issued(call: Call) -> Any:
    states: dict[str, MeansState] = {"blocked": "blocked", "revoked": "revoked"}
    state = states.get(call.path("state"))
    if state is None:
        raise BodyInvalid(field="state")
    await call.audit(f"avis.means.{state}", purpose="benefits")
    return await call.house.reference_avis.means.set_state(
        call.path("id"),
        state,
        issuer=party_of(call),
    )


# ── the provider's own ───────────────────────────────────────────────────────────────────────────


async def add_system(call: Call) -> Any:
    allowed = ("identification", "transaction", "both") if call.principal.role is Role.PROVIDER else ("instructions",)
    if call.body.kind not in allowed:
        raise BodyInvalid(field="kind")
    await call.audit("avis.system.add", purpose="benefits")
    system, secret = await call.house.reference_avis.systems.add(party_of(call), call.body.kind, call.body.name)
    return {"system": system, "secret": secret}


async def renew_system(call: Call) -> Any:
    await call.audit("avis.system.renew", purpose="benefits")
    return {"secret": await call.house.reference_avis.systems.renew(party_of(call), call.path("id"))}


async def set_system(call: Call) -> None:
    await call.audit("avis.system.active", purpose="benefits")
    await call.house.reference_avis.systems.set_active(party_of(call), call.path("id"), active=call.body.active)


async def save_outlet(call: Call) -> Any:
    avis, body = call.house.reference_avis, call.body
    await call.audit("avis.outlet.save", purpose="benefits")
    outlet = msgspec.convert(
        {"id": call.path("id"), "provider": party_of(call), **msgspec.structs.asdict(body)}, Outlet
    )
    async with avis.ledger.transaction() as tx:
        await avis.register.save_outlet(tx, outlet)
    return outlet


async def save_items(call: Call) -> Any:
    avis = call.house.reference_avis
    await call.audit("avis.items.save", purpose="benefits")
    async with avis.ledger.transaction() as tx:
        await avis.register.save_items(tx, party_of(call), call.body.items)
    return {"items": await avis.register.items_of(party_of(call))}


async def create_programme(call: Call) -> Any:
    """A merchant that is a grantor too; of the others nobody could grant in it."""
    avis, party = call.house.reference_avis, party_of(call)
    if await avis.register.grantor(party) is None:
        raise NotAllowed
    await call.audit("avis.programme.create", purpose="benefits")
    return await avis.programmes.create(party, call.body.name)


async def sales(call: Call) -> Any:
    before = call.request.query_params.get("before", "")
    return {"transactions": await call.house.reference_avis.history.of_provider(party_of(call), before=before)}


ROUTES = (
    Endpoint(method="GET", path="/api/avis", handler=overview, allow=PARTY),
    Endpoint(method="POST", path="/api/avis/instructions", handler=create, allow=PARTY, body=InstructionBody),
    Endpoint(method="PUT", path="/api/avis/instructions/{id}", handler=revise, allow=PARTY, body=InstructionBody),
    Endpoint(method="GET", path="/api/avis/instructions/{id}/versions", handler=versions, allow=PARTY),
    Endpoint(method="POST", path="/api/avis/instructions/{id}/{step}", handler=step, allow=PARTY),
    Endpoint(method="POST", path="/api/avis/order", handler=order, allow=PARTY, body=OrderBody),
    Endpoint(method="POST", path="/api/avis/preview", handler=preview, allow=PARTY, body=PreviewBody),
    Endpoint(method="POST", path="/api/avis/groups", handler=create_group, allow=PARTY, body=GroupBody),
    Endpoint(
        method="POST",
        path="/api/avis/groups/{id}/members",
        handler=import_members,
        allow=PARTY,
        body=MembersBody,
        body_limit=IMPORT_LIMIT,
    ),
    Endpoint(method="POST", path="/api/avis/groups/{id}/refresh", handler=refresh_group, allow=PARTY),
    Endpoint(method="GET", path="/api/avis/means", handler=issued, allow=PARTY),
    Endpoint(method="POST", path="/api/avis/means", handler=issue, allow=PARTY, body=IssueBody),
    Endpoint(method="POST", path="/api/avis/means/{id}/{state}", handler=set_issued, allow=PARTY),
    Endpoint(method="POST", path="/api/avis/systems", handler=add_system, allow=PARTY, body=SystemBody),
    Endpoint(method="POST", path="/api/avis/systems/{id}/renew", handler=renew_system, allow=PARTY),
    Endpoint(method="POST", path="/api/avis/systems/{id}/active", handler=set_system, allow=PARTY, body=ActiveBody),
    Endpoint(method="PUT", path="/api/avis/outlets/{id}", handler=save_outlet, allow=PROVIDER, body=OutletBody),
    Endpoint(method="PUT", path="/api/avis/items", handler=save_items, allow=PROVIDER, body=ItemsBody),
    Endpoint(method="POST", path="/api/avis/programmes", handler=create_programme, allow=PARTY, body=ProgrammeBody),
    Endpoint(method="GET", path="/api/avis/sales", handler=sales, allow=PROVIDER),
)
