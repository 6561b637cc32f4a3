"""Signing in and out, who am I, tickets for the live channel."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import JSONResponse

from consultation.enrolment_core import PREFIX
from kernel.device_errors import EnrolmentRevoked, ProofInvalid
from kernel.errors import NotFound, NotSignedIn, Overloaded, TokenExpired, TokenInvalid
from kernel.identity import Principal, SignedIn
from kernel.ids import AT_HOME, AccountId
from web import VERSION
from web.endpoint import COOKIE, Call, Endpoint, Reply, who_calls
from web.live.tickets import TTL_S
from web.routes.sign_on import CLEANUP, VIA, origin_of

#: accounts that no cookie opens
BY_KEY = (PREFIX, AT_HOME)
_COOKIE_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"


class SignInBody(msgspec.Struct, forbid_unknown_fields=True):
    account_id: str


def me_view(call: Call, signed_in: SignedIn) -> dict[str, Any]:
    settings = call.house.settings
    return {
        "principal": signed_in.principal,
        "csrf_token": signed_in.csrf_token,
        "demo": settings.demo,
        # by which way this session signed in at the state's sign-on, and can prove itself again; null: it did not
        "via": via if (via := call.request.cookies.get(VIA)) in call.house.sign_on.ways else None,
        "version": VERSION,
        "media": {"url": settings.media_url},
        "kiosk_idle_s": settings.kiosk_idle_s,
        "guide_addresses": settings.guide_addresses,
        "home_agencies": settings.home_agencies,
        "server_time_ms": call.house.clock.wall_ms(),
    }


async def me(call: Call) -> Any:
    try:
        call.signed_in, _ = await who_calls(call)
    except (TokenExpired, TokenInvalid, ProofInvalid, EnrolmentRevoked):
        raise
    except NotSignedIn:
        raise NotSignedIn(demo=call.house.settings.demo) from None
    return me_view(call, call.signed_in)


async def demo_accounts(call: Call) -> Any:
    _only_in_demo(call)
    agencies: dict[str, str] = {agency.id: agency.code for agency in call.house.router.agencies()}

    def place(account: Principal) -> str:
        return account.point_name or agencies.get(account.agency_id or "", "")

    return {
        "accounts": [
            {
                "id": account.id,
                "role": account.role,
                "name": account.name,
                "place": place(account),
                "simulated": account.simulated,
            }
            for account in await call.house.identity.accounts()
            # an enrolled workstation proves its key, as does whoever comes from home
            if not account.id.startswith(BY_KEY)
        ]
    }


async def demo_sign_in(call: Call) -> Any:
    _only_in_demo(call)
    account_id = AccountId(call.body.account_id)
    if account_id.startswith(BY_KEY):
        raise NotSignedIn
    call.house.limit("sign_in_address", call.address)
    call.house.limit("sign_in_account", account_id)
    # a new session for a new sign-in: the key of an older one opens nothing here any more
    if old := call.request.cookies.get(COOKIE):
        await call.house.identity.sign_out(old)
    key, call.signed_in = await call.house.identity.sign_in(account_id)
    await call.audit("sign_in", purpose="demo")
    return Reply(
        me_view(call, call.signed_in), status=200, headers={"set-cookie": f"{COOKIE}={key}; {_COOKIE_ATTRIBUTES}"}
    )


async def demo_prove(call: Call) -> None:
    """The demo's sign-in once more, for a step that needs a fresh one; the session goes on."""
    _only_in_demo(call)
    if call.signed_in is None:
        raise NotSignedIn
    call.house.limit("sign_in_account", call.principal.id)
    await call.audit("sign_in.again", purpose="demo")
    await call.house.identity.prove(call.signed_in.session_hash)


async def sign_out(call: Call) -> Any:
    if call.signed_in is None:
        raise NotSignedIn
    await call.audit("sign_out")
    await call.house.identity.sign_out(call.request.cookies.get(COOKIE, ""))
    call.house.tickets.forget(call.signed_in.session_hash)
    call.house.hub.sign_out(call.signed_in.session_hash)
    via = call.request.cookies.get(VIA)
    if not via:
        return Reply(headers={"set-cookie": f"{COOKIE}=; Max-Age=0; {_COOKIE_ATTRIBUTES}"})
    # who was signed in by the state's sign-on is signed out there, too
    answer = JSONResponse({"next": await call.house.sign_on.end(via, f"{origin_of(call)}/sign-in")})
    for name in (COOKIE, VIA, CLEANUP):
        answer.headers.append("set-cookie", f"{name}=; Max-Age=0; {_COOKIE_ATTRIBUTES}")
    return answer


async def ws_ticket(call: Call) -> Any:
    if call.signed_in is None:
        raise NotSignedIn
    door = call.house.door
    in_session = door.is_busy() and await call.house.consultation.current(call.principal) is not None
    wait_s = await door.enter(in_session=in_session)
    if wait_s is not None:
        raise Overloaded(retry_after_s=wait_s)
    return {"ticket": await call.house.tickets.issue(call.signed_in), "expires_in_s": round(TTL_S)}


def _only_in_demo(call: Call) -> None:
    if not call.house.settings.demo:
        raise NotFound


ROUTES = (
    Endpoint(method="GET", path="/api/me", handler=me, allow="anyone"),
    Endpoint(method="GET", path="/api/demo/accounts", handler=demo_accounts, allow="anyone"),
    Endpoint(
        method="POST", path="/api/demo/sign-in", handler=demo_sign_in, allow="anyone", body=SignInBody, csrf=False
    ),
    Endpoint(method="POST", path="/api/demo/prove", handler=demo_prove, allow="signed_in"),
    Endpoint(method="POST", path="/api/sign-out", handler=sign_out, allow="signed_in"),
    Endpoint(method="POST", path="/api/ws-ticket", handler=ws_ticket, allow="signed_in"),
)
