"""Datagrams in batches: recvmmsg and sendmmsg of Linux, reached through cffi's ABI mode, so that nothing is compiled.

The structures below are those of the C library on 64-bit Linux (recvmmsg(2), msghdr in socket(7)); `available` tries
them on two sockets before anybody relies on them.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections import Counter
from typing import Any

from cffi import FFI

from media.ice import Source
from media.io_plain import BATCH, STRIDE, DatagramSocket
from media.srtp import SrtpKey, cipher_for

_ffi = FFI()
_ffi.cdef("""
struct iovec { void *iov_base; size_t iov_len; };
struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                void *msg_control; size_t msg_controllen; int msg_flags; };
struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
int sendmmsg(int, struct mmsghdr *, unsigned int, int);
""")

#: datagrams that wait for one sendmmsg at most
OUT_BATCH = 64
_LAST = OUT_BATCH - 1
_DONTWAIT = 0x40
_IPV4 = struct.Struct("!H4s")
_IPV6 = struct.Struct("!HI16s")
_SCOPE = struct.Struct("=I")
_FAMILY = struct.Struct("=H")
#: bytes of a sockaddr that tell senders apart, and its whole size
_SIZES = {socket.AF_INET: (8, 16), socket.AF_INET6: (28, 28)}


def _library() -> Any:
    try:
        library = _ffi.dlopen(None)
        return library if library.recvmmsg and library.sendmmsg else None
    except (OSError, AttributeError):
        return None


_libc: Any = _library() if sys.platform == "linux" and sys.maxsize > 2**32 else None


class BatchedSocket(DatagramSocket):
    """Up to 64 datagrams a call."""

    def __init__(self, bound: socket.socket, name: str, count: Counter[str]) -> None:
        self.name = name
        self._socket = bound
        self._fd = bound.fileno()
        self._count = count
        self._key_size, self._name_size = _SIZES[bound.family]
        self.buffer = bytearray(BATCH * STRIDE)
        self.view = memoryview(self.buffer)
        self.cipher = cipher_for(self.buffer, STRIDE)
        self._names = bytearray(BATCH * self._name_size)
        self._incoming, self._in_parts = self._messages(self.buffer, BATCH)
        names = _ffi.from_buffer(self._names)
        for slot in range(BATCH):
            self._incoming[slot].msg_hdr.msg_name = names + slot * self._name_size
        self._in = [self._incoming[slot] for slot in range(BATCH)]
        self.out = bytearray(OUT_BATCH * STRIDE)
        self.out_view = memoryview(self.out)
        self.out_at = 0
        self._waiting = 0
        self._addresses: list[Any] = [None] * OUT_BATCH
        self._protector = cipher_for(self.out, STRIDE)
        self._outgoing, self._out_parts = self._messages(self.out, OUT_BATCH)
        self._out_heads = [self._outgoing[slot].msg_hdr for slot in range(OUT_BATCH)]
        self._out_sizes = [self._out_parts[slot] for slot in range(OUT_BATCH)]

    def _messages(self, buffer: bytearray, slots: int) -> tuple[Any, Any]:
        base = _ffi.from_buffer(buffer)
        messages, parts = _ffi.new("struct mmsghdr[]", slots), _ffi.new("struct iovec[]", slots)
        for slot in range(slots):
            parts[slot].iov_base, parts[slot].iov_len = base + slot * STRIDE, STRIDE
            head = messages[slot].msg_hdr
            head.msg_iov, head.msg_iovlen, head.msg_namelen = parts + slot, 1, self._name_size
        return messages, parts

    def fileno(self) -> int:
        return self._fd

    def receive(self) -> int:
        got: int = _libc.recvmmsg(self._fd, self._incoming, BATCH, _DONTWAIT, _ffi.NULL)
        if got < 0 and _ffi.errno not in (errno.EAGAIN, errno.EINTR):
            # An ICMP error of an earlier send is told once; what waits behind it comes with the next call.
            got = _libc.recvmmsg(self._fd, self._incoming, BATCH, _DONTWAIT, _ffi.NULL)
        return max(got, 0)

    def sizes(self, count: int) -> list[int]:
        return [message.msg_len for message in self._in[:count]]

    def keys(self, count: int) -> list[Any]:
        step, size = self._name_size, self._key_size
        names = bytes(self._names)
        return [names[at : at + size] for at in range(0, count * step, step)]

    def source(self, key: bytes) -> Source:
        if len(key) == 8:
            port, host = _IPV4.unpack_from(key, 2)
            return (self.name, socket.inet_ntop(socket.AF_INET, host), port)
        port, _, host = _IPV6.unpack_from(key, 2)
        (scope,) = _SCOPE.unpack_from(key, 24)
        return (self.name, socket.inet_ntop(socket.AF_INET6, host) + (f"%{scope}" if scope else ""), port)

    def address(self, source: Source) -> Any:
        """A sockaddr that lives as long as somebody holds it."""
        _, host, port = source
        if self._name_size == 16:
            name = _FAMILY.pack(socket.AF_INET) + _IPV4.pack(port, socket.inet_pton(socket.AF_INET, host)) + bytes(8)
        else:
            host, _, scope = host.partition("%")
            name = _FAMILY.pack(socket.AF_INET6) + _IPV6.pack(port, 0, socket.inet_pton(socket.AF_INET6, host))
            name += _SCOPE.pack(int(scope or 0))
        return _ffi.new("char[]", name)

    def put(self, size: int, key: SrtpKey, address: Any) -> bool:
        slot = self._waiting
        size = self._protector.protect(key, slot, size)
        if not size:
            return False
        self._out_sizes[slot].iov_len = size
        self._out_heads[slot].msg_name = self._addresses[slot] = address
        self._waiting = slot + 1
        self.out_at += STRIDE
        if slot == _LAST:
            self.flush()
        return True

    def send(self, data: bytes, address: Any) -> None:
        slot, size = self._waiting, len(data)
        if size > STRIDE:
            self._count["dropped_send"] += 1
            return
        self.out_view[self.out_at : self.out_at + size] = data
        self._out_sizes[slot].iov_len = size
        # the reference keeps the address alive until the kernel has read it
        self._out_heads[slot].msg_name = self._addresses[slot] = address
        self._waiting = slot + 1
        self.out_at += STRIDE
        if slot == _LAST:
            self.flush()

    def flush(self) -> None:
        done, waiting = 0, self._waiting
        while done < waiting:
            sent = _libc.sendmmsg(self._fd, self._outgoing + done, waiting - done, _DONTWAIT)
            if sent > 0:
                done += sent
            elif _ffi.errno == errno.EAGAIN:
                # The kernel's queue is full: media does not wait.
                self._count["dropped_send"] += waiting - done
                break
            else:
                # Only the first of the rest cannot go: its address is unreachable now, or told us so earlier.
                self._count["dropped_send"] += 1
                done += 1
        self._waiting = self.out_at = 0

    def close(self) -> None:
        self._socket.close()


def available() -> bool:
    """Do the two calls work here? Tried once, on loopback."""
    if _libc is None:
        return False
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        for end in (one, two):
            end.bind(("127.0.0.1", 0))
        tried = BatchedSocket(one, "udp", Counter())
        host, port = two.getsockname()
        tried.send(b"works", tried.address(("udp", host, port)))
        tried.flush()
        two.settimeout(1)
        try:
            two.sendto(two.recv(16), one.getsockname())
        except OSError:
            return False
        one.settimeout(1)
        one.recv(16, socket.MSG_PEEK)
        return tried.receive() == 1 and tried.sizes(1) == [5] and tried.source(tried.keys(1)[0]) == ("udp", host, port)
