"""Single-use tickets for the live channel.

A WebSocket's address is the one place where a browser can put a credential, and addresses end up in logs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from typing import Protocol

from kernel.clock import Clock
from kernel.errors import IndexUnavailable, NotSignedIn, TokenExpired, TokenInvalid
from kernel.identity import Identity, SignedIn
from kernel.keys import house_key
from kernel.redis import RedisDoor

TTL_S = 30.0
#: an expired ticket is kept a while, to tell "too late" from "never was"
KEPT_S = 2 * TTL_S


class Tickets(Protocol):
    """Kept as hashes: what is stored opens nothing."""

    async def issue(self, signed_in: SignedIn) -> str: ...

    async def redeem(self, ticket: str) -> SignedIn:
        """Raises `TokenInvalid` for one that is unknown or used, `TokenExpired` for one that came too late."""

    def forget(self, session_hash: str) -> None:
        """Whoever signs out takes the tickets along."""


class MemoryTickets:
    """The twin for one process."""

    def __init__(self, clock: Clock, *, keep: int = 20_000) -> None:
        self._clock = clock
        self._keep = keep
        self._waiting: OrderedDict[str, tuple[float, SignedIn]] = OrderedDict()

    async def issue(self, signed_in: SignedIn) -> str:
        ticket = fresh()
        now = self._clock.mono()
        while self._waiting:
            oldest, (issued, _) = next(iter(self._waiting.items()))
            if now - issued < KEPT_S and len(self._waiting) < self._keep:
                break
            del self._waiting[oldest]
        self._waiting[hash_of(ticket)] = (now, signed_in)
        return ticket

    async def redeem(self, ticket: str) -> SignedIn:
        found = self._waiting.pop(hash_of(ticket), None)
        if found is None:
            raise TokenInvalid
        issued, signed_in = found
        if self._clock.mono() - issued > TTL_S:
            raise TokenExpired
        return signed_in

    def forget(self, session_hash: str) -> None:
        for ticket, (_, signed_in) in tuple(self._waiting.items()):
            if signed_in.session_hash == session_hash:
                del self._waiting[ticket]


class RedisTickets:
    """The twin for several processes: issued by one, redeemed at any, once.

    What lies in Redis is a hash that opens nothing and the hash of a sign-in, which the ledger must still know. While
    Redis is away, a ticket can be redeemed only where it was issued; a console at another process tries again.
    """

    def __init__(self, clock: Clock, identity: Identity, door: RedisDoor, prefix: str) -> None:
        self._clock = clock
        self._identity = identity
        self._door = door
        self._prefix = prefix
        self._own = MemoryTickets(clock)

    async def issue(self, signed_in: SignedIn) -> str:
        ticket = fresh()
        key = self._key(ticket)
        value = f"{self._clock.wall_ms()} {signed_in.session_hash}"
        try:
            await self._door.call(key, "SET", key, value, "EX", round(KEPT_S))
        except IndexUnavailable:
            return await self._own.issue(signed_in)
        return ticket

    async def redeem(self, ticket: str) -> SignedIn:
        try:
            return await self._own.redeem(ticket)
        except TokenInvalid:
            pass
        key = self._key(ticket)
        found: bytes | None = await self._door.call(key, "GETDEL", key)
        if found is None:
            raise TokenInvalid
        issued_ms, session_hash = found.decode().split(" ")
        if self._clock.wall_ms() - int(issued_ms) > TTL_S * 1000:
            raise TokenExpired
        try:
            return await self._identity.of_hash(session_hash)
        except NotSignedIn:
            raise TokenInvalid from None

    def forget(self, session_hash: str) -> None:
        # the others need no word: whoever signed out is unknown to the ledger
        self._own.forget(session_hash)

    def _key(self, ticket: str) -> str:
        return house_key(self._prefix, f"ticket:{hash_of(ticket)}")


def fresh() -> str:
    return secrets.token_urlsafe(24)


def hash_of(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
