"""The one lease of an officer, for all queues together (DESIGN: router semantics).

A lease holds facts (there? willing? ringing? in which sessions?), and its state is the first row of `ROWS` that holds.
No order of happenings can therefore leave an officer in a state that the facts do not bear out.
"""

from __future__ import annotations

from collections.abc import Callable

from kernel.messages import LeaseState
from router.model import Lease

Holds = Callable[[Lease, int], bool]

ROWS: tuple[tuple[LeaseState, Holds], ...] = (
    (LeaseState.RINGING, lambda lease, _: lease.ringing is not None),
    (LeaseState.AVAILABLE, lambda lease, capacity: lease.online and lease.ready and len(lease.slots) < capacity),
    # a conversation and its wrap-up outlive the console
    (LeaseState.BUSY, lambda lease, _: any(slot.wrap_s is None for slot in lease.slots)),
    (LeaseState.WRAP_UP, lambda lease, _: bool(lease.slots)),
    (LeaseState.AWAY, lambda lease, _: lease.online),
    (LeaseState.OFFLINE, lambda lease, _: True),
)

#: whoever is in one of these may answer sooner or later
PRESENT = frozenset({LeaseState.AVAILABLE, LeaseState.RINGING, LeaseState.BUSY, LeaseState.WRAP_UP})


def state_of(lease: Lease, capacity: int) -> LeaseState:
    """``capacity``: sessions (and wrap-ups) that this officer takes at the same time."""
    return next(state for state, holds in ROWS if holds(lease, capacity))
