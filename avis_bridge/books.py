"""What a sale and a return leave behind: usage of the caps, the transaction, and the rows that every sum is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from avis_bridge.calculation_core import share_of_units
from avis_bridge.model import Outlet, Receipt, month_of
from avis_bridge.tables import benefits, quotes, reversals, transactions, usage
from avis_bridge.till_model import Deal, Returned, Reversal, Sale
from kernel.bridge_errors import ReverseExceeds
from kernel.ledger import Transaction

Used = dict[str, tuple[int, int]]


class Entry(NamedTuple):
    """One row of ``avis_benefits``; negative when goods come back. A line's gross stands in its first row only."""

    line: int
    rule: str
    version: int
    gross: int
    cents: int


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """What a commit was asked to do; ``key`` and ``body_hash`` make it the same one when it comes again."""

    provider: str
    quote_id: str
    receipt: Receipt
    key: str
    body_hash: str


async def hold_usage(tx: Transaction, deal: Deal, month: str) -> Used:
    """What is used of every instruction of the deal; nobody else changes it until this transaction ends.

    The rows are made and locked in one order, so two commits never wait for each other in a circle.
    """
    insert = sqlite.insert if tx.connection.dialect.name == "sqlite" else postgresql.insert
    ids = sorted(deal.grantors)
    if not ids:
        return {}
    empty = [
        {"person": deal.person, "instruction_id": each, "month": month, "cents": 0, "transactions": 0} for each in ids
    ]
    await tx.execute(insert(usage).values(empty).on_conflict_do_nothing())
    mine = sa.and_(usage.c.person == deal.person, usage.c.month == month, usage.c.instruction_id.in_(ids))
    rows = await tx.execute(sa.select(usage).where(mine).order_by(usage.c.instruction_id).with_for_update())
    return {row.instruction_id: (row.cents, row.transactions) for row in rows}


async def used_of(connection: AsyncConnection, person: str, month: str, ids: Iterable[str]) -> Used:
    mine = sa.and_(usage.c.person == person, usage.c.month == month, usage.c.instruction_id.in_(set(ids)))
    rows = await connection.execute(sa.select(usage).where(mine))
    return {row.instruction_id: (row.cents, row.transactions) for row in rows}


async def count_usage(tx: Transaction, deal: Deal, month: str, used: Used) -> None:
    now = {}
    for rule, cents in deal.result.by_rule().items():
        had, count = used.get(rule, (0, 0))
        now[rule] = (had + cents, count + 1)
    await _set_usage(tx, deal.person, month, now)


async def give_back_usage(tx: Transaction, deal: Deal, month: str, restored: dict[str, int], *, whole: bool) -> None:
    """``whole``: everything that was bought came back, so the transaction does not count any more."""
    used = await hold_usage(tx, deal, month)
    left = {}
    for rule in deal.result.by_rule():
        cents, count = used.get(rule, (0, 0))
        left[rule] = (max(0, cents - restored.get(rule, 0)), max(0, count - whole))
    await _set_usage(tx, deal.person, month, left)


async def _set_usage(tx: Transaction, person: str, month: str, now: Used) -> None:
    if not now:
        return
    mine = sa.and_(usage.c.person == person, usage.c.instruction_id == sa.bindparam("rule"), usage.c.month == month)
    changed = sa.update(usage).where(mine).values(cents=sa.bindparam("used"), transactions=sa.bindparam("times"))
    await tx.execute(changed, [{"rule": rule, "used": cents, "times": times} for rule, (cents, times) in now.items()])


async def write_sale(tx: Transaction, made: str, at_ms: int, outlet: Outlet, deal: Deal, commit: Commit) -> Sale:  # noqa: PLR0917
    await tx.execute(
        sa.insert(transactions).values(
            id=made,
            provider=commit.provider,
            outlet=outlet.id,
            atvk=outlet.atvk,
            person=deal.person,
            at_ms=at_ms,
            month=month_of(at_ms),
            gross=deal.result.gross,
            paid=deal.result.paid,
            body=msgspec.json.encode(deal).decode(),
            receipt=name_of(commit.receipt),
            key=commit.key,
            body_hash=commit.body_hash,
        )
    )
    seen: set[int] = set()
    entries = []
    for each in deal.result.given:
        gross = 0 if each.line in seen else deal.lines[each.line].gross
        seen.add(each.line)
        entries.append(Entry(each.line, each.rule, each.version, gross, each.cents))
    where = {"transaction_id": made, "provider": commit.provider, "outlet": outlet.id, "atvk": outlet.atvk}
    await write_entries(tx, deal, entries, {**where, "month": month_of(at_ms)}, first=0)
    await tx.execute(sa.update(quotes).where(quotes.c.id == commit.quote_id).values(transaction_id=made))
    return Sale(transaction=made, at_ms=at_ms, gross_cents=deal.result.gross, paid_cents=deal.result.paid)


async def next_entry(tx: Transaction, transaction_id: str) -> int:
    counted = sa.select(sa.func.count()).where(benefits.c.transaction_id == transaction_id)
    return int((await tx.execute(counted)).scalar_one())


async def write_entries(
    tx: Transaction, deal: Deal, entries: Sequence[Entry], where: dict[str, Any], *, first: int
) -> None:
    """``where``: transaction, provider, outlet, ATVK code and month; ``first``: the number of the first entry."""
    if not entries:
        return
    await tx.execute(
        sa.insert(benefits),
        [
            {
                **where,
                "entry": first + number,
                "instruction_id": entry.rule,
                "version": entry.version,
                "grantor": deal.grantors[entry.rule],
                "category": deal.lines[entry.line].category,
                "person": deal.person,
                "line": entry.line,
                "gross": entry.gross,
                "cents": entry.cents,
            }
            for number, entry in enumerate(entries)
        ],
    )


async def returned_of(tx: Transaction, transaction_id: str) -> dict[int, int]:
    """Line → units that came back so far."""
    found: dict[int, int] = {}
    rows = await tx.execute(sa.select(reversals.c.body).where(reversals.c.transaction_id == transaction_id))
    for body in rows.scalars():
        for each in msgspec.json.decode(body, type=Reversal).lines:
            found[each.line] = found.get(each.line, 0) + each.quantity
    return found


def take_back(deal: Deal, back: dict[int, int], lines: Sequence[Returned]) -> tuple[list[Entry], int, dict[str, int]]:
    """(entries, refund, instruction → cents); ``back`` grows by what comes back now. Raises `ReverseExceeds`."""
    entries: list[Entry] = []
    refund = 0
    restored: dict[str, int] = {}
    for each in lines:
        if each.line >= len(deal.lines):
            raise ReverseExceeds(field="lines")
        line, start = deal.lines[each.line], back.get(each.line, 0)
        if start + each.quantity > line.quantity:
            raise ReverseExceeds(field="lines")
        given = [one for one in deal.result.given if one.line == each.line]
        share = share_of_units(line, [one.cents for one in given], start, each.quantity)
        back[each.line] = start + each.quantity
        refund += share.paid
        for number, (one, cents) in enumerate(zip(given, share.benefits, strict=True)):
            entries.append(Entry(each.line, one.rule, one.version, 0 if number else -share.gross, -cents))
            restored[one.rule] = restored.get(one.rule, 0) + cents
    return entries, refund, restored


def name_of(receipt: Receipt) -> str:
    """What makes a receipt the same one, within a provider."""
    return msgspec.json.encode((receipt.kind, receipt.register, receipt.series, receipt.number)).decode()
