"""What every event has."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type"):
    #: True when the event is part of the ledger and survives a restart
    durable: ClassVar[bool] = True
    #: False when every web process says it for itself, from facts that do travel between them
    travels: ClassVar[bool] = True

    at_ms: int
