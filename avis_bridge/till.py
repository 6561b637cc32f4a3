"""The point of sale: identify → quote → commit → reverse (``docs/avis.md``).

A quote is calculated from what is used now; the commit holds the usage rows, calculates again and goes through only
when the result is the quoted one. So no cap is ever exceeded, however many tills commit at the same moment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from avis_bridge.books import (
    Commit,
    count_usage,
    give_back_usage,
    hold_usage,
    name_of,
    next_entry,
    returned_of,
    take_back,
    used_of,
    write_entries,
    write_sale,
)
from avis_bridge.calculation_core import Line, calculate
from avis_bridge.groups import Groups
from avis_bridge.instructions import Instructions
from avis_bridge.means import MeansDesk
from avis_bridge.model import Receipt, System, day_of, month_of
from avis_bridge.register import Register
from avis_bridge.tables import quotes, reversals, transactions, visits
from avis_bridge.till_model import Basket, Deal, Pinned, Quote, Returned, Reversal, Sale, Visit
from kernel.bridge_errors import (
    CapChanged,
    CurrencyNotEur,
    QuoteExpired,
    ReceiptDuplicate,
    ReceiptTotalMismatch,
    TransactionUnknown,
)
from kernel.clock import Clock
from kernel.errors import IdempotencyMismatch
from kernel.ids import new_id
from kernel.ledger import Ledger, Transaction

#: how long an identified customer may be quoted, and how long a quote can be committed
VISIT_MS = 900_000
QUOTE_MS = 120_000
#: a quote that is over is kept a while, for whoever looks into what went wrong; its transaction has all of it
KEPT_MS = 86_400_000


class Till:
    def __init__(  # noqa: PLR0917
        self,
        ledger: Ledger,
        clock: Clock,
        register: Register,
        desk: MeansDesk,
        groups: Groups,
        instructions: Instructions,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._register = register
        self._desk = desk
        self._groups = groups
        self._instructions = instructions

    async def identify(self, system: System, token: str, outlet_id: str) -> Visit:
        """An opaque reference and what it may be eligible for: no name, no personal code.

        Raises `MeansUnknown`, `MeansBlocked`, `NoContract`, `OutletUnknown`, `OutletInactive`, `DagrUnavailable`.
        """
        now = self._clock.wall_ms()
        async with self._ledger.reading() as connection:
            await self._register.must_have_contract(connection, system.owner)
            outlet = await self._register.outlet(connection, system.owner, outlet_id)
            means_id, person = await self._desk.identify(connection, token)
        visit_id = new_id(now)
        stale = await self._groups.update_for(person, session=visit_id)
        async with self._ledger.transaction() as tx:
            found = await self._instructions.for_person(
                tx.connection, person, day_of(now), provider=system.owner, outlet=outlet.id
            )
            await tx.execute(sa.delete(visits).where(visits.c.expires_ms < now))
            await tx.execute(sa.delete(quotes).where(quotes.c.expires_ms < now - KEPT_MS))
            await tx.execute(
                sa.insert(visits).values(
                    id=visit_id,
                    client_id=system.client_id,
                    provider=system.owner,
                    outlet=outlet.id,
                    person=person,
                    means_id=means_id,
                    expires_ms=now + VISIT_MS,
                )
            )
        return Visit(
            recipient=visit_id,
            expires_at_ms=now + VISIT_MS,
            stale=stale,
            instructions=tuple(
                Pinned(each.id, each.version, each.body.name, each.body.kind, each.body.value) for each in found
            ),
        )

    async def quote(self, system: System, basket: Basket) -> Quote:
        """What the customer pays, and why. Not eligible is a quote without benefits.

        Raises `QuoteExpired` for a reference that is too old, `CurrencyNotEur`, `ItemUnknown`.
        """
        if basket.currency != "EUR":
            raise CurrencyNotEur(field="currency")
        async with self._ledger.reading() as connection:
            visit = await self._visit(connection, system.owner, basket.recipient)
            await self._desk.must_be_active(connection, visit.means_id)
            known = await self._register.categories(connection, system.owner, [line.sku for line in basket.lines])
            lines = [
                Line(sku=each.sku, category=known[each.sku], quantity=each.quantity, unit_cents=each.unit_cents)
                for each in basket.lines
            ]
            now = self._clock.wall_ms()
            found = await self._instructions.for_person(
                connection, visit.person, day_of(now), provider=system.owner, outlet=visit.outlet
            )
            grantors = {each.id: each.grantor for each in found}
            rules = [each.rule() for each in found]
            used = await used_of(connection, visit.person, month_of(now), grantors)
        deal = Deal(
            outlet=visit.outlet,
            person=visit.person,
            means_id=visit.means_id,
            lines=tuple(lines),
            rules=tuple(rules),
            grantors=grantors,
            result=calculate(lines, rules, used),
        )
        async with self._ledger.transaction() as tx:
            return await self._keep_quote(tx, system.owner, visit.id, deal)

    async def commit(self, system: System, quote_id: str, receipt: Receipt, key: str) -> Sale:
        """One transaction for one receipt; the same key and body again is the same sale.

        Raises `QuoteExpired`, `CapChanged` (with a new quote), `ReceiptDuplicate`, `ReceiptTotalMismatch`,
        `MeansBlocked`, `IdempotencyMismatch`.
        """
        commit = Commit(
            provider=system.owner, quote_id=quote_id, receipt=receipt, key=key, body_hash=_digest(quote_id, receipt)
        )
        try:
            async with self._ledger.transaction() as tx:
                done = await self._done(tx, commit)
                if done is not None:
                    return done
                sale, instead = await self._commit(tx, commit)
        except IntegrityError:
            # somebody else committed this receipt, or this very call, at the same moment
            async with self._ledger.transaction() as tx:
                done = await self._done(tx, commit)
            if done is None:
                raise ReceiptDuplicate from None
            return done
        if sale is None:
            raise CapChanged(quote=instead)
        return sale

    async def _commit(self, tx: Transaction, commit: Commit) -> tuple[Sale | None, Quote | None]:
        """The sale, or the quote that must be asked for instead."""
        provider, receipt = commit.provider, commit.receipt
        now = self._clock.wall_ms()
        mine = sa.and_(quotes.c.id == commit.quote_id, quotes.c.provider == provider)
        row = (await tx.execute(sa.select(quotes).where(mine).with_for_update())).first()
        taken = sa.and_(transactions.c.provider == provider, transactions.c.receipt == name_of(receipt))
        if (await tx.execute(sa.select(transactions.c.id).where(taken))).first() is not None:
            # the same call may have been the one that waited for us at the quote
            done = await self._done(tx, commit)
            if done is not None:
                return done, None
            raise ReceiptDuplicate
        if row is None or row.expires_ms < now or row.transaction_id is not None:
            raise QuoteExpired
        deal = msgspec.json.decode(row.body, type=Deal)
        if receipt.total_cents != deal.result.paid:
            raise ReceiptTotalMismatch(field="receipt.total_cents", paid_cents=deal.result.paid)
        await self._desk.must_be_active(tx.connection, deal.means_id)
        month = month_of(now)
        used = await hold_usage(tx, deal, month)
        result = calculate(deal.lines, deal.rules, used)
        if result.given != deal.result.given:
            again = msgspec.structs.replace(deal, result=result)
            return None, await self._keep_quote(tx, provider, row.visit_id, again)
        await count_usage(tx, deal, month, used)
        outlet = await self._register.outlet(tx.connection, commit.provider, deal.outlet)
        return await write_sale(tx, new_id(now), now, outlet, deal, commit), None

    async def reverse(self, system: System, transaction_id: str, lines: Sequence[Returned], key: str) -> Reversal:
        """Goods come back: a record of its own, the caps get back what it gave.

        Raises `TransactionUnknown`, `ReverseExceeds`, `IdempotencyMismatch`.
        """
        digest = _digest(transaction_id, tuple(lines))
        now = self._clock.wall_ms()
        async with self._ledger.transaction() as tx:
            mine = sa.and_(transactions.c.id == transaction_id, transactions.c.provider == system.owner)
            row = (await tx.execute(sa.select(transactions).where(mine).with_for_update())).first()
            if row is None:
                raise TransactionUnknown
            known = sa.and_(reversals.c.provider == system.owner, reversals.c.key == key)
            before = (await tx.execute(sa.select(reversals).where(known))).first()
            if before is not None:
                if before.body_hash != digest:
                    raise IdempotencyMismatch
                return msgspec.json.decode(before.body, type=Reversal)
            deal = msgspec.json.decode(row.body, type=Deal)
            back = await returned_of(tx, transaction_id)
            entries, refund, restored = take_back(deal, back, lines)
            whole = all(back.get(number, 0) == line.quantity for number, line in enumerate(deal.lines))
            await give_back_usage(tx, deal, row.month, restored, whole=whole)
            made = Reversal(
                id=new_id(now),
                transaction=transaction_id,
                at_ms=now,
                refund_cents=refund,
                restored=restored,
                lines=tuple(lines),
            )
            await tx.execute(
                sa.insert(reversals).values(
                    id=made.id,
                    transaction_id=transaction_id,
                    provider=system.owner,
                    at_ms=now,
                    refund=refund,
                    body=msgspec.json.encode(made).decode(),
                    key=key,
                    body_hash=digest,
                )
            )
            where = {"transaction_id": row.id, "provider": row.provider, "outlet": row.outlet, "atvk": row.atvk}
            first = await next_entry(tx, row.id)
            await write_entries(tx, deal, entries, {**where, "month": month_of(now)}, first=first)
        return made

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _visit(self, connection: AsyncConnection, provider: str, visit_id: str) -> sa.Row[Any]:
        mine = sa.and_(
            visits.c.id == visit_id, visits.c.provider == provider, visits.c.expires_ms >= self._clock.wall_ms()
        )
        row = (await connection.execute(sa.select(visits).where(mine))).first()
        if row is None:
            raise QuoteExpired
        return row

    async def _keep_quote(self, tx: Transaction, provider: str, visit_id: str, deal: Deal) -> Quote:
        now = self._clock.wall_ms()
        quote_id = new_id(now)
        await tx.execute(
            sa.insert(quotes).values(
                id=quote_id,
                provider=provider,
                visit_id=visit_id,
                body=msgspec.json.encode(deal).decode(),
                expires_ms=now + QUOTE_MS,
            )
        )
        return Quote.of(quote_id, now + QUOTE_MS, deal)

    async def _done(self, tx: Transaction, commit: Commit) -> Sale | None:
        mine = sa.and_(transactions.c.provider == commit.provider, transactions.c.key == commit.key)
        row = (await tx.execute(sa.select(transactions).where(mine))).first()
        if row is None:
            return None
        if row.body_hash != commit.body_hash:
            raise IdempotencyMismatch
        return Sale(transaction=row.id, at_ms=row.at_ms, gross_cents=row.gross, paid_cents=row.paid)


def _digest(*parts: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
