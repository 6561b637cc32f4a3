"""A device of the public API: a key of its own, enrolled beside a clerk, with tokens that are good for that key alone.

What the kiosk's page does in the browser (`web/ui/src/kiosk/device.ts`), for programs: the workstation's agent.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from web.client import Refused, content_of

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Device:
    """``now_s`` is the wall clock; ``saved`` what must outlive the program beside the key: the refresh token."""

    url: str
    key: ec.EllipticCurvePrivateKey
    now_s: Callable[[], float] = time.time
    access: str = ""
    #: how far the service's clock is ahead of ours; learnt when it does not believe a proof
    ahead_s: float = 0.0
    saved: dict[str, str] = field(default_factory=dict)

    async def start(self, http: httpx.AsyncClient, *, point_id: str, name: str, kind: str) -> dict[str, Any]:
        """RFC 8628 §3.2: show ``user_code`` and ``number``, then `collect` every ``interval`` seconds."""
        body = {"point_id": point_id, "name": name, "kind": kind}
        return dict(await self.call(http, "POST", "/api/enrolment/device", body))

    async def collect(self, http: httpx.AsyncClient, device_code: str) -> None:
        """Raises `web.client.Refused` with ``authorization_pending`` until a clerk has confirmed."""
        self._keep(await self._token(http, {"grant_type": DEVICE_CODE, "device_code": device_code}))

    async def refresh(self, http: httpx.AsyncClient) -> None:
        # the same attempt until it is answered: an answer that was lost is not a second use
        self.saved.setdefault("attempt", secrets.token_hex(16))
        asked = {"refresh_token": self.saved["refresh_token"], "attempt": self.saved["attempt"]}
        self._keep(await self._token(http, {"grant_type": "refresh_token", **asked}))

    async def call(self, http: httpx.AsyncClient, method: str, path: str, body: Any = None) -> Any:
        """With a proof, and with the token once there is one. Raises `web.client.Refused`."""
        try:
            return await self._call(http, method, path, body)
        except Refused as refused:
            theirs_ms = refused.details.get("server_time_ms")
            if refused.code != "proof_invalid" or theirs_ms is None:
                raise
            self.ahead_s = theirs_ms / 1000 - self.now_s()
        return await self._call(http, method, path, body)

    async def _call(self, http: httpx.AsyncClient, method: str, path: str, body: Any) -> Any:
        headers = {"origin": self.url, "dpop": self.proof(method, path, self.access or None)}
        if self.access:
            headers["authorization"] = f"DPoP {self.access}"
        return content_of(await http.request(method, path, json=body, headers=headers))

    def proof(self, method: str, path: str, token: str | None = None) -> str:
        """RFC 9449 §4.2."""
        numbers = self.key.public_key().public_numbers()
        jwk = {"kty": "EC", "crv": "P-256", "x": _encode(_bytes(numbers.x)), "y": _encode(_bytes(numbers.y))}
        claims = {
            "jti": secrets.token_hex(16),
            "htm": method,
            "htu": f"{self.url}{path}",
            "iat": int(self.now_s() + self.ahead_s),
        }
        if token is not None:
            claims["ath"] = _encode(hashlib.sha256(token.encode()).digest())
        signed = f"{_part({'typ': 'dpop+jwt', 'alg': 'ES256', 'jwk': jwk})}.{_part(claims)}"
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{_encode(_bytes(r) + _bytes(s))}"

    async def _token(self, http: httpx.AsyncClient, body: dict[str, str]) -> dict[str, Any]:
        self.access = ""
        return dict(await self.call(http, "POST", "/api/enrolment/token", body))

    def _keep(self, tokens: dict[str, Any]) -> None:
        self.access = tokens["access_token"]
        self.saved = {"refresh_token": tokens["refresh_token"]}


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _part(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _bytes(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
