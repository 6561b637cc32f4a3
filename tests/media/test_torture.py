"""A live call under a flood: everything a stranger and a forger can send, mixed, while media is counted."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterator

import pytest

from media.guard_core import LINES, LogGate, SourceBuckets
from media.rtp import RtpPacket
from tests.fuzz.mutate import mutations
from tests.fuzz.targets import corpus
from tests.media.calls import KEY, Call
from tests.media.test_hostile import FORGERIES

ROUND = 250
STRANGERS = 20


def hostile(count: int) -> Iterator[bytes]:
    """Known attacks and mutated protocol packets, in random order."""
    chance = random.Random(5)
    known = [datagram for make in FORGERIES.values() for datagram in make()]
    seeds = [case for name in ("stun", "rtp", "rtcp", "sctp") for case in corpus(name)]
    mutated = mutations(seeds, count, seed=6)
    for _ in range(count):
        yield chance.choice(known) if chance.random() < 0.5 else next(mutated)


@pytest.mark.torture
@pytest.mark.parametrize("call", ["batched"], indirect=True)
async def test_a_flood_of_hostile_datagrams(call: Call, amount: Callable[[int, int], int]) -> None:
    """No session ends, and less than one packet in a hundred is lost that would have arrived."""
    node, chance = call.publisher.node, random.Random(3)
    strangers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(STRANGERS)]
    sent, flood = 0, hostile(amount(20_000, 1_000_000))
    heard: set[int] = set()
    while batch := [datagram for datagram, _ in zip(flood, range(ROUND), strict=False)]:
        for datagram in batch:
            if chance.random() < 0.5:
                chance.choice(strangers).sendto(datagram, ("127.0.0.1", node.udp_port))
            else:
                call.forge(datagram, chance.choice((call.publisher, call.subscriber)))
        for _ in range(3):
            sent += 1
            call.sequence += 1
            stamp = call.sequence * 3_000 & 0xFFFFFFFF
            call.publisher.send_rtp(RtpPacket(96, call.sequence & 0xFFFF, stamp, 1001, KEY, marker=1))
        await asyncio.sleep(0)
        if sent % 30 == 0:
            # both keep their consent fresh, as browsers do
            call.subscriber.check()
            await call.drained()
        while not call.subscriber.rtp.empty():
            heard.add(call.subscriber.rtp.get_nowait().timestamp)
    await call.drained()
    await asyncio.sleep(0.05)
    while not call.subscriber.rtp.empty():
        heard.add(call.subscriber.rtp.get_nowait().timestamp)
    for stranger in strangers:
        stranger.close()
    assert len(heard) > 0.99 * sent
    await call.goes_on()
    assert node.count["dropped_error"] == 0


async def test_a_spray_of_ssrcs_leaves_nothing_behind(call: Call) -> None:
    """A participant may bring 64 SSRCs; what libsrtp remembers of the others is dropped with them."""
    for ssrc in range(5_000, 6_500):
        call.publisher.send_rtp(RtpPacket(96, 1, 1, ssrc, KEY))
        if ssrc % 100 == 0:
            await call.drained()
    await call.drained()
    rx = call.publisher.peer.secure.rx
    assert rx is not None
    with pytest.raises(Exception, match="no appropriate context"):
        rx.session.remove_stream(6_499)
    await call.goes_on()


def test_a_stranger_has_a_bounded_rate_and_others_their_own() -> None:
    buckets = SourceBuckets(rate=10, burst=20)
    assert sum(buckets.allow("192.0.2.1", 0.0) for _ in range(100)) == 20
    assert buckets.allow("192.0.2.2", 0.0)
    assert sum(buckets.allow("192.0.2.1", 1.0) for _ in range(100)) == 10


def test_many_strangers_take_bounded_memory() -> None:
    buckets = SourceBuckets(rate=1, burst=5, hosts=100)
    for host in range(1_000):
        buckets.allow(str(host), host * 0.001)
        assert len(buckets) <= 101
    assert not all(buckets.allow("999", 1.0) for _ in range(10)), "the newest are still known"


def test_a_kind_of_log_line_has_a_rate_and_tells_what_it_kept_back() -> None:
    gate = LogGate(seconds=60)
    assert [gate.admit("broken", 0.1 * n) for n in range(LINES + 3)] == [0] * LINES + [None] * 3
    assert gate.admit("other", 1.0) == 0
    assert gate.admit("broken", 61.0) == 3
