"""Two processes, as two services on one ledger: nobody overwrites anybody, and what both decide happens once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from consultation.authorisation import WRONG_TRIES
from consultation.model import MediaKind
from consultation.service import ConsultationService, MediaAccess
from consultation.store import Workstation, save_workstation
from kernel.audit import Audit
from kernel.clock import ManualClock
from kernel.errors import AuthorisationLocked, AuthorisationUnknown
from kernel.feed import MemoryFeed
from kernel.identity import Principal
from kernel.ids import AccountId, OfficerId, PointId, WorkstationId
from kernel.ledger import Ledger, open_ledger
from kernel.messages import OfficerReleased, Role, SessionEnded
from kernel.vault import Vault
from tests.facts import accepted, facts_of

POINT, KIOSK = PointId("zeltini"), WorkstationId("zeltini-1")
FACTS = facts_of()
ID = FACTS.consultation_id
CLERK = Principal(id=AccountId("clerk-grobina"), role=Role.CLERK, name="Darbinieks")
OFFICER = Principal(id=AccountId("officer-1"), role=Role.OFFICER, name="VSAA 1", officer_id=OfficerId("vsaa-1"))
CITIZEN = Principal(id=AccountId("kiosk"), role=Role.WORKSTATION, name="Darba vieta", workstation_id=KIOSK)


class QuietNode:
    """A media node in whose rooms nobody is."""

    def __init__(self) -> None:
        self.closed: list[str] = []

    async def open_room(self, room: str) -> str:
        return ""

    async def close_room(self, room: str) -> None:
        self.closed.append(room)

    async def remove(self, room: str, identity: str) -> None: ...

    async def permit(self, room: str, identity: str, sources: tuple[str, ...], *, mute: bool) -> None: ...

    async def present(self, room: str) -> dict[str, str]:
        return {}


@pytest.fixture
def node() -> QuietNode:
    return QuietNode()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def pair(
    request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock, node: QuietNode
) -> AsyncIterator[tuple[ConsultationService, ConsultationService]]:
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/ledger.db" if on_sqlite else request.getfixturevalue("postgres_url")
    ledgers = [open_ledger(url, MemoryFeed(name)) for name in ("one", "two")]
    await ledgers[0].create_all()
    access = MediaAccess(url="ws://node", api_key="key", secret="s" * 32)
    one, two = (
        ConsultationService(
            ledger, clock, node, access, Audit(ledger, clock), vault=Vault("v" * 32, "p" * 32), pepper="p" * 32
        )
        for ledger in ledgers
    )
    async with ledgers[0].transaction() as tx:
        kiosk = Workstation(id=KIOSK, name="Zeltiņu darba vieta 1", point_id=POINT, point_name="Zeltiņu bibliotēka")
        await save_workstation(tx, kiosk)
        await one.on_event(tx, accepted(FACTS))
    yield one, two
    for ledger in ledgers:
        await ledger.close()


async def happened(ledger: Ledger, kind: type) -> int:
    return sum(isinstance(event, kind) for _, event in await ledger.events_after(0))


async def test_changes_at_the_same_moment_all_stand(pair: tuple[ConsultationService, ConsultationService]) -> None:
    identities = list((await pair[0].session(ID)).participants)
    wanted = [(identity, kind) for identity in identities for kind in MediaKind]
    await asyncio.gather(
        *(pair[n % 2].mute(CLERK, ID, identity, kind, True) for n, (identity, kind) in enumerate(wanted))
    )
    session = await pair[1].session(ID)
    assert [who.banned for who in session.participants.values()] == [set(MediaKind)] * len(identities)
    assert session.revision == len(wanted)


async def test_a_session_ends_once(
    pair: tuple[ConsultationService, ConsultationService], clock: ManualClock, node: QuietNode
) -> None:
    clock.advance(61)
    await asyncio.gather(*(service.tick() for service in pair * 3))
    ledger = pair[0]._ledger
    assert (await pair[0].session(ID)).end_reason == "officer_lost"
    assert (await happened(ledger, SessionEnded), await happened(ledger, OfficerReleased)) == (1, 1)
    assert node.closed == [ID]


async def test_guesses_are_counted_across_processes(pair: tuple[ConsultationService, ConsultationService]) -> None:
    code, _ = await pair[0].authorise(CLERK, ID, KIOSK, [POINT])
    wrong = [f"{(int(code) + offset) % 10**6:06d}" for offset in range(1, 13)]
    answers = await asyncio.gather(
        *(pair[n % 2].redeem(CITIZEN, guess) for n, guess in enumerate(wrong)), return_exceptions=True
    )
    assert sum(isinstance(answer, AuthorisationUnknown) for answer in answers) == WRONG_TRIES
    assert sum(isinstance(answer, AuthorisationLocked) for answer in answers) == len(wrong) - WRONG_TRIES
    for service in pair:
        with pytest.raises(AuthorisationLocked):
            await service.redeem(CITIZEN, code)


async def test_a_code_given_on_one_process_opens_on_the_other(
    pair: tuple[ConsultationService, ConsultationService],
) -> None:
    code, expires_ms = await pair[0].authorise(CLERK, ID, KIOSK, [POINT], push=True)
    offered = await pair[1].offered_code(KIOSK)
    assert offered is not None
    assert (offered.code, offered.expires_at_ms) == (code, expires_ms)
    answers = await asyncio.gather(*(service.redeem(CITIZEN, code) for service in pair), return_exceptions=True)
    assert sum(isinstance(answer, Exception) for answer in answers) == 1, "it opens once"
