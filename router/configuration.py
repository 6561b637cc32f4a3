"""Changing an agency's directory while it is in use: decide on what the ledger holds, write, audit, tell.

One transaction holds the change, its audit entry and its `DirectoryChanged`. It begins by counting the agency's version
up, so that two administrators of one agency are served one after the other, on either database.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import Clock
from kernel.errors import ConfigurationChanged, ConfigurationInvalid, NotFound
from kernel.identity import Identity, Principal, accounts
from kernel.ids import AccountId, AgencyId, GroupId, OfficerId
from kernel.ledger import Ledger, Transaction
from kernel.messages import DirectoryChanged, RequestFacts, Role
from router import configuration_core as core
from router import directory, store
from router.changes import (
    ActivateOfficer,
    Change,
    Configured,
    InUse,
    Made,
    Preview,
    RetireGroup,
    SaveAgency,
    SaveGroup,
    SaveOfficer,
    SaveRules,
)
from router.configuration_checks_core import agency_problems, problems
from router.model import Agency, Officer
from router.preview_core import account_of, consequences
from router.tables import agencies, claims, flow_rules, groups, members, officers, requests

ACTIONS = {
    SaveGroup: "group.save",
    RetireGroup: "group.retire",
    SaveOfficer: "officer.save",
    ActivateOfficer: "officer.activate",
    SaveRules: "rules.save",
    SaveAgency: "agency.save",
}


class Configuration:
    def __init__(self, ledger: Ledger, clock: Clock, audit: Audit, identity: Identity) -> None:
        self._ledger = ledger
        self._clock = clock
        self._audit = audit
        self._identity = identity

    async def read(self, agency_id: AgencyId) -> Configured:
        """Raises `NotFound`."""
        async with self._ledger.reading() as connection:
            return await self._load(connection, agency_id)

    async def preview(self, agency_id: AgencyId, change: Change, signed_in: Set[OfficerId]) -> Preview:
        """What the change would mean now. Raises `NotFound` for what is not of this agency."""
        async with self._ledger.reading() as connection:
            now = await self._load(connection, agency_id)
            use = await _in_use(connection, agency_id, signed_in)
        _must_exist(now, change)
        then, target = core.propose(now, change)
        wrong = problems(now, then, change, use)
        return Preview(problems=wrong, consequences=[] if wrong else consequences(now, then, change, target, use))

    async def make(self, by: Principal, agency_id: AgencyId, change: Change, *, correlation: str = "") -> Made:
        """Raises `NotFound`, `ConfigurationChanged` or `ConfigurationInvalid`; then nothing has happened."""
        async with self._ledger.transaction() as tx:
            version = await count_up(tx, agency_id)
            now = await self._load(tx.connection, agency_id)
            _must_exist(now, change)
            etag = core.etag_now(now, change)
            if etag is not None and etag != change.etag:
                raise ConfigurationChanged(etag=etag, document=msgspec.to_builtins(core.document_of(now, change)))
            then, target = core.propose(now, change)
            use = await _in_use(tx.connection, agency_id, frozenset())
            if wrong := problems(now, then, change, use):
                raise ConfigurationInvalid(problems=wrong)
            await self._write(tx, now, then)
            named = (
                msgspec.structs.replace(change, id=target) if isinstance(change, SaveGroup | SaveOfficer) else change
            )
            after = core.document_of(then, named)
            assert after is not None
            await self._audit.record(
                AuditEntry(
                    actor=by.id,
                    role=by.role.value,
                    unit=agency_id,
                    action=f"directory.{ACTIONS[type(change)]}",
                    purpose="configuration",
                    subject=target,
                    fields=core.changed_fields(core.document_of(now, named), after),
                    source="web",
                    correlation=correlation,
                ),
                tx,
            )
            tx.record(DirectoryChanged(at_ms=self._clock.wall_ms(), agency_id=agency_id, version=version))
        return Made(id=target, etag=core.etag_now(then, named) or "", version=version)

    async def add_agency(self, agency: Agency, *, administrator: AccountId, supervisor: AccountId) -> None:
        """For the operator. Raises `ConfigurationInvalid` when an id, code or account is taken."""
        async with self._ledger.transaction() as tx:
            known = list(await tx.connection.execute(sa.select(agencies.c.id, agencies.c.code)))
            wrong = agency_problems(agency, ids={row.id for row in known}, codes={row.code for row in known})
            for field, account in (("administrator", administrator), ("supervisor", supervisor)):
                if await self._identity.known(tx.connection, account):
                    wrong[field] = "taken"
            if wrong:
                raise ConfigurationInvalid(problems=wrong)
            await directory.save_agency(tx, agency)
            for account, role, called in (
                (administrator, Role.AGENCY_ADMINISTRATOR, "administrators"),
                (supervisor, Role.SUPERVISOR, "uzraugs"),
            ):
                await self._identity.save_account(
                    tx, Principal(id=account, role=role, name=f"{agency.code} {called}", agency_id=agency.id)
                )
            await self._audit.record(
                AuditEntry(
                    actor="operator",
                    role="operator",
                    unit=agency.id,
                    action="directory.agency.add",
                    purpose="configuration",
                    subject=agency.id,
                    fields=("code", "name", "administrator", "supervisor"),
                    source="cli",
                ),
                tx,
            )
            version = await count_up(tx, agency.id)
            tx.record(DirectoryChanged(at_ms=self._clock.wall_ms(), agency_id=agency.id, version=version))

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _load(self, connection: AsyncConnection, agency_id: AgencyId) -> Configured:
        version = await connection.scalar(sa.select(agencies.c.version).where(agencies.c.id == agency_id))
        if version is None:
            raise NotFound
        found = await store.load_directories(connection, retired=True)
        retired = await connection.scalars(
            sa.select(groups.c.id).where(groups.c.agency_id == agency_id, groups.c.retired)
        )
        taken = {account.removeprefix("officer-") for account in await connection.scalars(sa.select(accounts.c.id))}
        for other, elsewhere in found.items():
            if other != agency_id:
                taken |= {*elsewhere.groups, *elsewhere.officers}
        mine = found[agency_id]
        theirs = await self._identity.officers_accounts(connection)
        return Configured(
            agency=mine.agency,
            groups=mine.groups,
            officers=mine.officers,
            rules=mine.rules,
            retired=frozenset(GroupId(each) for each in retired),
            inactive=frozenset(each for each in mine.officers if each in theirs and not theirs[each][1]),
            taken=frozenset(taken),
            version=version,
        )

    async def _write(self, tx: Transaction, now: Configured, then: Configured) -> None:
        """Whatever differs."""
        if then.agency != now.agency:
            await directory.save_agency(tx, then.agency)
        for group in then.groups.values():
            was, is_now = group.id in now.retired, group.id in then.retired
            if now.groups.get(group.id) != group:
                await directory.save_group(tx, group)
            if was != is_now:
                await tx.execute(sa.update(groups).where(groups.c.id == group.id).values(retired=is_now))
        for officer in then.officers.values():
            was, is_now = officer.id in now.inactive, officer.id in then.inactive
            if now.officers.get(officer.id) != officer or was != is_now:
                await self._write_officer(tx, officer, known=officer.id in now.officers, active=not is_now)
        if then.rules != now.rules:
            await tx.execute(sa.delete(flow_rules).where(flow_rules.c.agency_id == then.agency.id))
            for rule in then.rules:
                await directory.save_rule(tx, rule)

    async def _write_officer(self, tx: Transaction, officer: Officer, *, known: bool, active: bool) -> None:
        await directory.save_officer(tx, officer)
        left = sa.delete(members).where(members.c.officer_id == officer.id)
        if officer.levels:
            left = left.where(members.c.group_id.not_in(officer.levels))
        await tx.execute(left)
        if known:
            await self._identity.save_officers_account(tx, officer.id, name=officer.name, active=active)
            return
        await self._identity.save_account(
            tx,
            Principal(
                id=AccountId(account_of(officer.id)),
                role=Role.OFFICER,
                name=officer.name,
                agency_id=officer.agency_id,
                officer_id=officer.id,
            ),
        )


async def versions(connection: AsyncConnection) -> dict[AgencyId, int]:
    """How often each agency's directory has changed: whoever keeps a copy compares."""
    return {
        AgencyId(row.id): row.version for row in await connection.execute(sa.select(agencies.c.id, agencies.c.version))
    }


