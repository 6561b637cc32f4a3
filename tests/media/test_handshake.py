"""A DTLS handshake of two ends in one process, over lines that lose, double and move."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from media.dtls import SecureTransport, SharedCertificate

#: a handshake's message type, in the first datagram of the passive side's flight
SERVER_HELLO = 2


class Pair:
    """``lost``: what the passive side sent while its line led nowhere."""

    def __init__(self, *, copies: int = 1) -> None:
        self._copies = copies
        self.leads_nowhere = False
        self.lost: list[bytes] = []
        self.arrived: list[bytes] = []
        self.certificates = [SharedCertificate.generateCertificate() for _ in range(2)]
        self.active, self.passive = (
            SecureTransport(certificate, send, lambda *_: None, active=active, creates_channels=active)
            for certificate, send, active in zip(
                self.certificates, (self._to_passive, self._to_active), (True, False), strict=True
            )
        )
        # aiortc lets the controlling side open the SCTP association
        self.active._wire.role = "controlling"

    def _to_passive(self, data: bytes) -> None:
        for _ in range(self._copies):
            self.passive.received(data)

    def _to_active(self, data: bytes) -> None:
        if self.leads_nowhere:
            self.lost.append(data)
        else:
            self.arrived.append(data)
            self.active.received(data)

    @contextmanager
    def shaking_hands(self) -> Iterator[list[asyncio.Task[bool]]]:
        ends = (self.active, self.certificates[1]), (self.passive, self.certificates[0])
        tasks = [asyncio.create_task(end.connect([("sha-256", other.sha256)], 5000)) for end, other in ends]
        try:
            yield tasks
        finally:
            for task in tasks:
                task.cancel()


@pytest.mark.parametrize("copies", [1, 2])
async def test_a_flight_that_went_astray_is_sent_again_when_the_peer_has_moved(copies: int) -> None:
    """Also when the peer has repeated its own meanwhile, as browsers do after 50 ms and OpenSSL after a second."""
    pair = Pair(copies=copies)
    pair.leads_nowhere = True
    async with asyncio.timeout(10):
        with pair.shaking_hands() as tasks:
            for _ in range(100):
                await asyncio.sleep(0)
            assert pair.passive._wire.queue.empty(), "everything that came was looked at"
            flight = list(pair.lost)
            assert flight[0][13] == SERVER_HELLO
            pair.leads_nowhere = False
            pair.passive.moved()
            # the very same datagrams; what OpenSSL repeats by itself has other numbers
            assert pair.arrived == flight
            assert await asyncio.gather(*tasks) == [True, True]
    await asyncio.gather(pair.active.close(), pair.passive.close())


async def test_after_the_handshake_nothing_is_sent_again() -> None:
    pair = Pair()
    async with asyncio.timeout(10):
        with pair.shaking_hands() as tasks:
            assert await asyncio.gather(*tasks) == [True, True]
    sent = len(pair.arrived)
    pair.passive.moved()
    assert len(pair.arrived) == sent
    await asyncio.gather(pair.active.close(), pair.passive.close())
