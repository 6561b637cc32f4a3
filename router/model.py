"""What the router knows: an agency's directory with its rules, and the records of the live index.

Everything here is a frozen value: a change is a new record. That is what lets a step be taken back, compared and sent
to another process.
"""

from __future__ import annotations

import enum

import msgspec

from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId
from kernel.messages import AwayReason, Bilingual, LeaseState, Priority, RequestFacts

#: How far a priority class starts ahead of the normal one, in milliseconds of waiting (ageing is linear).
HEAD_START_MS = {"normal": 0, "raised": 300_000, "urgent": 1_800_000}
#: After a decline the same officer is spared the same request for this long.
DECLINE_REST_S = 60.0


def head_start_us(priority: Priority) -> int:
    """A request's score is the microseconds of its place less this."""
    return HEAD_START_MS[priority.value] * 1000


# ── the directory ────────────────────────────────────────────────────────────────────────────────


class ChoicePolicy(enum.StrEnum):
    LONGEST_IDLE = "longest_idle"
    BEST_LEVEL = "best_level"
    ROUND_ROBIN = "round_robin"


class Hours(msgspec.Struct, frozen=True):
    """Local times ``HH:MM``; ``closes`` may be ``24:00``."""

    opens: str
    closes: str


class Calendar(msgspec.Struct, frozen=True, kw_only=True):
    """When people are served. `router.calendar_core` reads it.

    ``week``: Monday first, seven lists; ``exceptions``: ISO date → hours of that day, none meaning closed (they win
    over holidays); ``holidays``: closed on Latvia's public holidays.
    """

    week: tuple[tuple[Hours, ...], ...]
    exceptions: dict[str, tuple[Hours, ...]] = {}
    holidays: bool = True
    time_zone: str = "Europe/Riga"


class Ring(msgspec.Struct, frozen=True, kw_only=True):
    """One circle of officers. ``after_s``: seconds of waiting from which it may answer; ``groups``: empty means the
    request's own group; ``min_level``: at least this level there. A ring includes all narrower ones."""

    after_s: float = 0.0
    groups: tuple[GroupId, ...] = ()
    min_level: int = 0


class OverflowWhen(enum.StrEnum):
    """Before queueing, except ``max_wait`` which is looked at while a request waits."""

    CLOSED = "closed"
    NOBODY_SIGNED_IN = "nobody_signed_in"
    TOO_MANY = "too_many"  # limit: requests waiting
    TOO_LONG = "too_long"  # limit: seconds the longest one waits
    MAX_WAIT = "max_wait"  # limit: seconds this one waits


class OverflowAction(enum.StrEnum):
    REFUSE = "refuse"  # say when it opens; a callback or an appointment can be made
    GROUP = "group"  # to another group of the agency, at the same place
    LEAVE = "leave"  # max_wait only: leaves unserved; the clerk is told


class OverflowRule(msgspec.Struct, frozen=True, kw_only=True):
    when: OverflowWhen
    action: OverflowAction
    limit: int | None = None
    group_id: GroupId | None = None


class Slots(msgspec.Struct, frozen=True, kw_only=True):
    """Appointments of a group: how long one is, how many at once, how far ahead."""

    minutes: int = 30
    parallel: int = 1
    days_ahead: int = 14
    min_notice_minutes: int = 60


class GroupRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a group is served. Kept in the ledger as one JSON document."""

    rings: tuple[Ring, ...] = (Ring(),)
    #: sessions at the same time (parallel channels); None: no limit
    channels: int | None = None
    #: how long a request waits for its preferred officer alone
    preferred_hold_s: float = 30.0
    overflow: tuple[OverflowRule, ...] = ()
    calendar: Calendar | None = None
    slots: Slots | None = None
    #: a callback may be asked for
    callbacks: bool = True


class Agency(msgspec.Struct, frozen=True):
    id: AgencyId
    code: str
    name: Bilingual
    channels: int | None = None
    calendar: Calendar | None = None


class Group(msgspec.Struct, frozen=True):
    id: GroupId
    agency_id: AgencyId
    name: Bilingual
    paks: tuple[str, ...]
    open: bool = True
    policy: ChoicePolicy = ChoicePolicy.LONGEST_IDLE
    offer_timeout_s: float | None = None
    wrap_up_s: float | None = None
    rules: GroupRules = GroupRules()


class Officer(msgspec.Struct, frozen=True):
    id: OfficerId
    agency_id: AgencyId
    name: str
    languages: tuple[str, ...]
    simulated: bool = False
    #: group → level, the higher the more able
    levels: dict[GroupId, int] = {}
    #: beyond languages, for example ``sign`` (Latvian sign language)
    skills: tuple[str, ...] = ()
    #: sessions at the same time
    capacity: int = 1


class FlowRule(msgspec.Struct, frozen=True):
    """Which group serves a request that names none; None matches anything, the lowest rank wins."""

    agency_id: AgencyId
    group_id: GroupId
    rank: int
    pak: str | None = None
    service: str | None = None
    language: str | None = None


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """One agency, whole."""

    agency: Agency
    groups: dict[GroupId, Group]
    officers: dict[OfficerId, Officer]
    rules: tuple[FlowRule, ...] = ()


# ── the live index ───────────────────────────────────────────────────────────────────────────────


class RequestState(enum.StrEnum):
    """``offered`` lives in the index only: in the ledger such a request is queued until somebody accepted."""

    QUEUED = "queued"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    UNSERVED = "unserved"


#: (from, to): everything else is a bug of ours. The last three leave the index.
REQUEST_TRANSITIONS = frozenset(
    {
        (RequestState.QUEUED, RequestState.OFFERED),
        (RequestState.OFFERED, RequestState.QUEUED),
        (RequestState.OFFERED, RequestState.ACCEPTED),
        # a ledger that knows better: the index follows it, or an accept that the ledger refused is taken back
        (RequestState.QUEUED, RequestState.ACCEPTED),
        (RequestState.ACCEPTED, RequestState.QUEUED),
        (RequestState.QUEUED, RequestState.WITHDRAWN),
        (RequestState.OFFERED, RequestState.WITHDRAWN),
        (RequestState.QUEUED, RequestState.UNSERVED),
        (RequestState.OFFERED, RequestState.UNSERVED),
        (RequestState.ACCEPTED, RequestState.ENDED),
    }
)


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request in the index. Times in ``_ms`` are wall clock, for people; what expires is timed by each process."""

    facts: RequestFacts
    score: int
    state: RequestState = RequestState.QUEUED
    #: how many offers were made; the running one has this number
    version: int = 0
    officer_id: OfficerId | None = None
    ring_s: float = 0.0
    deadline_ms: int = 0
    direct: bool = False
    #: a supervisor's: rings whatever the officer does
    forced: bool = False
    #: a direct dial that did not reach its officer waits in the queue
    fell_back: bool = False
    #: why it is not offered for now, although it keeps its place: ``visit`` (the client is being served elsewhere)
    paused: str | None = None
    #: officer → wall clock of the decline
    declined: dict[OfficerId, int] = {}

    @property
    def id(self) -> ConsultationId:
        return self.facts.consultation_id

    @property
    def group_id(self) -> GroupId:
        return self.facts.group_id

    @property
    def key(self) -> tuple[int, str]:
        """Place in the queue: fixed at enqueue, whatever happens later, but for a supervisor's raise."""
        return (self.score, self.facts.consultation_id)


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One consultation that an officer is in, or wraps up (``wrap_s`` set)."""

    consultation_id: ConsultationId
    group_id: GroupId
    wrap_s: float | None = None
    until_ms: int | None = None
    since_ms: int = 0


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """One officer, for all queues together. ``state`` follows from the rest (`router.lease`)."""

    state: LeaseState = LeaseState.OFFLINE
    online: bool = False
    ready: bool = False
    reason: AwayReason | None = None
    ringing: ConsultationId | None = None
    slots: tuple[Slot, ...] = ()
    #: wall clock of the moment the officer became idle; the longest idle is rung first
    idle_since_ms: int = 0
    #: wall clock of the last offer, for round-robin
    offered_ms: int = 0
    since_ms: int = 0

    @property
    def consultation_id(self) -> ConsultationId | None:
        """What this officer is occupied with: ringing first, then the newest session or wrap-up."""
        if self.ringing is not None:
            return self.ringing
        return self.slots[-1].consultation_id if self.slots else None

    def slot_of(self, consultation_id: ConsultationId) -> Slot | None:
        return next((slot for slot in self.slots if slot.consultation_id == consultation_id), None)
