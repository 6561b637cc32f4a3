"""The records of one agency's live index, with everything that is derived from them kept in step. Pure.

`put_request` and `put_lease` are the only doors: whatever writes through them — a decision, another process' step, a
rebuild, an undo — leaves queues, idle officers, channel counts and timers right. Timers are each process' own: a record
says how long something lasts, and the process that holds the record measures it from the moment it got it, so no clock
has to agree with another's.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator

from kernel.ids import ConsultationId, GroupId, OfficerId
from kernel.messages import LeaseState
from router.estimates import Estimates
from router.lanes_core import Lane, Lanes, lane_at
from router.model import (
    DECLINE_REST_S,
    Directory,
    Lease,
    OverflowWhen,
    Request,
    RequestState,
    head_start_us,
)
from router.step import Step, Timer

_NO_LEASE = Lease()
_ENGAGED = frozenset({RequestState.OFFERED, RequestState.ACCEPTED})


class Records:
    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.requests: dict[ConsultationId, Request] = {}
        self.leases: dict[OfficerId, Lease] = {}
        self.lanes = Lanes(directory, self.lease)
        self.estimates = Estimates()
        #: sessions that run or ring, by group: what the channels' limits count
        self.engaged: Counter[GroupId] = Counter()
        #: what may have become servable in this step: lanes, and officers who came free
        self.dirty: set[Lane] = set()
        self.freed: set[OfficerId] = set()
        self._lane: dict[ConsultationId, Lane] = {}
        #: monotonic moment from which a request's waiting is measured
        self._entered: dict[ConsultationId, float] = {}
        self._timers: list[Timer] = []
        self._last_us = 0

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def lease(self, officer_id: OfficerId) -> Lease:
        return self.leases.get(officer_id, _NO_LEASE)

    def lane_of(self, request: Request) -> Lane | None:
        """Where it stands; None when it does not stand in a queue."""
        return self._lane.get(request.id)

    def entered(self, consultation_id: ConsultationId) -> float:
        return self._entered[consultation_id]

    def next_us(self, created_at_ms: int) -> int:
        """Microseconds of a new place: when it was made, but never before what is here, so that a clock that was set
        back lets nobody jump the queue."""
        return max(created_at_ms * 1000, self._last_us + 1)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────

    def put_request(self, consultation_id: ConsultationId, record: Request | None, step: Step) -> None:
        before = self.requests.get(consultation_id)
        if before == record:
            return
        first, _ = step.requests.get(consultation_id, (before, None))
        step.requests[consultation_id] = (first, record)
        self._leave_lane(before, step)
        self._count(before, -1)
        if record is None:
            del self.requests[consultation_id]
            self._entered.pop(consultation_id, None)
            self._free_channel(before)
            return
        self.requests[consultation_id] = record
        self._count(record, 1)
        self._last_us = max(self._last_us, record.score + head_start_us(record.facts.priority))
        if consultation_id not in self._entered:
            waited_s = max(0.0, (step.wall_ms - record.facts.created_at_ms) / 1000)
            self._entered[consultation_id] = step.now - waited_s
            self._time_max_wait(record)
        elif before is not None and before.group_id != record.group_id:
            self._time_max_wait(record)
        self._enter_lane(record, step)
        if record.state is RequestState.OFFERED and (before is None or before.version != record.version):
            self._set(Timer(step.now + record.ring_s, "offer", record.id, record.officer_id, record.version))
        if record.state is RequestState.ACCEPTED and (before is None or before.state is not RequestState.ACCEPTED):
            if before is not None:
                self.estimates.connected(record.group_id, max(0, step.wall_ms - record.facts.created_at_ms))
        elif record.state is RequestState.QUEUED:
            self._free_channel(before)
        for officer_id in record.declined.keys() - (before.declined.keys() if before else ()):
            # of a record that is taken over whole (a rebuild, another process) some of it is over
            rested_s = 0.0 if before is not None else (step.wall_ms - record.declined[officer_id]) / 1000
            rest_s = min(DECLINE_REST_S, max(0.0, DECLINE_REST_S - rested_s))
            self._set(Timer(step.now + rest_s, "rest", record.id, officer_id))

    def put_lease(self, officer_id: OfficerId, record: Lease | None, step: Step) -> None:
        before = self.leases.get(officer_id)
        if before == record:
            return
        first, _ = step.leases.get(officer_id, (before, None))
        step.leases[officer_id] = (first, record)
        known = officer_id in self.directory.officers
        if before is not None and before.state is LeaseState.AVAILABLE and known:
            self.lanes.no_longer_idle(officer_id)
        if record is None:
            del self.leases[officer_id]
        else:
            self.leases[officer_id] = record
            if record.state is LeaseState.AVAILABLE and known:
                self.lanes.became_idle(officer_id)
                self.freed.add(officer_id)
            timed = {slot.consultation_id for slot in before.slots if slot.wrap_s is not None} if before else set()
            for slot in record.slots:
                if slot.wrap_s is not None and slot.consultation_id not in timed:
                    self._set(Timer(step.now + slot.wrap_s, "wrap_up", slot.consultation_id, officer_id))
        # somebody may have stopped being the only one who could answer: the next wider circle is asked
        if record is None or record.state in (LeaseState.AWAY, LeaseState.OFFLINE):
            self.dirty.update(lane for lane in self.lanes.waiting_lanes() if officer_id in self.lanes.able(lane))

    def direct(self, directory: Directory, step: Step) -> None:
        """A new directory: every lane is made anew, the records stay."""
        self.directory = directory
        self.lanes.direct(directory)
        self._lane.clear()
        for request in self.requests.values():
            self._enter_lane(request, step)

    # ── time ─────────────────────────────────────────────────────────────────────────────────────

    def next_due(self, now: float) -> bool:
        return bool(self._timers) and self._timers[0].at <= now

    def due(self, now: float) -> Iterator[Timer]:
        """Timers that ran out; one that was overtaken is for the caller to see by its token."""
        while self._timers and self._timers[0].at <= now:
            yield heapq.heappop(self._timers)

    def wind(self, timers: Iterable[Timer]) -> None:
        for timer in timers:
            self._set(timer)

    def widen(self, request: Request, step: Step) -> None:
        """Take a waiting request to the lane that its waiting entitles it to."""
        self._leave_lane(request, step)
        self._enter_lane(request, step)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _set(self, timer: Timer) -> None:
        heapq.heappush(self._timers, timer)

    def _enter_lane(self, request: Request, step: Step) -> None:
        if request.state is not RequestState.QUEUED or request.paused is not None:
            return
        stages = self.lanes.stages(request.facts)
        index, lane = lane_at(stages, step.now - self._entered[request.id])
        self._lane[request.id] = lane
        self.lanes.add(lane, request.key)
        self.dirty.add(lane)
        step.groups.add(request.group_id)
        if index + 1 < len(stages):
            self._set(Timer(self._entered[request.id] + stages[index + 1][0], "stage", request.id))

    def _leave_lane(self, request: Request | None, step: Step) -> None:
        lane = None if request is None else self._lane.pop(request.id, None)
        if request is not None and lane is not None:
            self.lanes.remove(lane, request.key)
            step.groups.add(request.group_id)

    def _count(self, request: Request | None, change: int) -> None:
        if request is not None and request.state in _ENGAGED:
            self.engaged[request.group_id] += change

    def _free_channel(self, before: Request | None) -> None:
        if before is None or before.state not in _ENGAGED:
            return
        agency_wide = self.directory.agency.channels is not None
        limited = self.lanes.rules(before.group_id).channels is not None
        if agency_wide or limited:
            self.dirty.update(
                lane for lane in self.lanes.waiting_lanes() if agency_wide or lane.group_id == before.group_id
            )

    def _time_max_wait(self, request: Request) -> None:
        for rule in self.lanes.rules(request.group_id).overflow:
            if rule.when is OverflowWhen.MAX_WAIT and rule.limit is not None:
                self._set(Timer(self._entered[request.id] + rule.limit, "max_wait", request.id))
