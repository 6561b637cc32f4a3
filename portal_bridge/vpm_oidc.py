"""VPM by OpenID Connect: authorization code with PKCE (RFC 7636), discovery, keys that change.

The provider's description and keys are kept for an hour. A token signed with an unknown key has them fetched anew, at
most once in `REFETCH_S`, so that a flood of forged tokens is not passed on to the provider.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from functools import partial
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
import msgspec
import structlog

from kernel.clock import Clock
from kernel.fetch import FetchFailed, fetch
from kernel.id_token import KeyUnknown, is_moment, read_keys, verify_id_token
from kernel.logout_token import LogoutToken, verify_logout_token
from kernel.private import Private
from kernel.sign_on_errors import SignOnIdentifier, SignOnIssuer, SignOnRefused, SignOnSignature, SignOnUnavailable
from portal_bridge.vpm_core import Subject, parse_identifier

KEPT_S = 3600.0
REFETCH_S = 10.0
LIMIT = 256 * 1024
SCOPE = "openid"

log = structlog.get_logger("vpm")

T = TypeVar("T")


class Provider(msgspec.Struct, frozen=True):
    """What of the provider's description is used (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """How the provider calls the person and the session there, and when they signed in; 0: it does not say."""

    subject: Private[str]
    session: str
    proved_s: float


class _Tokens(msgspec.Struct):
    id_token: str


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636 §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Oidc:
    """``claim``: where the identifier stands in the ID token."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        clock: Clock,
        *,
        claim: str = "sub",
        timeout_s: float = 3.0,
    ) -> None:
        self._issuer = issuer.rstrip("/")
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._claim = claim
        self._timeout_s = timeout_s
        self._provider: Provider | None = None
        self._provider_until = 0.0
        self._keys: dict[str, jwt.PyJWK] = {}
        self._keys_until = 0.0
        self._keys_fetched = float("-inf")
        self._http = httpx.AsyncClient(follow_redirects=False)

    async def begin(self, *, redirect_uri: str, state: str, nonce: str, challenge: str, fresh: bool = False) -> str:
        """Where the browser is to go; ``fresh``: a sign-in that lives there already does not do.

        Raises `SignOnUnavailable`.
        """
        provider = await self._described()
        return _with_query(
            provider.authorization_endpoint,
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": redirect_uri,
                "scope": SCOPE,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
                # with max_age the ID token must say when the person signed in (OpenID Connect Core 1.0 §3.1.2.1)
                **({"prompt": "login", "max_age": "0"} if fresh else {}),
            },
        )

    async def finish(
        self, code: str, *, redirect_uri: str, verifier: str, nonce: str, issuer: str = ""
    ) -> tuple[Subject, Proof]:
        """Who it is. ``issuer``: as the answer named it (RFC 9207), or empty. Raises `kernel.sign_on_errors`."""
        provider = await self._described()
        if issuer and issuer != provider.issuer:
            raise SignOnIssuer
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        status, content = await self._fetch(
            "POST", provider.token_endpoint, form, httpx.BasicAuth(self._client_id, self._client_secret)
        )
        if 400 <= status < 500 and status != 429:
            raise SignOnRefused
        if status != 200:
            raise SignOnUnavailable(retry_after_s=5)
        try:
            token = msgspec.json.decode(content, type=_Tokens).id_token
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise SignOnUnavailable(retry_after_s=5) from None
        claims = await self._with_keys(provider, partial(verify_id_token, token, nonce=nonce))
        identifier, subject, session, proved = (claims.get(each) for each in (self._claim, "sub", "sid", "auth_time"))
        if not isinstance(identifier, str) or not isinstance(subject, str):
            raise SignOnIdentifier
        proof = Proof(
            subject=Private(subject),
            session=session if isinstance(session, str) else "",
            proved_s=float(proved) if is_moment(proved) else 0.0,  # type: ignore[arg-type]
        )
        return parse_identifier(identifier), proof

    async def ended(self, token: str) -> LogoutToken:
        """Whose session the provider says that it ended. Whoever calls makes sure that the token is used once."""
        return await self._with_keys(await self._described(), partial(verify_logout_token, token))

    async def end(self, after: str) -> str:
        """Where the browser is to go to be signed out there, too; empty when there is no such place or it is away."""
        try:
            provider = await self._described()
        except SignOnUnavailable:
            return ""
        if not provider.end_session_endpoint:
            return ""
        return _with_query(
            provider.end_session_endpoint, {"client_id": self._client_id, "post_logout_redirect_uri": after}
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def _with_keys(self, provider: Provider, verify: Callable[..., T]) -> T:
        expected = {
            "issuer": provider.issuer,
            "client_id": self._client_id,
            "now_s": self._clock.wall_ms() / 1000,
        }
        if self._clock.mono() >= self._keys_until:
            await self._fetch_keys(provider)
        try:
            return verify(self._keys, **expected)
        except KeyUnknown:
            if self._clock.mono() - self._keys_fetched < REFETCH_S:
                raise SignOnSignature from None
        await self._fetch_keys(provider)
        try:
            return verify(self._keys, **expected)
        except KeyUnknown:
            raise SignOnSignature from None

    async def _fetch_keys(self, provider: Provider) -> None:
        status, content = await self._fetch("GET", provider.jwks_uri)
        keys = read_keys(content) if status == 200 else {}
        if not keys:
            raise SignOnUnavailable(retry_after_s=5)
        self._keys = keys
        self._keys_fetched = self._clock.mono()
        self._keys_until = self._keys_fetched + KEPT_S

    async def _described(self) -> Provider:
        if self._provider is not None and self._clock.mono() < self._provider_until:
            return self._provider
        status, content = await self._fetch("GET", f"{self._issuer}/.well-known/openid-configuration")
        try:
            found = msgspec.json.decode(content, type=Provider) if status == 200 else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = None
        if found is None:
            raise SignOnUnavailable(retry_after_s=5)
        if found.issuer.rstrip("/") != self._issuer:
            raise SignOnIssuer
        secure = urlsplit(self._issuer).scheme
        if any(urlsplit(each).scheme != secure for each in (found.token_endpoint, found.jwks_uri)):
            raise SignOnIssuer
        self._provider = found
        self._provider_until = self._clock.mono() + KEPT_S
        return found

    async def _fetch(
        self, method: str, url: str, form: dict[str, str] | None = None, auth: httpx.Auth | None = None
    ) -> tuple[int, bytes]:
        try:
            return await fetch(self._http, method, url, form=form, auth=auth, timeout_s=self._timeout_s, limit=LIMIT)
        except FetchFailed as failed:
            log.warning("vpm_unavailable", reason=failed.reason)
            raise SignOnUnavailable(retry_after_s=5) from None


def _with_query(url: str, query: dict[str, str]) -> str:
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
