"""Anything that fits the contract, or nearly does, is refused or done; nothing breaks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from avis_bridge.api import CALLS, create_app
from avis_bridge.model import SystemKind
from avis_bridge.openapi import document
from kernel.audit import Audit
from kernel.clock import ManualClock
from kernel.feed import MemoryFeed
from kernel.ledger import Ledger, open_ledger
from kernel.program_api import Unlimited
from tests.avis.household import CARD, MERCHANT, MUNICIPALITY, PERSON, TILL, Household, household
from tests.bridges.generated import break_it, operations_of
from tests.web.person import WAIT_S

OPERATIONS = operations_of(document())
#: operation → a kind of system that may call it
KINDS: dict[str, SystemKind] = {f"{method} {path}": min(kinds) for method, path, _, _, kinds in CALLS}


@pytest.fixture
async def home(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Household]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/avis.db", MemoryFeed("epoch"))
    await ledger.create_all()
    yield await household(ledger, clock)
    await ledger.close()


@pytest.mark.torture
@pytest.mark.parametrize("name", OPERATIONS)
async def test_no_call_breaks_it(
    home: Household, clock: ManualClock, name: str, amount: Callable[[int, int], int]
) -> None:
    """10,000 calls in all under torture."""
    avis = home.avis
    ledger: Ledger = avis.ledger
    kind = KINDS[name]
    owner = MUNICIPALITY if kind == "instructions" else MERCHANT
    system, secret = await avis.systems.add(owner, kind, "any")
    await home.grant(cap_month=5_000, count_month=3)
    await home.loyalty(cap_transaction=50)
    quote = await home.quote()
    sold = await home.quote()
    sale = await avis.till.commit(TILL, sold.quote, home.receipt(sold), "sold")
    known = {
        "means": CARD,
        "outlet": "shop",
        "sku": "bread",
        "recipient": (await avis.till.identify(TILL, CARD, "shop")).recipient,
        "quote": quote.quote,
        "id": sale.transaction,
        "person": PERSON.reveal(),
        "purpose": "consultation",
        "session": "s",
        "group_id": home.group,
        "programme_id": None,
        "currency": "EUR",
    }
    transport = httpx.ASGITransport(create_app(avis, Audit(ledger, clock), Unlimited()))
    async with httpx.AsyncClient(transport=transport, base_url="http://avis", timeout=WAIT_S) as http:
        token, _ = await avis.systems.token(system.client_id, secret)
        http.headers["authorization"] = f"Bearer {token}"
        assert await break_it(http, OPERATIONS[name], amount(12, 10_000 // len(OPERATIONS) + 1), known) == []
