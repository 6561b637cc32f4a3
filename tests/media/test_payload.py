"""Reading payloads: keyframes, VP8's running numbers, RED."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.payload import is_keyframe, move_vp8, parse_vp8, strip_red

KEY, DELTA = b"\x10\x02\x00", b"\x11\x02\x00"


def vp8(picture: int, tl0: int, *, wide: bool = True, key: bool = True, start: bool = True) -> bytes:
    """Extended descriptor with picture id, TL0PICIDX and TID (RFC 7741 §4.2)."""
    number = bytes((0x80 | picture >> 8, picture & 0xFF)) if wide else bytes((picture,))
    return bytes((0x90 if start else 0x80, 0xE0)) + number + bytes((tl0, 0x20)) + (KEY if key else DELTA)


def test_the_short_descriptor() -> None:
    assert parse_vp8(b"\x10" + KEY).keyframe
    assert not parse_vp8(b"\x10" + DELTA).keyframe
    assert not parse_vp8(b"\x00" + KEY).keyframe, "not the start of a partition"
    assert not parse_vp8(b"\x11" + KEY).keyframe, "not the first partition"


@given(st.integers(0, 0x7FFF), st.integers(0, 255), st.booleans())
def test_wide_picture_ids(picture: int, tl0: int, key: bool) -> None:
    seen = parse_vp8(vp8(picture, tl0, key=key))
    assert (seen.picture_id, seen.wide, seen.tl0, seen.keyframe) == (picture, True, tl0, key)


@given(st.integers(0, 0x7F), st.integers(0, 255))
def test_narrow_picture_ids(picture: int, tl0: int) -> None:
    seen = parse_vp8(vp8(picture, tl0, wide=False))
    assert (seen.picture_id, seen.wide, seen.tl0) == (picture, False, tl0)


@given(st.booleans(), st.integers(0, 0x7F), st.integers(0, 255), st.integers(-40_000, 40_000), st.integers(-300, 300))
def test_rewriting_moves_the_numbers_and_nothing_else(wide: bool, picture: int, tl0: int, by: int, tl0_by: int) -> None:
    payload = vp8(picture, tl0, wide=wide)
    room = bytearray(b"head" + payload)
    move_vp8(memoryview(room), 4, parse_vp8(payload), by, tl0_by)
    assert room[:4] == b"head"
    moved = bytes(room[4:])
    seen = parse_vp8(moved)
    assert seen.picture_id == (picture + by) % (0x8000 if wide else 0x80)
    assert seen.tl0 == (tl0 + tl0_by) % 256
    assert (seen.wide, seen.keyframe) == (wide, True)
    assert moved[seen.tl0_at + 1 :] == payload[seen.tl0_at + 1 :]
    assert len(moved) == len(payload)


@given(st.sampled_from(["vp8", "h264", "vp9", "av1", "opus", "red", ""]), st.binary(max_size=60))
def test_any_bytes_are_answered(codec: str, noise: bytes) -> None:
    is_keyframe(codec, noise)
    parse_vp8(noise)
    strip_red(noise)


@given(st.integers(0, 9))
def test_truncated_descriptors_are_not_keyframes(size: int) -> None:
    whole = vp8(300, 7)
    if size < len(whole) - len(KEY) + 1:
        assert not parse_vp8(whole[:size]).keyframe


@pytest.mark.parametrize(
    ("codec", "payload", "key"),
    [
        ("h264", bytes((0x65, 1)), True),
        ("h264", bytes((0x67, 1)), True),
        ("h264", bytes((0x41, 1)), False),
        ("h264", bytes((0x7C, 0x85)), True),
        ("h264", bytes((0x7C, 0x05)), False),
        ("h264", bytes((0x7C, 0x81)), False),
        ("h264", bytes((0x78, 0, 2, 0x67, 1, 0, 2, 0x68, 1)), True),
        ("h264", bytes((0x78, 0, 2, 0x68, 1)), False),
        ("vp9", bytes((0x08, 1)), True),
        ("vp9", bytes((0x48, 1)), False),
        # a layer above in the same picture
        ("vp9", bytes((0x28, 0x03, 0, 1)), False),
        ("av1", bytes((0x08,)), True),
        ("av1", bytes((0x00,)), False),
        ("opus", b"x", True),
        ("vp8", b"", False),
    ],
)
def test_keyframes(codec: str, payload: bytes, key: bool) -> None:
    assert is_keyframe(codec, payload) is key


@given(st.lists(st.binary(max_size=100), max_size=3), st.binary(min_size=1, max_size=100))
def test_the_primary_block_of_red(redundant: list[bytes], primary: bytes) -> None:
    heads = b"".join(bytes((0x80 | 111, 0, len(old) >> 8, len(old) & 0xFF)) for old in redundant)
    payload = heads + bytes((111,)) + b"".join(redundant) + primary
    assert strip_red(payload) == primary


def test_red_that_lies_about_its_length_is_dropped() -> None:
    assert strip_red(bytes((0x80 | 111, 0, 3, 0xFF, 111, 1, 2))) is None
    assert strip_red(bytes((0x80 | 111, 0))) is None
    assert strip_red(b"") is None
