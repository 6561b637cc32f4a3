"""One UDP socket's loop: drain it until it is empty, send what that caused, and wake up as `io_core` advises."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from media.ice import MAX_DATAGRAM
from media.io_core import next_tick
from media.io_plain import BATCH, STRIDE, DatagramSocket

if TYPE_CHECKING:
    from media.ice import Source
    from media.node import RelayNode
    from media.peer import RelayPeer

#: batches handled before the rest of the process gets a turn
ROUNDS: Final = 8
MAX_KNOWN: Final = 8_192


class Pump:
    def __init__(self, node: RelayNode, socket: DatagramSocket) -> None:
        self.socket = socket
        self._node = node
        self._loop = asyncio.get_running_loop()
        self._known: dict[Any, RelayPeer] = {}
        self._sources: dict[Any, Source] = {}
        self._changes = 0
        self._wakeups = self._datagrams = 0
        self._tick = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._loop.add_reader(socket.fileno(), self._readable)

    @property
    def tick(self) -> float:
        """Seconds between two looks at the socket; 0 while each datagram wakes us."""
        return self._tick

    def pace(self, seconds: float) -> None:
        """Choose how to wake up, from what happened in the last ``seconds``."""
        tick = next_tick(self._tick, self._wakeups / seconds, self._datagrams / seconds)
        self._wakeups = self._datagrams = 0
        before, self._tick = self._tick, tick
        if tick and not before:
            self._loop.remove_reader(self.socket.fileno())
            self._timer = self._loop.call_later(tick, self._ticked)
        elif before and not tick:
            if self._timer is not None:
                self._timer.cancel()
            self._loop.add_reader(self.socket.fileno(), self._readable)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self.socket.fileno())
        self.socket.close()

    def _readable(self) -> None:
        self._wakeups += 1
        self._drain()

    def _ticked(self) -> None:
        self._timer = self._loop.call_later(self._tick, self._ticked)
        self._drain()

    def _drain(self) -> None:
        node, socket = self._node, self.socket
        node.gathering += 1
        try:
            for _ in range(ROUNDS):
                got = socket.receive()
                if not got:
                    return
                self._datagrams += got
                self._handle(got, node.now())
                node.flush()
                if got < BATCH:
                    return
        finally:
            node.gathering -= 1

    def _handle(self, got: int, now: float) -> None:
        node, socket = self._node, self.socket
        node.moment(now)
        if self._changes != node.ice.changes:
            self._known.clear()
            self._changes = node.ice.changes
        buffer, known, sizes, at = socket.buffer, self._known, socket.sizes(got), 0
        for slot, key in enumerate(socket.keys(got)):
            peer = known.get(key)
            # SRTP and SRTCP of a known sender, which is nearly everything, told apart by the second byte (RFC 5761)
            size = sizes[slot]
            if peer is not None and 127 < buffer[at] < 192 and 12 <= size <= MAX_DATAGRAM:
                try:
                    if 191 < buffer[at + 1] < 224:
                        peer.received(bytes(socket.view[at : at + size]), now)
                    else:
                        peer.received_rtp(socket, slot, size, now)
                except Exception as error:
                    node.failed(error)
            else:
                self._handle_other(key, bytes(socket.view[at : at + min(size, STRIDE)]))
            at += STRIDE

    def _handle_other(self, key: Any, data: bytes) -> None:
        node, socket = self._node, self.socket
        source = self._sources.get(key)
        if source is None:
            if len(self._sources) >= MAX_KNOWN:
                self._sources.clear()
            source = self._sources[key] = socket.source(key)
        node.received(data, source)
        owner = node.ice.owner(source)
        if owner is not None and (peer := node.by_side.get(owner)) is not None:
            if len(self._known) >= MAX_KNOWN or self._changes != node.ice.changes:
                self._known.clear()
                self._changes = node.ice.changes
            self._known[key] = peer
