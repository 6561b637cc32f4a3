"""The router, committed.

What people were promised is in the ledger before the index hears of it: a request, its withdrawal, its move. What rings
and who is free lives in the index alone (`router.index`). An accept is decided by the index, where it is compared and
set in microseconds, and then fenced by the ledger, which has the last word: a refusal there is taken back in the index.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError

from kernel.consumer import hears
from kernel.errors import (
    IndexUnavailable,
    KlatieneError,
    OfferGone,
    OfferTaken,
    OfficerBusy,
    OfficerUnknown,
    RequestClosed,
    RequestUnknown,
)
from kernel.ids import AgencyId, ConsultationId, OfficerId
from kernel.ledger import Transaction
from kernel.messages import (
    AnyEvent,
    ClaimReleased,
    OfferAccepted,
    OfficerReleased,
    RequestAmended,
    RequestFacts,
    RequestLeft,
    RequestReturned,
    StandingChanged,
    WrapUpFinished,
)
from router import store
from router.commands import Claim, CreateRequest, RequestStatus
from router.core import AgencyCore
from router.history import write_closed
from router.index import Decision
from router.intake import Intake, moved_facts
from router.model import Group, Request, RequestState
from router.step import Due, Step

#: whoever left comes back to the same place within this time
RETURN_S = 60.0

#: what the ledger holds → other facts, another place
Change = Callable[[Request], tuple[RequestFacts, int]]
#: (transaction, facts before, facts now): what must become true with an amendment
Within = Callable[[Transaction, RequestFacts, RequestFacts], Awaitable[None]]

log = structlog.get_logger("router")


class RouterService(Intake):
    # ── life ─────────────────────────────────────────────────────────────────────────────────────

    async def start(self) -> None:
        """Load the directory and take or make the index of every agency."""
        await self.reload_directory()

    async def reload_directory(self) -> None:
        """Agencies, groups, officers or rules changed."""
        async with self._ledger.reading() as connection:
            directories = await store.load_directories(connection)
        await self._index.direct(directories)

    # ── requests ─────────────────────────────────────────────────────────────────────────────────

    async def create_request(self, command: CreateRequest, claim: Claim | None = None) -> RequestStatus:
        """Acknowledged when this returns: the request is in the ledger. The same id again gives the same request.

        ``claim`` is asked, in the same commit, which id the call stands for.
        """
        found, request = command.consultation_id, None
        if claim is not None or await self._find(found) is None:
            try:
                async with self._ledger.transaction() as tx:
                    found, request = await self.take_in(tx, command, claim)
            except IntegrityError:
                # the same request came twice at once; the other one made it
                pass
        if request is not None:
            await self._place(request)
        return await self.status(found)

    async def withdraw(self, consultation_id: ConsultationId, why: str) -> RequestStatus:
        """Raises `RequestUnknown`, or `RequestClosed` when somebody has accepted or it has left already."""
        request = await self._known(consultation_id)
        await self._leave(request, RequestState.WITHDRAWN, why)
        return await self.status(consultation_id)

    async def come_back(self, consultation_id: ConsultationId) -> RequestStatus:
        """Whoever left less than `RETURN_S` ago has the same place again. Raises `RequestUnknown`, `RequestClosed`."""
        wall_ms = self._clock.wall_ms()
        async with self._ledger.transaction() as tx:
            row = await store.find_request(tx.connection, consultation_id)
            if row is None:
                raise RequestUnknown
            in_time = row.left_ms is not None and wall_ms - row.left_ms <= RETURN_S * 1000
            fresh = {"waited_ms": 0, "end_reason": None, "left_ms": None}
            if not in_time or not await store.move_request(
                tx, consultation_id, RequestState.WITHDRAWN, RequestState.QUEUED, **fresh
            ):
                raise RequestClosed
            request = replace(store.request_of(row), state=RequestState.QUEUED)
            tx.record(RequestReturned(at_ms=wall_ms, facts=request.facts))
        await self._place(request)
        return await self.status(consultation_id)

    async def amend(
        self, consultation_id: ConsultationId, change: Change, *, why: str, by: str | None, within: Within | None = None
    ) -> RequestStatus:
        """Other facts or another place for a request that waits; ``change`` decides on what the ledger holds, and
        ``within`` joins its transaction. Raises `RequestUnknown`, and `RequestClosed` when it waits no more.

        Into another agency it goes in two steps, each of which may be repeated: out of one index, into the other.
        """
        async with self._ledger.transaction() as tx:
            row = await store.find_request(tx.connection, consultation_id, lock=True)
            if row is None:
                raise RequestUnknown
            before = store.request_of(row)
            facts, score = change(before)
            if not await store.amend_request(tx, facts, score):
                raise RequestClosed
            tx.record(
                RequestAmended(
                    at_ms=self._clock.wall_ms(),
                    facts=facts,
                    from_agency_id=before.facts.agency_id,
                    from_group_id=before.group_id,
                    why=why,
                    by=by,
                )
            )
            if within is not None:
                await within(tx, before.facts, facts)
        if facts.agency_id == before.facts.agency_id:
            await self._follow(
                facts.agency_id, lambda core, now, wall_ms: core.amend(consultation_id, facts, score, now, wall_ms)
            )
        else:
            await self._follow(
                before.facts.agency_id, lambda core, now, wall_ms: core.drop(consultation_id, now, wall_ms, why="moved")
            )
            await self._place(Request(facts=facts, score=score))
        return await self.status(consultation_id)

    # ── offers ───────────────────────────────────────────────────────────────────────────────────

    async def accept(self, officer_id: OfficerId, consultation_id: ConsultationId, version: int) -> None:
        """Raises `OfferStale`, `OfferTaken` or `OfferGone`; the fence in the ledger has the last word."""
        agency_id = self._agency_of_officer(officer_id)
        step = await self._index.decide(
            agency_id,
            lambda core, now, wall_ms: core.accept(officer_id, consultation_id, version, now, wall_ms),
        )
        before, request = step.requests[consultation_id]
        assert before is not None
        assert request is not None
        try:
            await self._claim(before, request, officer_id)
        except BaseException as error:
            await self._follow(
                agency_id,
                lambda core, now, wall_ms: core.refuse_accept(officer_id, consultation_id, now, wall_ms),
            )
            if isinstance(error, OfferGone):
                await self._follow(agency_id, lambda core, now, wall_ms: core.drop(consultation_id, now, wall_ms))
            if isinstance(error, IntegrityError):
                raise OfferTaken from error
            raise

    async def _claim(self, offered: Request, request: Request, officer_id: OfficerId) -> None:
        wall_ms = self._clock.wall_ms()
        waited_ms = max(0, wall_ms - request.facts.created_at_ms)
        officer = self.officer(officer_id)
        assert officer is not None
        async with self._ledger.transaction() as tx:
            if not await store.move_request(
                tx,
                request.id,
                RequestState.QUEUED,
                RequestState.ACCEPTED,
                officer_id=officer_id,
                version=request.version,
                waited_ms=waited_ms,
            ):
                raise OfferGone
            if not await store.claim(tx, request, officer_id, None if offered.forced else officer.capacity, wall_ms):
                raise OfferTaken
            tx.record(
                OfferAccepted(
                    at_ms=wall_ms,
                    facts=request.facts,
                    officer_id=officer_id,
                    officer_name=officer.name,
                    version=request.version,
                    waited_ms=waited_ms,
                )
            )

    async def decline(
        self, officer_id: OfficerId, consultation_id: ConsultationId, version: int, reason: str = "other"
    ) -> None:
        """``reason`` is for the officer's own statistics; the request keeps its place."""
        await self._index.decide(
            self._agency_of_officer(officer_id),
            lambda core, now, wall_ms: core.decline(officer_id, consultation_id, version, now, wall_ms),
        )

    # ── officers ─────────────────────────────────────────────────────────────────────────────────

    async def on_standing(self, event: StandingChanged) -> None:
        core = self.core_of_officer(event.officer_id)
        if core is None:
            return
        await self._index.decide(
            core.directory.agency.id,
            lambda core, now, wall_ms: core.stand(
                event.officer_id,
                online=event.online,
                ready=event.ready,
                reason=event.reason,
                now=now,
                wall_ms=wall_ms,
            ),
        )

    async def finish_wrap_up(
        self, officer_id: OfficerId, consultation_id: ConsultationId, outcome: str, note: str | None
    ) -> None:
        """The officer's word on the visit, also when the time for it has run out. Raises `OfficerBusy` when there is no
        wrap-up of that consultation, or it has been finished."""
        wall_ms = self._clock.wall_ms()
        joins = (await self.status(consultation_id)).facts.joins
        async with self._ledger.transaction() as tx:
            if not await store.finish_wrap_up(tx, consultation_id, officer_id, wall_ms):
                raise OfficerBusy
            tx.record(
                WrapUpFinished(
                    at_ms=wall_ms,
                    consultation_id=consultation_id,
                    officer_id=officer_id,
                    outcome=outcome,
                    note=note,
                    joins=joins,
                )
            )

        def finish(core: AgencyCore, now: float, wall_ms: int) -> Step:
            slot = core.lease(officer_id).slot_of(consultation_id)
            if slot is None or slot.wrap_s is None:
                return Step(now, wall_ms)
            return core.finish_wrap_up(officer_id, consultation_id, now, wall_ms)

        await self._follow(self._agency_of_officer(officer_id), finish)

    # ── facts of the ledger that the index follows ───────────────────────────────────────────────

    @hears(OfficerReleased)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """The durable consumer's handler: an officer's part of a session ended."""
        if isinstance(event, OfficerReleased):
            wall_ms = self._clock.wall_ms()
            await store.write_release(tx, event.consultation_id, event.officer_id, wall_ms)
            tx.record(ClaimReleased(at_ms=wall_ms, officer_id=event.officer_id, consultation_id=event.consultation_id))

    async def on_claim_released(self, event: ClaimReleased) -> None:
        """The ledger has it; index, console and the visit's other requests follow."""
        await self._follow(
            self._agency_of_officer(event.officer_id),
            lambda core, now, wall_ms: core.release(event.consultation_id, event.officer_id, now, wall_ms),
        )
        async with self._ledger.reading() as connection:
            row = await store.find_request(connection, event.consultation_id)
        if row is not None and row.visit_id is not None:
            await self._pause_visit(row.visit_id, None)

    async def on_accepted(self, event: OfferAccepted) -> None:
        """One visit is served at one place at a time."""
        if event.facts.visit_id is not None:
            await self._pause_visit(event.facts.visit_id, "visit")

    async def _pause_visit(self, visit_id: str, why: str | None) -> None:
        async with self._ledger.reading() as connection:
            waiting = await store.siblings(connection, visit_id)
        for consultation_id in waiting:
            core = self.core_of_request(consultation_id)
            if core is not None:
                await self._follow(
                    core.directory.agency.id,
                    partial(_pause, consultation_id, why),
                )

    # ── time ─────────────────────────────────────────────────────────────────────────────────────

    async def tick(self) -> None:
        now = self._clock.mono()
        for agency_id, core in list(self._index.cores.items()):
            if core.records.next_due(now):
                step = await self._follow(agency_id, lambda core, now, wall_ms: core.tick(now, wall_ms), fresh=False)
                for due in step.due if step is not None else ():
                    await self._overdue(due)

    async def _overdue(self, due: Due) -> None:
        """A wait that the group's rules end: elsewhere, or unserved. Somebody else may have done it already."""
        try:
            request = await self._known(due.consultation_id)
            group = None if due.group_id is None else self.group(due.group_id)
            if due.what == "move" and group is not None:
                await self.amend(request.id, partial(_moved, group), why="overflow", by=None)
            else:
                await self._leave(request, RequestState.UNSERVED, "unserved")
        except (RequestClosed, RequestUnknown):
            return

    async def write_history(self) -> None:
        """Offers that came to nothing, into the ledger; of a process that is alone (else: `router.history`)."""
        closed, self._index.history[:] = list(self._index.history), []
        try:
            await write_closed(self._ledger, self._clock, closed)
        except KlatieneError:
            self._index.history[:0] = closed
            raise

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _place(self, request: Request) -> None:
        """Into the index; while its visit is served elsewhere it keeps its place, and nobody is rung for it.

        Looked at after the commit, and again after it was placed: whoever accepts or ends another request of the visit
        meanwhile looks for this one after their own commit, so that one of the two always sees the other.
        """
        paused = "visit" if await self._visit_is_served(request) else None
        request = replace(request, paused=paused)
        await self._follow(request.facts.agency_id, lambda core, now, wall_ms: core.place(request, now, wall_ms))
        if paused is not None and not await self._visit_is_served(request):
            await self._follow(request.facts.agency_id, partial(_pause, request.id, None))

    async def _visit_is_served(self, request: Request) -> bool:
        if request.facts.visit_id is None:
            return False
        async with self._ledger.reading() as connection:
            return await store.visit_is_served(connection, request.facts.visit_id)

    async def _follow(self, agency_id: AgencyId, decision: Decision, *, fresh: bool = True) -> Step | None:
        """Tell the index what the ledger holds. When it cannot hear now, the reconciler tells it later."""
        try:
            return await self._index.decide(agency_id, decision, fresh=fresh)
        except IndexUnavailable:
            log.warning("index_follows_later", agency_id=agency_id)
            return None

    async def _leave(self, request: Request, state: RequestState, why: str) -> None:
        wall_ms = self._clock.wall_ms()
        waited_ms = max(0, wall_ms - request.facts.created_at_ms)
        async with self._ledger.transaction() as tx:
            # offers go on being numbered from here should it come back
            left = {"waited_ms": waited_ms, "end_reason": why, "left_ms": wall_ms, "version": request.version}
            if not await store.move_request(tx, request.id, RequestState.QUEUED, state, **left):
                raise RequestClosed
            tx.record(RequestLeft(at_ms=wall_ms, facts=request.facts, why=why, waited_ms=waited_ms))
        await self._follow(request.facts.agency_id, lambda core, now, wall_ms: core.drop(request.id, now, wall_ms))

    async def _known(self, consultation_id: ConsultationId) -> Request:
        request = await self._find(consultation_id)
        if request is None:
            raise RequestUnknown
        return request

    def _agency_of_officer(self, officer_id: OfficerId) -> AgencyId:
        core = self.core_of_officer(officer_id)
        if core is None:
            raise OfficerUnknown(field="officer_id")
        return core.directory.agency.id


def _moved(group: Group, request: Request) -> tuple[RequestFacts, int]:
    """To another group, at the same place."""
    return moved_facts(request.facts, group), request.score


def _pause(consultation_id: ConsultationId, why: str | None, core: AgencyCore, now: float, wall_ms: int) -> Step:
    return core.pause(consultation_id, why, now, wall_ms)
