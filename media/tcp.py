"""ICE over TCP, passive side (RFC 6544) with RFC 4571 framing, for networks that let no UDP through."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any, cast

from media.ice import MAX_DATAGRAM, Source
from media.io_plain import STRIDE, Sender
from media.srtp import SrtpKey, cipher_for

if TYPE_CHECKING:
    from media.node import RelayNode

MAX_UNSENT = 300_000
#: who has not passed a STUN check by then only holds a file descriptor
STRANGER_S = 10.0


class TcpConnection(asyncio.Protocol):
    def __init__(self, node: RelayNode) -> None:
        self._node = node
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._source: Source = ("tcp", "", 0)
        self._watchdog: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        host, port = transport.get_extra_info("peername")[:2]
        self._source = ("tcp", host, port)
        self._node.connected(self._source, self)
        self._watchdog = asyncio.get_running_loop().call_later(STRANGER_S, self._close_stranger)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 2:
            length = self._buffer[0] << 8 | self._buffer[1]
            if length == 0 or length > MAX_DATAGRAM:
                self.close()
                return
            if len(self._buffer) < 2 + length:
                return
            frame = bytes(self._buffer[2 : 2 + length])
            del self._buffer[: 2 + length]
            self._node.received(frame, self._source)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._node.disconnected(self._source)

    def send(self, data: bytes | memoryview) -> bool:
        """False when the line is full: media is dropped, not queued."""
        if self._transport is None or self._transport.get_write_buffer_size() > MAX_UNSENT:
            return False
        self._transport.write(len(data).to_bytes(2, "big") + data)
        return True

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _close_stranger(self) -> None:
        if not self._node.ice.knows(self._source):
            self.close()


class TcpSender(Sender):
    """Over the node's TCP connections; an address is a `Source`."""

    def __init__(self, connections: dict[Source, TcpConnection], count: Any) -> None:
        self.out = bytearray(STRIDE)
        self.out_view = memoryview(self.out)
        self.out_at = 0
        self._protector = cipher_for(self.out, STRIDE)
        self._connections = connections
        self._count = count

    def address(self, source: Source) -> Source:
        return source

    def put(self, size: int, key: SrtpKey, address: Source) -> bool:
        size = self._protector.protect(key, 0, size)
        if size:
            self.send(self.out_view[:size], address)
        return size > 0

    def send(self, data: bytes | memoryview, address: Source) -> None:
        connection = self._connections.get(address)
        if connection is None or not connection.send(data):
            self._count["dropped_tcp"] += 1

    def flush(self) -> None:
        """Nothing waits here."""
