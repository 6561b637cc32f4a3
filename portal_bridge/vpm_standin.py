"""A stand-in of VPM: an OpenID and a WS-Federation provider of the same invented people. It enforces the contract.

OpenID Connect: a known client with its secret, a registered redirect address, PKCE with S256, state and nonce, codes
that live a minute and are used once. WS-Federation: a known realm and reply address; the assertion is signed.

Who signed in once is signed in at every system (a session of its own, eight hours), unless one asks for a fresh
sign-in: ``prompt=login``, ``max_age``, ``wfresh``. Who signs out here, is signed out there, too: by a logout token to
each address that is registered for it, and by pictures in the page that every realm of the browser is asked for.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from kernel.clock import Clock
from kernel.id_token import IssuerKey
from kernel.program_api import credentials
from kernel.standin import problem
from portal_bridge.saml_standin import Issuer

CODE_MS = 60_000
TOKEN_S = 300
SESSION_MS = 8 * 3_600_000
COOKIE = "vpm-session"
EVENT = "http://schemas.openid.net/event/backchannel-logout"

_PAGE = """<!doctype html><html lang="lv"><meta charset="utf-8">
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">
<title>Vienotā pieteikšanās (demo)</title><style>body{{font:1.1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;
padding:0 1rem}}button{{font:inherit;display:block;width:100%;margin:.5rem 0;padding:.7rem;text-align:left}}</style>
<h1>Vienotā pieteikšanās (demo)</h1><p>Izdomātas personas. Izvēlieties, kas jūs esat.</p>
<form method="post">{fields}{people}</form></html>"""
_POST = """<!doctype html><html lang="lv"><meta charset="utf-8">
<link rel="icon" href="data:,"><title>Vienotā pieteikšanās (demo)</title>
<form method="post" action="{reply}"><input type="hidden" name="wa" value="wsignin1.0">
<input type="hidden" name="wresult" value="{result}"><input type="hidden" name="wctx" value="{context}">
<button>Turpināt</button></form><script>document.forms[0].submit()</script></html>"""


@dataclass(frozen=True)
class Someone:
    """``identifier`` in VPM's grammar; ``label`` is what the page of the stand-in calls them."""

    identifier: str
    label: str


_OUT = """<!doctype html><html lang="lv"><meta charset="utf-8">
<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width">
<title>Vienotā pieteikšanās (demo)</title><style>body{{font:1.1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;
padding:0 1rem}}</style><h1>Jūs esat izrakstījies</h1>
<p>Arī no sistēmām, kurās bijāt pieteicies.</p>{cleanups}</html>"""


@dataclass
class Session:
    """Somebody who is signed in here. ``sid``: how the systems know it; ``replies``: where WS-Federation sent them."""

    someone: Someone
    sid: str
    proved_ms: int
    replies: set[str] = field(default_factory=set)


@dataclass
class _Code:
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str
    session: Session
    until_ms: int


