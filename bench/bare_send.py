"""What the kernel asks for telling many: ``send`` alone, to as many sockets and in the same rhythm as the live channel.

Resting between slices is part of it: who rests lets readers fall asleep, and waking them is work of the sender's.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import time

import uvloop

from bench import reconnect
from web.live.hub import REST, SLICE

ROUNDS = 10


def bare_send_us(count: int, size: int) -> float:
    """Processor time of ``send`` of ``size`` bytes to each of ``count`` loopback sockets that somebody empties."""
    context = multiprocessing.get_context("spawn")
    reconnect.more_files()
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as listener:
        reader = context.Process(target=_empty, args=(listener.getsockname()[1], count))
        reader.start()
        sockets = [listener.accept()[0] for _ in range(count)]
        payload, used = b"x" * size, 0.0
        for _ in range(ROUNDS):
            for begin in range(0, count, SLICE):
                started = time.process_time()
                for each in sockets[begin : begin + SLICE]:
                    each.send(payload)
                spent = time.process_time() - started
                used += spent
                time.sleep(REST * spent)
        for each in sockets:
            each.close()
        reader.join(10)
    return 1e6 * used / ROUNDS / count


def _empty(port: int, count: int) -> None:
    async def read() -> None:
        async def one() -> None:
            reader, _ = await asyncio.open_connection("127.0.0.1", port)
            while await reader.read(65_536):
                pass

        await asyncio.gather(*(one() for _ in range(count)))

    reconnect.more_files()
    uvloop.run(read())
