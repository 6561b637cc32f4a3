"""What can be asked of the router: the directory, where requests stand, who is free, the day's numbers."""

from __future__ import annotations

import heapq
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from kernel.batch import Batch
from kernel.clock import Clock
from kernel.errors import RequestUnknown
from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId
from kernel.ledger import Ledger
from kernel.messages import LeaseState
from router import store
from router.commands import GroupLive, LoadToday, NextStep, Offer, Reason, RequestStatus, WrapUp
from router.core import AgencyCore
from router.explain_core import Explainer
from router.index import RouterIndex, core_of_officer, core_of_request
from router.model import Agency, Group, Lease, Officer, Request, RequestState
from router.numbers import Day, Entry, count_day
from router.tables import claims, requests

RIGA = ZoneInfo("Europe/Riga")


class Reading:
    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        index: RouterIndex,
        *,
        service_level_s: float = 60.0,
        short_abandon_s: float = 5.0,
    ) -> None:
        self.service_level_s = service_level_s
        self._short_abandon_s = short_abandon_s
        self._ledger = ledger
        self._clock = clock
        self._index = index
        # thousands of consoles may ask at once
        self._open_of_clerk: Batch[str, list[ConsultationId]] = Batch(self._load_open)
        self._claims_today: Batch[OfficerId, list[sa.Row[Any]]] = Batch(self._load_claims)

    # ── the directory ────────────────────────────────────────────────────────────────────────────

    def agencies(self) -> list[Agency]:
        return [core.directory.agency for core in self._index.cores.values()]

    def groups(self) -> list[Group]:
        return [group for core in self._index.cores.values() for group in core.directory.groups.values()]

    def officers(self) -> list[Officer]:
        return [officer for core in self._index.cores.values() for officer in core.directory.officers.values()]

    def group(self, group_id: GroupId) -> Group | None:
        found = (core.directory.groups.get(group_id) for core in self._index.cores.values())
        return next((group for group in found if group is not None), None)

    def officer(self, officer_id: OfficerId) -> Officer | None:
        core = self.core_of_officer(officer_id)
        return None if core is None else core.directory.officers[officer_id]

    def core_of_request(self, consultation_id: ConsultationId) -> AgencyCore | None:
        return core_of_request(self._index.cores.values(), consultation_id)

    def core_of_officer(self, officer_id: OfficerId) -> AgencyCore | None:
        return core_of_officer(self._index.cores.values(), officer_id)

    # ── queues ───────────────────────────────────────────────────────────────────────────────────

    def group_live(self, group_id: GroupId) -> GroupLive:
        states = dict.fromkeys(LeaseState, 0)
        core = next((each for each in self._index.cores.values() if group_id in each.directory.groups), None)
        if core is None:
            return GroupLive(waiting=0, oldest_ms=None, states=states)
        for officer in core.directory.officers.values():
            if group_id in officer.levels:
                states[core.lease(officer.id).state] += 1
        oldest = [core.requests[each].facts.created_at_ms for each in core.records.lanes.heads(group_id)]
        waiting = core.records.lanes.count(group_id)
        return GroupLive(waiting=waiting, oldest_ms=min(oldest, default=None), states=states)

    def waiting_ids(self, group_id: GroupId) -> list[ConsultationId]:
        """The group's queue in order."""
        for core in self._index.cores.values():
            if group_id in core.directory.groups:
                return [ConsultationId(key[1]) for key in core.records.lanes.of_group(group_id)]
        return []

    async def queue(self, group_id: GroupId, limit: int) -> list[RequestStatus]:
        """The first of those who wait for a group, in order, with those that ring right now."""
        core = next((each for each in self._index.cores.values() if group_id in each.directory.groups), None)
        if core is None:
            return []
        waiting = (each for each in core.requests.values() if each.group_id == group_id and each.state in _WAITS)
        first = heapq.nsmallest(limit, waiting, key=lambda request: request.key)
        return [self._status(core, each, waited_ms=0, end_reason=None) for each in first]

    # ── requests ─────────────────────────────────────────────────────────────────────────────────

    async def status(self, consultation_id: ConsultationId) -> RequestStatus:
        """Raises `RequestUnknown`."""
        core = self.core_of_request(consultation_id)
        if core is not None:
            request = core.requests[consultation_id]
            return self._status(core, request, waited_ms=0, end_reason=None)
        async with self._ledger.reading() as connection:
            row = await store.find_request(connection, consultation_id)
        if row is None:
            raise RequestUnknown
        return self._status(None, store.request_of(row), waited_ms=row.waited_ms, end_reason=row.end_reason)

    def _status(
        self, core: AgencyCore | None, request: Request, *, waited_ms: int, end_reason: str | None
    ) -> RequestStatus:
        queued = request.state is RequestState.QUEUED
        if core is not None:
            following = self._explainer(core).next_step(request)
        else:
            # the ledger has it, the index has not (yet)
            following = NextStep(code="routing_delayed" if queued else _NEXT_IN_LEDGER.get(request.state, "done"))
        waits = core is not None and queued and request.paused is None
        return RequestStatus(
            facts=request.facts,
            state=request.state.value,
            version=request.version,
            officer_id=request.officer_id,
            position=core.records.lanes.position(request.group_id, request.key) if core is not None and waits else None,
            estimate_s=core.records.estimates.range_s(request.group_id) if core is not None and waits else None,
            next=following,
            waited_ms=waited_ms,
            end_reason=end_reason,
        )

    async def _find(self, consultation_id: ConsultationId) -> Request | None:
        core = self.core_of_request(consultation_id)
        if core is not None:
            return core.requests[consultation_id]
        async with self._ledger.reading() as connection:
            row = await store.find_request(connection, consultation_id)
        return None if row is None else store.request_of(row)

    async def open_requests_of(self, clerk_id: str) -> list[ConsultationId]:
        """The clerk's requests that are not closed, oldest first."""
        return await self._open_of_clerk.get(clerk_id) or []

    async def _load_open(self, clerks: list[str]) -> dict[str, list[ConsultationId]]:
        mine = sa.select(requests.c.id, requests.c.clerk_id).where(
            requests.c.clerk_id.in_(clerks), requests.c.state.in_(store.OPEN)
        )
        found: dict[str, list[ConsultationId]] = {}
        async with self._ledger.reading() as connection:
            for row in await connection.execute(mine.order_by(requests.c.created_ms)):
                found.setdefault(row.clerk_id, []).append(ConsultationId(row.id))
        return found

    def explain(self, consultation_id: ConsultationId) -> list[Reason]:
        """Who could take the request, and why the others cannot; nobody once it is with somebody, or closed."""
        core = self.core_of_request(consultation_id)
        if core is None or core.requests[consultation_id].state not in _WAITS:
            return []
        return self._explainer(core).reasons(core.requests[consultation_id])

    def _explainer(self, core: AgencyCore) -> Explainer:
        return Explainer(core, self._clock.mono(), self._clock.wall_ms())

    # ── officers ─────────────────────────────────────────────────────────────────────────────────

    def lease(self, officer_id: OfficerId) -> Lease:
        core = self.core_of_officer(officer_id)
        return Lease() if core is None else core.lease(officer_id)

    def officer_offer(self, officer_id: OfficerId) -> Offer | None:
        core = self.core_of_officer(officer_id)
        ringing = None if core is None else core.lease(officer_id).ringing
        if core is None or ringing is None:
            return None
        request = core.requests[ringing]
        return Offer(
            facts=request.facts,
            version=request.version,
            deadline_ms=request.deadline_ms,
            timeout_s=request.ring_s,
            direct=request.direct,
            forced=request.forced,
        )

    def wrap_up_of(self, officer_id: OfficerId) -> WrapUp | None:
        """The oldest wrap-up that is not finished."""
        core = self.core_of_officer(officer_id)
        slots = () if core is None else core.lease(officer_id).slots
        slot = next((slot for slot in slots if slot.wrap_s is not None), None)
        if slot is None:
            return None
        return WrapUp(consultation_id=slot.consultation_id, since_ms=slot.since_ms, until_ms=slot.until_ms)

    async def load_today(self, officer_id: OfficerId) -> LoadToday:
        rows = await self._claims_today.get(officer_id) or []
        served = [row for row in rows if row.accepted_ms is not None]
        now = self._clock.wall_ms()
        handling = sum((row.closed_ms or row.released_ms or now) - row.accepted_ms for row in served)
        return LoadToday(
            served=len(served),
            handling_s=handling // 1000,
            declined=sum(row.state == "declined" for row in rows),
            missed=sum(row.state == "no_answer" for row in rows),
        )

    async def _load_claims(self, officers: list[OfficerId]) -> dict[OfficerId, list[sa.Row[Any]]]:
        statement = sa.select(claims).where(
            claims.c.officer_id.in_(officers), claims.c.offered_ms >= self._midnight_ms()
        )
        found: dict[OfficerId, list[sa.Row[Any]]] = {}
        async with self._ledger.reading() as connection:
            for row in await connection.execute(statement):
                found.setdefault(OfficerId(row.officer_id), []).append(row)
        return found

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────

    async def day(self, agency_id: AgencyId) -> dict[GroupId | None, Day]:
        """Today's numbers by group, and of the whole agency under None."""
        columns = (requests.c.group_id, requests.c.state, requests.c.waited_ms, requests.c.end_reason)
        statement = sa.select(*columns).where(
            requests.c.agency_id == agency_id, requests.c.created_ms >= self._midnight_ms()
        )
        async with self._ledger.reading() as connection:
            entries = [Entry(*row) for row in await connection.execute(statement)]

        def count(chosen: list[Entry]) -> Day:
            return count_day(chosen, service_level_s=self.service_level_s, short_abandon_s=self._short_abandon_s)

        days: dict[GroupId | None, Day] = {None: count(entries)}
        for group in self.groups():
            if group.agency_id == agency_id:
                days[group.id] = count([entry for entry in entries if entry.group_id == group.id])
        return days

    def _midnight_ms(self) -> int:
        now = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC).astimezone(RIGA)
        return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)


_WAITS = frozenset({RequestState.QUEUED, RequestState.OFFERED})
_NEXT_IN_LEDGER = {RequestState.ACCEPTED: "join"}
