"""The router of one agency, decided: queues, offers and leases of the live index.

Invariants, after every call:
- a request is in exactly one state, and in its queue exactly while it is *queued* and not paused;
- at most one officer rings for or serves a request; an officer rings for at most one, and serves no more than the own
  capacity, unless a supervisor forced one;
- nobody is available while a request that they may take waits and a channel is free;
- a request's place (`Request.key`) changes only by a supervisor's word.

Every method takes ``now`` (monotonic seconds) and ``wall_ms`` and returns a `Step`: the records that changed, the
events that follow, the offers that closed. A refusal is raised before anything changed. What the ledger must hold first
reaches the index by `place`, `drop`, `amend`, `follow_accept` and `release`; these are idempotent.
"""

from __future__ import annotations

import msgspec

from kernel.errors import (
    ClientElsewhere,
    OfferGone,
    OfferStale,
    OfferTaken,
    OfficerBusy,
    OfficerUnknown,
    RequestClosed,
    RequestUnknown,
)
from kernel.ids import ConsultationId, OfficerId
from kernel.messages import (
    AwayReason,
    LeaseState,
    RequestFacts,
)
from router.matching_core import Matching
from router.model import (
    Directory,
    OverflowAction,
    OverflowWhen,
    Request,
    RequestState,
    Slot,
)
from router.step import Due, Patch, Step, Timer

_S = RequestState
_with = msgspec.structs.replace


