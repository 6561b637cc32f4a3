"""What waits to be written to one socket: bounded, and newer views replace older ones of the same entity. Pure.

Invariant: frames leave in the order of their numbers, and the last view of every entity that was put in leaves.
A console that cannot keep up with whole views of everything it sees is told to come back (1013).
"""

from __future__ import annotations

from collections import OrderedDict

MAX_FRAMES = 256
MAX_BYTES = 1_000_000


class Outbox:
    def __init__(self, max_frames: int = MAX_FRAMES, max_bytes: int = MAX_BYTES) -> None:
        self._waiting: OrderedDict[tuple[str, str], bytes] = OrderedDict()
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self.size = 0
        self.coalesced = 0

    def put(self, key: tuple[str, str], frame: bytes) -> bool:
        """False when it does not fit any more: the socket is to be closed."""
        older = self._waiting.pop(key, None)
        if older is not None:
            self.size -= len(older)
            self.coalesced += 1
        self._waiting[key] = frame
        self.size += len(frame)
        return len(self._waiting) <= self._max_frames and self.size <= self._max_bytes

    def take(self) -> bytes | None:
        if not self._waiting:
            return None
        _, frame = self._waiting.popitem(last=False)
        self.size -= len(frame)
        return frame

    def clear(self) -> None:
        self._waiting.clear()
        self.size = 0

    def __len__(self) -> int:
        return len(self._waiting)