class VpmStandIn:
    """``url``: where ``app`` is served. ``origins``: whose answers it may be sent to, with our fixed paths."""

    def __init__(
        self,
        clock: Clock,
        people: Sequence[Someone],
        *,
        url: str,
        client_id: str,
        client_secret: str,
        realm: str,
        origins: Sequence[str],
    ) -> None:
        self._clock = clock
        self._people = list(people)
        self._url = url
        self._client = (client_id, client_secret)
        self._realm = realm
        self._redirects = {f"{origin}/sign-on/oidc/answer" for origin in origins}
        self._replies = {f"{origin}/sign-on/wsfed/answer" for origin in origins}
        self._after = {f"{origin}/sign-in" for origin in origins}
        self._logouts = {f"{origin}/sign-on/oidc/logout" for origin in origins}
        #: an answer may name a sign-in of before although a fresh one was asked for: a provider that does not obey
        self.obeys = True
        self._codes: dict[str, _Code] = {}
        self._sessions: dict[str, Session] = {}
        self.key = IssuerKey.made("vpm-1")
        self.saml = Issuer(f"{url}/wsfed")
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._description),
                Route("/jwks", self._jwks),
                Route("/authorize", self._authorize, methods=["GET", "POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/logout", self._logout),
                Route("/sign-out", self._sign_out),
                Route("/FederationMetadata/2007-06/FederationMetadata.xml", self._federation),
                Route("/wsfed", self._wsfed, methods=["GET", "POST"]),
            ]
        )

    def rotate(self) -> None:
        """New keys and a new certificate; the old ones are worth nothing any more."""
        self.key = IssuerKey.made(f"vpm-{secrets.token_hex(4)}")
        self.saml = Issuer(f"{self._url}/wsfed")

    # ── OpenID Connect ───────────────────────────────────────────────────────────────────────────

    async def _description(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self._url,
                "authorization_endpoint": f"{self._url}/authorize",
                "token_endpoint": f"{self._url}/token",
                "jwks_uri": f"{self._url}/jwks",
                "end_session_endpoint": f"{self._url}/logout",
                "backchannel_logout_supported": True,
                "backchannel_logout_session_supported": True,
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.jwk()]})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("client_id") != self._client[0] or asked.get("redirect_uri") not in self._redirects:
            # an address that is not registered never gets an answer
            return problem(400, "invalid_request")
        wanted = ("state", "nonce", "code_challenge")
        if (
            asked.get("response_type") != "code"
            or "openid" not in asked.get("scope", "").split()
            or asked.get("code_challenge_method") != "S256"
            or any(not asked.get(name) for name in wanted)
        ):
            return self._back(asked, error="invalid_request")
        if request.method == "GET":
            longest_s = int(asked["max_age"]) if asked.get("max_age", "").isdigit() else None
            session = self._living(request, longest_s, fresh=asked.get("prompt") == "login")
            if session is not None:
                return self._answer_code(asked, session)
            return self._page({})
        form = parse_qs((await request.body()).decode())
        if "cancel" in form:
            return self._back(asked, error="access_denied")
        someone = self._chosen(form)
        if someone is None:
            return problem(400, "invalid_request")
        return self._begins(request, someone, lambda session: self._answer_code(asked, session))

    def _answer_code(self, asked: dict[str, str], session: Session) -> Response:
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            client_id=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            nonce=asked["nonce"],
            session=session,
            until_ms=self._clock.wall_ms() + CODE_MS,
        )
        return self._back(asked, code=code)

    async def _token(self, request: Request) -> Response:
        if credentials(request.headers.get("authorization", "")) != self._client:
            return problem(401, "invalid_client")
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "authorization_code":
            return problem(400, "unsupported_grant_type")
        # used once, right or wrong
        found = self._codes.pop(form.get("code", ""), None)
        if found is None or found.until_ms < self._clock.wall_ms():
            return problem(400, "invalid_grant")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != found.challenge or form.get("redirect_uri") != found.redirect_uri:
            return problem(400, "invalid_grant")
        return JSONResponse(
            {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer", "id_token": self.id_token(found)}
        )

    def id_token(self, found: _Code) -> str:
        now_s = self._clock.wall_ms() // 1000
        return self.key.sign(
            {
                "iss": self._url,
                "sub": found.session.someone.identifier,
                "aud": found.client_id,
                "nonce": found.nonce,
                "iat": now_s,
                "exp": now_s + TOKEN_S,
                "auth_time": found.session.proved_ms // 1000,
                "sid": found.session.sid,
            }
        )

    def logout_token(self, session: Session, **changed: Any) -> str:
        """``changed``: claims that are said otherwise; None: not at all."""
        now_s = self._clock.wall_ms() // 1000
        claims = {
            "iss": self._url,
            "sub": session.someone.identifier,
            "sid": session.sid,
            "aud": self._client[0],
            "iat": now_s,
            "exp": now_s + TOKEN_S,
            "jti": secrets.token_urlsafe(16),
            "events": {EVENT: {}},
            **changed,
        }
        return self.key.sign({name: value for name, value in claims.items() if value is not None}, typ="logout+jwt")

    async def _logout(self, request: Request) -> Response:
        after = request.query_params.get("post_logout_redirect_uri", "")
        if request.query_params.get("client_id") != self._client[0] or after not in self._after:
            return problem(400, "invalid_request")
        await self._end(request)
        return RedirectResponse(after, 303)

    # ── signing out ──────────────────────────────────────────────────────────────────────────────

    async def _sign_out(self, request: Request) -> Response:
        """Somebody ends the day here, and not at one of the systems."""
        session = await self._end(request)
        replies = sorted(session.replies) if session else []
        pictures = (f'<img src="{html.escape(each)}?wa=wsignoutcleanup1.0" alt="">' for each in replies)
        return HTMLResponse(_OUT.format(cleanups="".join(pictures)))

    async def _end(self, request: Request) -> Session | None:
        session = self._sessions.pop(request.cookies.get(COOKIE, ""), None)
        if session is not None:
            async with httpx.AsyncClient(timeout=5) as http:
                for each in self._logouts:
                    with contextlib.suppress(httpx.HTTPError):
                        await http.post(each, data={"logout_token": self.logout_token(session)})
        return session

    # ── who is signed in here ────────────────────────────────────────────────────────────────────

    def session_of(self, key: str) -> Session:
        """For tests: the session of a browser that keeps this."""
        return self._sessions[key]

    def _living(self, request: Request, longest_s: int | None, *, fresh: bool) -> Session | None:
        """The browser's session here, when it is good enough for what is asked."""
        session = self._sessions.get(request.cookies.get(COOKIE, ""))
        now = self._clock.wall_ms()
        if session is None or now - session.proved_ms > SESSION_MS:
            return None
        if not self.obeys:
            return session
        # in whole seconds: none are allowed, so it must be this very one
        return None if fresh or longest_s == 0 or _older(session, now, longest_s) else session

    def _begins(self, request: Request, someone: Someone, answer: Callable[[Session], Response]) -> Response:
        """Somebody has just signed in; the same person goes on with the session that they had."""
        key, now = request.cookies.get(COOKIE, ""), self._clock.wall_ms()
        session = self._sessions.get(key)
        if session is None or session.someone != someone:
            key = secrets.token_urlsafe(24)
            session = self._sessions[key] = Session(someone, secrets.token_urlsafe(12), now)
        session.proved_ms = now
        response = answer(session)
        response.headers.append("set-cookie", f"{COOKIE}={key}; Path=/; Secure; HttpOnly; SameSite=Lax")
        return response

    def _back(self, asked: dict[str, str], **answer: str) -> Response:
        query = {**answer, "state": asked.get("state", ""), "iss": self._url}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(query)}", 303)

    # ── WS-Federation ────────────────────────────────────────────────────────────────────────────

    async def _federation(self, _: Request) -> Response:
        return Response(self.saml.federation(), media_type="application/xml")

    async def _wsfed(self, request: Request) -> Response:
        asked = dict(request.query_params)
        reply = asked.get("wreply", "")
        if asked.get("wtrealm") != self._realm:
            return problem(400, "realm_unknown")
        if asked.get("wa") == "wsignout1.0":
            if reply not in self._after:
                return problem(400, "reply_unknown")
            await self._end(request)
            return RedirectResponse(reply, 303)
        if asked.get("wa") != "wsignin1.0" or reply not in self._replies:
            return problem(400, "reply_unknown")
        if request.method == "GET":
            minutes = int(asked["wfresh"]) if asked.get("wfresh", "").isdigit() else None
            session = self._living(request, None if minutes is None else minutes * 60, fresh=False)
            return self._page({}) if session is None else self._answer_form(asked, session)
        someone = self._chosen(parse_qs((await request.body()).decode()))
        if someone is None:
            return problem(400, "invalid_request")
        return self._begins(request, someone, lambda session: self._answer_form(asked, session))

    def _answer_form(self, asked: dict[str, str], session: Session) -> Response:
        reply = asked["wreply"]
        session.replies.add(reply)
        result = self.saml.answer(
            session.someone.identifier,
            realm=self._realm,
            recipient=reply,
            now_s=self._clock.wall_ms() // 1000,
            proved_s=session.proved_ms // 1000,
        )
        shown = {"reply": reply, "result": result.decode(), "context": asked.get("wctx", "")}
        return HTMLResponse(_POST.format(**{name: html.escape(text) for name, text in shown.items()}))

    # ── people ───────────────────────────────────────────────────────────────────────────────────

    def _page(self, fields: dict[str, str]) -> Response:
        people = "".join(
            f'<button name="person" value="{n}">{html.escape(each.label)}</button>'
            for n, each in enumerate(self._people)
        )
        people += '<button name="cancel" value="1">Atcelt</button>'
        hidden = "".join(f'<input type="hidden" name="{name}" value="{text}">' for name, text in fields.items())
        return HTMLResponse(_PAGE.format(fields=hidden, people=people))

    def _chosen(self, form: dict[str, list[str]]) -> Someone | None:
        number = form.get("person", [""])[0]
        return self._people[int(number)] if number.isdigit() and int(number) < len(self._people) else None


def _older(session: Session, now_ms: int, longest_s: int | None) -> bool:
    return longest_s is not None and now_ms - session.proved_ms > longest_s * 1000
