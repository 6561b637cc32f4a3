"""Single-use tickets for the live channel.

A WebSocket's address is the one place where a browser can put a credential, and addresses end up in logs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from typing import Protocol

from kernel.clock import Clock
from kernel.errors import TokenExpired, TokenInvalid
from kernel.identity import SignedIn

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


def fresh() -> str:
    return secrets.token_urlsafe(24)


def hash_of(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()
