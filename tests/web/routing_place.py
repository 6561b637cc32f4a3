"""An agency made for a test, served to real people: who asks, who answers, and what they are shown of a request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel.clock import SystemClock
from kernel.feed import MemoryFeed
from kernel.identity import Identity, Principal
from kernel.ids import AccountId, PointId
from kernel.ledger import open_ledger
from kernel.messages import Role
from router.model import Agency, Group, Officer
from tests.directories import save_directory
from tests.web.person import Person
from tests.web.planes import planes
from web.migrate import migrate

#: one for each test: a clerk may ask so many times a minute, and a quick machine does all tests of a module within one
CLERKS = [
    Principal(
        id=AccountId(f"rules-clerk-{number}"),
        role=Role.CLERK,
        name="Darbinieks",
        point_id=PointId("grobina"),
        point_name="Grobiņas VPVKAC",
    )
    for number in range(40)
]


@contextmanager
def serving(
    folder: Path, agencies: Iterable[Agency], groups: Iterable[Group], officers: Collection[Officer]
) -> Iterator[str]:
    """The address of a control plane with these, `CLERKS`, and an account ``officer-…`` for each officer."""
    ledger_url = f"sqlite:///{folder}/ledger.db"
    migrate(ledger_url)
    asyncio.run(_found(ledger_url, agencies, groups, officers))
    with planes(1, folder, ledger_url=ledger_url, offer_timeout_s="120", wrap_up_s="120") as started:
        yield started[0].url


async def _found(
    ledger_url: str, agencies: Iterable[Agency], groups: Iterable[Group], officers: Collection[Officer]
) -> None:
    ledger = open_ledger(ledger_url, MemoryFeed("founder"))
    identity = Identity(ledger, SystemClock(), pepper="unused for accounts", session_hours=1)
    async with ledger.transaction() as tx:
        await save_directory(tx, agencies, groups, officers)
        for officer in officers:
            who = Principal(
                id=AccountId(f"officer-{officer.id}"),
                role=Role.OFFICER,
                name=officer.name,
                agency_id=officer.agency_id,
                officer_id=officer.id,
            )
            await identity.save_account(tx, who)
        for clerk in CLERKS:
            await identity.save_account(tx, clerk)
    await ledger.close()


@dataclass
class Place:
    url: str
    stack: ExitStack
    clerks: Iterator[Principal]

    def officer(self, name: str, *, choice: str = "available") -> Person:
        person = self.stack.enter_context(Person(self.url, f"officer-{name}")).go_live()
        assert person.post("/api/presence", {"choice": choice}).status_code < 300
        # where a request waits already, it rings before anybody saw that it could
        person.wait_for_indicator(name, choice, "ringing")
        # idle in the order in which they came, also by a clock that counts milliseconds
        time.sleep(0.02)
        return person

    def clerk(self) -> Person:
        return self.stack.enter_context(Person(self.url, next(self.clerks).id)).go_live()


def asked(clerk: Person, group: str, **more: Any) -> str:
    answer = clerk.request(group, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def shown(clerk: Person, request: str) -> dict[str, Any]:
    return dict(clerk.get(f"/api/requests/{request}").json())


def until(clerk: Person, request: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The clerk's live view of a request, as soon as it is as wanted."""
    message = clerk.wait_for(
        lambda m: m.get("type") == "request.changed" and m["data"]["id"] == request and holds(m["data"])
    )
    return dict(message["data"])


def why(clerk: Person, request: str) -> dict[str, str]:
    explanation = clerk.get(f"/api/requests/{request}/explanation").json()
    return {each["officer_id"]: each["why"] for each in explanation["officers"]}


def accept(officer: Person, request: str) -> None:
    version = officer.wait_for_offer(request)["version"]
    assert officer.post(f"/api/offers/{request}/accept", {"version": version}).status_code == 200
