"""The router, committed: decide on the index, write the ledger, then tell.

A step that the ledger refused leaves the index ahead of the truth; it is then *stale* and rebuilt before anything else
is decided. Commands of one process run one after another; several processes are fenced by the claims' unique indexes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kernel.clock import Clock
from kernel.errors import GroupClosed, GroupUnknown, OfferTaken, OfficerUnknown, RequestClosed, RequestUnknown
from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId
from kernel.ledger import Ledger, Transaction
from kernel.messages import ClaimReleased, LeaseState, RequestFacts, StandingChanged, WrapUpFinished
from router import store
from router.commands import (
    CreateRequest,
    GroupLive,
    LoadToday,
    NextStep,
    Offer,
    Reason,
    RequestStatus,
    WrapUp,
)
from router.core import Claim, RouterCore, Step
from router.flow import route
from router.model import Agency, FlowRule, Group, Officer, Request, RequestState
from router.numbers import Day, Entry, count_day
from router.tables import claims, requests

RIGA = ZoneInfo("Europe/Riga")


class RouterService:
    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        *,
        offer_timeout_s: float = 20.0,
        wrap_up_s: float = 120.0,
        service_level_s: float = 60.0,
        short_abandon_s: float = 5.0,
    ) -> None:
        self.core = RouterCore(offer_timeout_s=offer_timeout_s, wrap_up_s=wrap_up_s)
        self.service_level_s = service_level_s
        self._short_abandon_s = short_abandon_s
        self._ledger = ledger
        self._clock = clock
        self._lock = asyncio.Lock()
        self._stale = True
        self._agencies: list[Agency] = []
        self._rules: list[FlowRule] = []
        self._tickets: dict[tuple[AgencyId, str], int] = {}

    # ── life ─────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Load the directory and rebuild the index from the ledger."""
        async with self._lock:
            await self._rebuild()

    async def reload_directory(self) -> None:
        """Agencies, groups, officers or rules changed."""
        async with self._lock:
            await self._load_directory()
            await self._commit(self.core.match_all(self._clock.mono(), self._clock.wall_ms()))

    # ── commands ─────────────────────────────────────────────────────────────────────────────────

    async def create_request(self, command: CreateRequest) -> RequestStatus:
        """Acknowledged when this returns: the request is in the ledger. The same id again gives the same request."""
        async with self._deciding():
            known = await self._find(command.consultation_id)
            if known is None:
                facts = await self._facts(command)
                await self._commit(self.core.create(facts, self._clock.mono(), self._clock.wall_ms()))
        return await self.status(command.consultation_id)

    async def withdraw(self, consultation_id: ConsultationId, why: str) -> RequestStatus:
        """Raises `RequestUnknown` or `RequestClosed`."""
        async with self._deciding():
            if consultation_id not in self.core.requests and await self._find(consultation_id) is not None:
                raise RequestClosed
            await self._commit(self.core.withdraw(consultation_id, why, self._clock.mono(), self._clock.wall_ms()))
        return await self.status(consultation_id)

    async def accept(self, officer_id: OfficerId, consultation_id: ConsultationId, version: int) -> None:
        """Raises `OfferStale`, `OfferTaken` or `OfferGone`; the fence in the ledger has the last word."""
        async with self._deciding():
            step = self.core.accept(officer_id, consultation_id, version, self._clock.wall_ms())
            try:
                await self._commit(step)
            except IntegrityError as error:
                raise OfferTaken from error

    async def decline(
        self, officer_id: OfficerId, consultation_id: ConsultationId, version: int, reason: str = "other"
    ) -> None:
        """``reason`` is for the officer's own statistics; the request keeps its place."""
        async with self._deciding():
            await self._commit(
                self.core.decline(officer_id, consultation_id, version, self._clock.mono(), self._clock.wall_ms())
            )

    async def on_standing(self, event: StandingChanged) -> None:
        async with self._deciding():
            await self._commit(
                self.core.stand(
                    event.officer_id,
                    online=event.online,
                    ready=event.ready,
                    reason=event.reason,
                    now=self._clock.mono(),
                    wall_ms=self._clock.wall_ms(),
                )
            )

    async def release(self, tx: Transaction, consultation_id: ConsultationId, officer_id: OfficerId) -> None:
        """The officer's part of the session ended (consumer of OfficerReleased); in the consumer's transaction."""
        wall_ms = self._clock.wall_ms()
        await store.write_release(tx, consultation_id, officer_id, wall_ms)
        tx.record(ClaimReleased(at_ms=wall_ms, officer_id=officer_id, consultation_id=consultation_id))

    async def on_claim_released(self, event: ClaimReleased) -> None:
        """The ledger has it; the index and the officer's console follow."""
        async with self._deciding():
            step = self.core.release(event.consultation_id, event.officer_id, self._clock.mono(), self._clock.wall_ms())
            self._ledger.feed.publish(step.events)

    async def finish_wrap_up(
        self, officer_id: OfficerId, consultation_id: ConsultationId, outcome: str, note: str | None
    ) -> None:
        """Raises `OfficerBusy` when that officer is not wrapping up that consultation."""
        async with self._deciding():
            now, wall_ms = self._clock.mono(), self._clock.wall_ms()
            step = self.core.finish_wrap_up(officer_id, consultation_id, now, wall_ms)
            step.events.insert(
                0,
                WrapUpFinished(
                    at_ms=wall_ms,
                    consultation_id=consultation_id,
                    officer_id=officer_id,
                    outcome=outcome,
                    note=note,
                ),
            )
            await self._commit(step)

    async def tick(self) -> None:
        async with self._deciding():
            await self._commit(self.core.tick(self._clock.mono(), self._clock.wall_ms()))

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def agencies(self) -> list[Agency]:
        return self._agencies

    def groups(self) -> list[Group]:
        return list(self.core.groups.values())

    def officers(self) -> list[Officer]:
        return list(self.core.officers.values())

    def group_live(self, group_id: GroupId) -> GroupLive:
        waiting, oldest = self.core.waiting_count(group_id)
        states = dict.fromkeys(LeaseState, 0)
        for officer in self.core.officers.values():
            if group_id in officer.levels:
                states[self.core.leases[officer.id].state] += 1
        return GroupLive(waiting=waiting, oldest_ms=oldest, states=states)

    def waiting_ids(self, group_id: GroupId) -> list[ConsultationId]:
        return [request.id for request in self.core.waiting(group_id)]

    async def status(self, consultation_id: ConsultationId) -> RequestStatus:
        """Raises `RequestUnknown`."""
        request = await self._find(consultation_id)
        if request is None:
            raise RequestUnknown
        estimate = self.core.estimates.range_s(request.facts.group_id)
        return RequestStatus(
            facts=request.facts,
            state=request.state.value,
            version=request.version,
            officer_id=request.officer_id,
            position=self.core.position(request) if request.id in self.core.requests else None,
            estimate_s=estimate if request.state is RequestState.QUEUED else None,
            next=self._next(request),
            waited_ms=request.waited_ms,
            end_reason=request.end_reason,
        )

    async def open_requests_of(self, clerk_id: str) -> list[ConsultationId]:
        """The clerk's requests that are not closed, oldest first."""
        mine = [each for each in self.core.requests.values() if each.facts.clerk_id == clerk_id]
        return [each.id for each in sorted(mine, key=lambda each: each.facts.created_at_ms)]

    def explain(self, consultation_id: ConsultationId) -> list[Reason]:
        """Who could take the request, and why the others cannot. Raises `RequestUnknown`."""
        request = self.core.requests.get(consultation_id)
        if request is None:
            raise RequestUnknown
        now = self._clock.mono()
        reasons = []
        for officer in self.core.officers.values():
            if request.facts.group_id not in officer.levels and officer.id != request.facts.direct_officer_id:
                continue
            state = self.core.leases[officer.id].state
            why = state.value
            if request.facts.language not in officer.languages:
                why = "language"
            elif state is LeaseState.AVAILABLE and request.excluded.get(officer.id, now) > now:
                why = "declined"
            reasons.append(Reason(officer_id=officer.id, could=why == "available", why=why))
        return reasons

    def officer_offer(self, officer_id: OfficerId) -> Offer | None:
        lease = self.core.leases.get(officer_id)
        if lease is None or lease.state is not LeaseState.RINGING or lease.consultation_id is None:
            return None
        request = self.core.requests[lease.consultation_id]
        group = self.core.groups.get(request.facts.group_id)
        timeout = (group.offer_timeout_s if group else None) or self.core.offer_timeout_s
        return Offer(
            facts=request.facts,
            version=request.version,
            deadline_ms=request.deadline_ms,
            timeout_s=timeout,
            direct=request.direct,
        )

    def wrap_up_of(self, officer_id: OfficerId) -> WrapUp | None:
        lease = self.core.leases.get(officer_id)
        if lease is None or lease.state is not LeaseState.WRAP_UP or lease.consultation_id is None:
            return None
        return WrapUp(consultation_id=lease.consultation_id, since_ms=lease.since_ms, until_ms=lease.until_ms)

    async def load_today(self, officer_id: OfficerId) -> LoadToday:
        statement = sa.select(claims).where(
            claims.c.officer_id == officer_id, claims.c.offered_ms >= self._midnight_ms()
        )
        async with self._ledger.reading() as connection:
            rows = list(await connection.execute(statement))
        served = [row for row in rows if row.accepted_ms is not None]
        now = self._clock.wall_ms()
        handling = sum((row.closed_ms or row.released_ms or now) - row.accepted_ms for row in served)
        return LoadToday(
            served=len(served),
            handling_s=handling // 1000,
            declined=sum(row.state == "declined" for row in rows),
            missed=sum(row.state == "no_answer" for row in rows),
        )

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
        for group in self.core.groups.values():
            if group.agency_id == agency_id:
                days[group.id] = count([entry for entry in entries if entry.group_id == group.id])
        return days

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def _deciding(self) -> AsyncIterator[None]:
        async with self._lock:
            if self._stale:
                await self._rebuild()
            yield

    async def _commit(self, step: Step) -> None:
        """Durable first; events that are only for the feed are published even when nothing needs writing."""
        if not (step.requests or step.claims or any(event.durable for event in step.events)):
            self._ledger.feed.publish(step.events)
            return
        try:
            async with self._ledger.transaction() as tx:
                await store.write_step(tx, step, self._clock.wall_ms())
        except BaseException:
            self._stale = True
            raise

    async def _load_directory(self) -> None:
        async with self._ledger.reading() as connection:
            self._agencies, groups, officers, self._rules = await store.load_directory(connection)
        self.core.direct(groups, officers)

    async def _rebuild(self) -> None:
        now, wall_ms = self._clock.mono(), self._clock.wall_ms()
        await self._load_directory()
        async with self._ledger.transaction() as tx:
            await store.close_stale_offers(tx, wall_ms)
        async with self._ledger.reading() as connection:
            open_requests, working = await store.load_open(connection)

        def until(group_id: GroupId, released_ms: int | None) -> float | None:
            if released_ms is None:
                return None
            return now + max(0.0, self.core.wrap_up_in(group_id) - (wall_ms - released_ms) / 1000)

        step = self.core.restore(
            open_requests,
            [
                (
                    OfficerId(row.officer_id),
                    Claim(ConsultationId(row.consultation_id), OfficerId(row.officer_id), row.version, row.state),
                    until(GroupId(row.group_id), row.released_ms),
                )
                for row in working
            ],
            now,
            wall_ms,
        )
        self._ledger.feed.publish(step.events)
        self._stale = False
        await self._commit(self.core.match_all(now, wall_ms))

    async def _find(self, consultation_id: ConsultationId) -> Request | None:
        known = self.core.requests.get(consultation_id)
        if known is not None:
            return known
        async with self._ledger.reading() as connection:
            row = (await connection.execute(sa.select(requests).where(requests.c.id == consultation_id))).first()
        return None if row is None else store.request_of(row)

    async def _facts(self, command: CreateRequest) -> RequestFacts:
        """Complete a command to the facts that travel. Raises what the caller must mend."""
        officer = None
        if command.officer_id is not None:
            officer = self.core.officers.get(command.officer_id)
            if officer is None:
                raise OfficerUnknown(field="officer_id")
        group_id = command.group_id
        if group_id is None and officer is not None:
            group_id = next(iter(officer.levels), None)
        if group_id is None and command.agency_id is not None:
            group_id = route(
                self._rules,
                command.agency_id,
                pak=command.pak.value,
                service=command.service,
                language=command.language,
            )
        group = self.core.groups.get(group_id) if group_id is not None else None
        if group is None:
            raise GroupUnknown(field="group_id")
        if not group.open:
            raise GroupClosed(field="group_id")
        return RequestFacts(
            consultation_id=command.consultation_id,
            ticket=await self._ticket(group.agency_id),
            agency_id=group.agency_id,
            group_id=group.id,
            topic=group.name,
            pak=command.pak,
            service=command.service,
            language=command.language,
            priority=command.priority,
            clerk_id=command.clerk_id,
            clerk_name=command.clerk_name,
            point_id=command.point_id,
            point_name=command.point_name,
            workstation_id=command.workstation_id,
            client_kind=command.client_kind,
            client_ref=command.client_ref,
            direct_officer_id=command.officer_id,
            created_at_ms=self._clock.wall_ms(),
        )

    async def _ticket(self, agency_id: AgencyId) -> str:
        """``VSAA-012``: the agency's running number of the day, so that people can speak of a request."""
        midnight = self._midnight_ms()
        key = (agency_id, str(midnight))
        if key not in self._tickets:
            statement = sa.select(sa.func.count()).where(
                requests.c.agency_id == agency_id, requests.c.created_ms >= midnight
            )
            async with self._ledger.reading() as connection:
                self._tickets = {key: await connection.scalar(statement) or 0, **self._tickets}
        self._tickets[key] += 1
        code = next((agency.code for agency in self._agencies if agency.id == agency_id), "K")
        return f"{code}-{self._tickets[key]:03d}"

    def _next(self, request: Request) -> NextStep:
        match request.state:
            case RequestState.OFFERED:
                officer = self.core.officers.get(request.officer_id) if request.officer_id else None
                return NextStep(
                    code="ringing", officer_name=officer.name if officer else None, until_ms=request.deadline_ms
                )
            case RequestState.ACCEPTED:
                return NextStep(code="join")
            case RequestState.QUEUED:
                live = self.group_live(request.facts.group_id)
                if not live.signed_in:
                    return NextStep(code="nobody_signed_in")
                busy = live.states[LeaseState.BUSY] + live.states[LeaseState.WRAP_UP] + live.states[LeaseState.RINGING]
                if not live.available and not busy:
                    return NextStep(code="nobody_available")
                return NextStep(code="direct_fallback" if request.fell_back else "in_queue")
        return NextStep(code="done")

    def _midnight_ms(self) -> int:
        now = datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC).astimezone(RIGA)
        return int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
