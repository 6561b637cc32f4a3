"""An agency's limits beyond which its board warns; the board itself compares, for it has the numbers first."""

from __future__ import annotations

from typing import Annotated

import msgspec
import sqlalchemy as sa

from casework.report_tables import board_thresholds
from kernel.ledger import Ledger, Transaction

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: this is not warned of. ``service_level``: warn below; the others: warn above."""

    longest_wait_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] | None = 300
    waiting: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = 10
    abandon_rate: Share | None = 0.1
    service_level: Share | None = 0.8


async def thresholds_of(ledger: Ledger, agency_id: str) -> Thresholds:
    async with ledger.reading() as connection:
        statement = sa.select(board_thresholds.c.body).where(board_thresholds.c.agency_id == agency_id)
        row = (await connection.execute(statement)).first()
    return Thresholds() if row is None else msgspec.json.decode(row.body, type=Thresholds)


async def save_thresholds(tx: Transaction, agency_id: str, wanted: Thresholds) -> None:
    await tx.execute(sa.delete(board_thresholds).where(board_thresholds.c.agency_id == agency_id))
    body = msgspec.json.encode(wanted).decode()
    await tx.execute(sa.insert(board_thresholds).values(agency_id=agency_id, body=body))
