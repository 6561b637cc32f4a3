"""Who takes packed messages, as each peer's WebSocket library sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from tests.web.person import WAIT_S, Person
from web.throwaway import throwaway_demo


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with throwaway_demo(log_level="ERROR") as served:
        yield served


class Noting(ClientPerMessageDeflateFactory):
    """Notes of each message how many bytes came, and whether they were packed."""

    def __init__(self, **wants: Any) -> None:
        super().__init__(**wants)
        self.came: list[tuple[int, bool]] = []

    def process_response_params(self, *about: Any) -> PerMessageDeflate:
        extension = super().process_response_params(*about)
        decode = extension.decode

        def noting(frame: Frame, **more: Any) -> Frame:
            if frame.opcode is Opcode.TEXT:
                self.came.append((len(frame.data), frame.rsv1))
            return decode(frame, **more)

        extension.decode = noting  # type: ignore[method-assign]
        return extension


def snapshot(person: Person, extensions: Sequence[ClientPerMessageDeflateFactory]) -> dict[str, Any]:
    more: dict[str, Any] = {"origin": person.url, "compression": None, "extensions": extensions or None}
    with connect(person.live_url(person.ticket()), **more) as channel:
        assert json.loads(channel.recv(WAIT_S))["t"] == "hello"
        told: dict[str, Any] = json.loads(channel.recv(WAIT_S))
        assert told["t"] == "snapshot"
        return dict(told["state"])


@pytest.mark.parametrize(
    ("wants", "packs"),
    [
        ({"client_max_window_bits": True}, True),
        ({"server_max_window_bits": 12}, True),
        ({"server_max_window_bits": 10}, False),
    ],
    ids=["a browser", "a library", "one that remembers too little"],
)
def test_whoever_can_unpack_it_gets_a_packed_snapshot(url: str, wants: dict[str, Any], packs: bool) -> None:
    with Person(url, "clerk-grobina") as clerk:
        plain = snapshot(clerk, [])
        noting = Noting(**wants)
        told = snapshot(clerk, [noting])
    # officers come and go meanwhile; who there is stays
    assert told.keys() == plain.keys()
    assert told["agencies"] == plain["agencies"]
    assert [each["id"] for each in told["officers"]] == [each["id"] for each in plain["officers"]]
    size = len(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode())
    assert len(plain["officers"]) > 3
    _, (came, packed) = noting.came
    assert packed is packs
    assert (came < size / 2) is packs
