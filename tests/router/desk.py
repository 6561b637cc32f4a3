"""One agency's core with one time for both clocks: the vocabulary of the router's tests."""

from __future__ import annotations

from typing import Any

from kernel.ids import ConsultationId, OfficerId
from kernel.messages import AwayReason, LeaseState
from router.core import AgencyCore
from router.model import Directory, Request, head_start_us
from router.step import Step
from tests.facts import facts_of
from tests.router.directory import BENEFITS, DIRECTORY

OFFER_S = 20.0
WRAP_UP_S = 120.0


class Desk:
    def __init__(self, directory: Directory = DIRECTORY) -> None:
        self.core = AgencyCore(directory, offer_timeout_s=OFFER_S, wrap_up_s=WRAP_UP_S)
        self.now = 1_000.0
        self._numbers = 0

    @property
    def wall_ms(self) -> int:
        return round(self.now * 1000)

    def create(self, **facts: Any) -> ConsultationId:
        self._numbers += 1
        made = facts_of(self._numbers, **({"created_at_ms": self.wall_ms} | facts))
        score = self.core.records.next_us(made.created_at_ms) - head_start_us(made.priority)
        self.core.place(Request(facts=made, score=score), self.now, self.wall_ms)
        return made.consultation_id

    def stand(self, officer_id: OfficerId, *, online: bool = True, ready: bool = True) -> Step:
        reason = None if ready else AwayReason.BREAK
        return self.core.stand(
            officer_id, online=online, ready=ready, reason=reason, now=self.now, wall_ms=self.wall_ms
        )

    def accept(self, officer_id: OfficerId, request: ConsultationId, version: int | None = None) -> Step:
        current = self.core.requests[request].version if request in self.core.requests else 1
        return self.core.accept(officer_id, request, current if version is None else version, self.now, self.wall_ms)

    def decline(self, officer_id: OfficerId, request: ConsultationId) -> Step:
        version = self.core.requests[request].version
        return self.core.decline(officer_id, request, version, self.now, self.wall_ms)

    def drop(self, request: ConsultationId) -> Step:
        return self.core.drop(request, self.now, self.wall_ms)

    def release(self, request: ConsultationId, officer_id: OfficerId) -> Step:
        return self.core.release(request, officer_id, self.now, self.wall_ms)

    def force(self, officer_id: OfficerId, request: ConsultationId) -> Step:
        return self.core.force(officer_id, request, self.now, self.wall_ms)

    def pass_time(self, seconds: float) -> Step:
        self.now += seconds
        return self.core.tick(self.now, self.wall_ms)

    def request(self, request: ConsultationId) -> Request:
        return self.core.requests[request]

    def ringing_at(self, officer_id: OfficerId) -> ConsultationId | None:
        return self.core.lease(officer_id).ringing

    def lease(self, officer_id: OfficerId) -> LeaseState:
        return self.core.lease(officer_id).state

    def queue(self, group_id: Any = BENEFITS) -> list[ConsultationId]:
        return [ConsultationId(key[1]) for key in self.core.records.lanes.of_group(group_id)]
