"""Words for tests of several processes on one ledger and one shared index."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel.clock import Clock
from kernel.feed import MemoryFeed
from kernel.ids import ClerkId, ConsultationId, OfficerId, PointId
from kernel.ledger import Ledger, open_ledger
from kernel.messages import Pak, StandingChanged
from router.commands import CreateRequest
from router.model import RequestState
from router.opening import replicated_index
from router.reconcile import Reconciler
from router.replicated import ReplicatedIndex
from router.service import RouterService
from router.shared import SharedIndex
from router.step import Step
from tests.directories import save_directory
from tests.router.directory import AGENCY, BENEFITS, GROUPS, OFFICERS, VSAA


@dataclass
class Process:
    index: ReplicatedIndex
    router: RouterService
    feed: MemoryFeed
    ledger: Ledger
    follows: asyncio.Task[None]

    async def stands(self, officer_id: OfficerId, *, ready: bool = True) -> None:
        event = StandingChanged(at_ms=0, officer_id=officer_id, online=True, ready=ready, reason=None)
        await self.router.on_standing(event)

    async def catches_up(self) -> None:
        await self.index.decide(VSAA, nothing)

    def state(self, number: int) -> RequestState | None:
        request = self.index.cores[VSAA].requests.get(identified(number))
        return None if request is None else request.state

    async def reconciled(self) -> None:
        reconciler = Reconciler(self.ledger, self.index)
        await reconciler.run_once()
        await reconciler.run_once()


def nothing(_core: Any, now: float, wall_ms: int) -> Step:
    return Step(now, wall_ms)


def identified(number: int) -> ConsultationId:
    return ConsultationId(f"00000000-0000-7000-8000-{number:012d}")


def wanted(number: int, **changed: Any) -> CreateRequest:
    values: dict[str, Any] = {
        "consultation_id": identified(number),
        "pak": Pak.PAK_02,
        "clerk_id": ClerkId("clerk-grobina"),
        "clerk_name": "Darbinieks",
        "point_id": PointId("grobina"),
        "point_name": "Grobiņas VPVKAC",
        "group_id": BENEFITS,
    }
    return CreateRequest(**(values | changed))


Start = Callable[[str], Awaitable[Process]]


@asynccontextmanager
async def house(shared: SharedIndex, folder: Path, clock: Clock) -> AsyncIterator[Start]:
    """Starts processes by name, on one filled ledger."""
    url = f"sqlite:///{folder}/ledger.db"
    filler = open_ledger(url, MemoryFeed("filler"))
    await filler.create_all()
    async with filler.transaction() as tx:
        await save_directory(tx, [AGENCY], GROUPS, OFFICERS)
    await filler.close()
    started: list[Process] = []

    async def start(name: str) -> Process:
        feed = MemoryFeed(name)
        ledger = open_ledger(url, feed)
        index = replicated_index(ledger, clock, shared, name, offer_timeout_s=20.0, wrap_up_s=60.0)
        router = RouterService(ledger, clock, index)
        await router.start()
        process = Process(index, router, feed, ledger, asyncio.create_task(index.run()))
        started.append(process)
        return process

    yield start
    for process in started:
        process.follows.cancel()
        await asyncio.gather(process.follows, return_exceptions=True)
        await process.ledger.close()


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")
