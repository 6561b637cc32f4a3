"""ICE over TCP: framing, and connections that are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from aioice import stun

from media import tcp
from media.node import RelayNode
from tests.media.client import Heard, loopback_node
from tests.media.test_ice import check


@pytest.fixture
async def node() -> AsyncIterator[RelayNode]:
    made = loopback_node()
    await made.start()
    yield made
    await made.close()


async def dial(node: RelayNode) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", node.tcp_port)


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


async def closed(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(5):
        try:
            return await reader.read(1) == b""
        except ConnectionResetError:
            return True


async def test_a_check_in_pieces_is_answered_in_a_frame(node: RelayNode) -> None:
    peer = node.open_peer("someone", Heard())
    reader, writer = await dial(node)
    wire = framed(check(peer.side.ufrag, peer.side.password))
    for at in range(0, len(wire), 7):
        writer.write(wire[at : at + 7])
        await writer.drain()
    async with asyncio.timeout(5):
        size = int.from_bytes(await reader.readexactly(2), "big")
        reply = stun.parse_message(await reader.readexactly(size))
    assert reply.message_class == stun.Class.RESPONSE
    assert peer.side.selected is not None
    assert peer.side.selected[0] == "tcp"
    writer.close()
    await writer.wait_closed()
    async with asyncio.timeout(5):
        while peer.side.selected is not None:  # noqa: ASYNC110  (the relay tells nobody)
            await asyncio.sleep(0.005)
    await peer.close()


@pytest.mark.parametrize("frame", [b"\x00\x00", b"\xff\xff" + bytes(100)], ids=["empty", "too large"])
async def test_broken_framing_closes_the_connection(node: RelayNode, frame: bytes) -> None:
    reader, writer = await dial(node)
    writer.write(frame)
    assert await closed(reader)
    writer.close()


async def test_noise_in_good_frames_is_counted(node: RelayNode) -> None:
    reader, writer = await dial(node)
    writer.write(b"".join(framed(bytes((22,)) + bytes(20)) for _ in range(5)) + b"\x00\x00")
    assert await closed(reader)
    assert node.ice.refused["stranger"] == 5
    writer.close()


async def test_a_connection_that_proves_nothing_is_closed(node: RelayNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "STRANGER_S", 0.02)
    reader, writer = await dial(node)
    assert await closed(reader)
    writer.close()
