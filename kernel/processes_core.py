"""Who of the other processes lives, seen from one of them. Pure."""

from __future__ import annotations

from collections.abc import Collection


class Watch:
    """Tells which processes vanished.

    A process that is missing has vanished. Except after the list itself was away or lost: then the others get ``ttl_s``
    to write themselves in again.
    """

    def __init__(self, ttl_s: float) -> None:
        self._ttl_s = ttl_s
        self._seen: set[str] = set()
        self._looked = float("-inf")
        self._grace_until = float("-inf")

    @property
    def live(self) -> frozenset[str]:
        return frozenset(self._seen)

    def look(self, present: Collection[str], *, known: bool, now: float) -> list[str]:
        """Those who vanished since the last look, in order of their names. ``known``: the list still held us."""
        if not known or now - self._looked >= self._ttl_s:
            self._grace_until = now + self._ttl_s
        self._looked = now
        gone = self._seen - set(present) if now >= self._grace_until else set()
        self._seen = (self._seen | set(present)) - gone
        return sorted(gone)
