"""Datagrams by the calls that every system has: one a packet. Used where `io_batch` cannot be."""

from __future__ import annotations

import socket
from abc import ABC, abstractmethod
from collections import Counter
from typing import Any, Final

from media.ice import Source
from media.srtp import Cipher, SrtpKey, cipher_for

#: datagrams read in one go
BATCH: Final = 64
#: bytes a datagram may take in a buffer
STRIDE: Final = 2_048


class Sender(ABC):
    """A way out, with a buffer of its own: write a packet at ``out_at`` of ``out_view``, then `put` it."""

    out_view: memoryview
    out_at: int

    @abstractmethod
    def address(self, source: Source) -> Any:
        """What `put` and `send` take for that destination."""

    @abstractmethod
    def put(self, size: int, key: SrtpKey, address: Any) -> bool:
        """Protect the packet at ``out_at`` and send it."""

    @abstractmethod
    def send(self, data: bytes, address: Any) -> None: ...

    @abstractmethod
    def flush(self) -> None:
        """Hand over what waits."""


class DatagramSocket(Sender):
    """A bound UDP socket; ``name`` tells it from the node's others.

    After `receive` said n, slots 0 … n-1 of ``buffer`` (``STRIDE`` bytes each) hold datagrams until the next call.
    """

    name: str
    buffer: bytearray
    view: memoryview
    cipher: Cipher
    out: bytearray

    @abstractmethod
    def fileno(self) -> int: ...

    @abstractmethod
    def receive(self) -> int: ...

    @abstractmethod
    def sizes(self, count: int) -> list[int]:
        """Bytes in the first ``count`` slots."""

    @abstractmethod
    def keys(self, count: int) -> list[Any]:
        """Something hashable for each, that stands for the sender's address."""

    @abstractmethod
    def source(self, key: Any) -> Source: ...

    @abstractmethod
    def close(self) -> None: ...


class PlainSocket(DatagramSocket):
    def __init__(self, bound: socket.socket, name: str, count: Counter[str]) -> None:
        self.name = name
        self.buffer = bytearray(BATCH * STRIDE)
        self.view = memoryview(self.buffer)
        self.cipher = cipher_for(self.buffer, STRIDE)
        self.out = bytearray(STRIDE)
        self.out_view = memoryview(self.out)
        self.out_at = 0
        self._socket = bound
        self._count = count
        self._protector = cipher_for(self.out, STRIDE)
        self._slots = [self.view[STRIDE * slot : STRIDE * (slot + 1)] for slot in range(BATCH)]
        self._sizes = [0] * BATCH
        self._keys: list[Any] = [None] * BATCH

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> int:
        for slot in range(BATCH):
            try:
                self._sizes[slot], self._keys[slot] = self._socket.recvfrom_into(self._slots[slot])
            except BlockingIOError:
                return slot
            except OSError:
                # An ICMP error of an earlier send; the socket itself is fine.
                self._sizes[slot], self._keys[slot] = 0, ("", 0)
        return BATCH

    def sizes(self, count: int) -> list[int]:
        return self._sizes[:count]

    def keys(self, count: int) -> list[Any]:
        return self._keys[:count]

    def source(self, key: Any) -> Source:
        return (self.name, key[0], key[1])

    def address(self, source: Source) -> Any:
        return source[1:]

    def put(self, size: int, key: SrtpKey, address: Any) -> bool:
        size = self._protector.protect(key, 0, size)
        if size:
            self._send(self.out_view[:size], address)
        return size > 0

    def send(self, data: bytes, address: Any) -> None:
        self._send(data, address)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        self._socket.close()

    def _send(self, data: bytes | memoryview, address: Any) -> None:
        try:
            self._socket.sendto(data, address)
        except OSError:
            # The kernel's queue is full or the address is unreachable now: media does not wait.
            self._count["dropped_send"] += 1
