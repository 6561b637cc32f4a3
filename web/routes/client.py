"""What may be known of the client: only in the own running session, with a purpose, written down before it leaves."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from consultation.model import ActingFor, Session, SessionState
from kernel.errors import BodyInvalid, SessionEnded, SessionUnknown
from kernel.ids import parse_consultation_id
from kernel.messages import ClientKind
from kernel.personal_code_core import masked
from portal_bridge.identifiers import parse_registration_number
from web.endpoint import CLERK_OR_OFFICER, OFFICER, Call, Endpoint

PURPOSE = "consultation"


class ActingForBody(msgspec.Struct, forbid_unknown_fields=True):
    reg_no: Annotated[str, msgspec.Meta(max_length=20)]
    scope: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


async def own_session(call: Call) -> Session:
    """The session in the path, while it runs and is the caller's; raises `SessionUnknown` or `SessionEnded`."""
    session = await call.house.consultation.session(parse_consultation_id(call.path("id")))
    if call.house.consultation.place_of(call.principal, session) is None:
        raise SessionUnknown
    if session.state is SessionState.ENDED:
        raise SessionEnded
    return session


async def show(call: Call) -> Any:
    session = await own_session(call)
    await _write_down(call, session, "client.read", ("label", "assurance", "acting_for"))
    known = await call.house.clients.find(session.id)
    return {
        "kind": session.facts.client_kind,
        "label": "" if known is None else masked(known[0]),
        "assurance": "none" if known is None else known[1],
        "acting_for": session.acting_for,
    }


async def benefits(call: Call) -> Any:
    session = await own_session(call)
    call.house.limit("bridge", call.principal.id)
    await _write_down(call, session, "benefits.read", ("benefits",))
    known = await call.house.clients.find(session.id)
    if known is None:
        return {"status": "no_client", "as_of_ms": None, "source": "AVIS", "benefits": []}
    return await call.house.avis.benefits(known[0], purpose=PURPOSE, session=session.id)


async def act_for(call: Call) -> Any:
    session = await own_session(call)
    call.house.limit("bridge", call.principal.id)
    reg_no = parse_registration_number(call.body.reg_no)
    known = await call.house.clients.find(session.id)
    if session.facts.client_kind is ClientKind.ANONYMOUS or known is None:
        # without a person there is nobody whose powers could be checked
        raise BodyInvalid(field="client")
    await _write_down(call, session, "power.check", ("reg_no", "scope"))
    power = await call.house.jpp.check(known[0], reg_no, call.body.scope, purpose=PURPOSE, session=session.id)
    checked = ActingFor(
        reg_no=reg_no,
        allowed=power.allowed,
        reason=power.reason,
        checked_at_ms=power.checked_at_ms,
        source=power.source,
    )
    await call.house.consultation.act_for(session.id, checked)
    return {**msgspec.structs.asdict(power), "reg_no": reg_no}


async def _write_down(call: Call, session: Session, action: str, fields: tuple[str, ...]) -> None:
    await call.audit(
        action,
        purpose=PURPOSE,
        consultation_id=session.id,
        subject=session.facts.client_ref or "",
        fields=fields,
    )


ROUTES = (
    Endpoint(method="GET", path="/api/sessions/{id}/client", handler=show, allow=CLERK_OR_OFFICER),
    Endpoint(method="GET", path="/api/sessions/{id}/benefits", handler=benefits, allow=OFFICER),
    Endpoint(
        method="POST",
        path="/api/sessions/{id}/acting-for",
        handler=act_for,
        allow=CLERK_OR_OFFICER,
        body=ActingForBody,
    ),
)
