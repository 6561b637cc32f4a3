"""A live call on loopback, for tests that disturb it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from media.rtp import RtpPacket
from tests.media.client import Client

KEY = b"\x10\x10\x02\x00"


@dataclass
class Call:
    publisher: Client
    subscriber: Client
    sequence: int = 100

    def forge(self, data: bytes, of: Client | None = None) -> None:
        """A datagram that claims to come from a participant's address, as the socket would hand it over."""
        self.publisher.node.received(data, (of or self.publisher).source)

    async def drained(self) -> None:
        """Everything sent so far has been read by the relay: a check is answered after it."""
        self.publisher.checked.clear()
        self.publisher.check()
        async with asyncio.timeout(5):
            await self.publisher.checked.wait()

    async def goes_on(self) -> None:
        """Media and data get through, and nobody was told of an end."""
        self.sequence += 1
        self.publisher.send_rtp(RtpPacket(96, self.sequence, self.sequence * 3_000, 1001, KEY, marker=1))
        body = f"still here {self.sequence}".encode()
        assert self.publisher.secure.send_data("_reliable", body)
        assert self.subscriber.peer.send_data("_reliable", body)
        async with asyncio.timeout(5):
            packet = await self.subscriber.rtp.get()
            assert await self.publisher.heard.data.get() == ("_reliable", body)
            assert await self.subscriber.data.get() == ("_reliable", body)
        assert packet.payload == KEY
        assert self.publisher.heard.closed == self.subscriber.heard.closed == []
