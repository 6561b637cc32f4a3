"""Several media nodes as one `MediaPort`: each is looked at every third of a second, `pool_core` places rooms."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from consultation.media_port import RoomService, is_gone, is_leaving
from consultation.pool_core import MISSES, NodeState, holder, place
from kernel.errors import MediaUnavailable

#: a process that ended is seen at the next look; one that hangs after two, each with its patience
LOOK_S, PATIENCE_S = 0.3, 0.4

log = structlog.get_logger("media_pool")


class MediaPool:
    """Implements `MediaPort`. Without `start` it looks when it is asked; with it, it knows before."""

    def __init__(self, nodes: Sequence[RoomService]) -> None:
        self._nodes = tuple(nodes)
        self.states = tuple(NodeState() for _ in nodes)
        self._watch: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._watch = asyncio.create_task(self._look_for_ever(), name="media pool")

    async def close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        for node in self._nodes:
            await node.close()

    async def open_room(self, room: str) -> str:
        if holder(self.states, room) is None:
            # Another process may have opened it since the last look.
            await self.look()
        tried: set[int] = set()
        while (chosen := place(self.states, room, tried)) is not None:
            tried.add(chosen)
            state = self.states[chosen]
            try:
                url = await self._nodes[chosen].open_room(room)
            except MediaUnavailable as error:
                if is_leaving(error):
                    state.leaving = True
                elif is_gone(error):
                    state.refused()
                else:
                    state.silent(MISSES)
                continue
            state.answered({room: 0, **state.rooms})
            return url
        raise MediaUnavailable(retry_after_s=1)

    async def close_room(self, room: str) -> None:
        node = await self._holder(room)
        if node is not None:
            await node.close_room(room)

    async def remove(self, room: str, identity: str) -> None:
        node = await self._holder(room)
        if node is not None:
            await node.remove(room, identity)

    async def permit(self, room: str, identity: str, sources: tuple[str, ...], *, mute: bool) -> None:
        node = await self._holder(room)
        if node is not None:
            await node.permit(room, identity, sources, mute=mute)

    async def present(self, room: str) -> dict[str, str]:
        node = await self._holder(room)
        return {} if node is None else await node.present(room)

    async def look(self) -> None:
        """Ask every node what it holds."""
        before = [state.alive for state in self.states]
        await asyncio.gather(*(self._look_at(n) for n in range(len(self._nodes))))
        for n, state in enumerate(self.states):
            if state.alive != before[n]:
                log.warning("media_node_back" if state.alive else "media_node_gone", node=n)

    async def _look_at(self, n: int) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                self.states[n].answered(await self._nodes[n].rooms())
        except MediaUnavailable as error:
            if is_gone(error):
                self.states[n].refused()
            else:
                self.states[n].silent()
        except TimeoutError:
            self.states[n].silent()

    async def _holder(self, room: str) -> RoomService | None:
        """Raises `MediaUnavailable` when nobody lives who could say."""
        found = holder(self.states, room)
        if found is None:
            await self.look()
            found = holder(self.states, room)
        if found is None and not any(state.alive for state in self.states):
            raise MediaUnavailable(retry_after_s=1)
        return None if found is None else self._nodes[found]

    async def _look_for_ever(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)
