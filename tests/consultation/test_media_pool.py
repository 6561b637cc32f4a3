"""Several media nodes: rooms go to the calmest, stay while their node lives, and move when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus

from consultation.media_pool import MediaPool
from consultation.media_port import RoomService
from consultation.pool_core import MISSES, NodeState, holder, place
from kernel.errors import MediaUnavailable
from tests.signaling.running import KEY, SECRET, RunningNode, Signal, running_node

rooms = st.dictionaries(st.sampled_from("abc"), st.integers(0, 5))
states = st.lists(
    st.builds(NodeState, rooms=rooms, missed=st.integers(0, 3), leaving=st.booleans(), gone=st.booleans()), max_size=4
)


@given(states, st.sampled_from("abcd"))
def test_a_room_is_placed_on_a_living_node_and_where_it_already_is(nodes: list[NodeState], room: str) -> None:
    chosen = place(nodes, room)
    held = [n for n, node in enumerate(nodes) if node.alive and room in node.rooms]
    staying = [n for n, node in enumerate(nodes) if node.alive and not node.leaving]
    slow = [n for n, node in enumerate(nodes) if not node.alive and not node.gone and not node.leaving]
    assert (chosen is None) == (not held and not staying and not slow)
    if chosen is not None and held:
        assert chosen in held
    elif chosen is not None and staying:
        assert chosen in staying
        assert nodes[chosen].people == min(nodes[n].people for n in staying)
    elif chosen is not None:
        assert chosen in slow
        assert nodes[chosen].rooms.get(room, -1) == max(nodes[n].rooms.get(room, -1) for n in slow)


@given(states, st.sampled_from("abcd"))
def test_every_node_is_tried_once_at_most(nodes: list[NodeState], room: str) -> None:
    tried: list[int] = []
    while (chosen := place(nodes, room, tried)) is not None:
        assert chosen not in tried
        assert not nodes[chosen].gone
        tried.append(chosen)
        nodes[chosen].silent(MISSES)


def test_a_silent_node_is_dead_after_two_looks_and_one_that_ended_at_once() -> None:
    node = NodeState({"a": 3})
    for _ in range(MISSES - 1):
        node.silent()
        assert holder([node], "a") == 0
    node.silent()
    assert holder([node], "a") is None
    node.answered({"b": 1})
    assert holder([node], "b") == 0
    node.refused()
    assert holder([node], "b") is None
    assert not node.rooms


def test_where_all_are_slow_the_one_that_held_the_room_is_tried_first() -> None:
    nodes = [NodeState({}, missed=MISSES), NodeState({"a": 2}, missed=MISSES), NodeState({}, gone=True)]
    assert place(nodes, "a") == 1
    assert place(nodes, "a", {1}) == 0
    assert place(nodes, "a", {0, 1}) is None


class Nodes:
    def __init__(self, running: list[RunningNode], stop: list[contextlib.AsyncExitStack]) -> None:
        self.running = running
        self._stop = stop

    async def end(self, url: str) -> None:
        await self._stop[[node.url for node in self.running].index(url)].aclose()

    def pool(self) -> MediaPool:
        return MediaPool([RoomService(node.http, KEY, SECRET, public_url=node.url) for node in self.running])


@pytest.fixture
async def nodes() -> AsyncIterator[Nodes]:
    stacks = [contextlib.AsyncExitStack() for _ in range(2)]
    running = [await stack.enter_async_context(running_node(auto_create=False)) for stack in stacks]
    yield Nodes(running, stacks)
    for stack in stacks:
        await stack.aclose()


async def test_rooms_spread_and_every_process_finds_them(nodes: Nodes) -> None:
    ours, theirs = nodes.pool(), nodes.pool()
    first = await ours.open_room("one")
    async with Signal(next(n for n in nodes.running if n.url == first), "ann", room="one"):
        await ours.look()
        second = await ours.open_room("two")
        assert {first, second} == {node.url for node in nodes.running}
        assert await theirs.open_room("one") == first
        assert await theirs.open_room("two") == second
        await theirs.close_room("two")
        await ours.look()
        assert await ours.present("two") == {}
    await ours.close()
    await theirs.close()


async def test_a_node_that_came_back_empty_lets_nobody_open_the_room_again(nodes: Nodes) -> None:
    """A client that still knows its old address would split the conversation."""
    with pytest.raises(InvalidStatus, match="503"):
        async with Signal(nodes.running[0], "ann", room="one"):
            pass


async def test_a_room_moves_within_a_second_of_its_nodes_end(nodes: Nodes) -> None:
    pool = nodes.pool()
    pool.start()
    before = await pool.open_room("one")
    await nodes.end(before)
    ended = time.monotonic()
    async with asyncio.timeout(5):
        while not any(state.gone for state in pool.states):
            await pool.look()
    assert time.monotonic() - ended < 1
    after = await pool.open_room("one")
    assert after != before
    await nodes.end(after)
    with pytest.raises(MediaUnavailable):
        await pool.open_room("one")
    await pool.close()


async def test_a_node_that_is_about_to_end_keeps_its_room_and_gets_no_new_one(nodes: Nodes) -> None:
    pool = nodes.pool()
    first = await pool.open_room("one")
    leaving = next(node for node in nodes.running if node.url == first)
    leaving.lobby.draining = True
    assert await pool.open_room("one") == first, "where people are they stay"
    others = {await pool.open_room(name) for name in ("two", "three", "four")}
    assert first not in others
    await pool.close()
