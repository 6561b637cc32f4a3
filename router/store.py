"""The router's statements against the ledger.

The ledger knows a request as *queued* until somebody accepted it; who rings is the index's business. Each change of a
request's state is a compare-and-set on the state it had.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId
from kernel.ledger import Transaction
from kernel.messages import Bilingual, RequestFacts
from router.model import (
    Agency,
    Calendar,
    ChoicePolicy,
    Directory,
    FlowRule,
    Group,
    GroupRules,
    Officer,
    Request,
    RequestState,
)
from router.reconcile_core import Stands
from router.step import ClosedOffer
from router.tables import agencies, claims, epochs, flow_rules, groups, members, officers, requests, tickets

OPEN = ("queued", "accepted")
#: the connected waits from which an estimate starts after a restart
WAITS = 200


# ── requests ─────────────────────────────────────────────────────────────────────────────────────


async def insert_request(tx: Transaction, request: Request) -> None:
    facts = request.facts
    await tx.execute(
        sa.insert(requests).values(
            id=request.id,
            ticket=facts.ticket,
            clerk_id=facts.clerk_id,
            visit_id=facts.visit_id,
            state=RequestState.QUEUED.value,
            version=0,
            fell_back=False,
            waited_ms=0,
            created_ms=facts.created_at_ms,
            **_placed(facts, request.score),
        )
    )


async def move_request(
    tx: Transaction, consultation_id: ConsultationId, from_state: RequestState, to_state: RequestState, **values: Any
) -> bool:
    """False when the request was not in ``from_state``; then nothing is written."""
    mine = (requests.c.id == consultation_id) & (requests.c.state == from_state.value)
    moved = await tx.execute(sa.update(requests).where(mine).values(state=to_state.value, **values))
    return bool(moved.rowcount)


async def amend_request(tx: Transaction, facts: RequestFacts, score: int) -> bool:
    """Other facts or another place of a request that waits; False when it does not wait."""
    mine = (requests.c.id == facts.consultation_id) & (requests.c.state == RequestState.QUEUED.value)
    moved = await tx.execute(sa.update(requests).where(mine).values(**_placed(facts, score)))
    return bool(moved.rowcount)


def _placed(facts: RequestFacts, score: int) -> dict[str, Any]:
    return {
        "agency_id": facts.agency_id,
        "group_id": facts.group_id,
        "facts": msgspec.json.encode(facts).decode(),
        "score": score,
    }


def request_of(row: Any) -> Request:
    return Request(
        facts=msgspec.json.decode(row.facts, type=RequestFacts),
        score=row.score,
        state=RequestState(row.state),
        version=row.version,
        officer_id=row.officer_id,
    )


async def find_request(connection: AsyncConnection, consultation_id: str, *, lock: bool = False) -> Any:
    """The row, or None; ``lock``: nobody else changes it until the transaction ends."""
    found = sa.select(requests).where(requests.c.id == consultation_id)
    return (await connection.execute(found.with_for_update() if lock else found)).first()


async def next_ticket(tx: Transaction, agency_id: AgencyId, day: str, at_us: int) -> tuple[int, int]:
    """(the agency's running number of the day, microseconds of its place), counted by all processes together.

    The place is ``at_us``, or right behind the one before it when a clock says that this came earlier. Whoever counts
    holds the row until the commit, so numbers, places and commits have one order.
    """
    later = sa.case((tickets.c.last_us >= at_us, tickets.c.last_us + 1), else_=at_us)
    insert = _insert(tx, tickets).values(agency_id=agency_id, day=day, last=1, last_us=at_us)
    counted = await tx.execute(
        insert.on_conflict_do_update(
            index_elements=[tickets.c.agency_id, tickets.c.day],
            set_={"last": tickets.c.last + 1, "last_us": later},
        ).returning(tickets.c.last, tickets.c.last_us)
    )
    row = counted.one()
    return row.last, row.last_us


async def siblings(connection: AsyncConnection, visit_id: str) -> list[ConsultationId]:
    """The waiting requests of a visit."""
    mine = (requests.c.visit_id == visit_id) & (requests.c.state == RequestState.QUEUED.value)
    return [ConsultationId(row.id) for row in await connection.execute(sa.select(requests.c.id).where(mine))]


async def visit_is_served(connection: AsyncConnection, visit_id: str) -> bool:
    """Is one of the visit's requests in a session now?"""
    serving = sa.select(claims.c.consultation_id).where(claims.c.visit_id == visit_id, claims.c.state == "active")
    return (await connection.execute(serving)).first() is not None


# ── claims ───────────────────────────────────────────────────────────────────────────────────────


async def claim(tx: Transaction, request: Request, officer_id: OfficerId, capacity: int | None, wall_ms: int) -> bool:
    """The officer takes the request: False when the officer has no free slot (``capacity`` None: over capacity too).

    Raises `sqlalchemy.exc.IntegrityError` when the fence refuses: request, slot or visit are taken.
    """
    mine = (claims.c.officer_id == officer_id) & (claims.c.state == "active")
    taken = {row.slot for row in await tx.execute(sa.select(claims.c.slot).where(mine))}
    slot = next(number for number in range(len(taken) + 1) if number not in taken)
    if capacity is not None and slot >= capacity:
        return False
    await tx.execute(
        sa.insert(claims).values(
            consultation_id=request.id,
            version=request.version,
            officer_id=officer_id,
            slot=slot,
            visit_id=request.facts.visit_id,
            state="active",
            offered_ms=request.deadline_ms - round(request.ring_s * 1000),
            accepted_ms=wall_ms,
        )
    )
    return True


async def write_release(tx: Transaction, consultation_id: str, officer_id: str, wall_ms: int) -> None:
    """The officer's part ended. Idempotent."""
    await tx.execute(
        sa.update(requests)
        .where(requests.c.id == consultation_id, requests.c.state == RequestState.ACCEPTED.value)
        .values(state=RequestState.ENDED.value, end_reason="served")
    )
    await tx.execute(
        sa.update(claims)
        .where(_claim_of(consultation_id, officer_id), claims.c.state == "active")
        .values(state="wrap_up", released_ms=wall_ms)
    )


async def finish_wrap_up(tx: Transaction, consultation_id: str, officer_id: str, wall_ms: int) -> bool:
    """False when that officer has no wrap-up of that consultation to finish."""
    done = await tx.execute(
        sa.update(claims)
        .where(_claim_of(consultation_id, officer_id), claims.c.state == "wrap_up")
        .values(state="done", closed_ms=wall_ms)
    )
    return bool(done.rowcount)


def _claim_of(consultation_id: str, officer_id: str) -> sa.ColumnElement[bool]:
    return (claims.c.consultation_id == consultation_id) & (claims.c.officer_id == officer_id)


async def write_history(tx: Transaction, closed: Iterable[ClosedOffer]) -> None:
    """Offers that came to nothing. Writing one again changes nothing."""
    rows = [
        {
            "consultation_id": offer.consultation_id,
            "version": offer.version,
            "officer_id": offer.officer_id,
            "state": offer.why,
            "offered_ms": offer.offered_ms,
            "closed_ms": offer.closed_ms,
        }
        for offer in closed
        if offer.why != "accepted"
    ]
    if rows:
        await tx.execute(_insert(tx, claims).on_conflict_do_nothing(), rows)


# ── the directory ────────────────────────────────────────────────────────────────────────────────


async def load_directories(connection: AsyncConnection, *, retired: bool = False) -> dict[AgencyId, Directory]:
    """Every agency, by id, in the order of ids; ``retired``: with the groups that are out of every list."""
    chosen = sa.select(groups) if retired else sa.select(groups).where(~groups.c.retired)
    levels: dict[str, dict[GroupId, int]] = {}
    for row in await connection.execute(sa.select(members)):
        levels.setdefault(row.officer_id, {})[GroupId(row.group_id)] = row.level
    found: dict[AgencyId, Directory] = {}
    for row in await connection.execute(sa.select(agencies).order_by(agencies.c.id)):
        calendar = None if row.calendar is None else msgspec.json.decode(row.calendar, type=Calendar)
        agency = Agency(AgencyId(row.id), row.code, Bilingual(row.name_lv, row.name_en), row.channels, calendar)
        found[agency.id] = Directory(agency=agency, groups={}, officers={})
    for row in await connection.execute(chosen.order_by(groups.c.name_lv)):
        group = Group(
            GroupId(row.id),
            AgencyId(row.agency_id),
            Bilingual(row.name_lv, row.name_en),
            tuple(row.paks.split()),
            row.open,
            ChoicePolicy(row.policy),
            row.offer_timeout_s,
            row.wrap_up_s,
            msgspec.json.decode(row.rules, type=GroupRules),
        )
        found[group.agency_id].groups[group.id] = group
    for row in await connection.execute(sa.select(officers).order_by(officers.c.name)):
        officer = Officer(
            OfficerId(row.id),
            AgencyId(row.agency_id),
            row.name,
            tuple(row.languages.split()),
            row.simulated,
            levels.get(row.id, {}),
            tuple(row.skills.split()),
            row.capacity,
        )
        found[officer.agency_id].officers[officer.id] = officer
    rules: dict[AgencyId, list[FlowRule]] = {}
    for row in await connection.execute(sa.select(flow_rules).order_by(flow_rules.c.rank)):
        rule = FlowRule(AgencyId(row.agency_id), GroupId(row.group_id), row.rank, row.pak, row.service, row.language)
        rules.setdefault(rule.agency_id, []).append(rule)
    return {
        agency_id: msgspec.structs.replace(directory, rules=tuple(rules.get(agency_id, ())))
        for agency_id, directory in found.items()
    }


# ── rebuilding ───────────────────────────────────────────────────────────────────────────────────


async def next_epoch(tx: Transaction, agency_id: AgencyId) -> int:
    """The next generation of the agency's index; two rebuilders never get the same one."""
    insert = _insert(tx, epochs).values(agency_id=agency_id, epoch=1)
    counted = await tx.execute(
        insert.on_conflict_do_update(index_elements=[epochs.c.agency_id], set_={"epoch": epochs.c.epoch + 1}).returning(
            epochs.c.epoch
        )
    )
    return int(counted.scalar_one())


async def load_open(connection: AsyncConnection, agency_id: AgencyId) -> list[Request]:
    """The agency's open requests in order."""
    rows = await connection.execute(
        sa.select(requests)
        .where(requests.c.agency_id == agency_id, requests.c.state.in_(OPEN))
        .order_by(requests.c.score, requests.c.id)
    )
    return [request_of(row) for row in rows]


async def load_open_states(connection: AsyncConnection, agency_id: AgencyId) -> dict[ConsultationId, Stands]:
    """Where each of the agency's open requests stands."""
    columns = ("id", "state", "officer_id", "version", "group_id", "score")
    mine = (requests.c.agency_id == agency_id) & requests.c.state.in_(OPEN)
    return {
        ConsultationId(row.id): Stands(
            row.officer_id if row.state == "accepted" else None, row.version, row.group_id, row.score
        )
        for row in await connection.execute(sa.select(*(requests.c[name] for name in columns)).where(mine))
    }


async def load_working(connection: AsyncConnection, agency_id: AgencyId, released_after_ms: int) -> list[Any]:
    """Claims of officers in a session, or released since then and still wrapping up; with the request's group."""
    wraps = (claims.c.state == "wrap_up") & (claims.c.released_ms > released_after_ms)
    return list(
        await connection.execute(
            sa.select(claims, requests.c.group_id)
            .join(requests, requests.c.id == claims.c.consultation_id)
            .where(requests.c.agency_id == agency_id, (claims.c.state == "active") | wraps)
            .order_by(claims.c.accepted_ms)
        )
    )


async def load_busy_visits(connection: AsyncConnection) -> set[str]:
    """Visits that are being served somewhere now."""
    statement = sa.select(claims.c.visit_id).where(claims.c.state == "active", claims.c.visit_id.is_not(None))
    return {row.visit_id for row in await connection.execute(statement)}


async def load_declines(
    connection: AsyncConnection, agency_id: AgencyId, after_ms: int
) -> dict[ConsultationId, dict[OfficerId, int]]:
    """Who declined which of the agency's open requests since then, and when."""
    statement = (
        sa.select(claims.c.consultation_id, claims.c.officer_id, claims.c.closed_ms)
        .join(requests, requests.c.id == claims.c.consultation_id)
        .where(requests.c.agency_id == agency_id, requests.c.state.in_(OPEN))
        .where(claims.c.state == "declined", claims.c.closed_ms > after_ms)
    )
    found: dict[ConsultationId, dict[OfficerId, int]] = {}
    for row in await connection.execute(statement):
        found.setdefault(ConsultationId(row.consultation_id), {})[OfficerId(row.officer_id)] = row.closed_ms
    return found


async def load_waits(connection: AsyncConnection, agency_id: AgencyId) -> dict[GroupId, list[int]]:
    """The latest connected waits of each group in milliseconds, the oldest first."""
    served = (
        sa.select(
            requests.c.group_id,
            requests.c.waited_ms,
            sa.func.row_number()
            .over(partition_by=requests.c.group_id, order_by=requests.c.created_ms.desc())
            .label("nth"),
        )
        .where(requests.c.agency_id == agency_id, requests.c.state.in_(["accepted", "ended"]))
        .subquery()
    )
    statement = sa.select(served).where(served.c.nth <= WAITS).order_by(served.c.nth.desc())
    found: dict[GroupId, list[int]] = {}
    for row in await connection.execute(statement):
        found.setdefault(GroupId(row.group_id), []).append(row.waited_ms)
    return found


def _insert(tx: Transaction, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, which each database spells as its own."""
    module = sqlite if tx.connection.dialect.name == "sqlite" else postgresql
    return module.insert(table)
