"""The router's statements against the ledger."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import AgencyId, GroupId, OfficerId
from kernel.ledger import Transaction
from kernel.messages import Bilingual, RequestFacts
from router.core import Claim, Step
from router.model import Agency, ChoicePolicy, FlowRule, Group, Officer, Request, RequestState
from router.tables import agencies, claims, flow_rules, groups, members, officers, requests


async def write_step(tx: Transaction, step: Step, wall_ms: int) -> None:
    """Write what a step changed. The claims' partial indexes refuse a double assignment."""
    for request in step.requests.values():
        await _write_request(tx, request)
    # What closes comes before what opens: an officer's next offer follows the end of the last.
    for claim in sorted(step.claims, key=lambda claim: claim.state == "offered"):
        await _write_claim(tx, claim, wall_ms)
    tx.record(*step.events)


async def _write_request(tx: Transaction, request: Request) -> None:
    values: dict[str, Any] = {
        "state": request.state.value,
        "version": request.version,
        "officer_id": request.officer_id,
        "fell_back": request.fell_back,
        "waited_ms": request.waited_ms,
        "end_reason": request.end_reason,
    }
    updated = await tx.execute(sa.update(requests).where(requests.c.id == request.id).values(values))
    if updated.rowcount:
        return
    facts = request.facts
    await tx.execute(
        sa.insert(requests).values(
            id=request.id,
            ticket=facts.ticket,
            agency_id=facts.agency_id,
            group_id=facts.group_id,
            clerk_id=facts.clerk_id,
            facts=msgspec.json.encode(facts).decode(),
            score=request.score,
            created_ms=facts.created_at_ms,
            **values,
        )
    )


async def _write_claim(tx: Transaction, claim: Claim, wall_ms: int) -> None:
    if claim.state == "offered":
        await tx.execute(
            sa.insert(claims).values(
                consultation_id=claim.consultation_id,
                version=claim.version,
                officer_id=claim.officer_id,
                state="offered",
                offered_ms=wall_ms,
            )
        )
        return
    mine = (claims.c.consultation_id == claim.consultation_id) & (claims.c.officer_id == claim.officer_id)
    stamp = {"active": "accepted_ms", "wrap_up": "released_ms"}.get(claim.state, "closed_ms")
    held = {"active": ["offered"], "wrap_up": ["active"], "done": ["active", "wrap_up"]}.get(claim.state, ["offered"])
    await tx.execute(
        sa.update(claims).where(mine, claims.c.state.in_(held)).values({"state": claim.state, stamp: wall_ms})
    )


async def write_release(tx: Transaction, consultation_id: str, officer_id: str, wall_ms: int) -> None:
    """The officer's part ended. Idempotent."""
    await tx.execute(
        sa.update(requests)
        .where(requests.c.id == consultation_id, requests.c.state == "accepted")
        .values(state="ended", end_reason="served")
    )
    await tx.execute(
        sa.update(claims)
        .where(
            claims.c.consultation_id == consultation_id,
            claims.c.officer_id == officer_id,
            claims.c.state == "active",
        )
        .values(state="wrap_up", released_ms=wall_ms)
    )


async def load_directory(
    connection: AsyncConnection,
) -> tuple[list[Agency], list[Group], list[Officer], list[FlowRule]]:
    levels: dict[str, dict[GroupId, int]] = {}
    for row in await connection.execute(sa.select(members)):
        levels.setdefault(row.officer_id, {})[GroupId(row.group_id)] = row.level
    return (
        [
            Agency(AgencyId(row.id), row.code, Bilingual(row.name_lv, row.name_en))
            for row in await connection.execute(sa.select(agencies).order_by(agencies.c.id))
        ],
        [
            Group(
                GroupId(row.id),
                AgencyId(row.agency_id),
                Bilingual(row.name_lv, row.name_en),
                tuple(row.paks.split()),
                row.open,
                ChoicePolicy(row.policy),
                row.offer_timeout_s,
                row.wrap_up_s,
            )
            for row in await connection.execute(sa.select(groups).order_by(groups.c.agency_id, groups.c.name_lv))
        ],
        [
            Officer(
                OfficerId(row.id),
                AgencyId(row.agency_id),
                row.name,
                tuple(row.languages.split()),
                row.simulated,
                levels.get(row.id, {}),
            )
            for row in await connection.execute(sa.select(officers).order_by(officers.c.agency_id, officers.c.name))
        ],
        [
            FlowRule(AgencyId(row.agency_id), GroupId(row.group_id), row.rank, row.pak, row.service, row.language)
            for row in await connection.execute(sa.select(flow_rules))
        ],
    )


def request_of(row: Any) -> Request:
    return Request(
        facts=msgspec.json.decode(row.facts, type=RequestFacts),
        score=row.score,
        state=RequestState(row.state),
        version=row.version,
        officer_id=row.officer_id,
        fell_back=row.fell_back,
        waited_ms=row.waited_ms,
        end_reason=row.end_reason,
    )


async def load_open(connection: AsyncConnection) -> tuple[list[Request], list[Any]]:
    """(open requests in order, claims of officers in a session or wrapping up)."""
    open_states = ["queued", "offered", "accepted"]
    rows = await connection.execute(
        sa.select(requests).where(requests.c.state.in_(open_states)).order_by(requests.c.score, requests.c.id)
    )
    working = await connection.execute(
        sa.select(claims, requests.c.group_id)
        .join(requests, requests.c.id == claims.c.consultation_id)
        .where(claims.c.state.in_(["active", "wrap_up"]))
    )
    return [request_of(row) for row in rows], list(working)


async def close_stale_offers(tx: Transaction, wall_ms: int) -> None:
    """Offers that rang when the process ended ring no more."""
    await tx.execute(sa.update(claims).where(claims.c.state == "offered").values(state="restarted", closed_ms=wall_ms))
    await tx.execute(sa.update(requests).where(requests.c.state == "offered").values(state="queued", officer_id=None))