class AgencyCore(Matching):
    # ── directory, patches ───────────────────────────────────────────────────────────────────────

    def direct(self, directory: Directory, now: float, wall_ms: int) -> Step:
        """The directory changed: everybody's lanes are looked at anew, and whoever rings without belonging there any
        more falls silent."""
        step = Step(now, wall_ms)
        self.records.direct(directory, step)
        for officer_id in directory.officers:
            self.set_lease(officer_id, self.lease(officer_id), step)
        for request in list(self.requests.values()):
            if request.state is _S.OFFERED and not self._may_still_ring(request):
                self.requeue(request, "officer_gone", step)
        return self.settle(step)

    def _may_still_ring(self, request: Request) -> bool:
        officer = self.directory.officers.get(request.officer_id or OfficerId(""))
        if officer is None or not officer.levels:
            return False
        chosen = request.direct or request.forced or request.facts.preferred_officer_id == officer.id
        return chosen or officer.id in self.records.lanes.able(self.records.lanes.stages(request.facts)[-1][1])

    def patch(self, patch: Patch, now: float, wall_ms: int) -> None:
        """Take records over as they are; nothing is decided."""
        throwaway = Step(now, wall_ms)
        for consultation_id, request in patch.requests.items():
            if request is not None or consultation_id in self.requests:
                self.records.put_request(consultation_id, request, throwaway)
        for officer_id, lease in patch.leases.items():
            if lease is not None or officer_id in self.leases:
                self.records.put_lease(officer_id, lease, throwaway)
        self.records.dirty.clear()
        self.records.freed.clear()

    def take_back(self, step: Step) -> None:
        """As if it had never been decided; what had run out will run out again."""
        self.patch(Patch.undo(step), step.now, step.wall_ms)
        self.records.wind(step.timers)

    def match(self, now: float, wall_ms: int) -> Step:
        """Offer whatever can be offered; after a rebuild."""
        self.records.dirty.update(self.records.lanes.waiting_lanes())
        return self.settle(Step(now, wall_ms))

    # ── what the ledger said ─────────────────────────────────────────────────────────────────────

    def place(self, request: Request, now: float, wall_ms: int) -> Step:
        """A request that the ledger holds: rung directly, offered at once, or queued at its place."""
        step = Step(now, wall_ms)
        if request.id in self.requests:
            return step
        wanted = request.facts.direct_officer_id
        direct = wanted is not None and self.lease(wanted).state is LeaseState.AVAILABLE and self.channel_free(request)
        request = _with(request, fell_back=request.fell_back or (wanted is not None and not direct))
        self.put(request, step)
        if wanted is not None and direct and request.paused is None:
            self.offer(request, wanted, step, direct=True)
        return self.settle(step)

    def drop(self, consultation_id: ConsultationId, now: float, wall_ms: int, *, why: str = "withdrawn") -> Step:
        """The request left (withdrawn, unserved, moved to another agency); a ringing console falls silent with it."""
        step = Step(now, wall_ms)
        request = self.requests.get(consultation_id)
        if request is None:
            return step
        officer_id = request.officer_id
        if request.state is _S.OFFERED:
            self.close_offer(request, why, step)
        elif request.state is _S.ACCEPTED and officer_id is not None:
            self.without_slot(officer_id, consultation_id, step)
        self.records.put_request(consultation_id, None, step)
        return self.settle(step)

    def amend(self, consultation_id: ConsultationId, facts: RequestFacts, score: int, now: float, wall_ms: int) -> Step:
        """Other facts or another place: moved within the agency, raised. One that rings elsewhere is taken back first;
        raising what rings already disturbs nobody."""
        step = Step(now, wall_ms)
        request = self.requests.get(consultation_id)
        if request is None or request.state is _S.ACCEPTED:
            return step
        moved = facts.group_id != request.group_id
        if moved and request.state is _S.OFFERED:
            request = self.requeue(request, "moved", step)
        request = _with(request, facts=facts, score=score)
        if moved:
            request = _with(request, declined={}, fell_back=False)
        self.put(request, step)
        return self.settle(step)

    def follow_accept(
        self, consultation_id: ConsultationId, officer_id: OfficerId, version: int, now: float, wall_ms: int
    ) -> Step:
        """The ledger knows that the officer has it, whatever the index thought."""
        step = Step(now, wall_ms)
        request = self.requests.get(consultation_id)
        if request is None or (request.state is _S.ACCEPTED and request.officer_id == officer_id):
            return step
        if request.state is _S.ACCEPTED and request.officer_id is not None:
            self.without_slot(request.officer_id, consultation_id, step)
            request = self.to(request, _S.QUEUED, step, officer_id=None)
        if request.state is _S.OFFERED:
            request = self.requeue(request, "taken", step, say=False)
        request = self.to(request, _S.ACCEPTED, step, officer_id=officer_id, version=max(version, request.version))
        self.with_slot(officer_id, request, step)
        return self.settle(step)

    def put_accepted(self, request: Request, officer_id: OfficerId, version: int, now: float, wall_ms: int) -> Step:
        """As `follow_accept`, for a request that the index does not know."""
        step = Step(now, wall_ms)
        if request.id in self.requests:
            return step
        accepted = _with(request, state=_S.ACCEPTED, officer_id=officer_id, version=version)
        self.put(accepted, step)
        self.with_slot(officer_id, accepted, step)
        return self.settle(step)

    def release(self, consultation_id: ConsultationId, officer_id: OfficerId, now: float, wall_ms: int) -> Step:
        """The session's part of the officer ended: wrap-up."""
        step = Step(now, wall_ms)
        request = self.requests.get(consultation_id)
        if request is not None and request.state is _S.ACCEPTED:
            self.records.put_request(consultation_id, None, step)
        lease = self.lease(officer_id)
        slot = lease.slot_of(consultation_id)
        if slot is not None and slot.wrap_s is None:
            seconds = self.wrap_up_in(slot)
            wrapping = Slot(
                consultation_id=consultation_id,
                group_id=slot.group_id,
                wrap_s=seconds,
                until_ms=wall_ms + round(seconds * 1000),
                since_ms=wall_ms,
            )
            slots = tuple(wrapping if each is slot else each for each in lease.slots)
            self.set_lease(officer_id, _with(lease, slots=slots), step)
        return self.settle(step)

    # ── offers ───────────────────────────────────────────────────────────────────────────────────

    def accept(
        self, officer_id: OfficerId, consultation_id: ConsultationId, version: int, now: float, wall_ms: int
    ) -> Step:
        """Compare-and-set on the version: raises `OfferStale`, `OfferTaken` or `OfferGone`."""
        request = self._ringing_for(officer_id, consultation_id, version)
        step = Step(now, wall_ms)
        self.close_offer(request, "accepted", step, free=False)
        request = self.to(request, _S.ACCEPTED, step)
        self.with_slot(officer_id, request, step)
        return self.settle(step)

    def refuse_accept(self, officer_id: OfficerId, consultation_id: ConsultationId, now: float, wall_ms: int) -> Step:
        """The ledger refused what `accept` had decided: back to the place in the queue."""
        step = Step(now, wall_ms)
        request = self.requests.get(consultation_id)
        if request is None or request.state is not _S.ACCEPTED or request.officer_id != officer_id:
            return step
        self.without_slot(officer_id, consultation_id, step)
        self.to(request, _S.QUEUED, step, officer_id=None)
        return self.settle(step)

    def decline(
        self, officer_id: OfficerId, consultation_id: ConsultationId, version: int, now: float, wall_ms: int
    ) -> Step:
        request = self._ringing_for(officer_id, consultation_id, version)
        step = Step(now, wall_ms)
        rested = _with(request, declined={**request.declined, officer_id: wall_ms})
        self.requeue(rested, "declined", step)
        return self.settle(step)

    def force(self, officer_id: OfficerId, consultation_id: ConsultationId, now: float, wall_ms: int) -> Step:
        """A supervisor's: ring this officer whatever they do, over capacity and channels. Raises `OfficerBusy` when
        another request rings there already, or nobody is there to hear it, and `ClientElsewhere`."""
        request = self._open(consultation_id)
        if officer_id not in self.directory.officers:
            raise OfficerUnknown(field="officer_id")
        lease = self.lease(officer_id)
        if request.state is _S.ACCEPTED:
            raise RequestClosed
        if request.paused is not None:
            raise ClientElsewhere
        if lease.ringing is not None or not lease.online:
            raise OfficerBusy
        step = Step(now, wall_ms)
        if request.state is _S.OFFERED:
            request = self.requeue(request, "moved", step)
        self.offer(request, officer_id, step, direct=True, forced=True)
        return self.settle(step)

    def pause(self, consultation_id: ConsultationId, why: str | None, now: float, wall_ms: int) -> Step:
        """Keep the place but offer it to nobody (``why``), or offer it again (None)."""
        step = Step(now, wall_ms)
        request = self.requests.get(consultation_id)
        if request is None or request.state is _S.ACCEPTED or request.paused == why:
            return step
        if request.state is _S.OFFERED:
            request = self.requeue(request, "paused", step)
        request = _with(request, paused=why)
        self.put(request, step)
        step.groups.add(request.group_id)
        return self.settle(step)

    # ── officers ─────────────────────────────────────────────────────────────────────────────────

    def stand(
        self, officer_id: OfficerId, *, online: bool, ready: bool, reason: AwayReason | None, now: float, wall_ms: int
    ) -> Step:
        """Presence says who is there and willing. A vanished console gives its ringing request back."""
        step = Step(now, wall_ms)
        if officer_id not in self.directory.officers:
            return step
        lease = _with(self.lease(officer_id), online=online, ready=ready, reason=reason)
        rung = self.requests.get(lease.ringing) if lease.ringing is not None else None
        stays = online and (ready or (rung is not None and rung.forced))
        self.set_lease(officer_id, lease, step)
        if rung is not None and not stays:
            self.requeue(rung, "officer_gone", step)
        return self.settle(step)

    def finish_wrap_up(self, officer_id: OfficerId, consultation_id: ConsultationId, now: float, wall_ms: int) -> Step:
        """Raises `OfficerBusy` when that officer is not wrapping up that consultation."""
        slot = self.lease(officer_id).slot_of(consultation_id)
        if slot is None or slot.wrap_s is None:
            raise OfficerBusy
        step = Step(now, wall_ms)
        self.without_slot(officer_id, consultation_id, step)
        return self.settle(step)

    # ── time ─────────────────────────────────────────────────────────────────────────────────────

    def tick(self, now: float, wall_ms: int) -> Step:
        """Whatever ran out since the last time. A timer that something overtook does nothing."""
        step = Step(now, wall_ms)
        for timer in self.records.due(now):
            step.timers.append(timer)
            request = self.requests.get(timer.consultation_id)
            match timer.what:
                case "wrap_up" if timer.officer_id is not None:
                    slot = self.lease(timer.officer_id).slot_of(timer.consultation_id)
                    if slot is not None and slot.wrap_s is not None:
                        self.without_slot(timer.officer_id, timer.consultation_id, step)
                case "offer" if request is not None:
                    self._no_answer(request, timer, step)
                case "stage" if request is not None and self.records.lane_of(request) is not None:
                    self.records.widen(request, step)
                case "rest" if request is not None and timer.officer_id in request.declined:
                    rested = {each: at for each, at in request.declined.items() if each != timer.officer_id}
                    self.put(_with(request, declined=rested), step)
                case "max_wait" if request is not None and request.state is not _S.ACCEPTED:
                    self._waited_too_long(request, step)
        return self.settle(step)

    def _no_answer(self, request: Request, timer: Timer, step: Step) -> None:
        officer_id = request.officer_id
        if request.state is not _S.OFFERED or request.version != timer.token or officer_id is None:
            return
        lease = _with(self.lease(officer_id), ready=False, reason=AwayReason.NOT_ANSWERING)
        self.set_lease(officer_id, lease, step)
        self.requeue(request, "no_answer", step)

    def _waited_too_long(self, request: Request, step: Step) -> None:
        # a timer of the group that it was moved out of says nothing here
        waited_s = step.now - self.records.entered(request.id) + 0.001
        for rule in self.records.lanes.rules(request.group_id).overflow:
            if rule.when is OverflowWhen.MAX_WAIT and rule.limit is not None and waited_s >= rule.limit:
                what = "move" if rule.action is OverflowAction.GROUP else "leave"
                step.due.append(Due(consultation_id=request.id, what=what, group_id=rule.group_id))
                return

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _open(self, consultation_id: ConsultationId) -> Request:
        request = self.requests.get(consultation_id)
        if request is None:
            raise RequestUnknown
        return request

    def _ringing_for(self, officer_id: OfficerId, consultation_id: ConsultationId, version: int) -> Request:
        request = self.requests.get(consultation_id)
        if request is None:
            raise OfferGone
        if request.state is _S.ACCEPTED:
            raise OfferStale if request.officer_id == officer_id else OfferTaken
        if request.state is not _S.OFFERED:
            raise OfferGone
        if request.officer_id != officer_id:
            raise OfferTaken
        if request.version != version:
            raise OfferStale(field="version")
        return request
