import json
import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import IdMalformed
from kernel.ids import new_id, parse_consultation_id, parse_id, parse_slug, uuid7
from kernel.private import Private


@given(st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10))
def test_uuid7_has_the_version_the_variant_and_the_moment(wall_ms: int, entropy: bytes) -> None:
    text = uuid7(wall_ms, entropy)
    value = int(text.replace("-", ""), 16)
    assert value >> 80 == wall_ms
    assert value >> 76 & 0xF == 7
    assert value >> 62 & 0x3 == 2
    assert parse_id(text) == text


def test_ids_sort_by_time() -> None:
    assert new_id(1_000) < new_id(1_001) < new_id(2_000_000_000_000)


def test_uuid7_wants_ten_bytes() -> None:
    with pytest.raises(ValueError, match="ten bytes"):
        uuid7(0, b"short")


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "not-an-id", "x" * 36, "../../etc/passwd"),
        "019B76DA-A800-7215-AF0B-79243976FB0E",
        "019b76da-a800-4215-af0b-79243976fb0e",
        "019b76da-a800-7215-af0b-79243976fb0e\n",
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(IdMalformed):
        parse_consultation_id(text)


@pytest.mark.parametrize("text", ["vsaa", "vsaa-1", "a"])
def test_slugs_pass(text: str) -> None:
    assert parse_slug(text) == text


@pytest.mark.parametrize("text", ["", "-a", "a-", "A", "a b", "a" * 65, "ā", "a/b"])
def test_other_slugs_do_not(text: str) -> None:
    with pytest.raises(IdMalformed):
        parse_slug(text)


def test_private_shows_itself_to_nobody() -> None:
    secret = Private("030205-00111")
    for shown in (str(secret), repr(secret), f"{secret}", repr([secret])):
        assert "00111" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)
    assert secret.reveal() == "030205-00111"
    assert secret == Private("030205-00111") != Private("030205-00112")
    assert len({secret, Private("030205-00111")}) == 1
