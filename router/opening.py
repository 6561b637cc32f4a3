"""Making a router: of a process that is alone, or of one among several."""

from __future__ import annotations

from kernel.clock import Clock
from kernel.ledger import Ledger
from router.index import LocalIndex, RouterIndex
from router.loading import loader
from router.replicated import ReplicatedIndex
from router.service import RouterService
from router.shared import SharedIndex


def local_index(ledger: Ledger, clock: Clock, *, offer_timeout_s: float, wrap_up_s: float) -> LocalIndex:
    load = loader(ledger, clock)
    return LocalIndex(clock, ledger.feed, load, offer_timeout_s=offer_timeout_s, wrap_up_s=wrap_up_s)


def replicated_index(
    ledger: Ledger, clock: Clock, shared: SharedIndex, origin: str, *, offer_timeout_s: float, wrap_up_s: float
) -> ReplicatedIndex:
    """``origin`` names this process; `ReplicatedIndex.run` must be kept running."""
    return ReplicatedIndex(
        clock,
        ledger.feed,
        loader(ledger, clock),
        shared,
        origin,
        offer_timeout_s=offer_timeout_s,
        wrap_up_s=wrap_up_s,
    )


def local_router(
    ledger: Ledger,
    clock: Clock,
    *,
    offer_timeout_s: float = 20.0,
    wrap_up_s: float = 120.0,
    service_level_s: float = 60.0,
    short_abandon_s: float = 5.0,
) -> RouterService:
    index: RouterIndex = local_index(ledger, clock, offer_timeout_s=offer_timeout_s, wrap_up_s=wrap_up_s)
    return RouterService(ledger, clock, index, service_level_s=service_level_s, short_abandon_s=short_abandon_s)
