"""What one decision changed and what must follow from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from kernel.ids import ConsultationId, GroupId, OfficerId
from kernel.messages import Event
from router.model import Lease, Request


class Timer(NamedTuple):
    """``what``: offer, wrap_up, stage, rest or max_wait; ``token`` tells a timer that has been overtaken."""

    at: float
    what: str
    consultation_id: ConsultationId
    officer_id: OfficerId | None = None
    token: int = 0


class ClosedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the offers' history. ``why`` as in `kernel.messages.OfferClosed`."""

    consultation_id: ConsultationId
    version: int
    officer_id: OfficerId
    offered_ms: int
    closed_ms: int
    why: str


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A change that the ledger must hold first: the shell writes it, then tells the index.

    ``what``: ``leave`` (unserved after the longest wait) or ``move`` (to another group, at the same place).
    """

    consultation_id: ConsultationId
    what: str
    group_id: GroupId | None = None


@dataclass(slots=True)
class Step:
    """Decided at ``now`` (monotonic) and ``wall_ms``. ``requests`` and ``leases``: id → (before, after); None means
    "not in the index"."""

    now: float
    wall_ms: int
    requests: dict[ConsultationId, tuple[Request | None, Request | None]] = field(default_factory=dict)
    leases: dict[OfficerId, tuple[Lease | None, Lease | None]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    closed: list[ClosedOffer] = field(default_factory=list)
    due: list[Due] = field(default_factory=list)
    #: what ran out
    timers: list[Timer] = field(default_factory=list)
    #: groups whose queues moved
    groups: set[GroupId] = field(default_factory=set)

    @property
    def changed(self) -> bool:
        return bool(self.requests or self.leases)


@dataclass(frozen=True, slots=True)
class Patch:
    """Records to take over as they are: another process' step, or one's own taken back. None removes."""

    requests: Mapping[ConsultationId, Request | None]
    leases: Mapping[OfficerId, Lease | None]

    @staticmethod
    def undo(step: Step) -> Patch:
        return Patch(
            {key: before for key, (before, _) in step.requests.items()},
            {key: before for key, (before, _) in step.leases.items()},
        )

    @staticmethod
    def redo(step: Step) -> Patch:
        return Patch(
            {key: after for key, (_, after) in step.requests.items()},
            {key: after for key, (_, after) in step.leases.items()},
        )
