"""A supervisor's hand on the queues of the own agency: open or close one, move, raise and assign requests, and change
an officer's state.

Nothing is done in silence. The audit entry is in the transaction of the deed, or written before a deed that has none;
what reaches for another agency is refused, and that is audited too. `SupervisorActed` tells everybody concerned.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa

from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import Clock
from kernel.errors import GroupUnknown, OfficerUnknown, OtherAgency, RequestClosed
from kernel.identity import Principal
from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId
from kernel.ledger import Ledger, Transaction
from kernel.messages import Choice, DirectoryChanged, Priority, RequestFacts, Role, SupervisorActed
from router.commands import RequestStatus
from router.configuration import count_up
from router.core import AgencyCore
from router.index import RouterIndex
from router.intake import moved_facts
from router.model import HEAD_START_MS, Group, Officer, Request, RequestState
from router.service import RouterService
from router.step import Step
from router.tables import groups

SUPERVISORS = frozenset({Role.SUPERVISOR, Role.AGENCY_ADMINISTRATOR})
_WAITS = frozenset({RequestState.QUEUED.value, RequestState.OFFERED.value})


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, and in which call."""

    who: Principal
    correlation: str = ""


class Supervision:
    def __init__(self, ledger: Ledger, clock: Clock, audit: Audit, router: RouterService, index: RouterIndex) -> None:
        self._ledger = ledger
        self._clock = clock
        self._audit = audit
        self._router = router
        self._index = index

    # ── queues ───────────────────────────────────────────────────────────────────────────────────

    async def set_open(self, hand: Hand, group_id: GroupId, is_open: bool) -> None:
        """Whoever waits is served all the same; new requests follow the group's overflow rules. Raises `GroupUnknown`,
        `OtherAgency`. What is so already stays so, and nobody is told."""
        action = "queue_opened" if is_open else "queue_closed"
        group = self._group(group_id)
        agency_id = await self._own(hand, group.agency_id, action, subject=group_id)
        async with self._ledger.transaction() as tx:
            stands = (groups.c.id == group_id) & ~groups.c.retired
            is_so = await tx.connection.scalar(sa.select(groups.c.open).where(stands))
            if is_so is None:
                raise GroupUnknown(field="group_id")
            if is_so == is_open:
                return
            # before the group, as the administrators do it
            version = await count_up(tx, agency_id)
            await tx.execute(sa.update(groups).where(stands).values(open=is_open))
            await self._audit.record(self._entry(hand, action, subject=group_id, fields=("open",)), tx)
            tx.record(
                DirectoryChanged(at_ms=self._clock.wall_ms(), agency_id=agency_id, version=version),
                self._acted(action, agency_id, group_id=group_id, group_name=group.name),
            )

    # ── requests ─────────────────────────────────────────────────────────────────────────────────

    async def request(self, hand: Hand, consultation_id: ConsultationId, action: str) -> RequestStatus:
        """A request of the own agency. Raises `RequestUnknown`, `OtherAgency`."""
        status = await self._router.status(consultation_id)
        await self._own(hand, status.facts.agency_id, action, consultation_id=consultation_id)
        return status

    async def move(self, hand: Hand, consultation_id: ConsultationId, group_id: GroupId) -> RequestStatus:
        """To another group, of any agency, at the same place. Raises `GroupUnknown`, `RequestClosed`."""
        status = await self.request(hand, consultation_id, "moved")
        group = self._group(group_id)
        if status.facts.group_id == group_id:
            return self._still_waits(status)
        return await self._amend(hand, status, "moved", partial(_moved, group), fields=("group_id",))

    async def prioritise(self, hand: Hand, consultation_id: ConsultationId, priority: Priority) -> RequestStatus:
        """The head start of another class; the time already waited counts as before. Raises `RequestClosed`."""
        status = await self.request(hand, consultation_id, "raised")
        heads = (HEAD_START_MS[priority.value], HEAD_START_MS[status.facts.priority.value])
        if heads[0] == heads[1]:
            return self._still_waits(status)
        action = "raised" if heads[0] > heads[1] else "lowered"
        return await self._amend(hand, status, action, partial(_prioritised, priority), fields=("priority",))

    async def force(self, hand: Hand, consultation_id: ConsultationId, officer_id: OfficerId) -> RequestStatus:
        """Rings this officer over capacity and channels; the officer still answers, or declines. Raises
        `OfficerUnknown`, `OfficerBusy` (rings for another already, or is not there), `ClientElsewhere`,
        `RequestClosed`."""
        status = await self.request(hand, consultation_id, "forced")
        officer = await self._officer(hand, officer_id, "forced")
        self._still_waits(status)
        rung = self._rings_at(consultation_id)
        if rung == officer_id:
            return status
        await self._audit.record(self._entry(hand, "forced", subject=officer_id, consultation_id=consultation_id))
        await self._index.decide(status.facts.agency_id, partial(_force, officer_id, consultation_id))
        async with self._ledger.transaction() as tx:
            tx.record(
                self._acted(
                    "forced",
                    officer.agency_id,
                    facts=status.facts,
                    officer_id=officer_id,
                    officer_name=officer.name,
                    rung_officer_id=rung,
                )
            )
        return await self._router.status(consultation_id)

    # ── officers ─────────────────────────────────────────────────────────────────────────────────

    async def set_choice(
        self, hand: Hand, officer_id: OfficerId, choice: Choice, choose: Callable[[], Awaitable[None]]
    ) -> None:
        """``choose`` makes it so, in presence. Raises `OfficerUnknown`, `OtherAgency`."""
        officer = await self._officer(hand, officer_id, "officer_state")
        await self._audit.record(self._entry(hand, "officer_state", subject=officer_id, fields=("choice",)))
        await choose()
        async with self._ledger.transaction() as tx:
            told = {"officer_id": officer_id, "officer_name": officer.name, "choice": choice}
            tx.record(self._acted("officer_state", officer.agency_id, **told))

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _amend(
        self,
        hand: Hand,
        status: RequestStatus,
        action: str,
        change: Callable[[AgencyId, Request], tuple[RequestFacts, int]],
        fields: tuple[str, ...],
    ) -> RequestStatus:
        consultation_id, agency_id = status.facts.consultation_id, status.facts.agency_id
        rung = self._rings_at(consultation_id)

        async def within(tx: Transaction, _before: RequestFacts, facts: RequestFacts) -> None:
            await self._audit.record(
                self._entry(hand, action, subject=facts.group_id, consultation_id=consultation_id, fields=fields), tx
            )
            gone = rung if action == "moved" else None
            tx.record(
                self._acted(
                    action,
                    agency_id,
                    group_id=facts.group_id,
                    group_name=facts.topic,
                    facts=facts,
                    rung_officer_id=gone,
                )
            )

        return await self._router.amend(
            consultation_id, partial(change, agency_id), why=action, by=hand.who.id, within=within
        )

    def _group(self, group_id: GroupId) -> Group:
        group = self._router.group(group_id)
        if group is None:
            raise GroupUnknown(field="group_id")
        return group

    async def _officer(self, hand: Hand, officer_id: OfficerId, action: str) -> Officer:
        officer = self._router.officer(officer_id)
        if officer is None:
            raise OfficerUnknown(field="officer_id")
        await self._own(hand, officer.agency_id, action, subject=officer_id)
        return officer

    async def own_group(self, hand: Hand, group_id: GroupId, action: str) -> Group:
        """Raises `GroupUnknown`, `OtherAgency`."""
        group = self._group(group_id)
        await self._own(hand, group.agency_id, action, subject=group_id)
        return group

    async def _own(self, hand: Hand, agency_id: AgencyId, action: str, **about: Any) -> AgencyId:
        hand.who.must_be(*SUPERVISORS)
        if hand.who.agency_id != agency_id:
            await self._audit.record(self._entry(hand, action, outcome=OtherAgency.code, **about))
            raise OtherAgency
        return agency_id

    def _still_waits(self, status: RequestStatus) -> RequestStatus:
        if status.state not in _WAITS:
            raise RequestClosed
        return status

    def _rings_at(self, consultation_id: ConsultationId) -> OfficerId | None:
        core = self._router.core_of_request(consultation_id)
        request = None if core is None else core.requests[consultation_id]
        return request.officer_id if request is not None and request.state is RequestState.OFFERED else None

    def _acted(self, action: str, agency_id: AgencyId, **about: Any) -> SupervisorActed:
        return SupervisorActed(at_ms=self._clock.wall_ms(), action=action, agency_id=agency_id, **about)

    def _entry(self, hand: Hand, action: str, **about: Any) -> AuditEntry:
        return AuditEntry(
            actor=hand.who.id,
            role=hand.who.role.value,
            unit=hand.who.agency_id or "",
            action=f"supervisor.{action}",
            purpose="supervision",
            source="web",
            correlation=hand.correlation,
            **about,
        )


def _must_be_of(agency_id: AgencyId, request: Request) -> None:
    """Somebody may have moved it to another agency since it was looked at."""
    if request.facts.agency_id != agency_id:
        raise OtherAgency


def _moved(group: Group, agency_id: AgencyId, request: Request) -> tuple[RequestFacts, int]:
    _must_be_of(agency_id, request)
    return moved_facts(request.facts, group), request.score


def _prioritised(priority: Priority, agency_id: AgencyId, request: Request) -> tuple[RequestFacts, int]:
    """The score is what it would have been, had the request been made with this priority (`Records.next_score`)."""
    _must_be_of(agency_id, request)
    ahead_ms = HEAD_START_MS[priority.value] - HEAD_START_MS[request.facts.priority.value]
    return msgspec.structs.replace(request.facts, priority=priority), request.score - ahead_ms * 1000


def _force(officer_id: OfficerId, consultation_id: ConsultationId, core: AgencyCore, now: float, wall_ms: int) -> Step:
    return core.force(officer_id, consultation_id, now, wall_ms)
