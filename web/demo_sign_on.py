"""Who of the demo signs in by the stand-in of the state's sign-on. Invented, and one whom no directory knows."""

from __future__ import annotations

from kernel.ids import AccountId
from kernel.ledger import Ledger
from kernel.private import Private
from kernel.vault import Vault
from portal_bridge.vpm_standin import Someone
from web.sign_on_store import Identifiers

_LOADING = 0x4B4C_5653

#: account → identifier; the codes belong to nobody (DOMAIN §3)
PEOPLE: dict[str, str] = {
    "clerk-grobina": "AU:100027-PK:06051500417",
    "clerk-adazi": "AU:100023-PK:07061800514",
    "officer-vsaa-1": "AU:100002-PK:08072000613",
    "supervisor-vsaa": "AU:100002-PK:09082200728",
    "administrator-vsaa": "AU:100002-PK:10092500810",
    "network-manager": "AU:100001-PK:11102800919",
    "citizen-2": "PK:03020500111",
}
_LABELS = {
    "clerk-grobina": "Grobiņas VPVKAC darbinieks",
    "clerk-adazi": "Ādažu VPVKAC darbinieks",
    "officer-vsaa-1": "VSAA speciālists 1",
    "supervisor-vsaa": "VSAA uzraugs",
    "administrator-vsaa": "VSAA administrators",
    "network-manager": "VPVKAC tīkla pārvaldnieks",
    "citizen-2": "Iedzīvotājs 2 (demo)",
}
#: signs in, and has no role here
STRANGER = Someone("AU:100009-PK:12113001017", "Darbinieks bez lomas")


def people() -> list[Someone]:
    return [*(Someone(identifier, _LABELS[account]) for account, identifier in PEOPLE.items()), STRANGER]


async def load(ledger: Ledger, vault: Vault) -> None:
    identifiers = Identifiers(ledger, vault)
    async with ledger.transaction() as tx:
        await tx.alone(_LOADING)
        for account, identifier in PEOPLE.items():
            await identifiers.save(tx, Private(identifier), AccountId(account))
