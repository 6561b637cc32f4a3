"""Consoles that arrive in a herd: who waits at the door, who reads together, how frames reach a socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.frames import Opcode

from kernel.clock import ManualClock
from web.live.admission_core import TICKET_S, Admission
from web.live.convoy import Convoy
from web.live.door import Door
from web.live.socket import ILL_FORMED
from web.live.wire import LiveWebSocket


async def test_who_finds_no_place_waits_and_those_in_a_session_go_first() -> None:
    door = Door(ManualClock(), Admission(places=1, places_in_session=1))
    assert not door.is_busy()
    assert await door.enter(in_session=False) is None
    assert door.is_busy()
    told: asyncio.Queue[str] = asyncio.Queue()

    async def come(name: str, *, in_session: bool) -> None:
        assert await door.enter(in_session=in_session) is None
        told.put_nowait(name)

    coming = [asyncio.create_task(come(name, in_session=name == "in session")) for name in ("one", "two", "in session")]
    await asyncio.sleep(0)
    for name in ("in session", "one", "two"):
        door.came()
        assert await told.get() == name
    await asyncio.gather(*coming)


async def test_a_full_room_and_a_wait_that_is_too_long_are_told_when_to_ask_again() -> None:
    clock = ManualClock()
    door = Door(clock, Admission(places=1), room=1, patience_s=0.05)
    assert await door.enter(in_session=False) is None
    waits = asyncio.create_task(door.enter(in_session=False))
    await asyncio.sleep(0)
    assert (await door.enter(in_session=False) or 0) >= 1, "no room"
    assert (await waits or 0) >= 1, "no patience"
    clock.advance(TICKET_S)
    assert await door.enter(in_session=False) is None, "nobody stands in the way who has gone"


async def test_whoever_comes_alone_goes_at_once_and_a_crowd_together() -> None:
    convoy, log = Convoy(0.01), list[str]()

    async def travel(name: str) -> None:
        async with convoy.joined():
            log.append(f"{name} leaves")
            await asyncio.sleep(0.03)
            log.append(f"{name} arrives")

    await asyncio.gather(travel("first"), *(travel(f"later {n}") for n in range(3)))
    assert log[:2] == ["first leaves", "first arrives"]
    assert [each.split()[-1] for each in log[2:]] == ["leaves"] * 3 + ["arrives"] * 3


async def test_a_convoy_that_is_stuck_holds_up_nobody_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.live.convoy.MOST_S", 0.02)
    convoy, stuck = Convoy(0.0), asyncio.Event()

    async def wait() -> None:
        async with convoy.joined():
            await stuck.wait()

    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    async with convoy.joined():
        assert not waiting.done()
    stuck.set()
    await waiting


# ── the wire ─────────────────────────────────────────────────────────────────────────────────────


class Listener:
    """What a wire says to a `web.live.socket.Socket`."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.codes: list[int] = []
        self.drained = asyncio.Event()
        self.over = asyncio.Event()

    def said(self, text: bytes) -> None:
        self.heard.append(text)

    def close(self, code: int) -> None:
        self.codes.append(code)

    def drain(self) -> None:
        self.drained.set()

    def ended(self) -> None:
        self.over.set()


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[LiveWebSocket, socket.socket]]:
    """A wire over a real connection whose peer reads nothing by itself."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None: ...

    config = Config(app=app, ws=LiveWebSocket)
    config.load()
    made: asyncio.Future[LiveWebSocket] = asyncio.get_running_loop().create_future()

    class Wire(LiveWebSocket):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            made.set_result(self)

    def protocol() -> LiveWebSocket:
        return Wire(config, ServerState(), {})

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    peer = socket.create_connection(server.sockets[0].getsockname())
    wire = await made
    try:
        yield wire, peer
    finally:
        wire.transport.abort()
        peer.close()
        server.close()


def frame_of(wire: LiveWebSocket, opcode: Opcode, data: bytes) -> None:
    """As after the handshake: a whole message has come."""
    wire.curr_msg_data_type = "text" if opcode == Opcode.TEXT else "bytes"
    wire.frames = [data]
    wire.send_receive_event_to_app()


async def frames_arrive_whole_and_in_order() -> None:
    async with connected() as (wire, peer):
        listener: Any = Listener()
        wire.tell(listener)
        # more than the kernel takes while nobody reads: part of it through the descriptor, the rest by the transport
        sent = [b"%06d" % n + b"x" * 60_000 for n in range(200)]
        for frame in sent:
            wire.write(frame)
        assert not wire.flows, "a peer that reads nothing is known as such"
        expected = b"".join(sent)
        peer.setblocking(False)
        received = b""
        while len(received) < len(expected):
            received += await asyncio.get_running_loop().sock_recv(peer, 1 << 20)
        assert received == expected
        await listener.drained.wait()
        assert wire.flows
        wire.write(b"straight")
        assert await asyncio.get_running_loop().sock_recv(peer, 100) == b"straight"


async def what_is_said_is_heard() -> None:
    async with connected() as (wire, peer):
        frame_of(wire, Opcode.TEXT, b"before anybody listened")
        listener: Any = Listener()
        wire.tell(listener)
        frame_of(wire, Opcode.TEXT, b"after")
        assert listener.heard == [b"before anybody listened", b"after"]
        frame_of(wire, Opcode.BINARY, b"\\x00")
        assert listener.codes == [ILL_FORMED]
        peer.close()
        await listener.over.wait()
        # its descriptor may be somebody else's by now
        wire.write(b"into the void")


@pytest.mark.parametrize("scenario", [frames_arrive_whole_and_in_order, what_is_said_is_heard])
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_the_wire_on_both_loops(scenario: Any, loop: Any) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(scenario(), 20))
