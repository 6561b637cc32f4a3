"""Single-use tickets for the live channel.

A WebSocket's address is the one place where a browser can put a credential, and addresses end up in logs.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict

from kernel.clock import Clock
from kernel.errors import TokenExpired, TokenInvalid
from kernel.identity import SignedIn

TTL_S = 30.0


class Tickets:
    """Kept as hashes: what stands in memory opens nothing."""

    def __init__(self, clock: Clock, *, keep: int = 20_000) -> None:
        self._clock = clock
        self._keep = keep
        self._waiting: OrderedDict[bytes, tuple[float, SignedIn]] = OrderedDict()

    def issue(self, signed_in: SignedIn) -> str:
        ticket = secrets.token_urlsafe(24)
        now = self._clock.mono()
        while self._waiting:
            oldest, (issued, _) = next(iter(self._waiting.items()))
            # an expired ticket is kept a while, to tell "too late" from "never was"
            if now - issued < 2 * TTL_S and len(self._waiting) < self._keep:
                break
            del self._waiting[oldest]
        self._waiting[_hash(ticket)] = (now, signed_in)
        return ticket

    def redeem(self, ticket: str) -> SignedIn:
        """Raises `TokenInvalid` for one that is unknown or used, `TokenExpired` for one that came too late."""
        found = self._waiting.pop(_hash(ticket), None)
        if found is None:
            raise TokenInvalid
        issued, signed_in = found
        if self._clock.mono() - issued > TTL_S:
            raise TokenExpired
        return signed_in

    def forget(self, session_hash: str) -> None:
        """Whoever signs out takes the tickets along."""
        for ticket, (_, signed_in) in tuple(self._waiting.items()):
            if signed_in.session_hash == session_hash:
                del self._waiting[ticket]


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()
