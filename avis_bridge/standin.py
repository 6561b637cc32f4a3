"""A stand-in of AVIS that speaks the same HTTP contract and enforces it. Its people are synthetic and live nowhere."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avis_bridge.http import RecipientAnswer, RecipientQuery
from avis_bridge.port import Benefit
from kernel.clock import Clock
from kernel.standin import TokenDesk, answer, body_of, problem

_FARES = Benefit(
    name="Braukšanas maksas atvieglojums reģionālajā autobusā",
    grantor="Satiksmes ministrija",
    kind="percent",
    value="50",
)
_LUNCH = Benefit(
    name="Ēdināšanas pabalsts skolēnam", grantor="Alūksnes novada pašvaldība", kind="fixed_unit", value="1.10"
)
_FAMILY = Benefit(
    name="Goda ģimenes atlaide muzejos",
    grantor="Sabiedrības integrācijas fonds",
    kind="percent",
    value="100",
    valid_to="2027-12-31",
)

#: By the digits of the synthetic personal code; anybody else has no benefits, which is an answer too.
BENEFITS: dict[str, tuple[Benefit, ...]] = {
    "02010100013": (_FARES,),
    "03020500111": (_FARES, _FAMILY),
    "14031000212": (_LUNCH, _FAMILY),
    "05041200328": (_LUNCH,),
}


def create_app(clock: Clock, *, client_id: str, client_secret: str) -> Starlette:
    desk = TokenDesk(client_id, client_secret)

    async def benefits(request: Request) -> Response:
        query = await body_of(request, RecipientQuery)
        if query is None:
            return problem(422, "body_invalid")
        if not query.purpose or not query.session:
            return problem(403, "purpose_missing")
        digits = "".join(character for character in query.person if character.isdigit())
        if len(digits) != 11:
            return problem(422, "personal_code_invalid")
        found = BENEFITS.get(digits, ())
        return answer(RecipientAnswer(as_of_ms=clock.wall_ms(), benefits=list(found)))

    return Starlette(
        routes=[
            Route("/token", desk.token, methods=["POST"]),
            Route("/recipients/benefits", desk.guarded(benefits), methods=["POST"]),
        ]
    )
