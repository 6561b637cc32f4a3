import base64

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from livekit import api

from kernel.errors import TokenExpired, TokenInvalid
from kernel.tokens import MediaGrant, OwnKey, OwnTokens, mint_media_grant, verify_media_grant

SECRET = "s" * 32
NOW = 1_800_000_000
GRANT = MediaGrant(identity="c-1", room="r", room_join=True, can_publish_sources=("camera",), name="Klients")


def mint(grant: MediaGrant = GRANT, *, secret: str = SECRET, ttl_s: int = 60) -> str:
    return mint_media_grant(grant, api_key="key", secret=secret, now_s=NOW, ttl_s=ttl_s, jti="j")


def test_a_grant_comes_back_as_it_went() -> None:
    seen = verify_media_grant(mint(), {"key": SECRET}, NOW + 1)
    assert (seen.identity, seen.room, seen.room_join, seen.name) == ("c-1", "r", True, "Klients")
    assert seen.can_publish_sources == ("camera",)
    assert not seen.room_admin
    assert seen.expires_at == NOW + 60


def test_a_short_or_empty_secret_signs_nothing() -> None:
    for secret in ("", "s" * 31):
        with pytest.raises(ValueError, match="32 bytes"):
            mint(secret=secret)


def test_time_is_checked_against_the_given_clock() -> None:
    token = mint()
    with pytest.raises(TokenExpired):
        verify_media_grant(token, {"key": SECRET}, NOW + 60 + 11)
    with pytest.raises(TokenInvalid):
        verify_media_grant(token, {"key": SECRET}, NOW - 11)
    verify_media_grant(token, {"key": SECRET}, NOW + 60 + 9)


@pytest.mark.parametrize("forge", ["none", "other_secret", "other_key", "no_exp", "garbage", "list_video"])
def test_forgeries_are_refused(forge: str) -> None:
    claims: dict[str, object] = {"iss": "key", "sub": "x", "exp": NOW + 60, "video": {"roomJoin": True}}
    secret, algorithm = SECRET, "HS256"
    match forge:
        case "none":
            secret, algorithm = "", "none"
        case "other_secret":
            secret = "t" * 32
        case "other_key":
            claims["iss"] = "someone"
        case "no_exp":
            del claims["exp"]
        case "list_video":
            claims["video"] = ["roomJoin"]
    token = "a.b.c" if forge == "garbage" else jwt.encode(claims, secret, algorithm=algorithm)
    with pytest.raises(TokenInvalid):
        verify_media_grant(token, {"key": SECRET}, NOW)


def test_nesting_without_end_is_refused_as_anything_else() -> None:
    """Python's reader of JSON gives up by a RecursionError, which no caller expects of a token."""
    parts = (b'{"alg":"HS256","typ":"JWT"}', b"[" * 5_000, b"x" * 32)
    token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    with pytest.raises(TokenInvalid):
        verify_media_grant(token, {"key": SECRET}, NOW)


def test_tokens_of_the_official_sdk_are_read() -> None:
    grants = api.VideoGrants(room_join=True, room="r", can_publish=False, can_publish_sources=["microphone"])
    token = api.AccessToken("key", SECRET).with_identity("i").with_grants(grants).to_jwt()
    seen = verify_media_grant(token, {"key": SECRET}, jwt.decode(token, options={"verify_signature": False})["nbf"])
    assert seen.room_join
    assert not seen.can_publish
    assert seen.can_publish_sources == ("microphone",)


def test_the_official_sdk_reads_ours() -> None:
    token = mint_media_grant(
        GRANT, api_key="key", secret=SECRET, now_s=2_000_000_000 - 300_000_000, ttl_s=900_000_000, jti="j"
    )
    claims = api.TokenVerifier("key", SECRET).verify(token)
    assert claims.identity == "c-1"
    assert claims.video is not None
    assert claims.video.room == "r"


OLD, NEW = (OwnKey(kid, ec.generate_private_key(ec.SECP256R1())) for kid in ("old", "new"))


def own(*keys: OwnKey) -> OwnTokens:
    return OwnTokens("klatiene", keys)


def test_own_tokens_survive_a_rotation_of_keys() -> None:
    token = own(OLD).mint(subject="s", audience="a", token_type="t", now_s=NOW, ttl_s=60, jti="1")
    assert own(NEW, OLD).verify(token, audience="a", token_type="t", now_s=NOW)["sub"] == "s"
    with pytest.raises(TokenInvalid):
        own(NEW).verify(token, audience="a", token_type="t", now_s=NOW)
    assert [key["kid"] for key in own(NEW, OLD).jwks()["keys"]] == ["new", "old"]
    assert all("d" not in key for key in own(NEW, OLD).jwks()["keys"])


def test_own_tokens_are_for_one_audience_and_purpose() -> None:
    token = own(OLD).mint(subject="s", audience="a", token_type="t", now_s=NOW, ttl_s=60, jti="1")
    for wrong in ({"audience": "b", "token_type": "t"}, {"audience": "a", "token_type": "u"}):
        with pytest.raises(TokenInvalid):
            own(OLD).verify(token, now_s=NOW, **wrong)
    with pytest.raises(TokenExpired):
        own(OLD).verify(token, audience="a", token_type="t", now_s=NOW + 71)


@pytest.mark.parametrize("missing", ["exp", "nbf", "iss", "aud", "sub", "jti", "typ"])
def test_every_claim_of_an_own_token_is_required(missing: str) -> None:
    claims = {"iss": "klatiene", "sub": "s", "aud": "a", "typ": "t", "nbf": NOW, "exp": NOW + 60, "jti": "1"}
    del claims[missing]
    token = jwt.encode(claims, OLD.private_key, algorithm="ES256", headers={"kid": "old"})
    with pytest.raises(TokenInvalid):
        own(OLD).verify(token, audience="a", token_type="t", now_s=NOW)


def test_a_media_grant_is_no_own_token() -> None:
    with pytest.raises(TokenInvalid):
        own(OLD).verify(mint(), audience="a", token_type="t", now_s=NOW)
