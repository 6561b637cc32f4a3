"""Signed tokens; PyJWT is used here, in `kernel.dpop` and `kernel.id_token`, nowhere else.

Two kinds that never stand in for each other: **media grants** (HS256, one secret per API key, LiveKit's claims: read
by the media node) and **own tokens** (ES256, published as JWKS). One algorithm per key; every claim we rely on is
required, because PyJWT accepts its absence unless told.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from kernel.errors import TokenExpired, TokenInvalid

LEEWAY_S = 10
MIN_SECRET_BYTES = 32
MAX_JOIN_TTL_S = 120


class MediaGrant(msgspec.Struct, frozen=True, kw_only=True):
    """What a media token allows; field names follow LiveKit's video grant."""

    identity: str
    api_key: str = ""
    name: str = ""
    metadata: str = ""
    attributes: dict[str, str] = {}
    kind: str = ""
    room: str = ""
    room_join: bool = False
    room_admin: bool = False
    room_create: bool = False
    room_list: bool = False
    can_publish: bool = True
    can_subscribe: bool = True
    can_publish_data: bool = True
    #: empty means every source: camera, microphone, screen_share, screen_share_audio
    can_publish_sources: tuple[str, ...] = ()
    can_update_own_metadata: bool = False
    hidden: bool = False
    expires_at: int = 0
    sha256: str = ""
    """Hash of a webhook's body, when the token signs one."""


_VIDEO = {
    "room": "room",
    "room_join": "roomJoin",
    "room_admin": "roomAdmin",
    "room_create": "roomCreate",
    "room_list": "roomList",
    "can_publish": "canPublish",
    "can_subscribe": "canSubscribe",
    "can_publish_data": "canPublishData",
    "can_update_own_metadata": "canUpdateOwnMetadata",
    "hidden": "hidden",
}


def check_secret(secret: str) -> None:
    """Refuse a secret that could be guessed: an empty or short one fails the start."""
    if len(secret.encode()) < MIN_SECRET_BYTES:
        raise ValueError(f"a media secret needs at least {MIN_SECRET_BYTES} bytes")


def mint_media_grant(grant: MediaGrant, *, api_key: str, secret: str, now_s: int, ttl_s: int, jti: str) -> str:
    """A token for `grant`, valid from now for ``ttl_s`` seconds."""
    check_secret(secret)
    video: dict[str, Any] = {
        wire: value for field, wire in _VIDEO.items() if (value := getattr(grant, field)) not in ("", None)
    }
    if grant.can_publish_sources:
        video["canPublishSources"] = list(grant.can_publish_sources)
    claims: dict[str, Any] = {
        "iss": api_key,
        "sub": grant.identity,
        "nbf": now_s,
        "exp": now_s + ttl_s,
        "jti": jti,
        "video": video,
    }
    for field in ("name", "metadata", "kind", "sha256"):
        if value := getattr(grant, field):
            claims[field] = value
    if grant.attributes:
        claims["attributes"] = dict(grant.attributes)
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": api_key})