async def count_up(tx: Transaction, agency_id: AgencyId) -> int:
    """The agency's directory changes in this transaction: its next version."""
    mine = agencies.c.id == agency_id
    await tx.execute(sa.update(agencies).where(mine).values(version=agencies.c.version + 1))
    found = await tx.connection.scalar(sa.select(agencies.c.version).where(mine))
    return int(found or 0)


def _must_exist(now: Configured, change: Change) -> None:
    """Another agency's group or officer is as unknown as none."""
    target: Any = getattr(change, "id", None)
    known: Any = now.groups if isinstance(change, SaveGroup | RetireGroup) else now.officers
    if target is not None and target not in known:
        raise NotFound(field="id")


async def _in_use(connection: AsyncConnection, agency_id: AgencyId, signed_in: Set[OfficerId]) -> InUse:
    ours = requests.c.agency_id == agency_id
    waiting = await connection.scalars(sa.select(requests.c.facts).where(ours, requests.c.state == "queued"))
    running = await connection.execute(
        sa.select(requests.c.group_id, sa.func.count().label("n"))
        .where(ours, requests.c.state == "accepted")
        .group_by(requests.c.group_id)
    )
    working = await connection.scalars(
        sa.select(claims.c.officer_id)
        .join(officers, officers.c.id == claims.c.officer_id)
        .where(officers.c.agency_id == agency_id, claims.c.state == "active")
    )
    return InUse(
        waiting=tuple(msgspec.json.decode(facts, type=RequestFacts) for facts in waiting),
        running={GroupId(row.group_id): row.n for row in running},
        working=frozenset(OfficerId(each) for each in working),
        signed_in=frozenset(signed_in),
    )
