"""The live channel as programs see it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, cast

from websockets.asyncio.client import ClientConnection

from web.client import Channel

SNAPSHOT = {"t": "snapshot", "state": {"officers": [{"id": "a", "indicator": "offline"}], "offer": None}}


class Line:
    """What the server said, one message after the other."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self._messages = messages

    async def __aiter__(self) -> AsyncIterator[str]:
        for message in self._messages:
            yield json.dumps(message)


def event(kind: str, data: Any) -> dict[str, Any]:
    return {"t": "event", "type": kind, "data": data}


async def heard(*messages: dict[str, Any]) -> dict[str, Any]:
    channel = Channel()
    await channel.read(cast("ClientConnection", Line(SNAPSHOT, *messages)))
    return channel.state


async def test_officers_come_whole_or_as_what_moves_of_many() -> None:
    one, another = {"id": "a", "name": "VSAA 1", "indicator": "available"}, {"id": "b", "indicator": "busy"}
    assert (await heard(event("officer.changed", one)))["officers"] == {"a": one}
    moves = {"groups": [], "officers": [{"id": "a", "indicator": "busy"}, another]}
    state = await heard(event("officer.changed", one), event("overview.changed", moves))
    assert state["officers"] == {"a": one | {"indicator": "busy"}, "b": another}


async def test_an_offer_that_is_over_is_none() -> None:
    offer = {"request_id": "r", "version": 1}
    assert (await heard(event("offer.changed", {"offer": offer})))["offer"] == offer
    assert (await heard(event("offer.changed", {"offer": None, "reason": "taken"})))["offer"] is None