def verify_media_grant(token: str, secrets: Mapping[str, str], now_s: float) -> MediaGrant:
    """The grant of a token signed by one of ``secrets`` (API key → secret).

    Raises `TokenExpired` or `TokenInvalid`; the token itself is in neither.
    """
    try:
        unverified = jwt.decode(token, options={"verify_signature": False})
        api_key = unverified.get("iss")
        secret = secrets.get(api_key) if isinstance(api_key, str) else None
        if secret is None:
            raise TokenInvalid
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            issuer=api_key,
            # times are compared below, against the given clock
            options={
                "require": ["exp", "iss"],
                "verify_exp": False,
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        _check_times(claims, now_s)
        return _grant_of(claims)
    # json nested without end is a RecursionError
    except (jwt.PyJWTError, RecursionError) as error:
        raise TokenInvalid from error


def _check_times(claims: Mapping[str, Any], now_s: float) -> None:
    exp, nbf = claims["exp"], claims.get("nbf", 0)
    if not isinstance(exp, int | float) or not isinstance(nbf, int | float):
        raise TokenInvalid
    if now_s > exp + LEEWAY_S:
        raise TokenExpired
    if now_s < nbf - LEEWAY_S:
        raise TokenInvalid


def _grant_of(claims: Mapping[str, Any]) -> MediaGrant:
    video = claims.get("video") or {}
    if not isinstance(video, dict):
        raise TokenInvalid
    fields: dict[str, Any] = {field: video[wire] for field, wire in _VIDEO.items() if wire in video}
    fields["can_publish_sources"] = tuple(video.get("canPublishSources") or ())
    for field in ("name", "metadata", "kind", "sha256", "attributes"):
        if claims.get(field):
            fields[field] = claims[field]
    fields.update(identity=claims.get("sub") or "", api_key=claims["iss"], expires_at=int(claims["exp"]))
    try:
        return msgspec.convert(fields, MediaGrant)
    except msgspec.ValidationError as error:
        raise TokenInvalid from error


# ── own tokens ───────────────────────────────────────────────────────────────────────────────────


class OwnKey:
    """One signing key of ours (P-256); ``kid`` names it in the JWKS."""

    def __init__(self, kid: str, private_key: ec.EllipticCurvePrivateKey) -> None:
        self.kid = kid
        self.private_key = private_key

    def jwk(self) -> dict[str, Any]:
        jwk: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.private_key.public_key()))
        return {**jwk, "kid": self.kid, "use": "sig", "alg": "ES256"}


def own_key_from(secret: str) -> OwnKey:
    """The key that follows from a secret that all processes share; another secret is another key."""
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    # 512 bits reduced modulo a 256-bit order: no value is likelier than another by more than 2^-256
    wide = int.from_bytes(hmac.new(secret.encode(), b"klatiene own key", hashlib.sha512).digest(), "big")
    private_key = ec.derive_private_key(1 + wide % (order - 1), ec.SECP256R1())
    numbers = private_key.public_key().public_numbers()
    return OwnKey(hashlib.sha256(f"{numbers.x}.{numbers.y}".encode()).hexdigest()[:16], private_key)


class OwnTokens:
    """Short-lived tokens of our own. The first key signs, all of them verify, so that keys can be rotated."""

    def __init__(self, issuer: str, keys: tuple[OwnKey, ...]) -> None:
        if not keys:
            raise ValueError("at least one key is needed to sign own tokens")
        self._issuer = issuer
        self._keys = keys

    def mint(
        self,
        *,
        subject: str,
        audience: str,
        token_type: str,
        now_s: int,
        ttl_s: int,
        jti: str,
        more: Mapping[str, Any] | None = None,
    ) -> str:
        """``more``: further claims, for example the key to which the token is bound."""
        claims = {
            **(more or {}),
            "iss": self._issuer,
            "sub": subject,
            "aud": audience,
            "typ": token_type,
            "nbf": now_s,
            "exp": now_s + ttl_s,
            "jti": jti,
        }
        key = self._keys[0]
        return jwt.encode(claims, key.private_key, algorithm="ES256", headers={"kid": key.kid})

    def verify(self, token: str, *, audience: str, token_type: str, now_s: float) -> dict[str, Any]:
        """The claims. Raises `TokenExpired` or `TokenInvalid` (other audience, type, key or algorithm included)."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = next((key for key in self._keys if key.kid == kid), None)
            if key is None:
                raise TokenInvalid
            claims: dict[str, Any] = jwt.decode(
                token,
                key.private_key.public_key(),
                algorithms=["ES256"],
                issuer=self._issuer,
                audience=audience,
                options={
                    "require": ["exp", "nbf", "iss", "aud", "sub", "jti", "typ"],
                    "verify_exp": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, RecursionError) as error:
            raise TokenInvalid from error
        if claims["typ"] != token_type:
            raise TokenInvalid
        _check_times(claims, now_s)
        return claims

    def jwks(self) -> dict[str, Any]:
        return {"keys": [key.jwk() for key in self._keys]}
