"""A consultation from beginning to end over HTTP and the live channel, and what the audit log says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from kernel.audit import audit_log
from tests.web.person import Person
from tests.web.running import Running


@contextmanager
def both_sides(house: Running) -> Iterator[dict[str, Person]]:
    """A clerk and an officer, both live."""
    with Person(house.url, "clerk-grobina") as clerk, Person(house.url, "officer-vsaa-1") as officer:
        clerk.go_live()
        officer.go_live()
        yield {"clerk": clerk, "officer": officer}


def begin(people: dict[str, Person], group_id: str = "vsaa-pabalsti", **more: Any) -> str:
    clerk, officer = people["clerk"], people["officer"]
    assert officer.post("/api/presence", {"choice": "available"}).status_code == 200
    asked = clerk.request(group_id, **more).json()["id"]
    offer = officer.wait_for_offer(asked)
    officer.post(f"/api/offers/{asked}/accept", {"version": offer["version"]})
    clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == asked)
    return str(asked)


def finish(house: Running, people: dict[str, Person], session_id: str) -> None:
    people["clerk"].post(f"/api/sessions/{session_id}/end", {})
    house.clock.advance(1)
    officer = people["officer"]

    def wrapped(message: dict[str, Any]) -> bool:
        return (
            message.get("type") == "wrap_up.changed"
            and (message["data"]["wrap_up"] or {}).get("session_id") == session_id
        )

    officer.wait_for(wrapped)
    assert officer.post("/api/wrap-up", {"session_id": session_id, "outcome": "solved"}).status_code == 200


def outcomes(house: Running, actor: str, action: str) -> list[str]:
    """What the audit log says of an actor's acts of one kind, oldest first."""
    return [each["outcome"] for each in written(house, action) if each["actor"] == actor]


def written(house: Running, action: str) -> list[dict[str, Any]]:
    """The audit log's entries of one kind, oldest first."""

    async def read() -> list[dict[str, Any]]:
        async with house.house.ledger.reading() as connection:
            rows = await connection.execute(sa.select(audit_log.c.body).order_by(audit_log.c.id))
            found = [json.loads(row.body) for row in rows]
        return [each for each in found if each["action"] == action]

    return house.do(read())
