"""Stand-ins of DAGR, e-adrese, VIRSIS and VISS behind one gateway: their contracts, enforced. Nobody here is real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.clock import Clock
from kernel.standin import Handler, TokenDesk, answer, body_of, problem
from portal_bridge.standin_data import SERVICES, TOWN_POINTS
from portal_bridge.state import (
    AddressAnswer,
    CriterionAnswer,
    CriterionQuery,
    EaddressAnswer,
    EaddressQuery,
    PersonAnswer,
    Query,
    ReportAnswer,
    ReportQuery,
    ServiceQuery,
)
from portal_bridge.viss import PATH as VISS_PATH
from portal_bridge.viss import URN, VissQuery

#: residents and the criteria that hold of them, by the digits of the synthetic code
RESIDENTS: dict[str, frozenset[str]] = {
    "02010100013": frozenset(),
    "03020500111": frozenset({"large_family"}),
    "14031000212": frozenset({"large_family", "pupil"}),
    "05041200328": frozenset({"pupil"}),
}
#: DAGR's data is at most a day old: the stand-in's is an hour old
AGE_MS = 3_600_000
#: the one service of VISS that municipalities offer here
VISS_SERVICE = "URN:IVIS:100001:ISS-KP-Kontaktpunkti-v1-0"
#: how much of a list the gateway hands out at once
PAGE = 5
ADDRESS = "Demo iela 1, Alūksne, Alūksnes nov."


@dataclass
class Permission:
    """VIRSIS permission: which properties may be read, how often, until when."""

    number: str
    purpose: str
    fields: tuple[str, ...]
    quota: int
    valid_to_ms: int
    used: int = 0


def create_app(clock: Clock, *, client_id: str, client_secret: str, permission: str) -> Starlette:
    desk = TokenDesk(client_id, client_secret)
    year_ms = 365 * 86_400_000
    permissions = {
        permission: Permission(permission, "klatiene", ("given_name", "surname"), 100_000, clock.wall_ms() + year_ms),
        "expired": Permission("expired", "klatiene", (), 100_000, clock.wall_ms() - 1),
        "used-up": Permission("used-up", "klatiene", (), 0, clock.wall_ms() + year_ms),
    }
    active: set[str] = set()
    reported = 0

    def permitted(handler: Handler) -> Handler:
        async def check(request: Request) -> Response:
            found = permissions.get(request.headers.get("x-dagr-permission", ""))
            if found is None:
                return problem(403, "permission_missing")
            if found.valid_to_ms < clock.wall_ms():
                return problem(403, "permission_expired")
            if found.used >= found.quota:
                return problem(429, "quota_exceeded")
            found.used += 1
            return await handler(request)

        return check

    async def my_permissions(_: Request) -> Response:
        return answer(
            [
                {
                    "service": "klatiene",
                    "permission": each.number,
                    "purpose": each.purpose,
                    "use_count": each.used,
                    "quota": each.quota,
                    "valid_to_ms": each.valid_to_ms,
                    "access": {"fpr_person": each.fields},
                }
                for each in permissions.values()
            ]
        )

    async def person(request: Request) -> Response:
        query = await body_of(request, Query)
        if query is None:
            return problem(422, "body_invalid")
        if not query.purpose or not query.session:
            return problem(403, "purpose_missing")
        digits = _digits(query.person)
        record = {"given_name": "(demo)", "surname": "(demo)"}
        allowed = permissions[request.headers["x-dagr-permission"]].fields
        return answer(
            PersonAnswer(
                as_of_ms=clock.wall_ms() - AGE_MS,
                resident=digits in RESIDENTS,
                fields={name: text for name, text in record.items() if name in allowed and digits in RESIDENTS},
            )
        )

    async def address(request: Request) -> Response:
        query = await body_of(request, Query)
        if query is None:
            return problem(422, "body_invalid")
        if not query.purpose or not query.session:
            return problem(403, "purpose_missing")
        known = _digits(query.person) in RESIDENTS
        return answer(AddressAnswer(as_of_ms=clock.wall_ms() - AGE_MS, address=ADDRESS if known else ""))

    async def report(request: Request) -> Response:
        nonlocal reported
        query = await body_of(request, ReportQuery)
        if query is None:
            return problem(422, "body_invalid")
        reported += 1
        return answer(ReportAnswer(number=f"DAGR-{reported}"))

    async def criterion(request: Request) -> Response:
        query = await body_of(request, CriterionQuery)
        if query is None:
            return problem(422, "body_invalid")
        if not query.purpose or not query.session:
            return problem(403, "purpose_missing")
        holds = query.criterion in RESIDENTS.get(_digits(query.person), frozenset())
        return answer(CriterionAnswer(as_of_ms=clock.wall_ms() - AGE_MS, holds=holds))

    async def status(request: Request) -> Response:
        query = await body_of(request, EaddressQuery)
        if query is None:
            return problem(422, "body_invalid")
        if not query.purpose or not query.session:
            return problem(403, "purpose_missing")
        subject = query.subject or _digits(query.person)
        return answer(EaddressAnswer(status="active" if subject in active else "inactive", as_of_ms=clock.wall_ms()))

    async def activate(request: Request) -> Response:
        query = await body_of(request, EaddressQuery)
        if query is None:
            return problem(422, "body_invalid")
        if not query.purpose or not query.session:
            return problem(403, "purpose_missing")
        active.add(query.subject or _digits(query.person))
        return answer(EaddressAnswer(status="active", as_of_ms=clock.wall_ms()))

    async def services(request: Request) -> Response:
        query = await body_of(request, ServiceQuery)
        if query is None:
            return problem(422, "body_invalid")
        text = query.text.casefold()
        found = [
            each
            for each in SERVICES
            if (not text or any(text in words.casefold() for words in (*each.name.values(), each.authority)))
            and query.life_event in ("", each.life_event)
        ]
        return _page(found, query.cursor)

    async def exchange(request: Request) -> Response:
        query = await body_of(request, VissQuery)
        if query is None:
            return problem(422, "body_invalid")
        if not query.purpose or not query.session:
            return problem(403, "purpose_missing")
        if not URN.fullmatch(query.service):
            return problem(422, "urn_invalid")
        if query.service != VISS_SERVICE:
            return problem(404, "service_unknown")
        return _page([each for each in TOWN_POINTS if each.atvk == query.atvk], query.cursor)

    return Starlette(
        routes=[
            Route("/token", desk.token, methods=["POST"]),
            Route("/dagr/current_user_permissions", desk.guarded(my_permissions), methods=["GET"]),
            Route("/dagr/fpr_person", desk.guarded(permitted(person)), methods=["POST"]),
            Route("/dagr/vzd_address", desk.guarded(permitted(address)), methods=["POST"]),
            Route("/dagr/reports", desk.guarded(permitted(report)), methods=["POST"]),
            Route("/dagr/criterion", desk.guarded(permitted(criterion)), methods=["POST"]),
            Route("/eadrese/status", desk.guarded(status), methods=["POST"]),
            Route("/eadrese/activate", desk.guarded(activate), methods=["POST"]),
            Route("/virsis/services", desk.guarded(services), methods=["POST"]),
            Route(VISS_PATH, desk.guarded(exchange), methods=["POST"]),
        ]
    )


def _page(found: Sequence[Any], cursor: str) -> Response:
    """Server-side paging: a cursor that was not handed out is refused."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and int(cursor) % PAGE == 0):
        return problem(422, "cursor_invalid")
    start = int(cursor or "0")
    more = start + PAGE < len(found)
    return answer({"items": found[start : start + PAGE], "next": str(start + PAGE) if more else ""})


def _digits(code: str) -> str:
    return "".join(character for character in code if character.isdigit())
