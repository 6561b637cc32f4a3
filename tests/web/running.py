"""The control plane in a thread of its own, with a clock that is moved, not waited for."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from kernel.clock import ManualClock
from kernel.settings import Settings
from portal_bridge.vpm_standin import VpmStandIn
from tests.signaling.running import KEY, SECRET, running_node
from tests.web.person import WAIT_S
from web import standins as stand_ins
from web import startup
from web.app import create_app
from web.household import with_standins
from web.serve import web_server
from web.wiring import House, open_house

T = TypeVar("T")


class Switch:
    """An application that can be down: then it answers 503, whatever it is asked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.down = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = PlainTextResponse("down", 503) if self.down else self._app
        await app(scope, receive, send)


@dataclass(frozen=True)
class Running:
    url: str
    clock: ManualClock
    house: House
    loop: asyncio.AbstractEventLoop
    #: every state system
    state: Switch | None = None
    vpm: VpmStandIn | None = None

    def do(self, work: Coroutine[Any, Any, T], *, within_s: float = WAIT_S) -> T:
        """What no console can do, done in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(within_s)


@contextmanager
def running_house(
    var: Path,
    clock: ManualClock,
    *,
    connected: bool = False,
    standins: bool = False,
    node: bool = False,
    **settings: Any,
) -> Iterator[Running]:
    """``connected``: the embedded AVIS and JPP are asked over HTTP; the other state systems are down, but for
    ``standins``: then they answer until the switch says that they are down. ``node``: with a real media node, by the
    clock on the wall."""
    read = startup.read_settings(
        {}, demo=True, var=str(var), port=startup.free_port(), media_port=startup.free_port(), hold_s=1e6, **settings
    )
    if connected:
        read = with_standins(read)
    vpm = stand_ins.vpm(read, clock) if standins else None
    started = threading.Event()
    found: list[Any] = []

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            chosen = read
            if node:
                media = await stack.enter_async_context(running_node())
                urls = {"media_url": media.url, "media_api_url": media.http}
                chosen = replace(read, media_key=KEY, media_secret=SECRET, **urls)
            house = await stack.enter_async_context(open_house(chosen, clock=clock))
            switch = await stack.enter_async_context(_standins(chosen, clock, vpm))
            served = web_server(create_app(house), read)
            found.extend((served, house, asyncio.get_running_loop(), switch))
            # who connects from here on waits in the backlog until it serves
            listener = socket.create_server((read.host, read.port))
            started.set()
            await served.serve(sockets=[listener])

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(WAIT_S)
        yield Running(startup.own_url(read), clock, found[1], found[2], found[3], vpm)
    finally:
        for served in found[:1]:
            served.should_exit = True
        thread.join(WAIT_S)


@asynccontextmanager
async def _standins(settings: Settings, clock: ManualClock, vpm: VpmStandIn | None) -> AsyncIterator[Switch | None]:
    if vpm is None:
        yield None
        return
    switch = Switch(stand_ins.standins(settings, clock, vpm))
    config = uvicorn.Config(switch, lifespan="off", access_log=False, log_config=None)
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", httpx.URL(settings.state_url).port or 0))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield switch
    finally:
        server.should_exit = True
        await serving
