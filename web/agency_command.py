"""``klatiene agency``: the operator's hand on the ledger of an installation, running or not.

A control plane that runs looks at the agencies' versions every second and follows; nothing has to be restarted.
"""

from __future__ import annotations

import argparse
import sys

import sqlalchemy as sa

from kernel.audit import Audit
from kernel.clock import SystemClock
from kernel.errors import ConfigurationInvalid
from kernel.feed import MemoryFeed
from kernel.identity import Identity
from kernel.ids import AccountId, AgencyId
from kernel.ledger import Ledger, open_ledger
from kernel.messages import Bilingual
from kernel.settings import Settings
from router.configuration import Configuration
from router.model import Agency
from router.tables import agencies, groups, officers

WRONG = {
    "taken": "is taken",
    "unknown": "cannot be read: an id is of a-z, 0-9 and hyphens, a code of A-Z and 0-9",
    "required": "is missing",
    "too_long": "is too long",
}


async def run_agency_command(settings: Settings, arguments: argparse.Namespace) -> int:
    """The exit code: 1 when something given is wrong."""
    ledger = open_ledger(settings.ledger_url, MemoryFeed("agency-command"))
    try:
        if arguments.deed == "list":
            await _list(ledger)
            return 0
        return await _add(ledger, settings, arguments)
    finally:
        await ledger.close()


async def _add(ledger: Ledger, settings: Settings, arguments: argparse.Namespace) -> int:
    clock = SystemClock()
    identity = Identity(ledger, clock, pepper=settings.pepper, session_hours=settings.session_hours)
    administrator = AccountId(arguments.administrator or f"administrator-{arguments.id}")
    supervisor = AccountId(arguments.supervisor or f"supervisor-{arguments.id}")
    agency = Agency(
        AgencyId(arguments.id),
        arguments.code or arguments.id.upper().replace("-", ""),
        Bilingual(arguments.name_lv, arguments.name_en),
    )
    try:
        await Configuration(ledger, clock, Audit(ledger, clock), identity).add_agency(
            agency, administrator=administrator, supervisor=supervisor
        )
    except ConfigurationInvalid as invalid:
        for field, why in invalid.details["problems"].items():
            print(f"{field}: {WRONG[why]}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"{agency.code} is there. Its administrator signs in as {administrator}, its supervisor as {supervisor}.")  # noqa: T201
    return 0


async def _list(ledger: Ledger) -> None:
    def count(table: sa.Table) -> sa.ScalarSelect[int]:
        return sa.select(sa.func.count()).where(table.c.agency_id == agencies.c.id).scalar_subquery()

    statement = sa.select(agencies, count(groups).label("groups"), count(officers).label("officers"))
    async with ledger.reading() as connection:
        for row in await connection.execute(statement.order_by(agencies.c.id)):
            print(f"{row.id}  {row.code}  {row.name_lv}  groups: {row.groups}  officers: {row.officers}")  # noqa: T201
