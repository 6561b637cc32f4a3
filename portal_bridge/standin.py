"""A stand-in of JPP that speaks the same HTTP contract and enforces it. People and companies are synthetic."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.clock import Clock
from kernel.errors import RegistrationNumberInvalid
from kernel.standin import TokenDesk, answer, body_of, problem
from portal_bridge.http import CheckAnswer, CheckQuery
from portal_bridge.identifiers import parse_registration_number
from portal_bridge.port import Reason

ALL = "all_legal_person_eservices"


@dataclass(frozen=True, slots=True)
class Authorisation:
    id: str
    delegate: str
    reg_no: str
    scopes: frozenset[str]
    valid_to: date
    basis: str = "self"
    state: str = "active"


#: reg. no → is it still in the register?
COMPANIES = {"49999991007": True, "49999991011": True, "49999991026": False}

AUTHORISATIONS = (
    Authorisation("A-1", "02010100013", "49999991007", frozenset({ALL}), date(2030, 12, 31)),
    Authorisation("A-2", "03020500111", "49999991007", frozenset({"eadrese.read"}), date(2030, 12, 31)),
    Authorisation("A-3", "03020500111", "49999991011", frozenset({ALL}), date(2020, 1, 31)),
    Authorisation("A-4", "14031000212", "49999991011", frozenset({ALL}), date(2030, 12, 31), state="revoked"),
    Authorisation("A-5", "02010100013", "49999991026", frozenset({ALL}), date(2030, 12, 31)),
)

_STATES: dict[str, Reason] = {"revoked": "authorisation_revoked", "pending_signatures": "signatures_incomplete"}


def decide(
    person: str, reg_no: str, scope: str, today: date, revoked: Collection[str] = ()
) -> tuple[Reason, Authorisation | None]:
    """Why, and the authorisation that allows it. The answer never tells of other delegates."""
    if reg_no not in COMPANIES:
        return "legal_person_unknown", None
    if not COMPANIES[reg_no]:
        return "legal_person_dissolved", None
    mine = [each for each in AUTHORISATIONS if each.delegate == person and each.reg_no == reg_no]
    refusal: Reason = "no_authorisation"
    for each in mine:
        if each.id in revoked:
            refusal = "authorisation_revoked"
        elif each.state != "active":
            refusal = _STATES[each.state]
        elif each.valid_to < today:
            refusal = "authorisation_expired"
        elif not each.scopes & {scope, ALL}:
            refusal = "scope_outside_power"
        else:
            return "allowed", each
    return refusal, None


def create_app(clock: Clock, *, client_id: str, client_secret: str) -> Starlette:
    desk = TokenDesk(client_id, client_secret)
    revoked: set[str] = set()

    async def revoke(request: Request) -> Response:
        """A notary takes an authorisation back; it holds at once."""
        known = request.path_params["authorisation_id"]
        if known not in {each.id for each in AUTHORISATIONS}:
            return problem(404, "authorisation_unknown")
        revoked.add(known)
        return Response(status_code=204)

    async def check(request: Request) -> Response:
        query = await body_of(request, CheckQuery)
        if query is None:
            return problem(422, "body_invalid")
        if not query.purpose or not query.session:
            return problem(403, "purpose_missing")
        try:
            reg_no = parse_registration_number(query.reg_no)
        except RegistrationNumberInvalid as error:
            return problem(422, error.code)
        digits = "".join(character for character in query.person if character.isdigit())
        today = datetime.fromtimestamp(clock.wall_ms() / 1000, UTC).date()
        reason, found = decide(digits, reg_no, query.scope, today, revoked)
        return answer(
            CheckAnswer(
                allowed=found is not None,
                reason=reason,
                authorisation_id=found.id if found else None,
                basis=found.basis if found else None,
                valid_to=found.valid_to.isoformat() if found else None,
            )
        )

    return Starlette(
        routes=[
            Route("/token", desk.token, methods=["POST"]),
            Route("/jpp/notary/authorisations/{authorisation_id}/revoke", desk.guarded(revoke), methods=["POST"]),
            Route("/jpp/check", desk.guarded(check), methods=["POST"]),
        ]
    )
