"""Names of agencies, groups and contact points for reports; also of groups that were retired, for what they did."""

from __future__ import annotations

import sqlalchemy as sa

from casework.tables import contact_points
from kernel.facts import Bilingual
from kernel.ledger import Ledger
from router.tables import agencies, groups


async def names_of(ledger: Ledger) -> dict[str, Bilingual | str]:
    """By id; ids of the three are apart."""
    found: dict[str, Bilingual | str] = {}
    async with ledger.reading() as connection:
        for table in (agencies, groups):
            rows = await connection.execute(sa.select(table.c.id, table.c.name_lv, table.c.name_en))
            found |= {row.id: Bilingual(row.name_lv, row.name_en) for row in rows}
        rows = await connection.execute(sa.select(contact_points.c.id, contact_points.c.name))
        return found | {row.id: row.name for row in rows}


def in_latvian(names: dict[str, Bilingual | str]) -> dict[str, str]:
    """For files, whose columns are in Latvian, too."""
    return {key: name if isinstance(name, str) else name.lv for key, name in names.items()}
