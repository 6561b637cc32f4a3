"""What the web processes share, and who the others are; a process alone shares with nobody."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from kernel.feed import EventFeed, MemoryFeed


@dataclass(frozen=True)
class Together:
    """``process`` is this process' name, new at each start and empty when it is alone; ``live`` names all that live."""

    feed: EventFeed
    process: str
    live: Callable[[], frozenset[str]]

    def leads(self) -> bool:
        """Whether this process does what one of them must do. Two may believe it for a moment: that does no harm."""
        return min(self.live(), default=self.process) >= self.process


def alone() -> Together:
    return Together(feed=MemoryFeed(epoch=secrets.token_hex(8)), process="", live=frozenset)
