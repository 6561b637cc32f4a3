"""Everything of the demo that the ledger holds, in the order in which it builds on each other."""

from __future__ import annotations

from casework.service import CaseworkService
from kernel.clock import Clock
from kernel.identity import Identity
from kernel.ledger import Ledger
from kernel.vault import Vault
from web import demo, demo_avis, demo_jpp, demo_sign_on


async def load(ledger: Ledger, clock: Clock, vault: Vault, identity: Identity, casework: CaseworkService) -> None:
    await demo.load(ledger, identity, casework)
    await demo_avis.load(ledger, clock, vault, identity)
    await demo_jpp.load(ledger, vault)
    await demo_sign_on.load(ledger, vault)
