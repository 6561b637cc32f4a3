"""The control plane in a thread of its own, with a clock that is moved, not waited for; without a media node."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from kernel.clock import ManualClock
from tests.web.person import WAIT_S
from web import startup
from web.app import create_app
from web.household import with_standins
from web.serve import web_server
from web.wiring import House, open_house

T = TypeVar("T")


@dataclass(frozen=True)
class Running:
    url: str
    clock: ManualClock
    house: House
    loop: asyncio.AbstractEventLoop

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What no console can do, done in the server's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_S)


@contextmanager
def running_house(var: Path, clock: ManualClock, *, connected: bool = False, **settings: Any) -> Iterator[Running]:
    """``connected``: the embedded AVIS and JPP are asked over HTTP; the other state systems are down."""
    read = startup.read_settings(
        {}, demo=True, var=str(var), port=startup.free_port(), media_port=startup.free_port(), hold_s=1e6, **settings
    )
    if connected:
        read = with_standins(read)
    started = threading.Event()
    found: list[Any] = []

    async def serve() -> None:
        async with open_house(read, clock=clock) as house:
            served = web_server(create_app(house), read)
            found.extend((served, house, asyncio.get_running_loop()))
            # who connects from here on waits in the backlog until it serves
            listener = socket.create_server((read.host, read.port))
            started.set()
            await served.serve(sockets=[listener])

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(WAIT_S)
        yield Running(startup.own_url(read), clock, found[1], found[2])
    finally:
        for served in found[:1]:
            served.should_exit = True
        thread.join(WAIT_S)
