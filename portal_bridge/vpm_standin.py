"""A stand-in of VPM: an OpenID and a WS-Federation provider of the same invented people. It enforces the contract.

OpenID Connect: a known client with its secret, a registered redirect address, PKCE with S256, state and nonce, codes
that live a minute and are used once. WS-Federation: a known realm and reply address; the assertion is signed.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

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


@dataclass
class _Code:
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str
    someone: Someone
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
        self._codes: dict[str, _Code] = {}
        self.key = IssuerKey.made("vpm-1")
        self.saml = Issuer(f"{url}/wsfed")
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._description),
                Route("/jwks", self._jwks),
                Route("/authorize", self._authorize, methods=["GET", "POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/logout", self._logout),
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
            return self._page({})
        form = parse_qs((await request.body()).decode())
        if "cancel" in form:
            return self._back(asked, error="access_denied")
        someone = self._chosen(form)
        if someone is None:
            return problem(400, "invalid_request")
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            client_id=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            nonce=asked["nonce"],
            someone=someone,
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
                "sub": found.someone.identifier,
                "aud": found.client_id,
                "nonce": found.nonce,
                "iat": now_s,
                "exp": now_s + TOKEN_S,
            }
        )

    async def _logout(self, request: Request) -> Response:
        after = request.query_params.get("post_logout_redirect_uri", "")
        if request.query_params.get("client_id") != self._client[0] or after not in self._after:
            return problem(400, "invalid_request")
        return RedirectResponse(after, 303)

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
            return RedirectResponse(reply, 303) if reply in self._after else problem(400, "reply_unknown")
        if asked.get("wa") != "wsignin1.0" or reply not in self._replies:
            return problem(400, "reply_unknown")
        if request.method == "GET":
            return self._page({})
        someone = self._chosen(parse_qs((await request.body()).decode()))
        if someone is None:
            return problem(400, "invalid_request")
        result = self.saml.answer(
            someone.identifier, realm=self._realm, recipient=reply, now_s=self._clock.wall_ms() // 1000
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
