from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from media.api import Kind, Publication
from media.rtp import RtpPacket
from tests.media.calls import KEY, Call
from tests.media.client import Client, loopback_node
from tests.media.offers import application, section


@pytest.fixture(params=["batched", "portable"])
async def call(request: pytest.FixtureRequest) -> AsyncIterator[Call]:
    node = loopback_node(request.param)
    await node.start()
    publisher, subscriber = Client(node, "publisher"), Client(node, "subscriber")
    publisher.peer.publish(Publication("TR_1", Kind.VIDEO, frozenset({"cam"}), "video/VP8", "PA_1|TR_1"))
    publisher.negotiate(section("video", "0", "sendonly", track="cam"), application("1"))
    assert subscriber.peer.subscribe("TR_1")
    subscriber.negotiate(section("video", "0", "recvonly"), application("1"))
    made = Call(publisher, subscriber)
    await asyncio.gather(publisher.connect(), subscriber.connect())
    # The first packet tells the relay of the layer; the next one is on its way at once.
    publisher.send_rtp(RtpPacket(96, 100, 300_000, 1001, KEY, marker=1))
    await made.drained()
    subscriber.peer.tick(node.now(), second=False)
    # The relay shows the kept keyframe at once.
    async with asyncio.timeout(5):
        await subscriber.rtp.get()
    yield made
    for client in (publisher, subscriber):
        await client.peer.close()
        await client.close()
    await node.close()
