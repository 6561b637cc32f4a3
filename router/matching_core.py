"""Ringing and serving in one agency: who is offered what, and what becomes of leases and places. Pure.

The moves that `router.core` composes its commands of. Each takes the running `Step` and leaves records, events and
history consistent; `settle` ends a command.
"""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.ids import ConsultationId, OfficerId
from kernel.messages import AwayReason, LeaseChanged, LeaseState, OfferClosed, OfferMade, QueueChanged, RequestRequeued
from router.lanes_core import Lane
from router.lease import state_of
from router.model import REQUEST_TRANSITIONS, Directory, Lease, Request, RequestState, Slot
from router.records_core import Records
from router.step import ClosedOffer, Step

_S = RequestState


class Matching:
    def __init__(self, directory: Directory, *, offer_timeout_s: float, wrap_up_s: float) -> None:
        self.offer_timeout_s = offer_timeout_s
        self.wrap_up_s = wrap_up_s
        self.records = Records(directory)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    @property
    def directory(self) -> Directory:
        return self.records.directory

    @property
    def requests(self) -> dict[ConsultationId, Request]:
        return self.records.requests

    @property
    def leases(self) -> dict[OfficerId, Lease]:
        return self.records.leases

    def lease(self, officer_id: OfficerId) -> Lease:
        return self.records.lease(officer_id)

    def channel_free(self, request_or_lane: Request | Lane) -> bool:
        """Do the limits of group and agency allow one more session?"""
        group_id, engaged = request_or_lane.group_id, self.records.engaged
        limit = self.records.lanes.rules(group_id).channels
        if limit is not None and engaged[group_id] >= limit:
            return False
        house = self.directory.agency.channels
        return house is None or engaged.total() < house

    def wrap_up_in(self, request: Request | Slot) -> float:
        """Seconds of wrap-up: the group's own, or the house's."""
        group = self.directory.groups.get(request.group_id)
        return (group.wrap_up_s if group is not None else None) or self.wrap_up_s

    def offer_timeout_in(self, request: Request) -> float:
        group = self.directory.groups.get(request.group_id)
        return (group.offer_timeout_s if group is not None else None) or self.offer_timeout_s

    # ── matching ─────────────────────────────────────────────────────────────────────────

    def settle(self, step: Step) -> Step:
        """Serve every officer who came free and every lane that may be servable now; then say which queues moved."""
        records, lanes = self.records, self.records.lanes
        while records.freed or records.dirty:
            freed = sorted(records.freed, key=lambda officer_id: (self.lease(officer_id).idle_since_ms, officer_id))
            waiting = sorted((key, lane) for lane in records.dirty if (key := lanes.first_key(lane)) is not None)
            records.freed.clear()
            records.dirty.clear()
            # lanes first: of several who came free, each request's own group says who is rung
            for _, lane in waiting:
                for officer_id in list(lanes.idle(lanes.effective(lane))):
                    if lanes.first_key(lane) is None:
                        break
                    self.serve(officer_id, step)
            for officer_id in freed:
                self.serve(officer_id, step)
        step.events += [QueueChanged(at_ms=step.wall_ms, group_id=group_id) for group_id in sorted(step.groups)]
        return step

    def serve(self, officer_id: OfficerId, step: Step) -> None:
        """Give an idle officer the first request of all the lanes the officer may take from."""
        if self.lease(officer_id).state is not LeaseState.AVAILABLE:
            return
        lanes = self.records.lanes
        best: Request | None = None
        for lane in lanes.waiting_lanes():
            first = lanes.first_key(lane)
            if first is None or (best is not None and best.key < first):
                continue
            if officer_id not in lanes.able(lanes.effective(lane)) or not self.channel_free(lane):
                continue
            for consultation_id in lanes.in_order(lane):
                request = self.requests[consultation_id]
                if officer_id not in request.declined:
                    if best is None or request.key < best.key:
                        best = request
                    break
        if best is not None:
            self.offer(best, officer_id, step)

    def offer(
        self,
        request: Request,
        officer_id: OfficerId,
        step: Step,
        *,
        direct: bool = False,
        forced: bool = False,
    ) -> None:
        ring_s = self.offer_timeout_in(request)
        deadline_ms = step.wall_ms + round(ring_s * 1000)
        request = _with(request, direct=direct, forced=forced, ring_s=ring_s, deadline_ms=deadline_ms)
        request = self.to(request, _S.OFFERED, step, officer_id=officer_id, version=request.version + 1)
        lease = _with(self.lease(officer_id), ringing=request.id, offered_ms=step.wall_ms)
        self.set_lease(officer_id, lease, step)
        step.events.append(
            OfferMade(
                at_ms=step.wall_ms,
                facts=request.facts,
                officer_id=officer_id,
                version=request.version,
                deadline_ms=deadline_ms,
                timeout_s=ring_s,
                direct=direct,
            )
        )

    def close_offer(self, request: Request, why: str, step: Step, *, free: bool = True) -> None:
        """The ringing stops; ``free``: the officer is at rest again (else the caller gives the officer a session)."""
        officer_id = request.officer_id
        assert officer_id is not None
        step.closed.append(
            ClosedOffer(
                consultation_id=request.id,
                version=request.version,
                officer_id=officer_id,
                offered_ms=request.deadline_ms - round(request.ring_s * 1000),
                closed_ms=step.wall_ms,
                why=why,
            )
        )
        if free:
            self.set_lease(officer_id, _with(self.lease(officer_id), ringing=None), step)
        step.events.append(
            OfferClosed(
                at_ms=step.wall_ms, facts=request.facts, officer_id=officer_id, version=request.version, why=why
            )
        )

    def requeue(self, request: Request, why: str, step: Step, *, say: bool = True) -> Request:
        """Back at its place after its offer closed."""
        self.close_offer(request, why, step)
        fell_back = request.fell_back or (request.direct and not request.forced)
        request = _with(request, fell_back=fell_back, direct=False, forced=False)
        request = self.to(request, _S.QUEUED, step, officer_id=None)
        if say:
            reason = "direct_fallback" if fell_back and why != "declined" else why
            step.events.append(RequestRequeued(at_ms=step.wall_ms, facts=request.facts, why=reason))
        return request

    # ── records ──────────────────────────────────────────────────────────────────────────

    def put(self, request: Request, step: Step) -> None:
        self.records.put_request(request.id, request, step)

    def to(self, request: Request, state: RequestState, step: Step, **changes: Any) -> Request:
        assert (request.state, state) in REQUEST_TRANSITIONS, (request.state, state)
        moved = _with(request, state=state, **changes)
        self.put(moved, step)
        return moved

    def with_slot(self, officer_id: OfficerId, request: Request, step: Step) -> None:
        lease = self.lease(officer_id)
        slot = Slot(consultation_id=request.id, group_id=request.group_id, since_ms=step.wall_ms)
        ringing = None if lease.ringing == request.id else lease.ringing
        self.set_lease(officer_id, _with(lease, ringing=ringing, slots=(*lease.slots, slot)), step)

    def without_slot(self, officer_id: OfficerId, consultation_id: ConsultationId, step: Step) -> None:
        lease = self.lease(officer_id)
        slots = tuple(slot for slot in lease.slots if slot.consultation_id != consultation_id)
        self.set_lease(officer_id, _with(lease, slots=slots), step)

    def set_lease(self, officer_id: OfficerId, lease: Lease, step: Step) -> None:
        """Write a lease with the state that follows from it, and say so when people would see a difference."""
        before = self.lease(officer_id)
        officer = self.directory.officers.get(officer_id)
        state = state_of(lease, officer.capacity if officer is not None else 0)
        if state is not before.state:
            idle = step.wall_ms if state is LeaseState.AVAILABLE else before.idle_since_ms
            lease = _with(lease, state=state, since_ms=step.wall_ms, idle_since_ms=idle)
        self.records.put_lease(officer_id, lease, step)
        if _shown(lease) != _shown(before):
            _, reason, consultation_id, until_ms, _ = _shown(lease)
            step.events.append(
                LeaseChanged(
                    at_ms=step.wall_ms,
                    officer_id=officer_id,
                    state=lease.state,
                    reason=reason,
                    consultation_id=consultation_id,
                    until_ms=until_ms,
                )
            )


_Shown = tuple[LeaseState, AwayReason | None, ConsultationId | None, int | None, ConsultationId | None]


def _shown(lease: Lease) -> _Shown:
    """What people see of a lease: with the wrap-up that is asked for, which of several is the oldest."""
    reason = lease.reason if lease.state is LeaseState.AWAY else None
    slot = lease.slots[-1] if lease.slots else None
    asked = next((each.consultation_id for each in lease.slots if each.wrap_s is not None), None)
    return lease.state, reason, lease.consultation_id, None if slot is None else slot.until_ms, asked


_with = msgspec.structs.replace
