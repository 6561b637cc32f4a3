"""Two agencies under supervision: words for tests of a supervisor's deeds."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import ManualClock
from kernel.identity import Principal
from kernel.ids import AccountId, AgencyId, ConsultationId, GroupId, OfficerId
from kernel.ledger import Ledger
from kernel.messages import Bilingual, ClaimReleased, OfferAccepted, OfficerReleased, Role, StandingChanged
from router import directory
from router.model import Agency, Group, GroupRules, Officer, OverflowAction, OverflowRule, OverflowWhen
from router.opening import local_index
from router.service import RouterService
from router.supervision import Hand, Supervision
from tests.router.household import wanted

VSAA, VID = AgencyId("vsaa"), AgencyId("vid")
FAMILY, PENSIONS, TAX = GroupId("vsaa-pabalsti"), GroupId("vsaa-pensijas"), GroupId("vid-iin")
ONE, TWO, VID_ONE = OfficerId("vsaa-1"), OfficerId("vsaa-2"), OfficerId("vid-1")


def hand(agency: str = "vsaa", role: Role = Role.SUPERVISOR) -> Hand:
    account = AccountId(f"supervisor-{agency}")
    return Hand(who=Principal(id=account, role=role, name="uzraugs", agency_id=AgencyId(agency)), correlation="call-1")


class House:
    def __init__(self, ledger: Ledger, clock: ManualClock) -> None:
        self.ledger, self.clock = ledger, clock
        self.index = local_index(ledger, clock, offer_timeout_s=20, wrap_up_s=60)
        self.router = RouterService(ledger, clock, self.index)
        self.audit = Audit(ledger, clock)
        self.supervision = Supervision(ledger, clock, self.audit, self.router, self.index)

    async def waits(self, number: int, **changed: Any) -> ConsultationId:
        status = await self.router.create_request(wanted(number, **changed))
        self.clock.advance(1)
        return status.facts.consultation_id

    async def stands(self, officer_id: OfficerId, *, online: bool = True, ready: bool = True) -> None:
        event = StandingChanged(at_ms=0, officer_id=officer_id, online=online, ready=ready, reason=None)
        await self.router.on_standing(event)

    async def accepts(self, officer_id: OfficerId) -> ConsultationId:
        """The officer takes what rings; what follows from the event follows."""
        offer = self.router.officer_offer(officer_id)
        assert offer is not None
        await self.router.accept(officer_id, offer.facts.consultation_id, offer.version)
        taken = (await self.told(OfferAccepted))[-1]
        await self.router.on_accepted(taken)
        return offer.facts.consultation_id

    async def releases(self, officer_id: OfficerId, request: ConsultationId) -> None:
        async with self.ledger.transaction() as tx:
            await self.router.on_event(tx, OfficerReleased(at_ms=0, consultation_id=request, officer_id=officer_id))
        await self.router.on_claim_released(ClaimReleased(at_ms=0, consultation_id=request, officer_id=officer_id))

    async def told(self, kind: type[Any]) -> list[Any]:
        return [event for _, event in await self.ledger.events_after(0) if isinstance(event, kind)]

    async def audited(self) -> list[AuditEntry]:
        async with self.ledger.reading() as connection:
            bodies = await connection.scalars(sa.text("SELECT body FROM audit_log ORDER BY id"))
            return [msgspec.json.decode(body, type=AuditEntry) for body in bodies]

    def order(self, group_id: GroupId) -> list[str]:
        return [each[-1] for each in self.router.waiting_ids(group_id)]

    def rings(self, officer_id: OfficerId) -> str | None:
        offer = self.router.officer_offer(officer_id)
        return None if offer is None else offer.facts.consultation_id[-1]


async def supervised(ledger: Ledger, clock: ManualClock) -> House:
    """VSAA with two groups and an officer each, VID with one."""
    async with ledger.transaction() as tx:
        for agency, code in ((VSAA, "VSAA"), (VID, "VID")):
            await directory.save_agency(tx, Agency(agency, code, Bilingual(code, code)))
        overflow = OverflowRule(when=OverflowWhen.CLOSED, action=OverflowAction.GROUP, group_id=PENSIONS)
        for group, agency, rules in (
            (FAMILY, VSAA, GroupRules(overflow=(overflow,))),
            (PENSIONS, VSAA, GroupRules()),
            (TAX, VID, GroupRules()),
        ):
            await directory.save_group(tx, Group(group, agency, Bilingual(group, group), ("PAK_02",), rules=rules))
        await directory.save_officer(tx, Officer(ONE, VSAA, "VSAA 1", ("lv",), False, {FAMILY: 1}))
        await directory.save_officer(tx, Officer(TWO, VSAA, "VSAA 2", ("lv",), False, {PENSIONS: 1}))
        await directory.save_officer(tx, Officer(VID_ONE, VID, "VID 1", ("lv",), False, {TAX: 1}))
    made = House(ledger, clock)
    await made.router.start()
    return made
