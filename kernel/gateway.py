"""The one client of state systems: OAuth2 client credentials, limits on time and size, answers checked by a schema.

DOMAIN §3: replies are expected within 3 s and up to 4 MB. Whatever goes wrong — slow, refused, garbage, huge — is one
`GatewayError`, so that no bridge can mistake a failure for an answer.
"""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

import httpx
import msgspec

from kernel.clock import Clock

MAX_ANSWER = 4 * 1024 * 1024
FAILURES_TO_OPEN = 5
OPEN_S = 15.0

T = TypeVar("T")


class GatewayError(Exception):
    """``reason``: slow, refused, garbage, huge, unreachable, resting. Holds nothing of what was asked.

    ``code``: the word in which the system refused, of its own contract; empty when it gave none.
    """

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class _Refusal(msgspec.Struct):
    error: str = ""


class _Token(msgspec.Struct):
    access_token: str
    expires_in: int = 300


class Gateway:
    def __init__(self, url: str, client_id: str, client_secret: str, clock: Clock, *, timeout_s: float = 3.0) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._timeout_s = timeout_s
        self._token = ""
        self._token_until = 0.0
        self._failures = 0
        self._rest_until = 0.0
        self._http = httpx.AsyncClient(base_url=url, follow_redirects=False)

    async def post(self, path: str, body: Any, answer: type[T], headers: dict[str, str] | None = None) -> T:
        """The decoded answer. Raises `GatewayError`; after five failures in a row it rests for 15 s."""
        if self._clock.mono() < self._rest_until:
            raise GatewayError("resting")
        try:
            async with asyncio.timeout(self._timeout_s):
                found = await self._ask(path, msgspec.json.encode(body), answer, headers or {})
        except TimeoutError:
            error = GatewayError("slow")
        except httpx.HTTPError:
            error = GatewayError("unreachable")
        except GatewayError as caught:
            error = caught
        else:
            self._failures = 0
            return found
        if error.code and error.reason == "refused":
            # it works and said no: nothing to rest from
            raise error
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN:
            self._rest_until = self._clock.mono() + OPEN_S
            self._failures = 0
        raise error

    async def close(self) -> None:
        await self._http.aclose()

    async def _ask(self, path: str, body: bytes, answer: type[T], headers: dict[str, str]) -> T:
        for fresh in (False, True):
            token = await self._authorise(fresh=fresh)
            status, content = await self._send(
                path,
                body,
                {**headers, "Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            )
            if status != 401:
                break
        if status >= 400:
            raise GatewayError("refused", _code_of(content) if status < 500 else "")
        try:
            return msgspec.json.decode(content, type=answer)
        except msgspec.DecodeError:
            raise GatewayError("garbage") from None

    async def _authorise(self, *, fresh: bool) -> str:
        if fresh or self._clock.mono() >= self._token_until:
            form = httpx.QueryParams({"grant_type": "client_credentials"})
            credentials = httpx.BasicAuth(self._client_id, self._client_secret)
            answer = await self._http.post(
                "/token",
                content=str(form),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                auth=credentials,
            )
            if answer.status_code != 200:
                raise GatewayError("refused")
            try:
                token = msgspec.json.decode(answer.content, type=_Token)
            except msgspec.DecodeError:
                raise GatewayError("garbage") from None
            self._token = token.access_token
            self._token_until = self._clock.mono() + 0.8 * token.expires_in
        return self._token

    async def _send(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        content = bytearray()
        async with self._http.stream("POST", path, content=body, headers=headers) as answer:
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > MAX_ANSWER:
                    raise GatewayError("huge")
            return answer.status_code, bytes(content)


def _code_of(content: bytes) -> str:
    try:
        return msgspec.json.decode(content, type=_Refusal).error
    except msgspec.DecodeError:
        return ""
