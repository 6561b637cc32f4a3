"""Why a request is where it is: who could take it, who could not and why, what happens next and when. Pure.

It asks the very functions that match, so that an explanation cannot disagree with what happens.
"""

from __future__ import annotations

from itertools import pairwise

from kernel.ids import OfficerId
from kernel.messages import LeaseState
from router.commands import NextStep, Reason
from router.core import AgencyCore
from router.lanes_core import Lane
from router.lease import PRESENT
from router.model import DECLINE_REST_S, Officer, Request, RequestState


def rested_ms(request: Request, officer_id: OfficerId) -> int:
    """Until when whoever declined is spared the request."""
    return request.declined[officer_id] + round(DECLINE_REST_S * 1000)


class Explainer:
    """Of one agency at one moment."""

    def __init__(self, core: AgencyCore, now: float, wall_ms: int) -> None:
        self._core = core
        self._lanes = core.records.lanes
        self._now = now
        self._wall_ms = wall_ms

    def next_step(self, request: Request) -> NextStep:
        match request.state:
            case RequestState.OFFERED:
                officer = self._core.directory.officers.get(request.officer_id) if request.officer_id else None
                name = None if officer is None else officer.name
                return NextStep(code="ringing", officer_name=name, until_ms=request.deadline_ms)
            case RequestState.ACCEPTED:
                return NextStep(code="join")
            case RequestState.QUEUED:
                return self._waiting(request)
        return NextStep(code="done")

    def _waiting(self, request: Request) -> NextStep:
        lane = self._core.records.lane_of(request)
        if lane is None:
            return NextStep(code=request.paused or "in_queue")
        effective = self._lanes.effective(lane)
        until_ms = self._widens_ms(request, effective)
        if effective.only is not None:
            officer = self._core.directory.officers[effective.only]
            return NextStep(code="waits_for_preferred", officer_name=officer.name, until_ms=until_ms)
        states = {self._core.lease(officer_id).state for officer_id in self._lanes.able(effective)}
        if not states & PRESENT:
            return NextStep(code="nobody_available" if LeaseState.AWAY in states else "nobody_signed_in")
        if not self._core.channel_free(request):
            return NextStep(code="channels_full")
        again_ms = self._asks_again_ms(request, effective)
        if again_ms is not None and (until_ms is None or again_ms < until_ms):
            return NextStep(code="asks_again", until_ms=again_ms)
        if until_ms is not None:
            return NextStep(code="widens", until_ms=until_ms)
        return NextStep(code="direct_fallback" if request.fell_back else "in_queue")

    def _asks_again_ms(self, request: Request, effective: Lane) -> int | None:
        """When the first of those who are free and have declined is asked again; None: nobody is free."""
        able = self._lanes.able(effective)
        free = [each for each in able if self._core.lease(each).state is LeaseState.AVAILABLE]
        return min((rested_ms(request, each) for each in free if each in request.declined), default=None)

    def _widens_ms(self, request: Request, effective: Lane) -> int | None:
        """When a wider circle than the one that is asked now may be asked; None: it is the widest."""
        stages = self._lanes.stages(request.facts)
        wider = [after_s for (_, lane), (after_s, _) in pairwise(stages) if lane == effective]
        entered = self._core.records.entered(request.id)
        return self._wall_ms + round((entered + wider[0] - self._now) * 1000) if wider else None

    def reasons(self, request: Request) -> list[Reason]:
        """One line for every officer who has to do with the request's group, its circles, or was asked for by name."""
        widest = self._lanes.stages(request.facts)[-1][1]
        named = (request.facts.direct_officer_id, request.facts.preferred_officer_id, request.officer_id)
        found = []
        for officer in self._core.directory.officers.values():
            lacking = self._lanes.lacks(officer, widest)
            if lacking != "group" or officer.id in named:
                found.append(self._reason(request, officer, lacking))
        return found

    def _reason(self, request: Request, officer: Officer, lacking: str | None) -> Reason:
        lane = self._core.records.lane_of(request)
        if lacking is not None and officer.id != request.facts.preferred_officer_id:
            return Reason(officer_id=officer.id, could=False, why=lacking)
        if lane is not None and officer.id not in self._lanes.able(self._lanes.effective(lane)):
            why = "preferred" if self._lanes.effective(lane).only is not None else "ring"
            return Reason(officer_id=officer.id, could=False, why=why, from_ms=self._reached_ms(request, officer))
        why = self._between(request, officer, lane)
        from_ms = rested_ms(request, officer.id) if why == "declined" else None
        return Reason(officer_id=officer.id, could=why == "available", why=why, from_ms=from_ms)

    def _between(self, request: Request, officer: Officer, lane: Lane | None) -> str:
        """What stands between an officer who may take the request and taking it now."""
        state = self._core.lease(officer.id).state
        if state is LeaseState.AVAILABLE and request.state is RequestState.QUEUED:
            if officer.id in request.declined:
                return "declined"
            if lane is None:
                return "paused"
            if not self._core.channel_free(request):
                return "channels"
        return state.value

    def _reached_ms(self, request: Request, officer: Officer) -> int | None:
        """From when on the officer may be asked."""
        entered = self._core.records.entered(request.id)
        stages = self._lanes.stages(request.facts)
        after = [after_s for after_s, lane in stages if officer.id in self._lanes.able(lane)]
        return self._wall_ms + round((entered + after[0] - self._now) * 1000) if after else None
