"""What the other web processes say of their consoles, merged so that order, repetition and loss do no harm. Pure.

Each process numbers what it says: single changes ("X has a console with me: yes / no") and, every few seconds
and when asked, everything it holds at a number. Of two sayings about one X the higher number counts; a complete
saying settles everything up to its number. So whatever was lost is mended by the next complete one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Who = TypeVar("Who", bound=str)
"""Whose consoles: officers, or workstations."""

#: a process that is not (yet) known to live is believed for this long after it last said something
BELIEVED_S = 5.0


@dataclass(slots=True)
class _Peer(Generic[Who]):
    heard_at: float
    #: the number of the last complete saying; -1: none was heard
    complete: int = -1
    base: frozenset[Who] = frozenset()
    #: single changes with higher numbers: who → (number, open)
    since: dict[Who, tuple[int, bool]] = field(default_factory=dict)

    def holds(self) -> set[Who]:
        held = set(self.base)
        for who, (_, is_open) in self.since.items():
            (held.add if is_open else held.discard)(who)
        return held


class Peers(Generic[Who]):
    """Every method that hears something returns those for whom `elsewhere` may now be different."""

    def __init__(self) -> None:
        self._peers: dict[str, _Peer[Who]] = {}
        self._where: dict[Who, set[str]] = {}

    def changed(self, process: str, number: int, who: Who, is_open: bool, now: float) -> set[Who]:
        peer = self._peer(process, now)
        known = peer.since.get(who)
        if number <= peer.complete or (known is not None and number <= known[0]):
            return set()
        peer.since[who] = (number, is_open)
        return self._place(process, who, is_open)

    def held(self, process: str, number: int, holders: Iterable[Who], now: float) -> set[Who]:
        peer = self._peer(process, now)
        if number <= peer.complete:
            return set()
        before = peer.holds()
        peer.complete, peer.base = number, frozenset(holders)
        peer.since = {each: said for each, said in peer.since.items() if said[0] > number}
        after = peer.holds()
        moved: set[Who] = set()
        for who in before ^ after:
            moved |= self._place(process, who, who in after)
        return moved

    def lost(self, process: str) -> set[Who]:
        """The process ended or vanished, and its consoles with it."""
        peer = self._peers.pop(process, None)
        moved: set[Who] = set()
        for who in peer.holds() if peer is not None else ():
            moved |= self._place(process, who, False)
        return moved

    def vanished(self, live: Collection[str], now: float) -> list[str]:
        """Processes that say nothing any more and are not known to live: late words of the dead count not for long."""
        return [
            process
            for process, peer in self._peers.items()
            if process not in live and now - peer.heard_at >= BELIEVED_S
        ]

    def elsewhere(self, who: Who) -> bool:
        return who in self._where

    def complete(self, others: Iterable[str]) -> bool:
        """Whether each of these processes was heard completely."""
        return all(process in self._peers and self._peers[process].complete >= 0 for process in others)

    def _peer(self, process: str, now: float) -> _Peer[Who]:
        peer = self._peers.setdefault(process, _Peer(now))
        peer.heard_at = now
        return peer

    def _place(self, process: str, who: Who, is_open: bool) -> set[Who]:
        places = self._where.setdefault(who, set())
        was = bool(places)
        (places.add if is_open else places.discard)(process)
        if not places:
            del self._where[who]
        return {who} if was != bool(places) else set()
