"""Every adapter against a state system on a bad day: never an answer, never "no", and never in anybody's way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from avis_bridge.http import HttpAvis
from avis_bridge.recipients import MeansAnswer
from kernel.clock import ManualClock
from kernel.errors import RegistryUnavailable
from kernel.fetch import MAX_ANSWER
from kernel.gateway import Gateway
from kernel.ids import ConsultationId
from kernel.private import Private
from kernel.sign_on_errors import SignOnUnavailable
from portal_bridge.http import HttpJpp
from portal_bridge.state import State
from portal_bridge.vpm_oidc import Oidc
from portal_bridge.vpm_wsfed import WsFed
from tests.bridges.served import served

PERSON = Private("030205-00111")
SESSION = ConsultationId("00000000-0000-7000-8000-000000000001")
URN = "URN:IVIS:100001:ISS-KP-Kontaktpunkti-v1-0"
TIMEOUT_S = 0.3


async def slow(request: Request) -> Response:
    await request.body()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return JSONResponse({})


async def failing(_: Request) -> Response:
    return JSONResponse({"error": "internal"}, 500)


async def garbage(_: Request) -> Response:
    return PlainTextResponse("<html>maintenance</html>")


async def other_shape(_: Request) -> Response:
    return JSONResponse(
        {"items": "none", "benefits": [], "allowed": "yes", "resident": None, "holds": 0, "status": "?"}
    )


async def huge(_: Request) -> Response:
    return PlainTextResponse("x" * (MAX_ANSWER + 1))


class Adapters:
    def __init__(self, url: str, clock: ManualClock) -> None:
        self.line = Gateway(url, "klatiene", "s", clock, timeout_s=TIMEOUT_S)
        self.state = State(self.line, dagr_permission="demo", viss_urn=URN)
        self.avis, self.jpp = HttpAvis(self.line), HttpJpp(self.line, clock)
        self.oidc = Oidc(url, "klatiene", "s", clock, timeout_s=TIMEOUT_S)
        self.wsfed = WsFed(f"{url}/metadata.xml", "urn:klatiene", clock, timeout_s=TIMEOUT_S)

    async def close(self) -> None:
        for each in (self.line, self.oidc, self.wsfed):
            await each.close()


@asynccontextmanager
async def adapters(clock: ManualClock, answer: Callable[[Request], Awaitable[Response]]) -> AsyncIterator[Adapters]:
    async def token(_: Request) -> Response:
        return JSONResponse({"access_token": "t", "expires_in": 300})

    methods = ["GET", "POST"]
    app = Starlette(routes=[Route("/token", token, methods=methods), Route("/{path:path}", answer, methods=methods)])
    async with served(app) as url:
        made = Adapters(url, clock)
        try:
            yield made
        finally:
            await made.close()


ASKED: dict[str, Callable[[Adapters], Awaitable[Any]]] = {
    "DAGR person": lambda a: a.state.person(PERSON, purpose="consultation", session=SESSION),
    "DAGR resident": lambda a: a.state.is_resident(PERSON, session=SESSION),
    "DAGR criterion": lambda a: a.state.holds(PERSON, "pupil", session=SESSION),
    "e-adrese status": lambda a: a.state.eaddress(PERSON, "", purpose="consultation", session=SESSION),
    "e-adrese activate": lambda a: a.state.activate_eaddress(PERSON, "", purpose="consultation", session=SESSION),
    "VIRSIS": lambda a: a.state.services(),
    "VISS": lambda a: a.state.viss.points("LV0021000", session=SESSION),
    "AVIS": lambda a: a.avis.ask("/means", MeansAnswer, PERSON, session=SESSION),
    "VPM, OpenID Connect": lambda a: a.oidc.begin(redirect_uri="https://a", state="s", nonce="n", challenge="c"),
    "VPM, WS-Federation": lambda a: a.wsfed.begin(reply="https://a", context="s"),
}


@pytest.mark.parametrize("answer", [slow, failing, garbage, other_shape, huge])
async def test_what_fails_is_unavailable_for_every_adapter(
    clock: ManualClock, answer: Callable[[Request], Awaitable[Response]]
) -> None:
    async with adapters(clock, answer) as made:
        for system, ask in ASKED.items():
            # nobody is asked while resting: each system gets its own answer
            clock.advance(200)
            with pytest.raises((RegistryUnavailable, SignOnUnavailable)):
                assert not await ask(made), system
        clock.advance(200)
        benefits = await made.avis.benefits(PERSON, purpose="consultation", session=SESSION)
        power = await made.jpp.check(PERSON, "49999991007", "eadrese.read", purpose="consultation", session=SESSION)
    assert (benefits.status, benefits.benefits) == ("unavailable", ())
    assert (power.status, power.allowed, power.reason) == ("unavailable", False, "registry_unavailable")
