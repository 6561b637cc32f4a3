"""How each citizen arranged the own panel: an order of widgets, and those that are put away."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from kernel.ids import AccountId
from kernel.ledger import Ledger, metadata

WIDGETS = (
    "consultations",
    "benefits",
    "means",
    "used",
    "powers",
    "eaddress",
    "open_now",
    "suggestions",
    "programmes",
    "me",
    "viewed",
)

panel_layouts = sa.Table(
    "panel_layouts",
    metadata,
    sa.Column("account_id", sa.String(64), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    order: tuple[str, ...] = WIDGETS
    hidden: tuple[str, ...] = ()


def arranged(order: Sequence[str], hidden: Sequence[str]) -> Layout:
    """Every widget once: those that are named in their order, then the rest; unknown names are dropped."""
    known = [name for name in dict.fromkeys(order) if name in WIDGETS]
    rest = [name for name in WIDGETS if name not in known]
    return Layout(order=(*known, *rest), hidden=tuple(name for name in WIDGETS if name in hidden))


class Layouts:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def of(self, account_id: AccountId) -> Layout:
        wanted = sa.select(panel_layouts.c.body).where(panel_layouts.c.account_id == account_id)
        async with self._ledger.reading() as connection:
            body = await connection.scalar(wanted)
        if body is None:
            return Layout()
        kept = msgspec.json.decode(body, type=Layout)
        return arranged(kept.order, kept.hidden)

    async def save(self, account_id: AccountId, order: Sequence[str], hidden: Sequence[str]) -> Layout:
        made = arranged(order, hidden)
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(panel_layouts).where(panel_layouts.c.account_id == account_id))
            await tx.execute(
                sa.insert(panel_layouts).values(account_id=account_id, body=msgspec.json.encode(made).decode())
            )
        return made
