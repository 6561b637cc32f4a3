"""Both bridges against their stand-ins over real HTTP, and against state systems on a bad day."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from avis_bridge.api import create_app
from avis_bridge.http import HttpAvis
from avis_bridge.port import NoAvis
from kernel.audit import Audit
from kernel.bearer import Bearers
from kernel.clock import ManualClock
from kernel.errors import RegistrationNumberInvalid
from kernel.feed import MemoryFeed
from kernel.gateway import MAX_ANSWER, Gateway, GatewayError
from kernel.identity import Identity
from kernel.ids import ConsultationId
from kernel.ledger import open_ledger
from kernel.private import Private
from kernel.program_api import Unlimited
from kernel.settings import Settings
from kernel.vault import Vault
from portal_bridge.http import HttpJpp, NoJpp
from portal_bridge.identifiers import parse_registration_number
from portal_bridge.jpp import Jpp
from portal_bridge.jpp_api import create_app as jpp_api
from portal_bridge.state import State
from tests.bridges.served import served
from web import demo_avis, demo_jpp
from web.bridges import reference_avis

SESSION = ConsultationId("00000000-0000-7000-8000-000000000001")
PERSON = Private("030205-00111")
ALL = "all_legal_person_eservices"


@asynccontextmanager
async def gateway(
    app: Starlette, clock: ManualClock, *, secret: str = "s", timeout_s: float = 3.0
) -> AsyncIterator[Gateway]:
    async with served(app) as url:
        made = Gateway(url, "klatiene", secret, clock, timeout_s=timeout_s)
        try:
            yield made
        finally:
            await made.close()


@asynccontextmanager
async def reference(clock: ManualClock) -> AsyncIterator[Starlette]:
    """The embedded AVIS with the demo's people; we are one of its systems."""
    with tempfile.TemporaryDirectory() as directory:
        ledger = open_ledger(f"sqlite:///{directory}/avis.db", MemoryFeed("epoch"))
        await ledger.create_all()
        vault = Vault("key", "pepper")
        await demo_avis.load(ledger, clock, vault, Identity(ledger, clock, pepper="p" * 32, session_hours=1))
        settings = Settings(avis_client="klatiene", avis_secret="s")
        try:
            yield create_app(await reference_avis(settings, ledger, clock, vault), Audit(ledger, clock), Unlimited())
        finally:
            await ledger.close()


@asynccontextmanager
async def register(clock: ManualClock) -> AsyncIterator[Starlette]:
    """Our register of powers of attorney, with the demo's companies."""
    with tempfile.TemporaryDirectory() as directory:
        ledger = open_ledger(f"sqlite:///{directory}/jpp.db", MemoryFeed("epoch"))
        await ledger.create_all()
        vault = Vault("key", "pepper")
        await demo_jpp.load(ledger, vault)
        jpp = Jpp(ledger, clock, vault, State(None, dagr_permission=""))
        try:
            yield jpp_api(jpp, Bearers({"klatiene": "s"}, clock), Unlimited(), notary_client="notary")
        finally:
            await ledger.close()


@asynccontextmanager
async def avis(clock: ManualClock, *, secret: str = "s") -> AsyncIterator[HttpAvis]:
    async with reference(clock) as app, gateway(app, clock, secret=secret) as line:
        yield HttpAvis(line)


async def test_the_clients_benefits(clock: ManualClock) -> None:
    async with avis(clock) as bridge:
        found = await bridge.benefits(PERSON, purpose="consultation", session=SESSION)
        nobody = await bridge.benefits(Private("32345678901"), purpose="consultation", session=SESSION)
    assert found.status == "ok"
    assert found.as_of_ms == clock.wall_ms()
    assert [benefit.kind for benefit in found.benefits] == ["percent"] * 3
    assert (nobody.status, nobody.benefits) == ("ok", ())


async def test_no_purpose_or_a_wrong_secret_is_never_no_entitlement(clock: ManualClock) -> None:
    async with avis(clock) as bridge:
        assert (await bridge.benefits(PERSON, purpose="", session=SESSION)).status == "unavailable"
    async with avis(clock, secret="wrong") as bridge:
        assert (await bridge.benefits(PERSON, purpose="consultation", session=SESSION)).status == "unavailable"
    assert (await NoAvis().benefits(PERSON, purpose="consultation", session=SESSION)).status == "unavailable"


