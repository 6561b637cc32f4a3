"""Anything that fits the contract, or nearly does, is refused or done; nothing breaks it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NotSet

from avis_bridge.api import create_app
from avis_bridge.model import System
from avis_bridge.openapi import document
from kernel.audit import Audit
from kernel.clock import ManualClock
from kernel.feed import MemoryFeed
from kernel.ledger import Ledger, open_ledger
from kernel.program_api import Unlimited
from tests.avis.household import MERCHANT, MUNICIPALITY, SECRET, household
from tests.web.person import WAIT_S


@pytest.fixture
async def ledger_on_disk(tmp_path: Path) -> AsyncIterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/avis.db", MemoryFeed("epoch"))
    await ledger.create_all()
    yield ledger
    await ledger.close()


def generated(operation: Any, count: int) -> list[Any]:
    """Cases that fit the contract, and some at its edges."""
    cases: list[Any] = []

    @given(operation.as_strategy())
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    def collect(case: Any) -> None:
        cases.append(case)

    collect()
    return cases


@pytest.mark.torture
@pytest.mark.parametrize("kind", ["both", "instructions", "recipients"])
async def test_no_call_breaks_it(
    ledger_on_disk: Ledger, clock: ManualClock, kind: Any, amount: Callable[[int, int], int]
) -> None:
    home = await household(ledger_on_disk, clock)
    owner = MUNICIPALITY if kind == "instructions" else MERCHANT
    async with ledger_on_disk.transaction() as tx:
        await home.avis.systems.save(tx, System(client_id="any", owner=owner, kind=kind, name="any"), SECRET)
    schema = schemathesis.openapi.from_dict({**document(), "servers": [{"url": "/"}]})
    transport = httpx.ASGITransport(create_app(home.avis, Audit(ledger_on_disk, clock), Unlimited()))
    async with httpx.AsyncClient(transport=transport, base_url="http://avis", timeout=WAIT_S) as http:
        token, _ = await home.avis.systems.token("any", SECRET)
        http.headers["authorization"] = f"Bearer {token}"
        for found in schema.get_all_operations():
            operation = found.ok()
            cases = generated(operation, amount(4, 300))
            for case in cases:
                headers = {str(name): str(value) for name, value in (case.headers or {}).items()}
                sent = b"" if isinstance(case.body, NotSet) else json.dumps(case.body)
                answer = await http.request(case.method, case.formatted_path, content=sent, headers=headers)
                assert answer.status_code < 500 or answer.json()["error"] == "dagr_unavailable", (
                    case.formatted_path,
                    answer.text,
                )
