"""What is counted of the service: entries into queues, grants, indicators. One bundle keeps the wiring readable."""

from __future__ import annotations

from dataclasses import dataclass

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
    grants: GrantService
    register: Register
    network: Network
    open_data: OpenData
    schedules: Schedules

    async def publish(self) -> None:
        """Months that are over become open data."""
        await self.open_data.publish()


def count(ledger: Ledger, clock: Clock, settings: Settings) -> Counting:
    network = Network(ledger, clock)
    entries = Entries(ledger, service_level_s=settings.service_level_s, short_abandon_s=settings.short_abandon_s)
    return Counting(
        entries=entries,
        schedules=Schedules(ledger, clock, entries, service_level_s=settings.service_level_s),
        grants=GrantService(ledger, clock),
        register=Register(ledger, clock),
        network=network,
        open_data=OpenData(ledger, clock, network, settings),
    )
