"""What every stand-in of a state system shares: client credentials, bearer tokens, errors in their shape."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Handler = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")


class TokenDesk:
    """Issues bearer tokens to one client and refuses everybody else. Tokens live as long as the process."""

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._credentials = f"{client_id}:{client_secret}".encode()
        self._issued: set[str] = set()

    async def token(self, request: Request) -> Response:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True) if scheme == "Basic" else b""
        except binascii.Error:
            given = b""
        if not hmac.compare_digest(given, self._credentials):
            return problem(401, "invalid_client")
        if b"grant_type=client_credentials" not in await request.body():
            return problem(400, "unsupported_grant_type")
        token = secrets.token_urlsafe(24)
        self._issued.add(token)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 300})

    def guarded(self, handler: Handler) -> Handler:
        async def guard(request: Request) -> Response:
            if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._issued:
                return problem(401, "invalid_token")
            return await handler(request)

        return guard


def problem(status: int, code: str) -> Response:
    return JSONResponse({"error": code}, status)


async def body_of(request: Request, shape: type[T]) -> T | None:
    """The decoded body, or None when it has another shape."""
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except msgspec.DecodeError:
        return None


def answer(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")
