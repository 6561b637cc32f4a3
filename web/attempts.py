"""Guesses of programs: secrets at a token's door, cards at a till. Counted by client and by address.

What succeeds is given back, so a busy till never meets a limit and whoever guesses soon does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from starlette.requests import Request

from web.endpoint import address_of


class CountedAttempts:
    def __init__(
        self, take: Callable[[str, str], None], give_back: Callable[[str, str], None], trusted: Collection[str]
    ) -> None:
        """``take`` raises `RateLimited`. ``trusted``: proxies that are believed when they name an address."""
        self._take = take
        self._give_back = give_back
        self._trusted = trusted

    def begin(self, what: str, client: str, request: Request) -> None:
        # the address first: one that guesses cannot use up the client's own attempts for long
        self._take(f"{what}_address", address_of(request, self._trusted))
        self._take(f"{what}_client", client)

    def good(self, what: str, client: str, request: Request) -> None:
        self._give_back(f"{what}_address", address_of(request, self._trusted))
        self._give_back(f"{what}_client", client)
