"""The register of powers of attorney: anything that fits its contract, or nearly does, is refused or done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from kernel.bearer import Bearers
from kernel.clock import ManualClock
from kernel.feed import MemoryFeed
from kernel.ledger import open_ledger
from kernel.private import Private
from kernel.program_api import Unlimited
from kernel.vault import Vault
from portal_bridge.jpp import Jpp
from portal_bridge.jpp_api import CALLS, create_app
from portal_bridge.openapi import document
from tests.bridges.generated import break_it, operations_of
from tests.web.person import WAIT_S
from web import demo_jpp

OPERATIONS = operations_of(document())
NOTARYS = {f"POST {path}" for path, _, _, _, notary in CALLS if notary}
KNOWN = {
    "notary": demo_jpp.NOTARY,
    "act_no": "A-1",
    "reg_no": "49999991045",
    "attorney": "020101-00013",
    "person": "020101-00013",
    "purpose": "consultation",
    "session": "s",
}


class Everybody:
    async def is_resident(self, code: Private[str], *, session: str) -> bool:
        return True


@pytest.fixture
async def jpp(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Jpp]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/jpp.db", MemoryFeed("epoch"))
    await ledger.create_all()
    vault = Vault("key", "pepper")
    await demo_jpp.load(ledger, vault)
    yield Jpp(ledger, clock, vault, Everybody())
    await ledger.close()


@pytest.mark.torture
@pytest.mark.parametrize("name", OPERATIONS)
async def test_no_call_breaks_it(jpp: Jpp, clock: ManualClock, name: str, amount: Callable[[int, int], int]) -> None:
    """10,000 calls in all under torture."""
    bearers = Bearers({"notaries": "secret-n", "klatiene": "secret-k"}, clock)
    app = create_app(jpp, bearers, Unlimited(), notary_client="notaries")
    await jpp.submit(
        demo_jpp.NOTARY,
        "A-1",
        KNOWN["reg_no"],
        Private(KNOWN["attorney"]),
        scopes=["eadrese.activate"],
        period=("2020-01-01", "2039-12-31"),
    )
    client = ("notaries", "secret-n") if name in NOTARYS else ("klatiene", "secret-k")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://jpp", timeout=WAIT_S) as http:
        token, _ = await bearers.issue(*client)
        http.headers["authorization"] = f"Bearer {token}"
        assert await break_it(http, OPERATIONS[name], amount(12, 10_000 // len(OPERATIONS) + 1), KNOWN) == []
