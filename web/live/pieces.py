"""The parts of a snapshot that many consoles share, encoded and packed once.

One of a thousand officers changes all the time while everybody comes back, so what is joined is kept in stretches, and
only the stretch with the change is made anew.

What a piece shows may change only together with an event that the hub handles: the hub then says `forget`, and whoever
was attached before hears the change itself. So a piece and the frames after it never leave a hole between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import msgspec

from web.live import deflate

_encoder = msgspec.json.Encoder()
FOREVER = float("inf")
#: items of a stretch: small enough to be packed again for one change, large enough to repeat itself
STRETCH = 50


class Named(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Named)


@dataclass(slots=True)
class _Stretch:
    """So many items of an array in a row, with what stands before them."""

    text: bytes
    until: float
    _packed: bytes = b""

    @property
    def packed(self) -> bytes:
        self._packed = self._packed or deflate.packed(self.text)
        return self._packed


class Piece:
    """A JSON array that many snapshots hold, as it is and packed (`web.live.deflate`)."""

    def __init__(self, stretches: Sequence[_Stretch]) -> None:
        self._stretches = stretches

    @cached_property
    def text(self) -> bytes:
        return b"".join(stretch.text for stretch in self._stretches) + b"]"

    @cached_property
    def packed(self) -> bytes:
        return b"".join(stretch.packed for stretch in self._stretches) + deflate.stored(b"]")


@dataclass(frozen=True, slots=True)
class _Fragment:
    item: Named
    text: bytes
    until: float


@dataclass(slots=True)
class _Joined:
    """An array; what is stale of it is made anew when it is next asked for."""

    items: Sequence[Named] | None = None
    stretches: list[_Stretch | None] = field(default_factory=list)
    place_of: dict[str, int] = field(default_factory=dict)
    piece: Piece | None = None
    until: float = 0.0

    def forget(self, key: str) -> None:
        place = self.place_of.get(key)
        if place is not None:
            self.stretches[place // STRETCH] = self.piece = None


@dataclass(slots=True)
class _Kind:
    fragments: dict[str, _Fragment] = field(default_factory=dict)
    joined: dict[str, _Joined] = field(default_factory=dict)


class Pieces:
    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}

    def of(
        self,
        kind: str,
        items: Sequence[Item],
        view: Callable[[Item], dict[str, Any]],
        *,
        now: float,
        scope: str = "",
        keeps_s: Callable[[dict[str, Any]], float] = lambda _: FOREVER,
    ) -> Piece:
        """The views of ``items`` as a JSON array. With a ``scope`` the array too is kept; ``keeps_s`` limits for how
        long a view that grows old by itself may be shown."""
        of_kind = self._kinds.setdefault(kind, _Kind())
        joined = of_kind.joined.setdefault(scope, _Joined()) if scope else _Joined()
        # the same objects in the same order: compared by identity, so this is quick
        if joined.items != items:
            joined.items, joined.piece = items, None
            joined.place_of = {item.id: place for place, item in enumerate(items)} if scope else {}
            joined.stretches = [None] * max(1, -(-len(items) // STRETCH))
        elif joined.piece is not None and joined.until > now:
            return joined.piece

        def fragment(item: Item) -> _Fragment:
            known = of_kind.fragments.get(item.id)
            if known is None or known.item is not item or known.until <= now:
                shown = view(item)
                known = of_kind.fragments[item.id] = _Fragment(item, _encoder.encode(shown), now + keeps_s(shown))
            return known

        def stretch(number: int, known: _Stretch | None) -> _Stretch:
            if known is not None and known.until > now:
                return known
            begin = number * STRETCH
            own = [fragment(item) for item in items[begin : begin + STRETCH]]
            text = (b"," if number else b"[") + b",".join(each.text for each in own)
            return _Stretch(text, min((each.until for each in own), default=FOREVER))

        stretches = [stretch(number, known) for number, known in enumerate(joined.stretches)]
        joined.stretches[:] = stretches
        joined.until = min(each.until for each in stretches)
        joined.piece = Piece(stretches)
        return joined.piece

    def forget(self, kind: str, key: str) -> None:
        of_kind = self._kinds.get(kind)
        if of_kind is not None:
            of_kind.fragments.pop(key, None)
            for joined in of_kind.joined.values():
                joined.forget(key)

    def forget_all(self) -> None:
        self._kinds.clear()
