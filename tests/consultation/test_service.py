"""Sessions on a real ledger with a real media node beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from consultation.authorisation import WRONG_TRIES
from consultation.media_port import RoomService
from consultation.model import MediaKind, SessionState
from consultation.service import ConsultationService, MediaAccess
from consultation.store import Workstation, save_workstation
from consultation.tables import sessions
from kernel.audit import Audit, audit_log
from kernel.clock import ManualClock
from kernel.errors import (
    AuthorisationExpired,
    AuthorisationLocked,
    AuthorisationUnknown,
    AuthorisationUsed,
    NotModerator,
    SessionUnknown,
    WorkstationNotAuthorised,
    WorkstationUnknown,
)
from kernel.identity import Principal
from kernel.ids import AccountId, OfficerId, PointId, WorkstationId
from kernel.ledger import Ledger, events
from kernel.messages import OfficerReleased, Role, SessionOpened
from kernel.vault import Vault
from tests.facts import accepted, facts_of
from tests.signaling.running import KEY, SECRET, RunningNode, running_node

POINT, KIOSK = PointId("zeltini"), WorkstationId("zeltini-1")
FACTS = facts_of()
ID = FACTS.consultation_id
VAULT = Vault("v" * 32, "p" * 32)
CLERK = Principal(id=AccountId("clerk-grobina"), role=Role.CLERK, name="Darbinieks")
OFFICER = Principal(id=AccountId("officer-1"), role=Role.OFFICER, name="VSAA 1", officer_id=OfficerId("vsaa-1"))
CITIZEN = Principal(id=AccountId("kiosk"), role=Role.WORKSTATION, name="Darba vieta", workstation_id=KIOSK)
STRANGER = Principal(id=AccountId("clerk-adazi"), role=Role.CLERK, name="Cits")


@pytest.fixture
async def node() -> AsyncIterator[RunningNode]:
    async with running_node() as running:
        yield running


@pytest.fixture
async def service(ledger: Ledger, clock: ManualClock, node: RunningNode) -> AsyncIterator[ConsultationService]:
    media = RoomService(node.http, KEY, SECRET)
    access = MediaAccess(url=node.url, api_key=KEY, secret=SECRET)
    made = ConsultationService(ledger, clock, media, access, Audit(ledger, clock), vault=VAULT, pepper="p" * 32)
    async with ledger.transaction() as tx:
        kiosk = Workstation(id=KIOSK, name="Zeltiņu darba vieta 1", point_id=POINT, point_name="Zeltiņu bibliotēka")
        await save_workstation(tx, kiosk)
        await made.on_event(tx, accepted(FACTS))
        await made.on_event(tx, accepted(FACTS))
    yield made
    await media.close()


async def code_for(service: ConsultationService) -> str:
    return (await service.authorise(CLERK, ID, KIOSK, [POINT]))[0]


async def test_the_session_opens_once_and_lets_in_who_belongs(service: ConsultationService, ledger: Ledger) -> None:
    opened = [event for _, event in await ledger.events_after(0) if isinstance(event, SessionOpened)]
    assert len(opened) == 1
    tickets = [await service.join(who, ID) for who in (CLERK, OFFICER)]
    assert {ticket.room for ticket in tickets} == {ID}
    assert all(ticket.expires_in_s <= 120 for ticket in tickets)
    with pytest.raises(SessionUnknown):
        await service.join(STRANGER, ID)
    with pytest.raises(WorkstationNotAuthorised):
        await service.join(CITIZEN, ID)


async def test_a_code_opens_the_room_once(service: ConsultationService) -> None:
    code = await code_for(service)
    assert (await service.redeem(CITIZEN, code)).room == ID
    with pytest.raises(AuthorisationUsed):
        await service.redeem(CITIZEN, code)
    await service.join(CITIZEN, ID)
    await service.revoke(CLERK, ID)
    with pytest.raises(WorkstationNotAuthorised):
        await service.join(CITIZEN, ID)


async def test_a_code_expires_and_a_new_one_voids_it(service: ConsultationService, clock: ManualClock) -> None:
    first = await code_for(service)
    second = await code_for(service)
    if first != second:
        with pytest.raises(AuthorisationUnknown):
            await service.redeem(CITIZEN, first)
    clock.advance(120)
    with pytest.raises(AuthorisationExpired):
        await service.redeem(CITIZEN, second)


async def test_many_guesses_at_once_are_counted_one_by_one(service: ConsultationService) -> None:
    code = await code_for(service)
    wrong = [f"{(int(code) + offset) % 10**6:06d}" for offset in range(1, 21)]
    answers = await asyncio.gather(*(service.redeem(CITIZEN, guess) for guess in wrong), return_exceptions=True)
    assert sum(isinstance(answer, AuthorisationUnknown) for answer in answers) == WRONG_TRIES
    assert sum(isinstance(answer, AuthorisationLocked) for answer in answers) == len(wrong) - WRONG_TRIES
    with pytest.raises(AuthorisationLocked):
        await service.redeem(CITIZEN, code)


async def test_a_workstation_of_another_point_cannot_be_authorised(service: ConsultationService) -> None:
    with pytest.raises(WorkstationUnknown):
        await service.authorise(CLERK, ID, KIOSK, [PointId("adazi")])


async def test_an_officer_moderates_nothing_and_the_try_is_kept(service: ConsultationService, ledger: Ledger) -> None:
    clerk = (await service.join(CLERK, ID)).identity
    for act in (
        service.mute(OFFICER, ID, clerk, MediaKind.AUDIO, True),
        service.remove(OFFICER, ID, clerk),
        service.revoke(OFFICER, ID),
        service.end(OFFICER, ID),
    ):
        with pytest.raises(NotModerator):
            await act
    async with ledger.reading() as connection:
        rows = [str(tuple(row)) for row in await connection.execute(sa.select(audit_log))]
    assert sum("not_moderator" in row for row in rows) == 4


async def test_the_end_releases_the_officer_once(service: ConsultationService, ledger: Ledger) -> None:
    await service.join(CLERK, ID)
    ended = await service.end(CLERK, ID, "solved")
    assert (ended.state, ended.outcome) == (SessionState.ENDED, "solved")
    released = [event for _, event in await ledger.events_after(0) if isinstance(event, OfficerReleased)]
    assert [event.officer_id for event in released] == ["vsaa-1"]
    assert await service.current(OFFICER) is None


async def test_a_pushed_code_waits_sealed_and_is_gone_once_used(service: ConsultationService, ledger: Ledger) -> None:
    await code_for(service)
    assert await service.offered_code(KIOSK) is None, "it is read out, not pushed"
    code, expires_ms = await service.authorise(CLERK, ID, KIOSK, [POINT], push=True)
    offered = await service.offered_code(KIOSK)
    assert offered is not None
    assert (offered.code, offered.session_id, offered.expires_at_ms) == (code, ID, expires_ms)
    async with ledger.reading() as connection:
        kept = [await connection.execute(sa.select(table)) for table in (sessions, events)]
    assert f'"{code}"' not in str([tuple(row) for rows in kept for row in rows])
    await service.redeem(CITIZEN, code)
    assert await service.offered_code(KIOSK) is None


async def test_nobody_came_within_the_hold(service: ConsultationService, clock: ManualClock) -> None:
    clock.advance(1)
    await service.tick()
    assert await service.current(CLERK) is not None
    clock.advance(60)
    await service.tick()
    assert (await service.session(ID)).end_reason == "officer_lost"
