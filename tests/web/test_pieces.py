"""What many snapshots share: always as things are, made anew only where they changed, and the same packed."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from web.live import deflate, frames
from web.live.pieces import STRETCH, Piece, Pieces


@dataclass
class Officer:
    id: str
    indicator: str = "away"


def view(officer: Officer) -> dict[str, Any]:
    return {"id": officer.id, "name": f"Speciālists {officer.id}", "indicator": officer.indicator}


def piece(officers: list[Officer]) -> Piece:
    return Pieces().of("officer", officers, view, now=0.0)


def unpacked(packed: bytes) -> bytes:
    return zlib.decompressobj(-deflate.WINDOW_BITS).decompress(packed)


@given(st.integers(0, 3 * STRETCH), st.lists(st.tuples(st.integers(0, 3 * STRETCH), st.sampled_from("abc"))))
def test_a_piece_is_as_things_are(number: int, changes: list[tuple[int, str]]) -> None:
    pieces, officers = Pieces(), [Officer(str(n)) for n in range(number)]
    for who, indicator in [(0, "first"), *changes]:
        if who < number:
            officers[who].indicator = indicator
            pieces.forget("officer", str(who))
        for some, scope in ((officers, "all"), (officers[::2], "half"), (officers[:1], "")):
            found = pieces.of("officer", list(some), view, now=0.0, scope=scope)
            assert json.loads(found.text) == [view(each) for each in some]
            assert unpacked(found.packed) == found.text


def test_only_what_changed_is_made_anew() -> None:
    pieces, officers = Pieces(), [Officer(str(n)) for n in range(3 * STRETCH)]
    seen: list[str] = []

    def noted(officer: Officer) -> dict[str, Any]:
        seen.append(officer.id)
        return view(officer)

    first = pieces.of("officer", officers, noted, now=0.0, scope="all")
    assert len(seen) == len(officers)
    assert pieces.of("officer", list(officers), noted, now=0.0, scope="all") is first
    officers[STRETCH].indicator = "available"
    pieces.forget("officer", str(STRETCH))
    second = pieces.of("officer", officers, noted, now=0.0, scope="all")
    assert seen[len(officers) :] == [str(STRETCH)]
    assert json.loads(first.text) != json.loads(second.text) == [view(each) for each in officers]


def test_what_grows_old_by_itself_is_shown_anew_in_time() -> None:
    pieces, officers = Pieces(), [Officer("1"), Officer("2")]

    def at(now: float) -> Any:
        keeps_s = {"1": 1.0, "2": 5.0}
        found = pieces.of("group", officers, view, now=now, scope="all", keeps_s=lambda shown: keeps_s[shown["id"]])
        return [each["indicator"] for each in json.loads(found.text)]

    assert at(0.0) == ["away", "away"]
    officers[0].indicator = officers[1].indicator = "available"
    assert at(0.9) == ["away", "away"]
    assert at(1.0) == ["available", "away"]
    assert at(5.0) == ["available", "available"]


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"session": None},
        {"officers": piece([]), "groups": piece([Officer("1")])},
        {"officers": piece([Officer("ā" * 70_000)] * 3), "held": [], "requests": ["ū" * 70_000]},
    ],
    ids=["empty", "own", "shared", "long"],
)
def test_a_packed_snapshot_says_the_same(state: dict[str, Any]) -> None:
    reader = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)
    reader.extensions = [PerMessageDeflate(True, True, deflate.WINDOW_BITS, deflate.WINDOW_BITS)]
    # twice: no message looks back to the one before
    for _ in range(2):
        reader.receive_data(frames.framed(frames.packed_snapshot(7, state)))
        (frame,) = reader.events_received()
        assert isinstance(frame, Frame)
        plain = frames.snapshot(7, state)
        assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, plain)
        assert json.loads(plain)["seq"] == 7


def test_what_many_share_is_small() -> None:
    officers = piece([Officer(str(n)) for n in range(1_000)])
    assert len(frames.packed_snapshot(7, {"officers": officers})) < len(officers.text) / 5
