"""What the router knows: the directory of an agency, requests and leases as the index holds them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId
from kernel.messages import AwayReason, Bilingual, LeaseState, RequestFacts

#: How far a priority class starts ahead of the normal one, in milliseconds of waiting (ageing is linear).
HEAD_START_MS = {"normal": 0, "raised": 300_000, "urgent": 1_800_000}


class ChoicePolicy(enum.StrEnum):
    LONGEST_IDLE = "longest_idle"
    BEST_LEVEL = "best_level"


class RequestState(enum.StrEnum):
    QUEUED = "queued"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    UNSERVED = "unserved"


OPEN_STATES = frozenset({RequestState.QUEUED, RequestState.OFFERED, RequestState.ACCEPTED})

#: (from, to): everything else is a bug of ours
REQUEST_TRANSITIONS = frozenset(
    {
        (RequestState.QUEUED, RequestState.OFFERED),
        (RequestState.OFFERED, RequestState.QUEUED),
        (RequestState.OFFERED, RequestState.ACCEPTED),
        (RequestState.QUEUED, RequestState.WITHDRAWN),
        (RequestState.OFFERED, RequestState.WITHDRAWN),
        (RequestState.QUEUED, RequestState.UNSERVED),
        (RequestState.ACCEPTED, RequestState.ENDED),
    }
)


@dataclass(frozen=True, slots=True)
class Agency:
    id: AgencyId
    code: str
    name: Bilingual


@dataclass(frozen=True, slots=True)
class Group:
    id: GroupId
    agency_id: AgencyId
    name: Bilingual
    paks: tuple[str, ...]
    open: bool = True
    policy: ChoicePolicy = ChoicePolicy.LONGEST_IDLE
    offer_timeout_s: float | None = None
    wrap_up_s: float | None = None


@dataclass(frozen=True, slots=True)
class Officer:
    id: OfficerId
    agency_id: AgencyId
    name: str
    languages: tuple[str, ...]
    simulated: bool = False
    #: group → level, the higher the more able
    levels: dict[GroupId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlowRule:
    """Which group serves a request that names none; None matches anything, the lowest rank wins."""

    agency_id: AgencyId
    group_id: GroupId
    rank: int
    pak: str | None = None
    service: str | None = None
    language: str | None = None


@dataclass(slots=True)
class Request:
    facts: RequestFacts
    score: int
    state: RequestState = RequestState.QUEUED
    version: int = 0
    officer_id: OfficerId | None = None
    #: monotonic, of the running offer
    deadline: float = 0.0
    deadline_ms: int = 0
    direct: bool = False
    #: a direct dial that did not reach its officer waits in the queue
    fell_back: bool = False
    waited_ms: int = 0
    end_reason: str | None = None
    #: officer → until when (monotonic) this request is not offered again after a decline
    excluded: dict[OfficerId, float] = field(default_factory=dict)

    @property
    def id(self) -> ConsultationId:
        return self.facts.consultation_id

    @property
    def key(self) -> tuple[int, str]:
        """Place in the queue: fixed at enqueue, whatever happens later."""
        return (self.score, self.facts.consultation_id)


@dataclass(slots=True)
class Lease:
    state: LeaseState = LeaseState.OFFLINE
    online: bool = False
    ready: bool = False
    reason: AwayReason | None = None
    #: wall clock of the moment the officer became idle; the longest idle is rung first
    idle_since: float = 0.0
    consultation_id: ConsultationId | None = None
    #: monotonic end of the wrap-up
    until: float | None = None
    until_ms: int | None = None
    since_ms: int = 0
    #: what was last said of it
    told: tuple[LeaseState, AwayReason | None] = (LeaseState.OFFLINE, None)
