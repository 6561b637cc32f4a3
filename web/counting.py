"""What is counted of the service: entries into queues, grants, indicators. One bundle keeps the wiring readable."""

from __future__ import annotations

from dataclasses import dataclass

from casework.case_sums import CaseSums
from casework.entries import Entries
from casework.grants import GrantService
from casework.network import Network
from casework.quick import Register
from kernel.clock import Clock
from kernel.ledger import Ledger
from kernel.settings import Settings
from web.open_data import OpenData
from web.schedules import Schedules


@dataclass(frozen=True)
class Counting:
    entries: Entries
    cases: CaseSums
    grants: GrantService
    register: Register
    network: Network
    open_data: OpenData
    schedules: Schedules

    async def start(self) -> None:
        """Before anything is read or counted."""
        await self.entries.closing.start()
        await self.cases.closing.start()

    async def close_periods(self) -> None:
        """Days and months that are over get their sums."""
        await self.entries.closing.tick()
        await self.cases.closing.tick()

    async def publish(self) -> None:
        """Months that are over become open data."""
        await self.open_data.publish()


def count(ledger: Ledger, clock: Clock, settings: Settings) -> Counting:
    network = Network(ledger, clock)
    entries = Entries(ledger, clock, service_level_s=settings.service_level_s, short_abandon_s=settings.short_abandon_s)
    cases = CaseSums(ledger, clock)
    return Counting(
        entries=entries,
        cases=cases,
        schedules=Schedules(ledger, clock, entries, service_level_s=settings.service_level_s),
        grants=GrantService(ledger, clock, cases),
        register=Register(ledger, clock, cases),
        network=network,
        open_data=OpenData(ledger, clock, network, settings),
    )
