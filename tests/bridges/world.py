"""One house with every state system around it, reached over HTTP as each side reaches it: tills, grantors' systems, the
notaries' system, other state systems, people at their pages. The clock is moved, DAGR can be down."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from kernel.audit import audit_log
from kernel.clock import ManualClock
from tests.web.person import Person
from tests.web.running import Running, running_house

NOW_MS = 1_767_225_600_000  # 1 January 2026
#: the demo's people, companies and places
CODES = ("020101-00013", "030205-00111", "140310-00212", "050412-00328")
STRANGER = "32345678901"
SHOP, BRANCH, DISSOLVED, NOBODYS = "49999991007", "49999991045", "49999991026", "49999991030"
NOTARY = "notars-demo"
OUTLET = "veikals-aluksne"
PERIOD = {"valid_from": "2026-01-01", "valid_to": "2026-12-31"}
ACTIVATE, READ, ALL = "eadrese.activate", "eadrese.read", "all_legal_person_eservices"


def code_of(answer: httpx.Response) -> str:
    """The stable code of a refusal, from an interface for programs or from one for pages."""
    error = answer.json()["error"]
    return str(error if isinstance(error, str) else error["code"])


class World:
    def __init__(self, running: Running, opened: ExitStack) -> None:
        self.running = running
        self._opened = opened
        self._people: dict[str, Person] = {}
        self._numbers = itertools.count(1)
        made = self.person("provider-veikals").post("/api/avis/systems", {"name": "Kase", "kind": "both"}).json()
        self.till_keys = made["system"]["client_id"], made["secret"]
        made = self.person("grantor-aluksne").post("/api/avis/systems", {"name": "R", "kind": "instructions"}).json()
        self.grantor_keys = made["system"]["client_id"], made["secret"]

    def number(self) -> int:
        return next(self._numbers)

    def person(self, account: str) -> Person:
        if account not in self._people:
            self._people[account] = self._opened.enter_context(Person(self.running.url, account))
        return self._people[account]

    # ── programs ─────────────────────────────────────────────────────────────────────────────────

    def program(self, where: str, keys: tuple[str, str], method: str, path: str, body: Any, **headers: str) -> Any:
        """One call with a fresh token."""
        with httpx.Client(base_url=f"{self.running.url}{where}") as http:
            token = http.post("/token", data={"grant_type": "client_credentials"}, auth=keys)
            assert token.status_code == 200, token.text
            sent = {"authorization": f"Bearer {token.json()['access_token']}"}
            sent |= {name.replace("_", "-"): value for name, value in headers.items()}
            return http.request(method, path, json=body, headers=sent)

    def till(self, path: str, body: Any, **headers: str) -> httpx.Response:
        answer: httpx.Response = self.program("/avis", self.till_keys, "POST", path, body, **headers)
        return answer

    def grantor_puts(self, external_id: str, body: Any) -> httpx.Response:
        path = f"/v1/instructions/{external_id}"
        answer: httpx.Response = self.program("/avis", self.grantor_keys, "PUT", path, body)
        return answer

    def state_system(self, path: str, person: str, **more: Any) -> httpx.Response:
        """Our own bridge's call about a recipient."""
        settings = self.running.house.settings
        body = {"person": person, "purpose": "consultation", "session": "s", **more}
        keys = settings.avis_client, settings.avis_secret
        answer: httpx.Response = self.program("/avis", keys, "POST", f"/recipients{path}", body)
        return answer

    def notary(self, path: str, **body: Any) -> httpx.Response:
        settings = self.running.house.settings
        keys = settings.notary_client, settings.notary_secret
        sent = {"notary": NOTARY, **body}
        answer: httpx.Response = self.program("/registers", keys, "POST", f"/jpp/notary/{path}", sent)
        return answer

    def jpp(self, path: str, **body: Any) -> httpx.Response:
        settings = self.running.house.settings
        keys = settings.jpp_client, settings.jpp_secret
        sent = {"purpose": "consultation", "session": "s", **body}
        answer: httpx.Response = self.program("/registers", keys, "POST", path, sent)
        return answer

    def check(self, person: str, reg_no: str, scope: str = ACTIVATE) -> str:
        answer = self.jpp("/jpp/check", person=person, reg_no=reg_no, scope=scope, at_ms=0)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["reason"])

    def act(self, attorney: str = CODES[0], reg_no: str = BRANCH, scopes: tuple[str, ...] = (ACTIVATE,)) -> str:
        """A general power that a notary has submitted; its number."""
        act_no = f"A-{self.number()}"
        made = self.notary("powers", act_no=act_no, reg_no=reg_no, attorney=attorney, scopes=scopes, **PERIOD)
        assert made.status_code == 200, made.text
        return act_no

    # ── steps at the till ────────────────────────────────────────────────────────────────────────

    def identify(self, means: str = "DEMO-0002", outlet: str = OUTLET) -> httpx.Response:
        return self.till("/v1/identify", {"means": means, "outlet": outlet})

    def quote(self, sku: str = "maize", cents: int = 120, **more: Any) -> httpx.Response:
        recipient = self.identify().json()["recipient"]
        lines = [{"sku": sku, "quantity": 2, "unit_cents": cents}]
        return self.till("/v1/quotes", {"recipient": recipient, "lines": lines, **more})

    def commit(self, quote: dict[str, Any], *, number: str = "", key: str = "", **receipt: Any) -> httpx.Response:
        paper = {
            "kind": "kases_ceks",
            "number": number or str(self.number()),
            "register": "K1",
            "issued_at_ms": NOW_MS,
            "total_cents": quote["paid_cents"],
            **receipt,
        }
        body = {"quote": quote["quote"], "receipt": paper}
        return self.till("/v1/transactions", body, idempotency_key=key or uuid.uuid4().hex)

    def reverse(self, transaction: str, line: int = 0, quantity: int = 1) -> httpx.Response:
        body = {"lines": [{"line": line, "quantity": quantity}]}
        return self.till(f"/v1/transactions/{transaction}/reversals", body, idempotency_key=uuid.uuid4().hex)

    def audited(self, prefix: str) -> set[str]:
        """What was written down so far, by the rest of its name."""

        async def read() -> set[str]:
            async with self.running.house.ledger.reading() as connection:
                bodies = await connection.scalars(sa.select(audit_log.c.body))
                actions = {json.loads(body)["action"] for body in bodies}
            return {each.removeprefix(prefix) for each in actions if each.startswith(prefix)}

        return self.running.do(read())

    # ── a bad day ────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def dagr_down(self) -> Iterator[None]:
        assert self.running.state is not None
        self.running.state.down = True
        try:
            yield
        finally:
            self.running.state.down = False
            # the gateway may rest after failures
            self.running.clock.advance(16)


@contextmanager
def world(var: Path, **settings: Any) -> Iterator[World]:
    with ExitStack() as opened:
        running = opened.enter_context(
            running_house(var, ManualClock(NOW_MS), connected=True, standins=True, session_hours=700, **settings)
        )
        yield World(running, opened)


def instruction(group: str = "pupils", **more: Any) -> dict[str, Any]:
    return {
        "name": {"lv": "Maize", "en": "Bread"},
        "kind": "percent",
        "value": 2_500,
        "valid_from": "2026-01-01",
        "group_id": group,
        "include": ["food/bread"],
        **more,
    }
