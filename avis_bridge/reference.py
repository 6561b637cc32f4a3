"""The embedded reference AVIS: its parts over one ledger."""

from __future__ import annotations

from avis_bridge.groups import Criteria, Groups, NoCriteria
from avis_bridge.history import History
from avis_bridge.instructions import Instructions
from avis_bridge.integrity import Integrity
from avis_bridge.means import MeansDesk
from avis_bridge.month_sums import MonthSums
from avis_bridge.programmes import Programmes
from avis_bridge.register import Register
from avis_bridge.systems import Systems
from avis_bridge.till import Till
from kernel.clock import Clock
from kernel.ledger import Ledger
from kernel.vault import Vault


class Avis:
    #: how often `tick` is to be called: months that are over are added up, and checks go on
    EVERY_S = 5.0

    def __init__(self, ledger: Ledger, clock: Clock, vault: Vault, criteria: Criteria | None = None) -> None:
        self.ledger = ledger
        self.clock = clock
        self.vault = vault
        self.systems = Systems(ledger, clock, vault)
        self.register = Register(ledger, clock)
        self.means = MeansDesk(ledger, clock, vault)
        self.groups = Groups(ledger, clock, self.means, criteria or NoCriteria())
        self.instructions = Instructions(ledger, clock)
        self.programmes = Programmes(ledger, clock)
        self.till = Till(ledger, clock, self.register, self.means, self.groups, self.instructions)
        self.sums = MonthSums(ledger, clock)
        self.history = History(ledger, self.instructions, self.sums)
        self.integrity = Integrity(ledger, clock)

    async def tick(self) -> None:
        await self.sums.tick()
        await self.integrity.tick()
