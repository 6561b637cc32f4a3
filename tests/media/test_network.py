"""Both address families on one node, several addresses, lines with a small MTU; joining and leaving without a trace."""

from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Callable

import pytest

from media.api import Kind, Publication
from media.node import RelayConfig
from media.rtp import RtpPacket
from tests.media.calls import KEY
from tests.media.client import Client, loopback_node
from tests.media.offers import application, section

#: what a line of 1,280 bytes leaves after IPv6 and UDP
ROOM = 1_280 - 40 - 8


@pytest.mark.parametrize("io", ["batched", "portable"])
async def test_a_call_between_ipv6_and_ipv4(io: str) -> None:
    node = loopback_node(io, "127.0.0.1,::1")
    await node.start()
    assert [host for host, *_ in node.addresses] == ["127.0.0.1", "::1"]
    six, four = Client(node, "six", "::1"), Client(node, "four")
    await call(six, four)
    for client in (six, four):
        await client.peer.close()
        await client.close()
    await node.close()


def test_all_addresses_means_both_families() -> None:
    assert RelayConfig().hosts() == ("0.0.0.0", "::")
    assert RelayConfig(host="192.0.2.1, 2001:db8::1").hosts() == ("192.0.2.1", "2001:db8::1")


async def test_a_large_message_leaves_in_datagrams_that_pass_every_line() -> None:
    node = loopback_node()
    await node.start()
    client = Client(node, "narrow")
    client.negotiate(application("0"))
    sizes: list[int] = []
    heard = client._received

    def measured(data: bytes) -> None:
        sizes.append(len(data))
        heard(data)

    client._received = measured  # type: ignore[method-assign]
    await client.connect()
    assert client.peer.send_data("_reliable", bytes(40_000))
    async with asyncio.timeout(10):
        assert await client.data.get() == ("_reliable", bytes(40_000))
    assert max(sizes) <= ROOM
    await client.peer.close()
    await client.close()
    await node.close()


@pytest.mark.torture
async def test_soak_of_rooms_that_come_and_go(amount: Callable[[int, int], int]) -> None:
    """No growth of memory, descriptors or tasks; half an hour under torture."""
    node = loopback_node()
    await node.start()
    rounds, marks = amount(9, 5_000), []
    tracemalloc.start()
    for turn in range(rounds):
        one, two = Client(node, "one"), Client(node, "two")
        await call(one, two)
        for client in (one, two):
            await client.peer.close()
            await client.close()
        if turn % max(1, rounds // 9) == 0:
            await asyncio.sleep(0.05)
            gc.collect()
            marks.append(
                (tracemalloc.get_traced_memory()[0], len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks()))
            )
    tracemalloc.stop()
    assert not node.peers
    assert not node.tracks
    assert not node.by_side
    settled = marks[2:]
    assert max(fds for _, fds, _ in settled) <= settled[0][1] + 2
    assert max(tasks for _, _, tasks in settled) <= settled[0][2] + 2
    # caches and free lists take a little; a leaked peer alone is more than a hundred kilobytes a round
    assert settled[-1][0] - settled[0][0] < 400_000
    await node.close()


async def call(publisher: Client, subscriber: Client) -> None:
    """Connect both, one picture from one to the other."""
    publisher.peer.publish(Publication("TR_1", Kind.VIDEO, frozenset({"cam"}), "video/VP8", "PA_1|TR_1"))
    publisher.negotiate(section("video", "0", "sendonly", track="cam"), application("1"))
    assert subscriber.peer.subscribe("TR_1")
    subscriber.negotiate(section("video", "0", "recvonly"), application("1"))
    await asyncio.gather(publisher.connect(), subscriber.connect())
    publisher.send_rtp(RtpPacket(96, 100, 300_000, 1001, KEY, marker=1))
    async with asyncio.timeout(5):
        shown = await subscriber.rtp.get()
    assert shown.payload == KEY
