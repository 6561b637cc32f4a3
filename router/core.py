"""The router's live index, decided: queues, offers and leases of one process, rebuilt from the ledger at any time.

Invariants, after every call:
- a request is in exactly one state, and in its queue exactly while it is *queued*;
- at most one officer rings for or serves a request, and an officer rings for or serves at most one;
- no available officer is left while a request that officer may take is queued;
- a request's place (`Request.key`) never changes.

Methods take ``now`` (monotonic seconds) and ``wall_ms`` and return `Step`: the events that follow and the requests and
offers the ledger must write. A step that could not be written makes the index stale; the shell rebuilds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sortedcontainers import SortedList

from kernel.errors import OfferGone, OfferStale, OfferTaken, OfficerBusy, RequestClosed, RequestUnknown
from kernel.ids import ConsultationId, GroupId, OfficerId
from kernel.messages import (
    AwayReason,
    Event,
    LeaseChanged,
    LeaseState,
    OfferAccepted,
    OfferClosed,
    OfferMade,
    QueueChanged,
    RequestFacts,
    RequestLeft,
    RequestQueued,
    RequestRequeued,
)
from router.estimates import Estimates
from router.lease import Trigger, move
from router.model import (
    HEAD_START_MS,
    OPEN_STATES,
    REQUEST_TRANSITIONS,
    ChoicePolicy,
    Group,
    Lease,
    Officer,
    Request,
    RequestState,
)

#: After a decline the same officer is spared the same request for this long.
DECLINE_REST_S = 60.0

Queue = tuple[GroupId, str]
"""(group, language): what one officer may take from is a handful of queues, whatever waits in them."""


@dataclass(slots=True)
class Claim:
    """What the ledger keeps of one offer. ``state``: offered, active, wrap_up, done, or how it closed."""

    consultation_id: ConsultationId
    officer_id: OfficerId
    version: int
    state: str


@dataclass(slots=True)
class Step:
    events: list[Event] = field(default_factory=list)
    requests: dict[ConsultationId, Request] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)


class RouterCore:
    def __init__(self, *, offer_timeout_s: float, wrap_up_s: float) -> None:
        self.offer_timeout_s = offer_timeout_s
        self.wrap_up_s = wrap_up_s
        self.groups: dict[GroupId, Group] = {}
        self.officers: dict[OfficerId, Officer] = {}
        self.leases: dict[OfficerId, Lease] = {}
        self.requests: dict[ConsultationId, Request] = {}
        self.estimates = Estimates()
        self._queues: dict[Queue, SortedList] = {}
        self._idle: dict[Queue, SortedList] = {}
        self._ringing: set[ConsultationId] = set()
        self._wrapping: set[OfficerId] = set()
        self._last_us = 0

    # ── directory and rebuild ────────────────────────────────────────────────────────────────────

    def direct(self, groups: Iterable[Group], officers: Iterable[Officer]) -> None:
        """Set the directory; leases of officers that stay are kept."""
        self.groups = {group.id: group for group in groups}
        self.officers = {officer.id: officer for officer in officers}
        for officer_id in self.officers:
            self.leases.setdefault(officer_id, Lease())
        self._reindex()

    def restore(
        self,
        requests: Iterable[Request],
        working: Iterable[tuple[OfficerId, Claim, float | None]],
        now: float,
        wall_ms: int,
    ) -> Step:
        """Take the ledger's word: open requests, and who is in a session or wrap-up (and until when).

        Offers that were open are queued again at their place: nobody is ringing after a restart.
        """
        self.requests = {request.id: request for request in requests}
        self._ringing.clear()
        self._wrapping.clear()
        for lease in self.leases.values():
            lease.state = move(LeaseState.OFFLINE, Trigger.STANDING, online=lease.online, ready=lease.ready)
            lease.consultation_id, lease.until, lease.until_ms = None, None, None
        for officer_id, claim, until in working:
            lease = self.leases.setdefault(officer_id, Lease())
            lease.consultation_id = claim.consultation_id
            lease.state = LeaseState.BUSY if claim.state == "active" else LeaseState.WRAP_UP
            if lease.state is LeaseState.WRAP_UP:
                lease.until = until
                lease.until_ms = None if until is None else wall_ms + round((until - now) * 1000)
                self._wrapping.add(officer_id)
        for request in self.requests.values():
            if request.state is RequestState.OFFERED:
                request.state, request.officer_id = RequestState.QUEUED, None
        self._reindex()
        step = Step()
        for officer_id, lease in self.leases.items():
            reason = lease.reason if lease.state is LeaseState.AWAY else None
            if (lease.state, reason) != lease.told:
                lease.told = (lease.state, reason)
                self._say(officer_id, lease, reason, wall_ms, step)
        return step

    def match_all(self, now: float, wall_ms: int) -> Step:
        """Offer whatever can be offered; after a rebuild."""
        step = Step()
        for officer_id, lease in self.leases.items():
            if lease.state is LeaseState.AVAILABLE:
                self._serve(officer_id, now, wall_ms, step)
        return step

    # ── requests ─────────────────────────────────────────────────────────────────────────────────

    def create(self, facts: RequestFacts, now: float, wall_ms: int) -> Step:
        """A new request: rung directly, offered at once, or queued."""
        request = Request(facts, score=self._score(facts))
        step = Step(events=[RequestQueued(at_ms=wall_ms, facts=facts)])
        self.requests[request.id] = request
        step.requests[request.id] = request
        wanted = facts.direct_officer_id
        if wanted is not None and self._lease(wanted).state is LeaseState.AVAILABLE:
            self._offer(request, wanted, now, wall_ms, step, direct=True)
            return step
        request.fell_back = wanted is not None
        self._enqueue(request, now, wall_ms, step)
        return step

    def withdraw(self, consultation_id: ConsultationId, why: str, now: float, wall_ms: int) -> Step:
        """The clerk or the citizen gave up; a ringing console falls silent in the same step."""
        request = self._open(consultation_id)
        if request.state is RequestState.ACCEPTED:
            raise RequestClosed
        step = Step()
        if request.state is RequestState.OFFERED and request.officer_id is not None:
            officer_id = request.officer_id
            self._close_offer(request, "withdrawn", wall_ms, step)
            self._leave(request, RequestState.WITHDRAWN, why, wall_ms, step)
            self._move(officer_id, Trigger.WITHDRAWN, wall_ms, step)
            self._serve(officer_id, now, wall_ms, step)
        else:
            self._dequeue(request, wall_ms, step)
            self._leave(request, RequestState.WITHDRAWN, why, wall_ms, step)
        return step

    # ── offers ───────────────────────────────────────────────────────────────────────────────────

    def accept(self, officer_id: OfficerId, consultation_id: ConsultationId, version: int, wall_ms: int) -> Step:
        """Compare-and-set on the version: raises `OfferStale`, `OfferTaken` or `OfferGone`."""
        request = self._ringing_for(officer_id, consultation_id, version)
        step = Step()
        request.waited_ms = max(0, wall_ms - request.facts.created_at_ms)
        self._close_offer(request, "accepted", wall_ms, step)
        self._to(request, RequestState.ACCEPTED, step)
        request.officer_id = officer_id
        step.claims[-1].state = "active"
        self._lease(officer_id).consultation_id = consultation_id
        self._move(officer_id, Trigger.ACCEPTED, wall_ms, step)
        self.estimates.connected(request.facts.group_id, request.waited_ms)
        step.events.append(
            OfferAccepted(
                at_ms=wall_ms,
                facts=request.facts,
                officer_id=officer_id,
                officer_name=self.officers[officer_id].name,
                version=version,
                waited_ms=request.waited_ms,
            )
        )
        return step

    def decline(
        self, officer_id: OfficerId, consultation_id: ConsultationId, version: int, now: float, wall_ms: int
    ) -> Step:
        request = self._ringing_for(officer_id, consultation_id, version)
        step = Step()
        request.excluded[officer_id] = now + DECLINE_REST_S
        self._close_offer(request, "declined", wall_ms, step)
        self._move(officer_id, Trigger.DECLINED, wall_ms, step)
        self._requeue(request, "declined", now, wall_ms, step)
        self._serve(officer_id, now, wall_ms, step)
        return step

    # ── officers ─────────────────────────────────────────────────────────────────────────────────

    def stand(
        self, officer_id: OfficerId, *, online: bool, ready: bool, reason: AwayReason | None, now: float, wall_ms: int
    ) -> Step:
        """Presence says who is there and willing. A vanished console gives its ringing request back."""
        step = Step()
        lease = self.leases.get(officer_id)
        if lease is None:
            return step
        lease.online, lease.ready, lease.reason = online, ready, reason
        if lease.state is LeaseState.RINGING:
            if ready:
                return step
            request = self.requests[self._rung(officer_id)]
            self._close_offer(request, "officer_gone", wall_ms, step)
            self._move(officer_id, Trigger.WITHDRAWN, wall_ms, step)
            self._requeue(request, "officer_gone", now, wall_ms, step)
            return step
        self._move(officer_id, Trigger.STANDING, wall_ms, step)
        self._serve(officer_id, now, wall_ms, step)
        return step

    def release(self, consultation_id: ConsultationId, officer_id: OfficerId, now: float, wall_ms: int) -> Step:
        """The session's part of the officer ended: wrap-up. Idempotent."""
        step = Step()
        request, lease = self.requests.get(consultation_id), self.leases.get(officer_id)
        if request is not None and request.state is RequestState.ACCEPTED:
            self._to(request, RequestState.ENDED, step)
            request.end_reason = request.end_reason or "served"
            del self.requests[consultation_id]
        if lease is None or lease.state is not LeaseState.BUSY or lease.consultation_id != consultation_id:
            return step
        seconds = self.wrap_up_s if request is None else self.wrap_up_in(request.facts.group_id)
        lease.until, lease.until_ms = now + seconds, wall_ms + round(seconds * 1000)
        self._wrapping.add(officer_id)
        step.claims.append(Claim(consultation_id, officer_id, 0, "wrap_up"))
        self._move(officer_id, Trigger.RELEASED, wall_ms, step)
        return step

    def finish_wrap_up(self, officer_id: OfficerId, consultation_id: ConsultationId, now: float, wall_ms: int) -> Step:
        """Raises `OfficerBusy` when that officer is not wrapping up that consultation."""
        lease = self._lease(officer_id)
        if lease.state is not LeaseState.WRAP_UP or lease.consultation_id != consultation_id:
            raise OfficerBusy
        step = Step()
        self._finish(officer_id, lease, now, wall_ms, step)
        return step

    def tick(self, now: float, wall_ms: int) -> Step:
        """Offers nobody answered, wrap-ups that ran out, declines that are forgiven."""
        step = Step()
        for consultation_id in [each for each in self._ringing if self.requests[each].deadline <= now]:
            request = self.requests[consultation_id]
            officer_id = request.officer_id
            if officer_id is None:
                continue
            self._close_offer(request, "no_answer", wall_ms, step)
            lease = self._lease(officer_id)
            lease.ready, lease.reason = False, AwayReason.NOT_ANSWERING
            self._move(officer_id, Trigger.NO_ANSWER, wall_ms, step)
            self._requeue(request, "no_answer", now, wall_ms, step)
        for officer_id in list(self._wrapping):
            lease = self._lease(officer_id)
            if lease.until is not None and lease.until <= now:
                self._finish(officer_id, lease, now, wall_ms, step)
        self._forgive(now, wall_ms, step)
        return step

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def position(self, request: Request) -> int | None:
        """Place in its group's queue, counted from one."""
        if request.state is not RequestState.QUEUED:
            return None
        queues = (queue for (group, _), queue in self._queues.items() if group == request.facts.group_id)
        return 1 + sum(int(queue.bisect_left(request.key)) for queue in queues)

    def waiting(self, group_id: GroupId) -> list[Request]:
        """The group's queue in order."""
        keys = sorted(key for (group, _), queue in self._queues.items() if group == group_id for key in queue)
        return [self.requests[ConsultationId(key[1])] for key in keys]

    def waiting_count(self, group_id: GroupId) -> tuple[int, int | None]:
        """(how many wait, since when the longest one does) without walking the queue."""
        queues = [queue for (group, _), queue in self._queues.items() if group == group_id and queue]
        oldest = [self.requests[ConsultationId(queue[0][1])].facts.created_at_ms for queue in queues]
        return sum(len(queue) for queue in queues), min(oldest, default=None)

    def wrap_up_in(self, group_id: GroupId) -> float:
        """Seconds of wrap-up: the group's own, or the house's."""
        group = self.groups.get(group_id)
        return (group.wrap_up_s if group is not None else None) or self.wrap_up_s

    # ── inside: queue and matching ───────────────────────────────────────────────────────────────

    def _enqueue(self, request: Request, now: float, wall_ms: int, step: Step) -> None:
        """Put the request at its place; ring the best idle officer when there is one."""
        officer_id = self._choose(request, now)
        if officer_id is not None:
            self._offer(request, officer_id, now, wall_ms, step)
            return
        self._queues.setdefault(_queue_of(request), SortedList()).add(request.key)
        step.events.append(QueueChanged(at_ms=wall_ms, group_id=request.facts.group_id))

    def _dequeue(self, request: Request, wall_ms: int, step: Step) -> None:
        self._queues[_queue_of(request)].remove(request.key)
        step.events.append(QueueChanged(at_ms=wall_ms, group_id=request.facts.group_id))

    def _score(self, facts: RequestFacts) -> int:
        """Microseconds: when it was made, less its class's head start; never the same twice in a millisecond."""
        at_us = max(facts.created_at_ms * 1000, self._last_us + 1)
        self._last_us = at_us
        return at_us - HEAD_START_MS[facts.priority.value] * 1000

    def _requeue(self, request: Request, why: str, now: float, wall_ms: int, step: Step) -> None:
        self._to(request, RequestState.QUEUED, step)
        request.fell_back = request.fell_back or request.direct
        request.direct = False
        reason = "direct_fallback" if request.fell_back and why != "declined" else why
        step.events.append(RequestRequeued(at_ms=wall_ms, facts=request.facts, why=reason))
        self._enqueue(request, now, wall_ms, step)

    def _choose(self, request: Request, now: float) -> OfficerId | None:
        group = self._group_of(request)
        if group is None or not group.open:
            return None
        for _, _, officer_id in self._idle.get(_queue_of(request), ()):
            if request.excluded.get(officer_id, now) <= now:
                return OfficerId(officer_id)
        return None

    def _serve(self, officer_id: OfficerId, now: float, wall_ms: int, step: Step) -> None:
        """Give an idle officer the first request of all the queues the officer may take from."""
        if self._lease(officer_id).state is not LeaseState.AVAILABLE:
            return
        best: Request | None = None
        for queue in self._queues_of(officer_id):
            group = self.groups.get(queue[0])
            if group is None or not group.open:
                continue
            for key in self._queues.get(queue, ()):
                request = self.requests[ConsultationId(key[1])]
                if request.excluded.get(officer_id, now) <= now:
                    if best is None or request.key < best.key:
                        best = request
                    break
        if best is not None:
            self._dequeue(best, wall_ms, step)
            self._offer(best, officer_id, now, wall_ms, step)

    def _offer(
        self, request: Request, officer_id: OfficerId, now: float, wall_ms: int, step: Step, *, direct: bool = False
    ) -> None:
        group = self._group_of(request)
        timeout = (group.offer_timeout_s if group else None) or self.offer_timeout_s
        self._to(request, RequestState.OFFERED, step)
        request.version += 1
        request.officer_id, request.direct = officer_id, direct
        request.deadline, request.deadline_ms = now + timeout, wall_ms + round(timeout * 1000)
        self._ringing.add(request.id)
        self._lease(officer_id).consultation_id = request.id
        self._move(officer_id, Trigger.OFFERED, wall_ms, step)
        step.claims.append(Claim(request.id, officer_id, request.version, "offered"))
        step.events.append(
            OfferMade(
                at_ms=wall_ms,
                facts=request.facts,
                officer_id=officer_id,
                version=request.version,
                deadline_ms=request.deadline_ms,
                timeout_s=timeout,
                direct=direct,
            )
        )

    def _close_offer(self, request: Request, why: str, wall_ms: int, step: Step) -> None:
        assert request.officer_id is not None
        self._ringing.discard(request.id)
        self._lease(request.officer_id).consultation_id = None
        step.claims.append(Claim(request.id, request.officer_id, request.version, why))
        step.events.append(
            OfferClosed(
                at_ms=wall_ms,
                facts=request.facts,
                officer_id=request.officer_id,
                version=request.version,
                why=why,
            )
        )
        request.officer_id = None

    def _leave(self, request: Request, state: RequestState, why: str, wall_ms: int, step: Step) -> None:
        if request.state is RequestState.OFFERED and state is RequestState.UNSERVED:
            raise AssertionError("an offered request is withdrawn, not left unserved")
        self._to(request, state, step)
        request.waited_ms = max(0, wall_ms - request.facts.created_at_ms)
        request.end_reason = why
        step.events.append(RequestLeft(at_ms=wall_ms, facts=request.facts, why=why, waited_ms=request.waited_ms))
        del self.requests[request.id]

    def _to(self, request: Request, state: RequestState, step: Step) -> None:
        assert (request.state, state) in REQUEST_TRANSITIONS, (request.state, state)
        request.state = state
        step.requests[request.id] = request

    def _forgive(self, now: float, wall_ms: int, step: Step) -> None:
        forgiven: set[OfficerId] = set()
        for request in self.requests.values():
            for officer_id in [each for each, until in request.excluded.items() if until <= now]:
                del request.excluded[officer_id]
                if request.state is RequestState.QUEUED:
                    forgiven.add(officer_id)
        for officer_id in forgiven:
            self._serve(officer_id, now, wall_ms, step)

    # ── inside: leases ───────────────────────────────────────────────────────────────────────────

    def _move(self, officer_id: OfficerId, trigger: Trigger, wall_ms: int, step: Step) -> None:
        lease = self._lease(officer_id)
        state = move(lease.state, trigger, online=lease.online, ready=lease.ready)
        reason = lease.reason if state is LeaseState.AWAY else None
        if trigger is Trigger.STANDING and (state, reason) == lease.told:
            return
        lease.told = (state, reason)
        if lease.state is LeaseState.AVAILABLE:
            self._forget_idle(officer_id, lease)
        lease.state = state
        lease.since_ms = wall_ms
        if state is LeaseState.AVAILABLE:
            lease.idle_since = wall_ms
            self._remember_idle(officer_id, lease)
        self._say(officer_id, lease, reason, wall_ms, step)

    def _say(self, officer_id: OfficerId, lease: Lease, reason: AwayReason | None, wall_ms: int, step: Step) -> None:
        step.events.append(
            LeaseChanged(
                at_ms=wall_ms,
                officer_id=officer_id,
                state=lease.state,
                reason=reason,
                consultation_id=lease.consultation_id,
                until_ms=lease.until_ms,
            )
        )

    def _finish(self, officer_id: OfficerId, lease: Lease, now: float, wall_ms: int, step: Step) -> None:
        if lease.consultation_id is not None:
            step.claims.append(Claim(lease.consultation_id, officer_id, 0, "done"))
        self._wrapping.discard(officer_id)
        lease.consultation_id, lease.until, lease.until_ms = None, None, None
        self._move(officer_id, Trigger.FINISHED, wall_ms, step)
        self._serve(officer_id, now, wall_ms, step)

    def _idle_key(self, officer_id: OfficerId, queue: Queue, lease: Lease) -> tuple[int, float, str]:
        group = self.groups.get(queue[0])
        by_level = group is not None and group.policy is ChoicePolicy.BEST_LEVEL
        level = self.officers[officer_id].levels.get(queue[0], 0) if by_level else 0
        return (-level, lease.idle_since, officer_id)

    def _remember_idle(self, officer_id: OfficerId, lease: Lease) -> None:
        for queue in self._queues_of(officer_id):
            self._idle.setdefault(queue, SortedList()).add(self._idle_key(officer_id, queue, lease))

    def _forget_idle(self, officer_id: OfficerId, lease: Lease) -> None:
        for queue in self._queues_of(officer_id):
            self._idle[queue].discard(self._idle_key(officer_id, queue, lease))

    def _queues_of(self, officer_id: OfficerId) -> list[Queue]:
        officer = self.officers.get(officer_id)
        if officer is None:
            return []
        return [(group, language) for group in officer.levels for language in officer.languages]

    def _reindex(self) -> None:
        self._queues.clear()
        self._idle.clear()
        self._ringing = {each.id for each in self.requests.values() if each.state is RequestState.OFFERED}
        for request in self.requests.values():
            if request.state is RequestState.QUEUED:
                self._queues.setdefault(_queue_of(request), SortedList()).add(request.key)
        for officer_id, lease in self.leases.items():
            if lease.state is LeaseState.AVAILABLE:
                self._remember_idle(officer_id, lease)

    def _lease(self, officer_id: OfficerId) -> Lease:
        return self.leases.setdefault(officer_id, Lease())

    def _group_of(self, request: Request) -> Group | None:
        return self.groups.get(request.facts.group_id)

    def _open(self, consultation_id: ConsultationId) -> Request:
        request = self.requests.get(consultation_id)
        if request is None:
            raise RequestUnknown
        if request.state not in OPEN_STATES:
            raise RequestClosed
        return request

    def _rung(self, officer_id: OfficerId) -> ConsultationId:
        consultation_id = self._lease(officer_id).consultation_id
        assert consultation_id is not None
        return consultation_id

    def _ringing_for(self, officer_id: OfficerId, consultation_id: ConsultationId, version: int) -> Request:
        request = self.requests.get(consultation_id)
        if request is None:
            raise OfferGone
        if request.state is RequestState.ACCEPTED:
            raise OfferStale if request.officer_id == officer_id else OfferTaken
        if request.state is not RequestState.OFFERED:
            raise OfferGone
        if request.officer_id != officer_id:
            raise OfferTaken
        if request.version != version:
            raise OfferStale(field="version")
        return request


def _queue_of(request: Request) -> Queue:
    return (request.facts.group_id, request.facts.language)
