"""Rooms that come and go for half an hour, at a node of its own process: nothing may be left of them."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from livekit import rtc

from tests.signaling.running import KEY, SECRET, token
from tests.signaling.test_sdk import camera, first_frame, heard, soon
from web.startup import free_port

READY_S = 30.0
#: rooms before the first look: what is imported and cached at first use is there by then
WARM = 3
#: at least
LOOKS = 3
#: a page costs nothing that stays; the allocator keeps some of what it once had
MEGABYTES, DESCRIPTORS, TASKS = 12.0, 2, 2


@dataclass(frozen=True)
class Look:
    rooms: int
    megabytes: float
    descriptors: int
    tasks: int


@dataclass(frozen=True)
class Node:
    process: subprocess.Popen[bytes]
    url: str

    async def ask(self, method: str, **body: object) -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.post(
                f"http{self.url.removeprefix('ws')}/twirp/livekit.RoomService/{method}",
                headers={"Authorization": f"Bearer {token(room_create=True)}"},
                json=body,
            )
            answer.raise_for_status()

    async def look(self, rooms: int) -> Look:
        """What the node holds once everybody has left."""
        async with asyncio.timeout(60), httpx.AsyncClient(timeout=60) as client:
            while True:
                page = (await client.get(f"http{self.url.removeprefix('ws')}/metrics")).text
                if gauge(page, "klatiene_media_participants") == 0 and gauge(page, "klatiene_media_rooms") == 0:
                    break
                await asyncio.sleep(0.2)
        folder = Path(f"/proc/{self.process.pid}")
        resident = re.search(r"VmRSS:\s+(\d+)", (folder / "status").read_text())
        assert resident is not None
        descriptors = len(os.listdir(folder / "fd"))
        return Look(rooms, int(resident[1]) / 1024, descriptors, gauge(page, "klatiene_media_tasks"))


def gauge(page: str, name: str) -> int:
    found = re.search(rf"^{name} (\S+)$", page, re.MULTILINE)
    assert found is not None, name
    return int(float(found[1]))


@pytest.fixture
def lone_node() -> Iterator[Node]:
    port = free_port()
    settings = {
        "MEDIA_KEY": KEY,
        "MEDIA_SECRET": SECRET,
        "MEDIA_HOST": "127.0.0.1",
        "MEDIA_ADDRESSES": "127.0.0.1",
        "MEDIA_PORT": str(port),
        "MEDIA_UDP_PORT": str(free_port()),
        "MEDIA_DRAIN_S": "0",
        # nobody listens there
        "MEDIA_WEBHOOK_URL": "http://127.0.0.1:9/hooks/media",
        "PEPPER": SECRET,
        "VAULT_KEY": SECRET,
        "LOG_LEVEL": "ERROR",
    }
    environ = {name: value for name, value in os.environ.items() if not name.startswith("KLATIENE_")}
    environ |= {f"KLATIENE_{name}": value for name, value in settings.items()}
    process = subprocess.Popen([sys.executable, "-m", "web.cli", "media"], env=environ)
    deadline = time.monotonic() + READY_S
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz")
            break
        except httpx.TransportError:
            assert process.poll() is None
            assert time.monotonic() < deadline, "the node did not start"
            time.sleep(0.1)
    yield Node(process, f"ws://127.0.0.1:{port}")
    process.terminate()
    process.wait(20)


async def conversation(node: Node, number: int) -> None:
    """Two people join, one sees the other, both leave; every third room is closed under them."""
    one, other = rtc.Room(), rtc.Room()
    options = rtc.RoomOptions(single_peer_connection=number % 2 == 0)
    tracks = heard(other, "track_subscribed")
    async with asyncio.timeout(60):
        # forgotten soon after the last has left, instead of after 20 s
        await node.ask("CreateRoom", name=f"room-{number}", departure_timeout=1)
        for name, room in (("one", one), ("other", other)):
            await room.connect(node.url, token(name, room=f"room-{number}"), options)
        async with camera(one):
            track, *_ = await soon(tracks.get(), 60)
            await soon(first_frame(track), 60)
        if number % 3 == 0:
            await node.ask("DeleteRoom", room=f"room-{number}")
        await one.disconnect()
        await other.disconnect()


@pytest.mark.torture
@pytest.mark.slow
@pytest.mark.timeout(2_400)
async def test_nothing_is_left_of_rooms_that_came_and_went(lone_node: Node, amount: Callable[[int, int], int]) -> None:
    seconds, pause = amount(0, 1_800), amount(0, 60)
    for number in range(WARM):
        await conversation(lone_node, number)
    began = looked = time.monotonic()
    looks, number = [await lone_node.look(WARM)], WARM
    while len(looks) < LOOKS or time.monotonic() - began < seconds:
        await conversation(lone_node, number)
        number += 1
        if time.monotonic() - looked >= pause:
            looked = time.monotonic()
            looks.append(await lone_node.look(number))
            print(f"{looked - began:6.0f} s  {looks[-1]}", flush=True)
    first = looks[len(looks) // 4]
    assert max(look.descriptors for look in looks) <= looks[0].descriptors + DESCRIPTORS
    assert max(look.tasks for look in looks) <= looks[0].tasks + TASKS
    assert looks[-1].megabytes - first.megabytes < MEGABYTES
