"""Signing in by the state's sign-on: the browser leaves and comes back. A refusal is a page with words and its code."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import structlog
from starlette.responses import Response

from kernel.error_texts import ERROR_TEXTS, text_of
from kernel.errors import KlatieneError
from kernel.ids import AccountId
from web.endpoint import COOKIE, Call, Endpoint
from web.sign_on import BEGUN_S, Way

log = structlog.get_logger("sign_on")

#: holds the sign-in under way; the browser cannot read it
BEGUN = "__Host-klatiene-begun"
#: by which way this session was signed in, so that signing out ends there, too
VIA = "__Host-klatiene-via"
HIDDEN = "Path=/; Secure; HttpOnly"
ANSWER_BYTES = 512 * 1024
#: a path of ours; with two strokes it would name another host
_INSIDE = re.compile(r"/(?!/)[a-z/-]{0,64}")


async def ways(call: Call) -> Any:
    """How one can sign in here; with ``?problem=`` the words of that refusal."""
    found: dict[str, Any] = {"ways": call.house.sign_on.ways, "demo": call.house.settings.demo}
    code = call.request.query_params.get("problem", "")
    if code.startswith("sign_on_") and code in ERROR_TEXTS:
        message, hint = text_of(code, call.language)
        found["problem"] = {"code": code, "message": message, "hint": hint}
    return found


async def start_oidc(call: Call) -> Response:
    return await _start(call, "oidc")


async def start_wsfed(call: Call) -> Response:
    return await _start(call, "wsfed")


async def finish_oidc(call: Call) -> Response:
    try:
        _count(call)
        query = dict(call.request.query_params)
        account_id, to = await call.house.sign_on.finish_oidc(call.request.cookies.get(BEGUN, ""), query)
        return await _signed_in(call, account_id, to, "oidc")
    except KlatieneError as error:
        return _refused(call, error)


async def finish_wsfed(call: Call) -> Response:
    try:
        _count(call)
        read = parse_qs(call.raw_body.decode("ascii", "replace"), max_num_fields=20)
        form = {name: values[0] for name, values in read.items()}
        account_id, to = await call.house.sign_on.finish_wsfed(call.request.cookies.get(BEGUN, ""), form)
        return await _signed_in(call, account_id, to, "wsfed")
    except KlatieneError as error:
        return _refused(call, error)
    except ValueError:
        # more fields than a sign-on sends
        return _leave("/sign-in?problem=sign_on_refused")


def origin_of(call: Call) -> str:
    """Ours, as the browser calls it; never one that is not allowed."""
    allowed = call.house.settings.origins
    host = call.request.headers.get("host", "")
    return next((each for each in allowed if each.partition("://")[2] == host), allowed[0])


def _count(call: Call) -> None:
    call.house.limit("sign_in_address", call.address)


async def _start(call: Call, way: Way) -> Response:
    to = call.request.query_params.get("to", "/")
    try:
        _count(call)
        url, kept = await call.house.sign_on.begin(
            way, answer_url=f"{origin_of(call)}/sign-on/{way}/answer", to=to if _INSIDE.fullmatch(to) else "/"
        )
    except KlatieneError as error:
        return _refused(call, error)
    # the answer of WS-Federation is a form that comes from another site: only SameSite=None comes with it
    same_site = "None" if way == "wsfed" else "Lax"
    return _leave(url, f"{BEGUN}={kept}; {HIDDEN}; SameSite={same_site}; Max-Age={BEGUN_S}")


async def _signed_in(call: Call, account_id: AccountId, to: str, way: Way) -> Response:
    identity = call.house.identity
    if old := call.request.cookies.get(COOKIE):
        # a new session for a new sign-in: the key of an older one opens nothing here any more
        await identity.sign_out(old)
    key, call.signed_in = await identity.sign_in(account_id)
    await call.audit("sign_in", purpose=way)
    return _leave(
        to,
        f"{COOKIE}={key}; {HIDDEN}; SameSite=Strict",
        f"{VIA}={way}; {HIDDEN}; SameSite=Strict",
        f"{BEGUN}=; {HIDDEN}; Max-Age=0",
    )


def _refused(call: Call, error: KlatieneError) -> Response:
    code = error.code if error.code.startswith("sign_on_") else "sign_on_unavailable"
    log.info("sign_on_refused", code=error.code, address=call.address)
    return _leave(f"/sign-in?problem={code}", f"{BEGUN}=; {HIDDEN}; Max-Age=0")


def _leave(url: str, *cookies: str) -> Response:
    response = Response(status_code=303, headers={"location": url, "cache-control": "no-store"})
    for cookie in cookies:
        response.headers.append("set-cookie", cookie)
    return response


ROUTES = (
    Endpoint(method="GET", path="/api/sign-on", handler=ways, allow="anyone"),
    Endpoint(method="GET", path="/sign-on/oidc", handler=start_oidc, allow="anyone"),
    Endpoint(method="GET", path="/sign-on/oidc/answer", handler=finish_oidc, allow="anyone"),
    Endpoint(method="GET", path="/sign-on/wsfed", handler=start_wsfed, allow="anyone"),
    Endpoint(
        method="POST",
        path="/sign-on/wsfed/answer",
        handler=finish_wsfed,
        allow="anyone",
        browser=False,
        csrf=False,
        raw=True,
        body_limit=ANSWER_BYTES,
    ),
)
