"""The demo's register of powers of attorney: companies of nobody, one notary, powers in every state (DOMAIN §6)."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from kernel.ledger import Ledger, Transaction
from kernel.private import Private
from kernel.vault import Vault
from portal_bridge.jpp_core import ALL
from portal_bridge.jpp_tables import authorisations, legal_persons, notaries, representatives

_LOADING = 0x4B4C_444A
NOTARY = "notars-demo"
#: registration number → name, struck off
COMPANIES = {
    "49999991007": ("Pārtikas veikals (demo)", False),
    "49999991011": ("Autobusu pārvadātājs (demo)", False),
    "49999991026": ("Likvidētā sabiedrība (demo)", True),
    "49999991045": ("Ārvalstu komersanta filiāle (demo)", False),
}
#: delegate, company, scopes, valid to, state
AUTHORISATIONS = (
    ("demo-a-1", "020101-00013", "49999991007", (ALL,), "2030-12-31", "active"),
    ("demo-a-2", "030205-00111", "49999991007", ("eadrese.read",), "2030-12-31", "active"),
    ("demo-a-3", "030205-00111", "49999991011", (ALL,), "2020-01-31", "active"),
    ("demo-a-4", "140310-00212", "49999991011", (ALL,), "2030-12-31", "revoked"),
    ("demo-a-5", "020101-00013", "49999991026", (ALL,), "2030-12-31", "active"),
)
#: who represents a company, and whether only together with the others
REPRESENTATIVES = (("49999991011", "050412-00328", False), ("49999991045", "140310-00212", True))


async def load(ledger: Ledger, vault: Vault) -> None:
    """Once in the life of a ledger."""
    async with ledger.transaction() as tx:
        await tx.alone(_LOADING)
        if (await tx.execute(sa.select(notaries.c.id).where(notaries.c.id == NOTARY))).first() is None:
            await _load(tx, vault)


async def _load(tx: Transaction, vault: Vault) -> None:
    await tx.execute(sa.insert(notaries).values(id=NOTARY, active=True))
    await tx.execute(sa.insert(notaries).values(id="notars-bez-amata", active=False))
    for reg_no, (name, dissolved) in COMPANIES.items():
        await tx.execute(sa.insert(legal_persons).values(reg_no=reg_no, name=name, dissolved=dissolved))
    for reg_no, code, joint in REPRESENTATIVES:
        person = vault.pseudonym(Private(code))
        await tx.execute(sa.insert(representatives).values(reg_no=reg_no, person=person, joint=joint))
    for name, code, reg_no, scopes, valid_to, state in AUTHORISATIONS:
        await tx.execute(
            sa.insert(authorisations).values(
                id=name,
                basis="self",
                reg_no=reg_no,
                delegate=vault.pseudonym(Private(code)),
                scopes=msgspec.json.encode(scopes).decode(),
                valid_from="2015-01-01",
                valid_to=valid_to,
                state=state,
                power_id=None,
                needed="[]",
                signed="[]",
                at_ms=0,
            )
        )
