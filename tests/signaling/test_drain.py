"""SIGTERM: conversations go on until they end or the time is up; whoever is left is sent elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from livekit.protocol import rtc

from tests.signaling.running import ROOM, RunningNode, Signal, running_node, token


async def draining(node: RunningNode) -> None:
    async with asyncio.timeout(10):
        while not node.lobby.draining:  # noqa: ASYNC110  (the server tells nobody)
            await asyncio.sleep(0.01)


async def sent_away(person: Signal) -> Any:
    while (message := await person.next()).WhichOneof("message") != "leave":
        pass
    return message.leave.action


async def test_a_conversation_goes_on_and_new_rooms_are_refused() -> None:
    async with running_node(drain_s=60.0) as node:
        async with Signal(node, "ann") as ann:
            node.server.should_exit = True
            await draining(node)
            async with Signal(node, "bob") as bob:
                await ann.until("update")
                await bob.send(leave=rtc.LeaveRequest())
            admin = token(room_create=True, room_list=True)
            refused = await node.twirp("CreateRoom", {"name": "another"}, admin)
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert (await node.twirp("CreateRoom", {"name": ROOM}, admin)).status_code == 200
            async with httpx.AsyncClient() as client:
                there = await client.get(f"{node.http}/rtc/validate", params={"access_token": token("eve", room="x")})
            assert there.status_code == 503
            await ann.send(leave=rtc.LeaveRequest())
        async with asyncio.timeout(10):
            await node.served


async def test_who_is_still_there_when_the_time_is_up_is_sent_elsewhere() -> None:
    async with running_node(drain_s=0.3) as node, Signal(node, "ann") as ann:
        node.server.should_exit = True
        assert await sent_away(ann) == rtc.LeaveRequest.Action.RECONNECT


async def test_a_second_signal_waits_for_nobody() -> None:
    async with running_node(drain_s=600.0) as node, Signal(node, "ann") as ann:
        node.server.should_exit = True
        await draining(node)
        node.server.hurried = True
        await sent_away(ann)
