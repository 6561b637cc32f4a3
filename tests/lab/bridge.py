"""A line between two network namespaces that can be as bad as wanted: delay, jitter, loss, reordering, rate, outages.

Two TUN devices, one in each namespace, and this process between them. It runs on its own (``python -m tests.lab.bridge
PID PID``), says ``ready``, and takes a JSON object a line on standard input:
``{"up": {"loss": 0.1, …}, "down": {…}}``. *Up* is from the first namespace to the second. What a field means stands at
`Quality`. Randomness is seeded, so a run can be repeated.
"""

from __future__ import annotations

import asyncio
import ctypes
import dataclasses
import fcntl
import json
import os
import random
import struct
import sys
from dataclasses import dataclass

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
MTU = 1400
TCP, UDP = 6, 17
DEVICE = "lab0"


@dataclass(frozen=True)
class Quality:
    """One direction of the line."""

    delay_ms: float = 0.0
    #: each packet is late by up to so much more
    jitter_ms: float = 0.0
    #: share of packets that disappear
    loss: float = 0.0
    #: share of packets that overtake those before them
    reorder: float = 0.0
    #: 0 is as fast as it goes
    rate_bps: float = 0.0
    #: how much waits for the rate before the rest is dropped; 0 drops at once above a small burst, as a policer does
    queue_ms: float = 200.0
    down: bool = False
    no_udp: bool = False
    #: TCP ports that nothing gets through to or from
    no_tcp_ports: tuple[int, ...] = ()


class Line:
    """Decides for each packet when it arrives, if ever. Time and chance are given."""

    #: what a policer lets through at once, in seconds at its rate
    BURST_S = 0.04

    def __init__(self, luck: random.Random) -> None:
        self.quality = Quality()
        self._luck = luck
        self._free_at = 0.0
        self._last = 0.0

    def arrival(self, packet: bytes, now: float) -> float | None:
        """When it arrives; None when it is lost."""
        quality = self.quality
        if quality.down or self._is_blocked(packet) or self._luck.random() < quality.loss:
            return None
        leaves = now
        if quality.rate_bps:
            self._free_at = max(now, self._free_at)
            if self._free_at - now > max(quality.queue_ms / 1000, self.BURST_S):
                return None
            self._free_at += len(packet) * 8 / quality.rate_bps
            # a policer drops, it does not delay
            leaves = self._free_at if quality.queue_ms else now
        arrives = leaves + quality.delay_ms / 1000 + self._luck.random() * quality.jitter_ms / 1000
        if self._luck.random() < quality.reorder:
            return max(now, arrives - quality.delay_ms / 1000)
        # jitter alone does not reorder
        self._last = arrives = max(arrives, self._last)
        return arrives

    def _is_blocked(self, packet: bytes) -> bool:
        if packet[0] >> 4 != 4:
            return False
        protocol, header = packet[9], (packet[0] & 15) * 4
        if protocol == UDP:
            return self.quality.no_udp
        if protocol == TCP and self.quality.no_tcp_ports:
            return any(port in self.quality.no_tcp_ports for port in struct.unpack_from("!HH", packet, header))
        return False


def open_tun(pid: int) -> int:
    """The device's descriptor; the device is in that process's namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/proc/{pid}/ns/net") as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), IFF_TUN | IFF_NO_PI))
    return descriptor


class Direction:
    def __init__(self, source: int, target: int, seed: int) -> None:
        self._source, self._target = source, target
        self.line = Line(random.Random(seed))
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(source, self._readable)

    def _readable(self) -> None:
        while True:
            try:
                packet = os.read(self._source, 65_536)
            except BlockingIOError:
                return
            now = self._loop.time()
            arrives = self.line.arrival(packet, now)
            if arrives is None:
                continue
            if arrives <= now:
                self._write(packet)
            else:
                self._loop.call_at(arrives, self._write, packet)

    def _write(self, packet: bytes) -> None:
        try:
            os.write(self._target, packet)
        except OSError:
            # the device is not up yet, or gone
            return


async def main(first: int, second: int) -> None:
    one, other = open_tun(first), open_tun(second)
    directions = {"up": Direction(one, other, 1), "down": Direction(other, one, 2)}
    print("ready", flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        for name, fields in json.loads(line).items():
            known = {field.name for field in dataclasses.fields(Quality)}
            assert set(fields) <= known, fields
            directions[name].line.quality = Quality(**fields)
        print("set", flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
