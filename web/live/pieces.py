"""The parts of a snapshot that many consoles share, encoded once.

What a piece shows may change only together with an event that the hub handles: the hub then says `forget`, and whoever
was attached before hears the change itself. So a piece and the frames after it never leave a hole between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec

_encoder = msgspec.json.Encoder()
FOREVER = float("inf")


class Named(Protocol):
    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Named)


@dataclass(frozen=True, slots=True)
class _Fragment:
    item: Named
    text: bytes
    until: float


@dataclass(frozen=True, slots=True)
class _Joined:
    items: Sequence[Named]
    raw: msgspec.Raw
    until: float


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
    ) -> msgspec.Raw:
        """The views of ``items`` as a JSON array. With a ``scope`` the array too is kept; ``keeps_s`` limits for how
        long a view that grows old by itself may be shown."""
        of_kind = self._kinds.setdefault(kind, _Kind())
        known = of_kind.joined.get(scope)
        # the same objects in the same order: compared by identity, so this is quick
        if known is not None and known.until > now and known.items == items:
            return known.raw
        parts, until = [], FOREVER
        for item in items:
            fragment = of_kind.fragments.get(item.id)
            if fragment is None or fragment.item is not item or fragment.until <= now:
                shown = view(item)
                fragment = _Fragment(item, _encoder.encode(shown), now + keeps_s(shown))
                of_kind.fragments[item.id] = fragment
            parts.append(fragment.text)
            until = min(until, fragment.until)
        raw = msgspec.Raw(b"[" + b",".join(parts) + b"]")
        if scope:
            of_kind.joined[scope] = _Joined(items, raw, until)
        return raw

    def forget(self, kind: str, key: str) -> None:
        of_kind = self._kinds.get(kind)
        if of_kind is not None:
            of_kind.fragments.pop(key, None)
            of_kind.joined.clear()

    def forget_all(self) -> None:
        self._kinds.clear()
