"""DPoP (RFC 9449): a call proves that its caller holds the key to which its token is bound. PyJWT is used here.

A proof names the call (method and address), the moment, and the token it stands beside; it is good for one call.
Whoever calls `read_proof` must still remember `Proof.once` for `REMEMBER_S`, so that no proof is used twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec

from kernel.device_errors import ProofInvalid

#: how far the moment named may lie from ours, in seconds
SKEW_S = 60.0
#: how long a proof could be used again
REMEMBER_S = 2 * SKEW_S
_LONGEST = 4096


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """``thumbprint``: of the key (RFC 7638). ``once``: hash of the proof's own id."""

    thumbprint: str
    once: str


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638 of a P-256 key. Raises `ProofInvalid` when it is none, or a private one."""
    members = {name: jwk.get(name) for name in ("crv", "kty", "x", "y")}
    if members["crv"] != "P-256" or members["kty"] != "EC" or "d" in jwk:
        raise ProofInvalid
    if not all(isinstance(value, str) for value in members.values()):
        raise ProofInvalid
    return _digest(json.dumps(members, separators=(",", ":"), sort_keys=True).encode())


def read_proof(
    proof: str, *, method: str, path: str, origins: Collection[str], now_s: float, token: str | None = None
) -> Proof:
    """What a proof for this very call proves. Raises `ProofInvalid`, which tells our time."""
    try:
        return _read(proof, (method, path), origins, now_s, token)
    except (ProofInvalid, jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise ProofInvalid(server_time_ms=round(now_s * 1000)) from None


def _read(proof: str, made: tuple[str, str], origins: Collection[str], now_s: float, token: str | None) -> Proof:
    if len(proof) > _LONGEST:
        raise ProofInvalid
    header = jwt.get_unverified_header(proof)
    jwk = header.get("jwk")
    if header.get("typ") != "dpop+jwt" or header.get("alg") != "ES256" or not isinstance(jwk, dict):
        raise ProofInvalid
    of_key = thumbprint(jwk)
    claims = jwt.decode(
        proof,
        jwt.PyJWK.from_dict(jwk, algorithm="ES256").key,
        algorithms=["ES256"],
        # times are compared below, against the given clock
        options={
            "require": ["jti", "htm", "htu", "iat"],
            "verify_iat": False,
            "verify_exp": False,
            "verify_nbf": False,
        },
    )
    address = urlsplit(str(claims["htu"]))
    if (claims["htm"], address.path) != made or f"{address.scheme}://{address.netloc}" not in origins:
        raise ProofInvalid
    issued, jti = claims["iat"], claims["jti"]
    if not isinstance(issued, int | float) or abs(now_s - issued) > SKEW_S:
        raise ProofInvalid
    if not isinstance(jti, str) or not 16 <= len(jti) <= 128:
        raise ProofInvalid
    if token is not None and not hmac.compare_digest(str(claims.get("ath", "")), _digest(token.encode())):
        raise ProofInvalid
    return Proof(thumbprint=of_key, once=hashlib.sha256(f"{of_key}\0{jti}".encode()).hexdigest())


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
