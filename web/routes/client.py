"""What may be known of the client: only in the own running session, with a purpose, written down before it leaves."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import msgspec

from avis_bridge.model import MeansKind
from avis_bridge.recipients import MeansAnswer
from consultation.identity_core import UNAVAILABLE
from consultation.model import OUTSIDE, ParticipantState, Session, SessionState
from kernel.errors import BodyInvalid, NotAllowed, SessionEnded, SessionUnknown
from kernel.ids import parse_consultation_id
from kernel.messages import ClientKind
from kernel.personal_code_core import masked, parse_personal_code
from portal_bridge.identifiers import parse_registration_number
from web.endpoint import CLERK, CLERK_OR_OFFICER, OFFICER, Call, Endpoint
from web.routes.requests import IdentifyBody

PURPOSE = "consultation"
ACTIVATE = "eadrese.activate"


class ActingForBody(msgspec.Struct, forbid_unknown_fields=True):
    reg_no: Annotated[str, msgspec.Meta(max_length=20)]
    scope: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class MeansBody(msgspec.Struct, forbid_unknown_fields=True):
    kind: MeansKind
    token: Annotated[str, msgspec.Meta(min_length=4, max_length=200)]


async def own_session(call: Call) -> Session:
    """The session in the path, while it runs and is the caller's; raises `SessionUnknown` or `SessionEnded`."""
    session = await call.house.consultation.session(parse_consultation_id(call.path("id")))
    mine = call.house.consultation.place_of(call.principal, session)
    handed_back = session.state is SessionState.HANDED_BACK and mine is not None and mine.state is ParticipantState.HELD
    if mine is None or (mine.state in OUTSIDE and not handed_back):
        # whoever stands before the door, or was put out, may know nothing of the client
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
        "verified": session.verified,
    }


async def benefits(call: Call) -> Any:
    session = await own_session(call)
    call.house.limit("bridge", call.principal.id)
    await _write_down(call, session, "benefits.read", ("benefits",))
    await call.house.powers.recheck(session.id)
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
    checked, valid_to = await call.house.powers.check(session, reg_no, call.body.scope)
    await call.house.consultation.act_for(session.id, checked)
    status = "unavailable" if checked.reason == UNAVAILABLE else "ok"
    return {**asdict(checked), "valid_to": valid_to, "status": status}


async def private_person(call: Call) -> None:
    """The client acts for the company no more."""
    session = await own_session(call)
    await _write_down(call, session, "power.drop", ("acting_for",))
    await call.house.consultation.act_for(session.id, None)


async def identify(call: Call) -> Any:
    """The clerk looks at a document in the session itself; the code is sealed, the session knows the pseudonym."""
    session = await own_session(call)
    code = parse_personal_code(call.body.personal_code)
    client_ref = call.house.clients.pseudonym(code)
    # who may is decided and written down before the code is kept
    await call.house.depth.moderation.identify(call.principal, session.id, client_ref, call.body.method)
    await call.audit(
        "client.identified",
        purpose=PURPOSE,
        consultation_id=session.id,
        subject=client_ref,
        fields=("personal_code",),
    )
    await call.house.clients.replace(session.id, code, call.body.method)
    return await call.house.views.session_for(call.principal, session.id)


async def register_means(call: Call) -> Any:
    """The clerk registers the client's card, in the client's own session and presence."""
    session = await own_session(call)
    call.house.limit("bridge", call.principal.id)
    known = await call.house.clients.find(session.id)
    if known is None:
        raise BodyInvalid(field="client")
    await _write_down(call, session, "means.register", ("means",))
    made = await call.house.avis.ask(
        "/means/register",
        MeansAnswer,
        known[0],
        session=session.id,
        purpose=PURPOSE,
        kind=call.body.kind,
        token=call.body.token,
        registered_by=call.principal.id,
    )
    return made.means[0]


async def activate_eaddress(call: Call) -> Any:
    """For the company the client acts for, or for the person; the power is asked again first and must cover it."""
    session = await own_session(call)
    call.house.limit("bridge", call.principal.id)
    await _write_down(call, session, "eaddress.activate", ("eaddress",))
    known = await call.house.clients.find(session.id)
    if known is None:
        raise BodyInvalid(field="client")
    subject = ""
    if session.acting_for is not None:
        subject = session.acting_for.reg_no
        await call.house.powers.recheck(session.id)
        said, _ = await call.house.powers.check(session, subject, ACTIVATE)
        if not said.allowed or not session.acting_for.allowed:
            raise NotAllowed(reason=said.reason)
    return await call.house.state.activate_eaddress(known[0], subject, purpose=PURPOSE, session=session.id)


async def _write_down(call: Call, session: Session, action: str, fields: tuple[str, ...]) -> None:
    await call.audit(
        action,
        purpose=PURPOSE,
        consultation_id=session.id,
        subject=session.facts.client_ref or "",
        fields=fields,
    )


ROUTES = (
    Endpoint(method="POST", path="/api/sessions/{id}/means", handler=register_means, allow=CLERK, body=MeansBody),
    Endpoint(method="POST", path="/api/sessions/{id}/eaddress", handler=activate_eaddress, allow=CLERK_OR_OFFICER),
    Endpoint(method="POST", path="/api/sessions/{id}/identity", handler=identify, allow=CLERK, body=IdentifyBody),
    Endpoint(method="DELETE", path="/api/sessions/{id}/acting-for", handler=private_person, allow=CLERK_OR_OFFICER),
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
