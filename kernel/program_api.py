"""What the interfaces for programs share: client credentials, a bounded body of a shape, refusals with a stable code.

Errors are ``{"error": code, …}`` with the codes of docs/errors.md; tokens as in RFC 6749 §4.4 and RFC 6750.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.errors import BodyInvalid, BodyTooLarge, KlatieneError, TokenInvalid

MAX_BODY = 256 * 1024

Issue = Callable[[str, str], Awaitable[tuple[str, int]]]
"""(client id, secret) → (token, seconds it lives). Raises `TokenInvalid`."""


class Attempts(Protocol):
    """Counts guesses, by whoever makes them and by the address they come from."""

    def begin(self, what: str, client: str, request: Request) -> None:
        """Count one. Raises `RateLimited` when there were too many."""

    def good(self, what: str, client: str, request: Request) -> None:
        """It was no guess: it does not count."""


class Unlimited:
    """For whoever stands behind a gateway that counts."""

    def begin(self, what: str, client: str, request: Request) -> None:
        pass

    def good(self, what: str, client: str, request: Request) -> None:
        pass


def token_route(prefix: str, issue: Issue, attempts: Attempts) -> Route:
    """``POST /token``; ``prefix`` names it in metrics."""

    async def token(request: Request) -> Response:
        request.scope["klatiene.route"] = f"{prefix}/token"
        try:
            if b"grant_type=client_credentials" not in await read(request):
                return answer({"error": "unsupported_grant_type"}, 400)
            client, secret = credentials(request.headers.get("authorization", ""))
            attempts.begin("token", client, request)
            issued, lives_s = await issue(client, secret)
            attempts.good("token", client, request)
        except TokenInvalid:
            return answer({"error": "invalid_client"}, 401)
        except KlatieneError as error:
            return refusal(error)
        return answer({"access_token": issued, "token_type": "Bearer", "expires_in": lives_s})

    return Route("/token", token, methods=["POST"])


def credentials(authorization: str) -> tuple[str, str]:
    """Client id and secret of a Basic header; empty when there are none (RFC 7617)."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, ValueError):
        given = ""
    client_id, _, secret = given.partition(":")
    return client_id, secret


async def body_of(request: Request, shape: type[Any]) -> Any:
    """The decoded body. Raises `BodyInvalid`, `BodyTooLarge`."""
    try:
        return msgspec.json.decode(await read(request), type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise BodyInvalid from None


async def read(request: Request) -> bytes:
    """Raises `BodyTooLarge` as soon as it is."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY:
            raise BodyTooLarge
    return bytes(content)


def refusal(error: KlatieneError) -> Response:
    content: dict[str, Any] = {"error": "invalid_token" if isinstance(error, TokenInvalid) else error.code}
    if error.field:
        content["field"] = error.field
    refused = answer(content | error.details, error.http)
    if error.http in (429, 503):
        refused.headers["retry-after"] = str(error.retry_after_s or 2)
    return refused


def answer(value: Any, status: int = 200) -> Response:
    return Response(
        msgspec.json.encode(value), status, media_type="application/json", headers={"cache-control": "no-store"}
    )
