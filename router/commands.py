"""What callers hand to the router and what they read back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId, PointId, WorkstationId
from kernel.ledger import Transaction
from kernel.messages import ClientKind, LeaseState, Pak, Priority, RequestFacts

Claim = Callable[[Transaction, ConsultationId], Awaitable[ConsultationId]]
"""(transaction, a fresh id) → the id that a call stands for: the fresh one, or that of the first time it was made."""


class CreateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A clerk's request. One of ``group_id``, ``officer_id`` (direct dial) and ``agency_id`` (flow rules) is needed."""

    consultation_id: ConsultationId
    pak: Pak
    clerk_id: ClerkId
    clerk_name: str
    point_id: PointId
    point_name: str
    agency_id: AgencyId | None = None
    group_id: GroupId | None = None
    officer_id: OfficerId | None = None
    service: str | None = None
    language: str = "lv"
    priority: Priority = Priority.NORMAL
    workstation_id: WorkstationId | None = None
    client_kind: ClientKind = ClientKind.ANONYMOUS
    client_ref: str | None = None
    level: int = 0
    skills: tuple[str, ...] = ()
    preferred_officer_id: OfficerId | None = None
    visit_id: str | None = None
    #: a place that was earned before (a callback's); None: where the time of asking puts it
    score: int | None = None
    #: the running session that the one who accepts comes into, and as what (`RequestFacts`)
    joins: ConsultationId | None = None
    joins_as: str = ""
    client_method: str | None = None


class NextStep(msgspec.Struct, frozen=True, kw_only=True):
    """What happens next, and until when if that is known.

    ``ringing``; ``waits_for_preferred``; ``widens``: a wider circle is asked from then on; ``asks_again``: those who
    are free have declined, and are asked again from then on; ``in_queue``; ``channels_full``; ``nobody_available``;
    ``nobody_signed_in``; ``direct_fallback``; ``visit``: the client is being served elsewhere; ``routing_delayed``;
    ``join``; ``done``.
    """

    code: str
    officer_name: str | None = None
    until_ms: int | None = None


class RequestStatus(msgspec.Struct, frozen=True, kw_only=True):
    facts: RequestFacts
    state: str
    version: int
    officer_id: OfficerId | None
    position: int | None
    estimate_s: tuple[int, int] | None
    next: NextStep
    waited_ms: int
    end_reason: str | None


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """What rings at one officer now."""

    facts: RequestFacts
    version: int
    deadline_ms: int
    timeout_s: float
    direct: bool
    #: by a supervisor
    forced: bool


class WrapUp(msgspec.Struct, frozen=True, kw_only=True):
    consultation_id: ConsultationId
    since_ms: int
    until_ms: int | None


class GroupLive(msgspec.Struct, frozen=True, kw_only=True):
    """A group's numbers now; ``states`` counts its officers by lease."""

    waiting: int
    oldest_ms: int | None
    states: dict[LeaseState, int]

    @property
    def available(self) -> int:
        return self.states.get(LeaseState.AVAILABLE, 0)

    @property
    def signed_in(self) -> int:
        return sum(count for state, count in self.states.items() if state is not LeaseState.OFFLINE)


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Could this officer take the request now? ``why``: available, ringing, busy, wrap_up, away, offline; what the
    officer lacks: group, level, language, skill; or what stands in between: preferred (another one is waited for),
    ring (a wider circle) or declined, both until ``from_ms``; channels, paused."""

    officer_id: OfficerId
    could: bool
    why: str
    from_ms: int | None = None


class LoadToday(msgspec.Struct, frozen=True, kw_only=True):
    served: int
    handling_s: int
    declined: int
    missed: int
