"""Bearer tokens of programs that prove themselves by a shared secret (OAuth2 client credentials), kept nowhere.

A token is its client's name and the moment it ends, signed with that client's secret: every process can judge it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from kernel.clock import Clock
from kernel.errors import TokenInvalid

TOKEN_S = 300


class Bearers:
    def __init__(self, secrets: Mapping[str, str], clock: Clock) -> None:
        """``secrets``: client → secret; an empty secret lets nobody in."""
        self._secrets = {client: secret for client, secret in secrets.items() if secret}
        self._clock = clock

    async def issue(self, client: str, secret: str) -> tuple[str, int]:
        """(token, seconds it lives). Raises `TokenInvalid`."""
        if not hmac.compare_digest(self._secrets.get(client, "\0").encode(), secret.encode()):
            raise TokenInvalid
        until_ms = self._clock.wall_ms() + TOKEN_S * 1000
        return f"{client}.{until_ms}.{self._sign(client, until_ms)}", TOKEN_S

    def who(self, authorization: str) -> str:
        """The client behind an ``Authorization: Bearer`` header. Raises `TokenInvalid`."""
        scheme, _, token = authorization.partition(" ")
        client, until, signature = [*token.rsplit(".", 2), "", ""][:3] if scheme == "Bearer" else ("", "", "")
        if client not in self._secrets or not (until.isascii() and until.isdigit()):
            raise TokenInvalid
        good = hmac.compare_digest(self._sign(client, int(until)).encode(), signature.encode())
        if not good or int(until) <= self._clock.wall_ms():
            raise TokenInvalid
        return client

    def _sign(self, client: str, until_ms: int) -> str:
        return hmac.new(self._secrets[client].encode(), f"{client}.{until_ms}".encode(), hashlib.sha256).hexdigest()