@pytest.mark.parametrize(
    ("person", "reg_no", "scope", "reason"),
    [
        ("020101-00013", "49999991007", ALL, "allowed"),
        ("030205-00111", "49999991007", "eadrese.read", "allowed"),
        ("030205-00111", "49999991007", "eadrese.send", "scope_outside_power"),
        ("030205-00111", "49999991011", ALL, "authorisation_expired"),
        ("140310-00212", "49999991011", ALL, "authorisation_revoked"),
        ("020101-00013", "49999991026", ALL, "legal_person_dissolved"),
        ("020101-00013", "49999991030", ALL, "legal_person_unknown"),
        ("050412-00328", "49999991007", ALL, "no_authorisation"),
    ],
)
async def test_may_this_person_act_for_this_company(
    clock: ManualClock, person: str, reg_no: str, scope: str, reason: str
) -> None:
    async with register(clock) as app, gateway(app, clock) as line:
        power = await HttpJpp(line, clock).check(
            Private(person), reg_no, scope, purpose="consultation", session=SESSION
        )
    assert (power.status, power.reason, power.allowed) == ("ok", reason, reason == "allowed")


async def test_a_register_that_cannot_be_asked_allows_nobody(clock: ManualClock) -> None:
    power = await NoJpp(clock).check(PERSON, "49999991007", ALL, purpose="consultation", session=SESSION)
    assert (power.allowed, power.reason) == (False, "registry_unavailable")


@pytest.mark.parametrize("number", ["", "4999999100", "49999991008", "19999991007", "4999999100a", "٤9999991007"])
def test_a_registration_number_is_checked_before_anybody_is_asked(number: str) -> None:
    with pytest.raises(RegistrationNumberInvalid):
        parse_registration_number(number)


# ── a bad day ────────────────────────────────────────────────────────────────────────────────────


def bad(answer: Callable[[Request], Awaitable[Response]]) -> Starlette:
    async def token(_: Request) -> Response:
        return JSONResponse({"access_token": "t", "expires_in": 300})

    return Starlette(
        routes=[Route("/token", token, methods=["POST"]), Route("/recipients/benefits", answer, methods=["POST"])]
    )


async def garbage(_: Request) -> Response:
    return PlainTextResponse("<html>maintenance</html>")


async def other_shape(_: Request) -> Response:
    return JSONResponse({"benefits": "none"})


async def huge(_: Request) -> Response:
    return PlainTextResponse("x" * (MAX_ANSWER + 1))


async def broken(_: Request) -> Response:
    return JSONResponse({"error": "internal"}, 500)


async def slow(_: Request) -> Response:
    await asyncio.sleep(2)
    return JSONResponse({})


@pytest.mark.parametrize("answer", [garbage, other_shape, huge, broken, slow])
async def test_a_failing_system_says_unavailable(
    clock: ManualClock, answer: Callable[..., Awaitable[Response]]
) -> None:
    async with gateway(bad(answer), clock, timeout_s=0.5) as line:
        found = await HttpAvis(line).benefits(PERSON, purpose="consultation", session=SESSION)
    assert (found.status, found.benefits) == ("unavailable", ())


async def test_after_five_failures_it_is_left_in_peace_for_a_while(clock: ManualClock) -> None:
    asked = 0

    async def counting(request: Request) -> Response:
        nonlocal asked
        asked += 1
        return await broken(request)

    async with gateway(bad(counting), clock) as line:
        for _ in range(7):
            with pytest.raises(GatewayError):
                await line.post("/recipients/benefits", {}, dict)
        assert asked == 5
        clock.advance(16)
        with pytest.raises(GatewayError, match="refused"):
            await line.post("/recipients/benefits", {}, dict)
        assert asked == 6


async def test_an_expired_token_is_fetched_anew(clock: ManualClock) -> None:
    async with reference(clock) as app, gateway(app, clock) as line:
        bridge = HttpAvis(line)
        assert (await bridge.benefits(PERSON, purpose="consultation", session=SESSION)).status == "ok"
        # the system was restarted and knows no token any more
        line._token = "forgotten"
        assert (await bridge.benefits(PERSON, purpose="consultation", session=SESSION)).status == "ok"


async def test_avis_refuses_a_stranger(clock: ManualClock) -> None:
    async with reference(clock) as app, served(app) as url, httpx.AsyncClient() as http:
        answer = await http.post(f"{url}/recipients/benefits", json={"person": "x", "purpose": "p", "session": "s"})
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_token"})
