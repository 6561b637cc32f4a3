"""``klatiene people``: who may sign in by the state's sign-on, as the operator takes it over from agencies.

The table is read from a file or standard input, never from the command line, where every user of the machine would see
personal codes. What is kept of an identifier is a keyed fingerprint.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import sqlalchemy as sa

from casework.tables import contact_points
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import SystemClock
from kernel.feed import MemoryFeed
from kernel.identity import Identity, Principal, accounts, web_sessions
from kernel.ids import AccountId, AgencyId, PointId
from kernel.ledger import Ledger, Transaction, open_ledger
from kernel.settings import Settings
from kernel.vault import Vault
from router.tables import agencies
from web.people_core import Row, read_people
from web.sign_on_store import Identifiers, account_identifiers


async def run_people_command(settings: Settings, arguments: argparse.Namespace) -> int:
    """The exit code: 1 when something given is wrong; then nothing was changed."""
    ledger = open_ledger(settings.ledger_url, MemoryFeed("people-command"))
    try:
        if arguments.deed == "list":
            return await _list(ledger)
        identifiers = Identifiers(ledger, Vault(settings.vault_key, settings.pepper))
        audit = Audit(ledger, SystemClock())
        if arguments.deed == "remove":
            return await _remove(ledger, identifiers, audit, AccountId(arguments.account))
        table = _read(arguments.table)
        identity = Identity(ledger, SystemClock(), pepper=settings.pepper, session_hours=settings.session_hours)
        return await _take(ledger, identifiers, audit, identity, table)
    finally:
        await ledger.close()


class _Wrong(Exception):
    pass


def _read(name: str) -> str:
    return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")


async def _take(ledger: Ledger, identifiers: Identifiers, audit: Audit, identity: Identity, table: str) -> int:
    rows, wrong = read_people(table)
    try:
        async with ledger.transaction() as tx:
            for row in rows:
                if problem := await _save(tx, row, identifiers, identity):
                    wrong.append((row.number, problem))
            if wrong:
                raise _Wrong
            await audit.record(
                AuditEntry(actor="operator", role="operator", action="people.import", source="command"), tx
            )
    except _Wrong:
        for number, column in sorted(wrong):
            print(f"row {number}: {column}", file=sys.stderr)  # noqa: T201
        print("Nothing was changed.", file=sys.stderr)  # noqa: T201
        return 1
    print(f"{len(rows)} people may sign in.")  # noqa: T201
    return 0


async def _save(tx: Transaction, row: Row, identifiers: Identifiers, identity: Identity) -> str:
    """The column that names what is not there, or empty."""
    account_id = AccountId(row.account)
    if row.role is None:
        if not await identity.known(tx.connection, account_id):
            return "account"
    else:
        point_name = None
        known = sa.select(agencies.c.id).where(agencies.c.id == row.agency)
        if row.agency and await tx.connection.scalar(known) is None:
            return "agency"
        if row.point:
            wanted = sa.select(contact_points.c.name).where(contact_points.c.id == row.point)
            point_name = await tx.connection.scalar(wanted)
            if point_name is None:
                return "point"
        await identity.save_account(
            tx,
            Principal(
                id=account_id,
                role=row.role,
                name=row.name,
                agency_id=AgencyId(row.agency) if row.agency else None,
                point_id=PointId(row.point) if row.point else None,
                point_name=point_name,
            ),
        )
    await identifiers.save(tx, row.identifier, account_id)
    return ""


async def _remove(ledger: Ledger, identifiers: Identifiers, audit: Audit, account_id: AccountId) -> int:
    """The account keeps its history; nobody signs in as it any more, and whoever is signed in is no longer."""
    async with ledger.transaction() as tx:
        found = await identifiers.drop(tx, account_id)
        await tx.execute(sa.delete(web_sessions).where(web_sessions.c.account_id == account_id))
        entry = AuditEntry(actor="operator", role="operator", action="people.remove", source="command")
        await audit.record(entry, tx)
    print(f"{account_id}: {found} identifiers removed.")  # noqa: T201
    return 0 if found else 1


async def _list(ledger: Ledger) -> int:
    counted = sa.func.count(account_identifiers.c.fingerprint)
    wanted = (
        sa.select(accounts.c.id, accounts.c.role, accounts.c.name, counted.label("identifiers"))
        .join(account_identifiers, account_identifiers.c.account_id == accounts.c.id)
        .group_by(accounts.c.id, accounts.c.role, accounts.c.name)
        .order_by(accounts.c.id)
    )
    async with ledger.reading() as connection:
        for row in await connection.execute(wanted):
            print(f"{row.id}  {row.role}  {row.name}")  # noqa: T201
    return 0
