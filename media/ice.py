"""ICE-lite on one port (RFC 8445 §2.5): the guard every datagram passes, and who it belongs to.

Pure: `IceTable.receive` takes a datagram and returns what to answer and where to deliver. Two rules keep strangers out:
only a STUN check with the right password ties an address to a peer, and only datagrams from such an address — of a
sane size and a known first byte — reach DTLS or SRTP. Nothing unauthenticated ever moves a destination.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from aioice import stun

from media.guard_core import SourceBuckets

MAX_DATAGRAM: Final = 1600
MAX_ADDRESSES = 16

#: (the way it came: "tcp" or the name of one of our UDP sockets, host, port)
Source = tuple[str, str, int]


@dataclass(slots=True, eq=False)
class IceSide:
    """Our side of one peer's ICE. A restart adds credentials; DTLS does not notice."""

    ufrag: str
    password: str
    selected: Source | None = None
    sources: dict[Source, float] = field(default_factory=dict)
    ufrags: list[str] = field(default_factory=list)
    last_check: float = 0.0


@dataclass(frozen=True, slots=True)
class Received:
    """``reply`` goes back to the source; ``side`` gets ``data``; ``selected`` when a pair was just chosen."""

    side: IceSide | None = None
    reply: bytes | None = None
    data: bytes | None = None
    selected: bool = False


_NOTHING = Received()


class IceTable:
    """Every peer of one socket, found by ufrag for checks and by address for the rest (RFC 7983 demultiplexing)."""

    def __init__(self) -> None:
        self._by_ufrag: dict[str, tuple[IceSide, str]] = {}
        self._by_source: dict[Source, IceSide] = {}
        self.refused: Counter[str] = Counter()
        self._strangers = SourceBuckets()
        #: grows whenever an address comes to belong to somebody else; what was remembered of owners is stale then
        self.changes = 0

    def open(self, ufrag: str, password: str, now: float) -> IceSide:
        side = IceSide(ufrag, password, last_check=now)
        self._add(side)
        return side

    def restart(self, side: IceSide, ufrag: str, password: str) -> None:
        """New credentials; the old ones hold until the peer closes, so that media never pauses."""
        side.ufrag, side.password = ufrag, password
        self._add(side)

    def close(self, side: IceSide) -> None:
        self.changes += 1
        for ufrag in side.ufrags:
            self._by_ufrag.pop(ufrag, None)
        for source in side.sources:
            if self._by_source.get(source) is side:
                del self._by_source[source]

    def knows(self, source: Source) -> bool:
        """Has a check from there passed?"""
        return source in self._by_source

    def owner(self, source: Source) -> IceSide | None:
        return self._by_source.get(source)

    def forget(self, source: Source) -> None:
        """A TCP connection is gone."""
        self.changes += 1
        side = self._by_source.pop(source, None)
        if side is not None:
            side.sources.pop(source, None)
            if side.selected == source:
                side.selected = max(side.sources, key=lambda known: side.sources[known], default=None)

    def receive(self, data: bytes, source: Source, now: float) -> Received:
        size = len(data)
        if size == 0 or size > MAX_DATAGRAM:
            self.refused["size"] += 1
            return _NOTHING
        first = data[0]
        side = self._by_source.get(source)
        if side is None and not self._strangers.allow(source[1], now):
            self.refused["flood"] += 1
            return _NOTHING
        if first < 4:
            return self._check(data, source, now)
        if not (19 < first < 64 or 127 < first < 192) or size < 12:
            self.refused["class"] += 1
            return _NOTHING
        if side is None:
            self.refused["stranger"] += 1
            return _NOTHING
        return Received(side, data=data)

    def _add(self, side: IceSide) -> None:
        side.ufrags.append(side.ufrag)
        self._by_ufrag[side.ufrag] = (side, side.password)

    def _check(self, data: bytes, source: Source, now: float) -> Received:
        try:
            message = stun.parse_message(data)
        except (ValueError, struct.error, IndexError, KeyError):
            self.refused["stun_malformed"] += 1
            return _NOTHING
        if message.message_class != stun.Class.REQUEST or message.message_method != stun.Method.BINDING:
            self.refused["stun_kind"] += 1
            return _NOTHING
        username = message.attributes.get("USERNAME", "")
        side, password = self._by_ufrag.get(username.partition(":")[0], (None, ""))
        if side is None:
            self.refused["stun_unknown"] += 1
            return _NOTHING
        try:
            authentic = message.check_message_integrity(password.encode())
        except (ValueError, TypeError, KeyError):
            authentic = False
        if not authentic:
            self.refused["stun_integrity"] += 1
            return _NOTHING
        selected = self._admit(side, source, "USE-CANDIDATE" in message.attributes, now)
        reply = stun.Message(
            message_method=stun.Method.BINDING,
            message_class=stun.Class.RESPONSE,
            transaction_id=message.transaction_id,
        )
        reply.attributes["XOR-MAPPED-ADDRESS"] = (source[1].partition("%")[0], source[2])
        reply.add_message_integrity(password.encode())
        return Received(side, reply=bytes(reply), selected=selected)

    def _admit(self, side: IceSide, source: Source, nominated: bool, now: float) -> bool:
        owner = self._by_source.get(source)
        if owner is not None and owner is not side:
            # The browser reused its port for another connection; the check proves who owns it now.
            owner.sources.pop(source, None)
            if owner.selected == source:
                owner.selected = None
            self.changes += 1
        self._by_source[source] = side
        side.sources[source] = now
        side.last_check = now
        if len(side.sources) > MAX_ADDRESSES:
            oldest = min((known for known in side.sources if known != side.selected), key=side.sources.__getitem__)
            del side.sources[oldest]
            self._by_source.pop(oldest, None)
            self.changes += 1
        if side.selected is None or (nominated and side.selected != source):
            side.selected = source
            return True
        return False
