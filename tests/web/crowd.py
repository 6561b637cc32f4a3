"""More people than the demo has: officers of one group and clerks, put into the ledger before the service starts."""

from __future__ import annotations

import asyncio

from kernel.clock import SystemClock
from kernel.feed import MemoryFeed
from kernel.identity import Identity, Principal
from kernel.ids import AccountId, AgencyId, GroupId, OfficerId, PointId
from kernel.ledger import open_ledger
from kernel.messages import Bilingual, Role
from router import directory
from router.model import Agency, Group, Officer
from web.migrate import migrate

AGENCY, GROUP = AgencyId("crowd"), GroupId("crowd-group")


def officer_account(number: int) -> str:
    return f"crowd-officer-{number}"


def clerk_account(number: int) -> str:
    return f"crowd-clerk-{number}"


def gather_crowd(ledger_url: str, *, officers: int, clerks: int) -> None:
    migrate(ledger_url)
    asyncio.run(_gather(ledger_url, officers, clerks))


async def _gather(ledger_url: str, officers: int, clerks: int) -> None:
    ledger = open_ledger(ledger_url, MemoryFeed("crowd"))
    identity = Identity(ledger, SystemClock(), pepper="unused for accounts", session_hours=1)
    async with ledger.transaction() as tx:
        name = Bilingual("Lielā iestāde", "Large agency")
        await directory.save_agency(tx, Agency(AGENCY, "LI", name))
        await directory.save_group(tx, Group(GROUP, AGENCY, name, ("PAK_01", "PAK_02", "PAK_06")))
        for number in range(officers):
            officer = OfficerId(f"crowd-{number}")
            called = f"Speciālists {number}"
            await directory.save_officer(tx, Officer(officer, AGENCY, called, ("lv",), levels={GROUP: 1}))
            who = Principal(
                id=AccountId(officer_account(number)),
                role=Role.OFFICER,
                name=called,
                agency_id=AGENCY,
                officer_id=officer,
            )
            await identity.save_account(tx, who)
        for number in range(clerks):
            clerk = Principal(
                id=AccountId(clerk_account(number)),
                role=Role.CLERK,
                name=f"Darbinieks {number}",
                point_id=PointId("grobina"),
                point_name="Grobiņas VPVKAC",
            )
            await identity.save_account(tx, clerk)
    await ledger.close()
