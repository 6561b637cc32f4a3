"""One measurement: so many rooms of three at one server, paced packets, what came back and what it cost."""

from __future__ import annotations

import asyncio
import random
import resource
import socket
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.media.leg import OPUS, VP8, Certificate, Leg
from bench.media.people import Person, person_at
from bench.media.plane import Counts, Plane
from bench.media.servers import Server

PEOPLE = 3
#: 20 pictures a second of 7 packets of 1100 bytes (1.2 Mbit/s), 50 sounds of 100 bytes
FRAMES, BURST, VIDEO_BYTES = 20.0, 7, 1100
SOUNDS, AUDIO_BYTES = 50.0, 100
STEP_S, CHECK_EVERY_S = 0.005, 2.0
WARM_UP_S, DRAIN_S = 3.0, 0.5
JOIN_TOGETHER = 6


@dataclass(frozen=True)
class Load:
    """``faster`` multiplies frames and sounds a second; ``even`` spreads a frame's packets over its interval."""

    rooms: int
    seconds: float
    faster: float = 1.0
    even: bool = False


@dataclass(frozen=True)
class Result:
    server: str
    rooms: int
    counts: Counts
    #: processor time of the server, per packet that came back, in microseconds
    cpu_us: float
    #: processors kept busy, of the server and of the generator
    server_cores: float
    generator_cores: float
    #: share of the packets that should have come and did not
    lost: float
    p50_ms: float
    p99_ms: float
    memory_kib_a_room: float


async def measure(server: Server, load: Load) -> Result:
    memory_before = server.memory_kib()
    plane = Plane()
    try:
        async with _media(server, load, plane) as legs:
            plane.sending(True)
            await _run(plane, legs, WARM_UP_S)
            plane.mark()
            cpu, own, started = server.cpu_ns(), _own_cpu_s(), _now()
            await _run(plane, legs, load.seconds)
            cpu, own, took = server.cpu_ns() - cpu, _own_cpu_s() - own, _now() - started
            memory = server.memory_kib()
            plane.sending(False)
            await _run(plane, legs, DRAIN_S)
            counts, latencies = plane.counts(), sorted(plane.latencies_ms())
        expected = counts.sent * (PEOPLE - 1)
        return Result(
            server.name,
            load.rooms,
            counts,
            cpu / 1000 / max(1, counts.received),
            cpu / 1e9 / took,
            own / took,
            1 - counts.received / max(1, expected),
            statistics.median(latencies) if latencies else float("nan"),
            latencies[int(len(latencies) * 0.99)] if latencies else float("nan"),
            (memory - memory_before) / load.rooms,
        )
    finally:
        plane.close()


@asynccontextmanager
async def _media(server: Server, load: Load, plane: Plane) -> AsyncIterator[dict[int, Leg]]:
    """Everybody is in, their media handed to the plane; yields the transports by the plane's numbers."""
    if server.name == "forwarder":
        sockets = _bare(server, load, plane)
        try:
            yield {}
        finally:
            for each in sockets:
                each.close()
        return
    certificate = Certificate.generateCertificate()
    people = [person_at(server, room, number, certificate) for room in range(load.rooms) for number in range(PEOPLE)]
    few = asyncio.Semaphore(JOIN_TOGETHER)

    async def enter(person: Person) -> None:
        async with few:
            await person.join()

    async def listen(person: Person) -> None:
        async with few:
            await person.subscribe([each for each in people if each.room == person.room and each is not person])

    try:
        await asyncio.gather(*(enter(person) for person in people))
        await asyncio.gather(*(listen(person) for person in people))
        legs = {}
        luck = random.Random(1)
        for person in people:
            for leg, ssrc in ((person.publisher, person.audio_ssrc), (person.subscriber, person.audio_ssrc + 8)):
                # an outgoing transport hears no media, so it has nothing to report about
                twcc = leg.twcc_id if leg is person.subscriber else 0
                index = plane.leg(leg.hand_over(), *leg.sessions, own_ssrc=ssrc, twcc_id=twcc)
                legs[index] = leg
                if leg is person.publisher:
                    _streams(
                        plane,
                        index,
                        load,
                        luck,
                        ssrc=ssrc,
                        payload_types=(leg.audio_pt, leg.video_pt),
                        twcc_id=leg.twcc_id,
                        level_id=leg.level_id,
                    )
        yield legs
    finally:
        await asyncio.gather(*(person.close() for person in people))


def _streams(
    plane: Plane,
    index: int,
    load: Load,
    luck: random.Random,
    *,
    ssrc: int,
    payload_types: tuple[int, int] = (OPUS, VP8),
    twcc_id: int = 0,
    level_id: int = 0,
) -> None:
    """One person's sound (``ssrc``) and picture (the next)."""
    burst = 1 if load.even else BURST
    plane.stream(
        index,
        ssrc=ssrc,
        payload_type=payload_types[0],
        video=False,
        size=AUDIO_BYTES,
        burst=1,
        hertz=SOUNDS * load.faster,
        phase=luck.random(),
        twcc_id=twcc_id,
        level_id=level_id,
    )
    plane.stream(
        index,
        ssrc=ssrc + 1,
        payload_type=payload_types[1],
        video=True,
        size=VIDEO_BYTES,
        burst=burst,
        hertz=FRAMES * load.faster * BURST / burst,
        phase=luck.random(),
        twcc_id=twcc_id,
    )


def _bare(server: Server, load: Load, plane: Plane) -> list[socket.socket]:
    """The same streams without SRTP, at the plain forwarder."""
    luck = random.Random(1)
    port = int(server.url.rsplit(":", 1)[1])
    sockets = []
    for number in range(load.rooms * PEOPLE):
        each = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sockets.append(each)
        each.settimeout(2)
        each.bind((server.address, 0))
        each.connect((server.address, port))
        each.send(b"J\0" + (number // PEOPLE).to_bytes(2, "big"))
        each.recv(16)
        each.setblocking(False)
        ssrc = 0x1000 + 16 * number
        _streams(plane, plane.leg(each.fileno(), None, None, own_ssrc=ssrc + 8), load, luck, ssrc=ssrc)
    return sockets


async def _run(plane: Plane, legs: dict[int, Leg], seconds: float) -> None:
    """Media flows for so long; signalling, consent and data channels go on between the steps."""
    end, check_at = _now() + seconds, _now()
    while (now := _now()) < end:
        plane.step(STEP_S)
        for index, datagram in plane.others():
            if index in legs:
                legs[index].received(datagram)
        if now >= check_at:
            check_at = now + CHECK_EVERY_S
            for leg in legs.values():
                leg.check()
        await asyncio.sleep(0)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
