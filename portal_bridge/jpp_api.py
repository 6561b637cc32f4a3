"""JPP over HTTP: the check for state systems, the notary's own interface. Contract: ``docs/integrations.md``.

A notary's system proves itself by its credential; which sworn notary acts is said in the call and must be in office.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.bearer import Bearers
from kernel.errors import KlatieneError, NotAllowed, OurFault
from kernel.personal_code_core import parse_personal_code
from kernel.program_api import Attempts, answer, body_of, refusal, token_route
from portal_bridge.http import CheckAnswer, CheckQuery, PrincipalsAnswer, PrincipalsQuery
from portal_bridge.identifiers import parse_registration_number
from portal_bridge.jpp import Asked, Jpp
from portal_bridge.jpp_core import State

log = structlog.get_logger("jpp")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Day = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Scopes = Annotated[
    list[Annotated[str, msgspec.Meta(min_length=1, max_length=100)]], msgspec.Meta(min_length=1, max_length=100)
]


class PowerBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    notary: Text
    act_no: Text
    reg_no: Text
    attorney: Text
    scopes: Scopes
    valid_from: Day
    valid_to: Day


class AuthorisationBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    notary: Text
    act_no: Text
    scopes: Scopes
    valid_from: Day
    valid_to: Day


class ActBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    notary: Text
    act_no: Text


class PowerAnswer(msgspec.Struct, kw_only=True):
    id: str
    act_no: str
    reg_no: str
    revoked: bool


class AuthorisationAnswer(msgspec.Struct, kw_only=True):
    id: str
    state: State
    valid_to: str


class RevokeAnswer(msgspec.Struct, kw_only=True):
    act_no: str
    #: how many rested on the act
    revoked_authorisations: int


class StatusAnswer(msgspec.Struct, kw_only=True):
    act_no: str
    revoked: bool
    valid_to: str
    authorisations: list[AuthorisationAnswer]


Handler = Callable[[Jpp, str, Any], Awaitable[Any]]


async def check(jpp: Jpp, client: str, body: CheckQuery) -> CheckAnswer:
    if not body.purpose or not body.session:
        raise NotAllowed(field="purpose")
    asked = Asked(client=client, purpose=body.purpose[:64], session=body.session[:128])
    found = await jpp.check(
        parse_personal_code(body.person), parse_registration_number(body.reg_no), body.scope[:100], asked
    )
    return CheckAnswer(
        allowed=found.reason == "allowed",
        reason=found.reason,
        authorisation_id=found.authorisation_id,
        basis=found.basis,
        valid_to=found.valid_to,
    )


async def my_principals(jpp: Jpp, client: str, body: PrincipalsQuery) -> PrincipalsAnswer:
    if not body.purpose or not body.session:
        raise NotAllowed(field="purpose")
    asked = Asked(client=client, purpose=body.purpose[:64], session=body.session[:128])
    return PrincipalsAnswer(principals=await jpp.principals(parse_personal_code(body.person), asked))


async def submit(jpp: Jpp, _: str, body: PowerBody) -> PowerAnswer:
    power = await jpp.submit(
        body.notary,
        body.act_no,
        parse_registration_number(body.reg_no),
        parse_personal_code(body.attorney),
        scopes=body.scopes,
        period=(body.valid_from, body.valid_to),
    )
    return PowerAnswer(id=power.id, act_no=power.act_no, reg_no=power.reg_no, revoked=power.revoked)


async def authorise(jpp: Jpp, _: str, body: AuthorisationBody) -> AuthorisationAnswer:
    made = await jpp.authorise(body.notary, body.act_no, scopes=body.scopes, period=(body.valid_from, body.valid_to))
    return AuthorisationAnswer(id=made.id, state=made.state, valid_to=made.valid_to)


async def revoke(jpp: Jpp, _: str, body: ActBody) -> RevokeAnswer:
    return RevokeAnswer(act_no=body.act_no, revoked_authorisations=await jpp.revoke(body.notary, body.act_no))


async def status(jpp: Jpp, _: str, body: ActBody) -> StatusAnswer:
    power, found = await jpp.status(body.notary, body.act_no)
    return StatusAnswer(
        act_no=power.act_no,
        revoked=power.revoked,
        valid_to=power.valid_to,
        authorisations=[AuthorisationAnswer(id=each.id, state=each.state, valid_to=each.valid_to) for each in found],
    )


#: path, handler, body, answer, for the notaries' system alone
CALLS: tuple[tuple[str, Handler, type[Any], type[Any], bool], ...] = (
    ("/jpp/check", check, CheckQuery, CheckAnswer, False),
    ("/jpp/my-principals", my_principals, PrincipalsQuery, PrincipalsAnswer, False),
    ("/jpp/notary/powers", submit, PowerBody, PowerAnswer, True),
    ("/jpp/notary/authorisations", authorise, AuthorisationBody, AuthorisationAnswer, True),
    ("/jpp/notary/revoke", revoke, ActBody, RevokeAnswer, True),
    ("/jpp/notary/status", status, ActBody, StatusAnswer, True),
)


def create_app(jpp: Jpp, bearers: Bearers, attempts: Attempts, *, notary_client: str, prefix: str = "") -> Starlette:
    """``notary_client`` may call what is under ``/jpp/notary``, everybody else the check."""

    def served(path: str, handler: Handler, shape: type[Any], *, notary: bool) -> Route:
        async def serve(request: Request) -> Response:
            request.scope["klatiene.route"] = prefix + path
            try:
                client = bearers.who(request.headers.get("authorization", ""))
                if notary != (client == notary_client):
                    raise NotAllowed
                return answer(await handler(jpp, client, await body_of(request, shape)))
            except KlatieneError as error:
                return refusal(error)
            except Exception:
                log.exception("jpp_call_failed", route=path)
                return refusal(OurFault())

        return Route(path, serve, methods=["POST"])

    return Starlette(
        routes=[
            token_route(prefix, bearers.issue, attempts),
            *(served(path, handler, shape, notary=notary) for path, handler, shape, _, notary in CALLS),
        ]
    )
