"""Logout tokens of an OpenID provider, judged (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6). Pure.

The provider says that somebody signed out there. A token like any other of its tokens, so whatever tells it from an ID
token is checked: it has the event, a name of its own, and no nonce.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
import msgspec

from kernel.id_token import SKEW_S, check_claims, signed_claims
from kernel.private import Private
from kernel.sign_on_errors import SignOnSignature

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_TYPES = ("logout+jwt", "application/logout+jwt", "jwt")


class LogoutToken(msgspec.Struct, frozen=True, kw_only=True):
    """``subject``: whose sessions end, all of them unless ``session`` (the provider's ``sid``) names one; at least one
    of them is there. ``until_s``: after that ``id`` need not be remembered as used."""

    id: str
    subject: Private[str] | None
    session: str
    until_s: float


def verify_logout_token(
    token: str, keys: Mapping[str, jwt.PyJWK], *, issuer: str, client_id: str, now_s: float
) -> LogoutToken:
    """Raises `kernel.id_token.KeyUnknown` or another of `kernel.sign_on_errors`; the token itself is in none."""
    claims, header = signed_claims(token, keys, ("iss", "aud", "iat", "exp", "jti", "events"))
    if str(header.get("typ", "JWT")).lower() not in _TYPES:
        raise SignOnSignature
    check_claims(claims, issuer=issuer, client_id=client_id, now_s=now_s)
    events = claims["events"]
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict) or "nonce" in claims:
        raise SignOnSignature
    name, subject, session = _text(claims, "jti"), _text(claims, "sub"), _text(claims, "sid")
    if not name or not (subject or session):
        raise SignOnSignature
    return LogoutToken(
        id=name,
        subject=Private(subject) if subject else None,
        session=session,
        until_s=claims["exp"] + SKEW_S,
    )


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name, "")
    if not isinstance(value, str):
        raise SignOnSignature
    return value
