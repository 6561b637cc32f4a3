"""Signing in by the state's sign-on: the browser leaves and comes back. A refusal is a page with words and its code."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import structlog
from starlette.responses import Response

from kernel.error_texts import ERROR_TEXTS, text_of
from kernel.errors import KlatieneError, NotSignedIn
from kernel.identity import SignedIn
from kernel.sign_on_errors import SignOnRefused, SignOnUnavailable
from web.endpoint import COOKIE, Call, Endpoint, Reply
from web.sign_on import BEGUN_S, Finished, Way

log = structlog.get_logger("sign_on")

#: holds the sign-in under way; the browser cannot read it
BEGUN = "__Host-klatiene-begun"
#: by which way this session was signed in, so that signing out ends there, too
VIA = "__Host-klatiene-via"
#: what WS-Federation's sign-out comes with: it is called from the sign-on's page, where no other cookie of ours goes
CLEANUP = "__Host-klatiene-cleanup"
HIDDEN = "Path=/; Secure; HttpOnly"
ANSWER_BYTES = 512 * 1024
#: a path of ours; with two strokes it would name another host
_INSIDE = re.compile(r"/(?!/)[a-z0-9/_-]{0,100}")
LOGOUT_BYTES = 64 * 1024


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
        return await _signed_in(call, await call.house.sign_on.finish_oidc(_begun(call), query), "oidc")
    except KlatieneError as error:
        return _refused(call, error)


async def finish_wsfed(call: Call) -> Response:
    try:
        _count(call)
        return await _signed_in(call, await call.house.sign_on.finish_wsfed(_begun(call), _form(call)), "wsfed")
    except KlatieneError as error:
        return _refused(call, error)
    except ValueError:
        # more fields than a sign-on sends
        return _leave("/sign-in?problem=sign_on_refused")


async def logout_oidc(call: Call) -> Reply:
    """Somebody signed out at the provider (OpenID Connect Back-Channel Logout 1.0 §2.5): their sessions end here."""
    headers = {"cache-control": "no-store"}
    try:
        _count(call)
        await _end(call, await call.house.sign_on.ended_oidc(_form(call).get("logout_token", "")), "oidc")
    except SignOnUnavailable as error:
        log.warning("logout_unavailable", code=error.code)
        return Reply({"error": "temporarily_unavailable"}, status=503, headers=headers)
    except (KlatieneError, ValueError) as error:
        code = error.code if isinstance(error, KlatieneError) else SignOnRefused.code
        log.warning("logout_refused", code=code, address=call.address)
        return Reply({"error": "invalid_request", "error_description": code}, status=400, headers=headers)
    # one address tells of everybody who signs out
    call.house.give_back("sign_in_address", call.address)
    return Reply({}, status=200, headers=headers)


async def answer_wsfed(call: Call) -> Response:
    """WS-Federation's sign-out, called in the browser that is signed out (1.2 §13.2.4); nothing else is asked so."""
    if call.request.query_params.get("wa") != "wsignoutcleanup1.0":
        return _refused(call, SignOnRefused())
    await _end(call, await call.house.sign_on.ended_wsfed(call.request.cookies.get(CLEANUP, "")), "wsfed")
    response = Response("", media_type="text/plain", headers={"cache-control": "no-store"})
    for name in (COOKIE, VIA, CLEANUP):
        response.headers.append("set-cookie", f"{name}=; {HIDDEN}; Max-Age=0")
    return response


async def _end(call: Call, ended: list[SignedIn], way: Way) -> None:
    for each in ended:
        call.house.tickets.forget(each.session_hash)
        call.house.hub.sign_out(each.session_hash)
        call.signed_in = each
        await call.audit("sign_out.there", purpose=way)


def origin_of(call: Call) -> str:
    """Ours, as the browser calls it; never one that is not allowed."""
    allowed = call.house.settings.origins
    host = call.request.headers.get("host", "")
    return next((each for each in allowed if each.partition("://")[2] == host), allowed[0])


def _count(call: Call) -> None:
    call.house.limit("sign_in_address", call.address)


async def _start(call: Call, way: Way) -> Response:
    query = call.request.query_params
    to = query.get("to", "/")
    try:
        _count(call)
        url, kept = await call.house.sign_on.begin(
            way,
            answer_url=f"{origin_of(call)}/sign-on/{way}/answer",
            to=to if _INSIDE.fullmatch(to) else "/",
            fresh=query.get("fresh") == "1",
            before=await _session_of(call),
        )
    except KlatieneError as error:
        return _refused(call, error)
    # the answer of WS-Federation is a form that comes from another site: only SameSite=None comes with it
    same_site = "None" if way == "wsfed" else "Lax"
    return _leave(url, f"{BEGUN}={kept}; {HIDDEN}; SameSite={same_site}; Max-Age={BEGUN_S}")


async def _session_of(call: Call) -> str:
    """The browser's session; it is not among what comes with the answer, which another site sends."""
    try:
        return (await call.house.identity.who(call.request.cookies.get(COOKIE))).session_hash
    except NotSignedIn:
        return ""


async def _signed_in(call: Call, finished: Finished, way: Way) -> Response:
    identity = call.house.identity
    if finished.before:
        # a new session for a new sign-in: the key of an older one opens nothing here any more
        await identity.end(finished.before)
    key, call.signed_in = await identity.sign_in(
        finished.account_id, proved_ms=finished.proved_ms, marks=finished.marks
    )
    await call.audit("sign_in", purpose=way)
    # called from another site's page: only SameSite=None comes with it
    kept = f"={finished.cleanup}; {HIDDEN}; SameSite=None" if finished.cleanup else f"=; {HIDDEN}; Max-Age=0"
    return _leave(
        finished.to,
        f"{COOKIE}={key}; {HIDDEN}; SameSite=Strict",
        f"{VIA}={way}; {HIDDEN}; SameSite=Strict",
        f"{CLEANUP}{kept}",
        f"{BEGUN}=; {HIDDEN}; Max-Age=0",
    )


def _begun(call: Call) -> str:
    return call.request.cookies.get(BEGUN, "")


def _form(call: Call) -> dict[str, str]:
    """Raises `ValueError` for more fields than a sign-on sends."""
    read = parse_qs(call.raw_body.decode("ascii", "replace"), max_num_fields=20)
    return {name: values[0] for name, values in read.items()}


def _refused(call: Call, error: KlatieneError) -> Response:
    code = error.code if error.code.startswith("sign_on_") else "sign_on_unavailable"
    log.info("sign_on_refused", code=error.code, address=call.address)
    # who is signed in already and wanted to prove it again is led back
    to = call.house.sign_on.back_to(_begun(call)) or "/sign-in"
    return _leave(f"{to}?problem={code}", f"{BEGUN}=; {HIDDEN}; Max-Age=0")


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
    Endpoint(method="GET", path="/sign-on/wsfed/answer", handler=answer_wsfed, allow="anyone"),
    Endpoint(
        method="POST",
        path="/sign-on/oidc/logout",
        handler=logout_oidc,
        allow="anyone",
        browser=False,
        csrf=False,
        raw=True,
        body_limit=LOGOUT_BYTES,
    ),
)
