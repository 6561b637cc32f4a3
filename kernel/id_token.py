"""ID tokens of an OpenID provider, judged (OpenID Connect Core 1.0 §3.1.3.7). Pure: keys and time are given.

The algorithm is the key's, never the token's: a token cannot choose how it is checked.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import rsa

from kernel.sign_on_errors import (
    SignOnAudience,
    SignOnExpired,
    SignOnIssuer,
    SignOnNonce,
    SignOnSignature,
)

ALGORITHMS = frozenset({"RS256", "PS256", "ES256"})
#: how far the provider's clock may be from ours
SKEW_S = 30
#: an ID token older than this was not made for this sign-in
OLDEST_S = 600


class KeyUnknown(SignOnSignature):
    """Signed with a key that is not (or not yet) known: the keys may have been changed."""


def read_keys(content: bytes) -> dict[str, jwt.PyJWK]:
    """The signing keys of a JWKS by their id; what cannot be used is left out."""
    found: dict[str, jwt.PyJWK] = {}
    try:
        keys = msgspec.json.decode(content, type=dict[str, Any]).get("keys", [])
        for each in keys if isinstance(keys, list) else []:
            if not isinstance(each, dict) or each.get("use", "sig") != "sig" or not isinstance(each.get("kid"), str):
                continue
            try:
                key = jwt.PyJWK(each)
            except jwt.PyJWTError:
                continue
            if key.algorithm_name in ALGORITHMS:
                found[each["kid"]] = key
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found


def verify_id_token(
    token: str, keys: Mapping[str, jwt.PyJWK], *, issuer: str, client_id: str, nonce: str, now_s: float
) -> dict[str, Any]:
    """The claims. Raises `KeyUnknown` or another of `kernel.sign_on_errors`; the token itself is in none."""
    claims, _ = signed_claims(token, keys, ("exp", "iat", "iss", "aud", "sub", "nonce"))
    check_claims(claims, issuer=issuer, client_id=client_id, now_s=now_s)
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise SignOnNonce
    return claims


def signed_claims(
    token: str, keys: Mapping[str, jwt.PyJWK], required: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(claims, header) of a token that one of the keys signed. Raises `KeyUnknown`, `SignOnSignature`."""
    try:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        key = keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise KeyUnknown
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm_name],
            # each is compared by `check_claims`, so that each has its own word for people
            options={
                "require": list(required),
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
                "verify_aud": False,
                "verify_iss": False,
                "verify_sub": False,
                "verify_jti": False,
            },
        )
    except jwt.PyJWTError:
        raise SignOnSignature from None
    return claims, header


def check_claims(claims: Mapping[str, Any], *, issuer: str, client_id: str, now_s: float) -> None:
    """Whose token it is, for whom and when. Raises `SignOnIssuer`, `SignOnAudience`, `SignOnExpired`."""
    if claims["iss"] != issuer:
        raise SignOnIssuer
    audience = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if not isinstance(audience, list) or client_id not in audience:
        raise SignOnAudience
    if (len(audience) > 1 or "azp" in claims) and claims.get("azp") != client_id:
        raise SignOnAudience
    times = (claims["exp"], claims["iat"], claims.get("nbf", claims["iat"]))
    if not all(is_moment(each) for each in times):
        raise SignOnExpired
    exp, iat, nbf = times
    if now_s > exp + SKEW_S or iat > now_s + SKEW_S or nbf > now_s + SKEW_S or now_s - iat > OLDEST_S + SKEW_S:
        raise SignOnExpired


def is_moment(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class IssuerKey:
    """A provider's signing key (RS256), for stand-ins."""

    def __init__(self, kid: str, private_key: rsa.RSAPrivateKey) -> None:
        self.kid = kid
        self._private_key = private_key

    @classmethod
    def made(cls, kid: str) -> IssuerKey:
        return cls(kid, rsa.generate_private_key(public_exponent=65537, key_size=2048))

    def jwk(self) -> dict[str, Any]:
        jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self._private_key.public_key(), as_dict=True)
        return {**jwk, "kid": self.kid, "use": "sig", "alg": "RS256"}

    def sign(self, claims: Mapping[str, Any], **headers: Any) -> str:
        return jwt.encode(dict(claims), self._private_key, algorithm="RS256", headers={"kid": self.kid, **headers})
