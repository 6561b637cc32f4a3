"""Grantors, providers, contracts between them, outlets and catalogues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from avis_bridge.model import Contract, Grantor, Item, Outlet, Provider, day_of
from avis_bridge.tables import contracts, grantors, items, outlets, providers
from kernel.bridge_errors import ItemUnknown, NoContract, OutletInactive, OutletUnknown
from kernel.clock import Clock
from kernel.ledger import Ledger, Transaction


def in_force(table: sa.Table, day: str) -> sa.ColumnElement[bool]:
    """Rows of a table with ``valid_from`` and ``valid_to`` that hold on a day."""
    return sa.and_(table.c.valid_from <= day, sa.or_(table.c.valid_to.is_(None), table.c.valid_to >= day))


def as_struct(kind: type[Any], row: sa.Row[Any], **more: Any) -> Any:
    """The struct whose fields are columns of the same names."""
    return kind(
        **{
            field: row._mapping[field]
            for field in kind.__struct_fields__
            if field in row._mapping and field not in more
        },
        **more,
    )


class Register:
    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    # ── who takes part ───────────────────────────────────────────────────────────────────────────

    async def save_grantor(self, tx: Transaction, grantor: Grantor) -> None:
        await tx.execute(sa.delete(grantors).where(grantors.c.reg_no == grantor.reg_no))
        await tx.execute(sa.insert(grantors).values(msgspec.structs.asdict(grantor)))

    async def save_provider(self, tx: Transaction, provider: Provider) -> None:
        await tx.execute(sa.delete(providers).where(providers.c.reg_no == provider.reg_no))
        await tx.execute(sa.insert(providers).values(msgspec.structs.asdict(provider)))

    async def save_contract(self, tx: Transaction, contract: Contract) -> None:
        mine = sa.and_(contracts.c.grantor == contract.grantor, contracts.c.provider == contract.provider)
        await tx.execute(sa.delete(contracts).where(mine))
        await tx.execute(sa.insert(contracts).values(msgspec.structs.asdict(contract)))

    async def grantor(self, reg_no: str) -> Grantor | None:
        async with self._ledger.reading() as connection:
            row = (await connection.execute(sa.select(grantors).where(grantors.c.reg_no == reg_no))).first()
        return None if row is None else as_struct(Grantor, row)

    async def names(self) -> dict[str, str]:
        """Registration number → name, of everybody who takes part."""
        async with self._ledger.reading() as connection:
            found = [*await connection.execute(sa.select(providers)), *await connection.execute(sa.select(grantors))]
        return {row.reg_no: row.name for row in found}

    async def contracts_of(self, reg_no: str) -> list[Contract]:
        mine = sa.or_(contracts.c.grantor == reg_no, contracts.c.provider == reg_no)
        async with self._ledger.reading() as connection:
            rows = await connection.execute(sa.select(contracts).where(mine).order_by(contracts.c.grantor))
            return [as_struct(Contract, row) for row in rows]

    async def must_have_contract(self, connection: AsyncConnection, provider: str) -> None:
        """With any grantor, or a programme of its own. Raises `NoContract`."""
        today = day_of(self._clock.wall_ms())
        held = await connection.scalar(
            sa.select(contracts.c.grantor).where(contracts.c.provider == provider, in_force(contracts, today)).limit(1)
        )
        own = await connection.scalar(sa.select(grantors.c.reg_no).where(grantors.c.reg_no == provider))
        if held is None and own is None:
            raise NoContract

    # ── outlets ──────────────────────────────────────────────────────────────────────────────────

    async def save_outlet(self, tx: Transaction, outlet: Outlet) -> None:
        """Raises `OutletUnknown` for an id that is another provider's."""
        owner = (await tx.execute(sa.select(outlets.c.provider).where(outlets.c.id == outlet.id))).scalar()
        if owner not in (None, outlet.provider):
            raise OutletUnknown(field="id")
        await tx.execute(sa.delete(outlets).where(outlets.c.id == outlet.id))
        await tx.execute(sa.insert(outlets).values(msgspec.structs.asdict(outlet)))

    async def outlets_of(self, provider: str) -> list[Outlet]:
        async with self._ledger.reading() as connection:
            rows = await connection.execute(
                sa.select(outlets).where(outlets.c.provider == provider).order_by(outlets.c.name)
            )
            return [as_struct(Outlet, row, active=bool(row.active)) for row in rows]

    async def outlet(self, connection: AsyncConnection, provider: str, outlet_id: str) -> Outlet:
        """An active outlet of the provider. Raises `OutletUnknown`, `OutletInactive`."""
        mine = sa.and_(outlets.c.id == outlet_id, outlets.c.provider == provider)
        row = (await connection.execute(sa.select(outlets).where(mine))).first()
        if row is None:
            raise OutletUnknown(field="outlet")
        if not row.active:
            raise OutletInactive
        found: Outlet = as_struct(Outlet, row, active=True)
        return found

    # ── the catalogue ────────────────────────────────────────────────────────────────────────────

    async def save_items(self, tx: Transaction, provider: str, found: Sequence[Item]) -> None:
        for item in found:
            await tx.execute(sa.delete(items).where(items.c.provider == provider, items.c.sku == item.sku))
            await tx.execute(sa.insert(items).values(provider=provider, **msgspec.structs.asdict(item)))

    async def items_of(self, provider: str, *, limit: int = 500) -> list[Item]:
        async with self._ledger.reading() as connection:
            rows = await connection.execute(
                sa.select(items).where(items.c.provider == provider).order_by(items.c.sku).limit(limit)
            )
            return [as_struct(Item, row, service=bool(row.service)) for row in rows]

    async def categories(self, connection: AsyncConnection, provider: str, skus: Sequence[str]) -> dict[str, str]:
        """Raises `ItemUnknown` naming the first line that is not in the catalogue: a till does not say what food is."""
        rows = await connection.execute(
            sa.select(items.c.sku, items.c.category).where(items.c.provider == provider, items.c.sku.in_(set(skus)))
        )
        found: dict[str, str] = {row.sku: row.category for row in rows}
        for number, sku in enumerate(skus):
            if sku not in found:
                raise ItemUnknown(field=f"lines.{number}.sku")
        return found
