"""Writing the directory: agencies, groups, officers, members, flow rules. Saving is inserting or replacing."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from kernel.ids import GroupId, OfficerId
from kernel.ledger import Transaction
from router.model import Agency, FlowRule, Group, Officer
from router.tables import agencies, flow_rules, groups, members, officers


async def save_agency(tx: Transaction, agency: Agency) -> None:
    await _save(
        tx,
        agencies,
        {"id": agency.id},
        code=agency.code,
        name_lv=agency.name.lv,
        name_en=agency.name.en,
        channels=agency.channels,
        calendar=None if agency.calendar is None else msgspec.json.encode(agency.calendar).decode(),
    )


async def save_group(tx: Transaction, group: Group) -> None:
    await _save(
        tx,
        groups,
        {"id": group.id},
        agency_id=group.agency_id,
        name_lv=group.name.lv,
        name_en=group.name.en,
        paks=" ".join(group.paks),
        open=group.open,
        policy=group.policy.value,
        offer_timeout_s=group.offer_timeout_s,
        wrap_up_s=group.wrap_up_s,
        rules=msgspec.json.encode(group.rules).decode(),
    )


async def save_officer(tx: Transaction, officer: Officer) -> None:
    """The officer and the memberships in ``levels``."""
    await _save(
        tx,
        officers,
        {"id": officer.id},
        agency_id=officer.agency_id,
        name=officer.name,
        languages=" ".join(officer.languages),
        simulated=officer.simulated,
        skills=" ".join(officer.skills),
        capacity=officer.capacity,
    )
    for group_id, level in officer.levels.items():
        await save_member(tx, group_id, officer.id, level)


async def save_member(tx: Transaction, group_id: GroupId, officer_id: OfficerId, level: int) -> None:
    await _save(tx, members, {"group_id": group_id, "officer_id": officer_id}, level=level)


async def save_rule(tx: Transaction, rule: FlowRule) -> None:
    await _save(
        tx,
        flow_rules,
        {"agency_id": rule.agency_id, "rank": rule.rank},
        group_id=rule.group_id,
        pak=rule.pak,
        service=rule.service,
        language=rule.language,
    )


async def _save(tx: Transaction, table: sa.Table, key: dict[str, Any], **values: Any) -> None:
    mine = sa.and_(*(table.c[name] == value for name, value in key.items()))
    updated = await tx.execute(sa.update(table).where(mine).values(values))
    if not updated.rowcount:
        await tx.execute(sa.insert(table).values(**key, **values))
