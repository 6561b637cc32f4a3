"""Datagrams in batches: recvmmsg and sendmmsg of Linux, reached through cffi's ABI mode, so that nothing is compiled.

Neighbours of one size to one address, which is what a picture consists of, go to the kernel as one message that it cuts
up (UDP_SEGMENT, Linux 4.18; udp(7)): a third of the time in the kernel. Where that is refused they go one by one.

The structures below are those of the C library on 64-bit Linux (recvmmsg(2), msghdr in socket(7)); `available` tries
them on two sockets before anybody relies on them.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections import Counter
from typing import Any, Final

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
struct cut { size_t cmsg_len; int cmsg_level; int cmsg_type; uint16_t size; };
""")

#: datagrams that wait for one sendmmsg at most
OUT_BATCH: Final = 64
_LAST: Final = OUT_BATCH - 1
#: datagrams in one message to the kernel, which takes 64 in all its versions, and bytes: an IP packet's
MAX_CUTS: Final = 48
MAX_MESSAGE: Final = 60_000
_UDP_SEGMENT = 103
#: cmsghdr with two bytes of data, without and with its padding (CMSG_LEN, CMSG_SPACE)
_CUT_LEN: Final = 18
_CUT_SPACE: Final = 24
_DONTWAIT: Final = 0x40
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


class Destination:
    """A sockaddr that lives as long as somebody holds it, and what waits to go there."""

    __slots__ = ("cuts", "name", "slots")

    def __init__(self, name: Any) -> None:
        self.name = name
        self.slots: list[int] = []
        #: may the kernel cut up what goes there?
        self.cuts = True


class _Message:
    """One mmsghdr: what it says now, so that only changes are written, and whom it is for."""

    __slots__ = ("count", "cut", "first", "head", "size", "to")

    def __init__(self, head: Any, cut: Any) -> None:
        self.head = head
        self.cut = cut
        self.first = self.count = self.size = 0
        self.to: Destination | None = None


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
        self._sizes = [0] * OUT_BATCH
        self._destinations: list[Destination] = []
        self._protector = cipher_for(self.out, STRIDE)
        self._outgoing, self._out_parts = self._messages(self.out, OUT_BATCH)
        self._parts = [self._out_parts[place] for place in range(OUT_BATCH)]
        self._part_addresses = [self._out_parts + place for place in range(OUT_BATCH)]
        self._slot_addresses = [part.iov_base for part in self._parts]
        self._cut_memory = _ffi.new("struct cut[]", OUT_BATCH)
        self._out_messages = [
            _Message(self._outgoing[place].msg_hdr, self._cut_memory[place]) for place in range(OUT_BATCH)
        ]
        for place, message in enumerate(self._out_messages):
            message.cut.cmsg_len, message.cut.cmsg_level = _CUT_LEN, socket.IPPROTO_UDP
            message.cut.cmsg_type = _UDP_SEGMENT
            message.head.msg_control, message.first, message.count = self._cut_memory + place, place, 1
        self._cuts = _cuts(bound)

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
        return Destination(_ffi.new("char[]", name))

    def put(self, size: int, key: SrtpKey, address: Any) -> bool:
        size = self._protector.protect(key, self._waiting, size)
        if size:
            self._wait(size, address)
        return size > 0

    def send(self, data: bytes, address: Any) -> None:
        size = len(data)
        if size > STRIDE:
            self._count["dropped_send"] += 1
            return
        self.out_view[self.out_at : self.out_at + size] = data
        self._wait(size, address)

    def flush(self) -> None:
        if not self._waiting:
            return
        done, ready = 0, self._write_messages()
        while done < ready:
            sent: int = _libc.sendmmsg(self._fd, self._outgoing + done, ready - done, _DONTWAIT)
            if sent > 0:
                done += sent
            elif _ffi.errno == errno.EAGAIN:
                # The kernel's queue is full: media does not wait.
                self._count["dropped_send"] += sum(message.count for message in self._out_messages[done:ready])
                break
            else:
                # Only the first of the rest cannot go as it is.
                self._send_apart(done)
                done += 1
        for destination in self._destinations:
            destination.slots.clear()
        self._destinations.clear()
        self._waiting = self.out_at = 0

    def _wait(self, size: int, to: Destination) -> None:
        slot = self._waiting
        self._sizes[slot] = size
        if not to.slots:
            self._destinations.append(to)
        to.slots.append(slot)
        self._waiting = slot + 1
        self.out_at += STRIDE
        if slot == _LAST:
            self.flush()

    def _write_messages(self) -> int:
        """Put what waits into messages, as few as may be; their number."""
        sizes, messages, parts = self._sizes, 0, 0
        for to in self._destinations:
            slots = to.slots
            waiting, at, most = len(slots), 0, MAX_CUTS if to.cuts and self._cuts else 1
            while at < waiting:
                size = total = sizes[slots[at]]
                end = at + 1
                while size and end < waiting and end - at < most:
                    # all of one size; a smaller one may be the last
                    another = sizes[slots[end]]
                    if another > size or total + another > MAX_MESSAGE:
                        break
                    total += another
                    end += 1
                    if another < size:
                        break
                self._write_message(messages, parts, end - at, size, to)
                messages += 1
                while at < end:
                    slot = slots[at]
                    part = self._parts[parts]
                    part.iov_base = self._slot_addresses[slot]
                    part.iov_len = sizes[slot]
                    parts += 1
                    at += 1
        return messages

    def _write_message(self, place: int, first: int, count: int, size: int, to: Destination) -> None:
        """``count`` datagrams of ``size`` bytes, the last of them maybe smaller, from that part on."""
        message = self._out_messages[place]
        head = message.head
        head.msg_name = to.name
        message.to = to
        if message.first != first:
            message.first = first
            head.msg_iov = self._part_addresses[first]
        if message.count != count:
            head.msg_iovlen = message.count = count
            head.msg_controllen = _CUT_SPACE if count > 1 else 0
        if count > 1 and message.size != size:
            message.cut.size = message.size = size

    def _send_apart(self, place: int) -> None:
        """A message that was refused: each of its datagrams by itself, if it had several."""
        message = self._out_messages[place]
        first, count, to = message.first, message.count, message.to
        if count == 1 or to is None:
            # The address is unreachable now, or told us so earlier.
            self._count["dropped_send"] += 1
            return
        # larger than the line's packets, or an interface that cannot
        to.cuts = False
        for part in range(first, first + count):
            self._write_message(place, part, 1, 0, to)
            if _libc.sendmmsg(self._fd, self._outgoing + place, 1, _DONTWAIT) < 1:
                self._count["dropped_send"] += 1

    def close(self) -> None:
        self._socket.close()


def _cuts(bound: socket.socket) -> bool:
    """Does this system know UDP_SEGMENT? An older one would take a message of several for one datagram."""
    try:
        return bound.getsockopt(socket.IPPROTO_UDP, _UDP_SEGMENT) == 0
    except OSError:
        return False


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
