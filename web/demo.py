"""Loads the demo's register; loading again changes nothing that has a history."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from casework.network_core import Details, Stop
from casework.service import CaseworkService, ContactPoint
from casework.tables import point_details
from consultation.store import Workstation, save_workstation
from kernel.identity import Identity, Principal
from kernel.ids import AccountId, AgencyId, GroupId, OfficerId, PointId, WorkstationId
from kernel.ledger import Ledger, Transaction
from kernel.messages import Role
from router import directory
from router.calendar_core import OFFICE_HOURS
from router.configuration import versions
from router.model import Agency, ChoicePolicy, FlowRule, Group, GroupRules, Officer, Slots
from web.demo_data import (
    AGENCIES,
    CLERKS,
    HUMAN_LEVEL,
    OFFICE,
    PLACES,
    POINTS,
    SIMULATED_LEVEL,
    STOPS,
    SUPERVISED,
    DemoAgency,
    officer_id,
    simulated_id,
)

_LOADING = 0x4B4C_444D
LANGUAGES = ("lv", "en")


async def load(ledger: Ledger, identity: Identity, casework: CaseworkService) -> None:
    async with ledger.transaction() as tx:
        # processes that start together load one after the other
        await tx.alone(_LOADING)
        changed = {agency_id for agency_id, version in (await versions(tx.connection)).items() if version}
        for agency in AGENCIES:
            # what an administrator made of it stays
            if agency.id not in changed:
                await _agency(tx, identity, agency)
        await _points(tx, identity, casework)
        await _places(tx)
        await identity.save_account(
            tx,
            Principal(id=AccountId("network-manager"), role=Role.NETWORK_MANAGER, name="VPVKAC tīkla pārvaldnieks"),
        )


async def _agency(tx: Transaction, identity: Identity, agency: DemoAgency) -> None:
    agency_id = AgencyId(agency.id)
    await directory.save_agency(tx, Agency(agency_id, agency.code, agency.name))
    for group_id, name, paks in agency.groups:
        # the more able first: somebody who is there in person is rung before a simulated officer
        group = Group(GroupId(group_id), agency_id, name, paks, policy=ChoicePolicy.BEST_LEVEL, rules=_rules(agency))
        await directory.save_group(tx, group)
    await directory.save_rule(tx, FlowRule(agency_id, GroupId(agency.groups[0][0]), rank=100))

    for number in range(1, agency.humans + 1):
        called = f"{agency.code} speciālists {number}"
        slug = officer_id(agency.id, number)
        await _officer(tx, identity, agency, slug, account=f"officer-{slug}", name=called, level=HUMAN_LEVEL)
    called = f"{agency.code} simulētais speciālists"
    slug = simulated_id(agency.id)
    await _officer(
        tx, identity, agency, slug, account=f"sim-{agency.id}", name=called, level=SIMULATED_LEVEL, simulated=True
    )
    if agency.id in SUPERVISED:
        for account, role, called in (
            ("supervisor", Role.SUPERVISOR, "uzraugs"),
            ("administrator", Role.AGENCY_ADMINISTRATOR, "administrators"),
        ):
            await identity.save_account(
                tx,
                Principal(
                    id=AccountId(f"{account}-{agency.id}"),
                    role=role,
                    name=f"{agency.code} {called}",
                    agency_id=agency_id,
                ),
            )


def _rules(agency: DemoAgency) -> GroupRules:
    """Always open, so that the demo can be tried at any hour; but for one agency that keeps office hours."""
    calendar = OFFICE_HOURS if agency.id in OFFICE else None
    return GroupRules(calendar=calendar, slots=Slots(minutes=30, parallel=2, min_notice_minutes=15))


async def _officer(
    tx: Transaction,
    identity: Identity,
    agency: DemoAgency,
    slug: str,
    *,
    account: str,
    name: str,
    level: int,
    simulated: bool = False,
) -> None:
    levels = {GroupId(group_id): level for group_id, _, _ in agency.groups}
    await directory.save_officer(tx, Officer(OfficerId(slug), AgencyId(agency.id), name, LANGUAGES, simulated, levels))
    await identity.save_account(
        tx,
        Principal(
            id=AccountId(account),
            role=Role.OFFICER,
            name=name,
            agency_id=AgencyId(agency.id),
            officer_id=OfficerId(slug),
            simulated=simulated,
        ),
    )


async def _places(tx: Transaction) -> None:
    """Where the points lie and the brigade's week; what a network manager made of it stays."""
    known = set((await tx.execute(sa.select(point_details.c.point_id))).scalars())
    for point_id, (lat, lon) in PLACES.items():
        if point_id not in known:
            stops = tuple(msgspec.convert(each, Stop) for each in STOPS) if point_id == "mobila" else ()
            details = Details(lat=lat, lon=lon, remote_officer=True, stops=stops)
            body = msgspec.json.encode(details).decode()
            row = {"point_id": point_id, "body": body, "version": 1, "updated_ms": 0, "updated_by": "demo"}
            await tx.execute(sa.insert(point_details).values(row))


async def _points(tx: Transaction, identity: Identity, casework: CaseworkService) -> None:
    for point in POINTS:
        point_id = PointId(point.id)
        await casework.save_point(
            tx,
            ContactPoint(
                id=point_id,
                name=point.name,
                kind=point.kind,
                atvk=point.atvk,
                host_point_id=PointId(point.host) if point.host else None,
                demo="(demo)" in point.name,
            ),
        )
        for workstation_id, name in point.workstations:
            await save_workstation(
                tx,
                Workstation(id=WorkstationId(workstation_id), name=name, point_id=point_id, point_name=point.name),
            )
            await identity.save_account(
                tx,
                Principal(
                    id=AccountId(f"kiosk-{point.id}"),
                    role=Role.WORKSTATION,
                    name=name,
                    point_id=point_id,
                    point_name=point.name,
                    workstation_id=WorkstationId(workstation_id),
                ),
            )
        if point.id in CLERKS:
            await identity.save_account(
                tx,
                Principal(
                    id=AccountId(f"clerk-{point.id}"),
                    role=Role.CLERK,
                    name=f"{point.name} darbinieks",
                    point_id=point_id,
                    point_name=point.name,
                ),
            )
