"""A small AVIS: a municipality, a merchant with a programme of its own, one recipient with a card, one till."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from avis_bridge.groups import Criteria
from avis_bridge.model import Body, Contract, Grantor, Instruction, Item, Outlet, Provider, Receipt, System, Words
from avis_bridge.reference import Avis
from avis_bridge.till_model import Basket, BasketLine, Quote
from kernel.clock import Clock
from kernel.ledger import Ledger
from kernel.private import Private
from kernel.vault import Vault

MUNICIPALITY = "49999991110"
MERCHANT = "49999991007"
PERSON = Private("030205-00111")
CARD = "card-of-the-recipient"
TILL = System(client_id="till", owner=MERCHANT, kind="both", name="Till")
SECRET = "a secret of the till"

ITEMS = (
    Item(sku="bread", name="Maize", category="food/bread", unit_cents=120),
    Item(sku="milk", name="Piens", category="food/milk", unit_cents=135),
    Item(sku="beer", name="Alus", category="alcohol/beer", unit_cents=180),
    Item(sku="ticket", name="Biļete", category="transport/bus", unit_cents=150, service=True),
)
SHOPPING = (("bread", 2, 120), ("milk", 1, 135), ("beer", 1, 180))
TICKET = (("ticket", 1, 150),)


@dataclass
class Household:
    avis: Avis
    group: str
    programme: str
    receipts: int = 0

    async def grant(self, value: int = 2_000, **more: Any) -> Instruction:
        """An active instruction of the municipality for the recipient's group."""
        body = body_of(value=value, group_id=self.group, **more)
        made = await self.avis.instructions.create(MUNICIPALITY, body, by="test")
        return await self.avis.instructions.step(MUNICIPALITY, made.id, "activate")

    async def loyalty(self, value: int = 1_000, **more: Any) -> Instruction:
        body = body_of(value=value, programme_id=self.programme, **more)
        made = await self.avis.instructions.create(MERCHANT, body, by="test")
        await self.avis.programmes.join(self.avis.vault.pseudonym(PERSON), self.programme)
        return await self.avis.instructions.step(MERCHANT, made.id, "activate")

    async def quote(self, lines: tuple[tuple[str, int, int], ...] = SHOPPING, outlet: str = "shop") -> Quote:
        visit = await self.avis.till.identify(TILL, CARD, outlet)
        return await self.avis.till.quote(TILL, basket(visit.recipient, lines))

    def receipt(self, quote: Quote, **more: Any) -> Receipt:
        self.receipts += 1
        return receipt(self.receipts, quote.paid_cents, **more)


def basket(recipient: str, lines: tuple[tuple[str, int, int], ...]) -> Basket:
    return Basket(recipient=recipient, lines=tuple(BasketLine(sku=s, quantity=q, unit_cents=c) for s, q, c in lines))


def receipt(number: int, total: int, **more: Any) -> Receipt:
    values: dict[str, Any] = {
        "kind": "kases_ceks",
        "number": str(number),
        "register": "R-1",
        "issued_at_ms": 1_767_225_600_000,
        "total_cents": total,
    }
    return Receipt(**(values | more))


def body_of(kind: Any = "percent", value: int = 2_000, **more: Any) -> Body:
    return Body(name=Words("Atvieglojums", "Benefit"), kind=kind, value=value, valid_from="2025-01-01", **more)


async def household(ledger: Ledger, clock: Clock, criteria: Criteria | None = None) -> Household:
    avis = Avis(ledger, clock, Vault("key", "pepper"), criteria)
    async with ledger.transaction() as tx:
        await avis.register.save_grantor(tx, Grantor(reg_no=MUNICIPALITY, name="Pašvaldība", sector="public"))
        await avis.register.save_grantor(tx, Grantor(reg_no=MERCHANT, name="Tirgotājs", sector="merchant"))
        await avis.register.save_provider(tx, Provider(reg_no=MERCHANT, name="Tirgotājs"))
        await avis.register.save_contract(
            tx, Contract(grantor=MUNICIPALITY, provider=MERCHANT, valid_from="2025-01-01")
        )
        for made, atvk, address in (("shop", "LV0021000", "Alūksne"), ("kiosk", "LV0027000", "Grobiņa")):
            await avis.register.save_outlet(
                tx, Outlet(id=made, provider=MERCHANT, name="Veikals", atvk=atvk, address=address)
            )
        await avis.register.save_items(tx, MERCHANT, ITEMS)
        await avis.systems.save(tx, TILL, SECRET)
    group = await avis.groups.create(MUNICIPALITY, Words("Ģimenes", "Families"))
    await avis.groups.import_list(MUNICIPALITY, group.id, [(PERSON.reveal(), "2025-01-01", None)])
    programme = await avis.programmes.create(MERCHANT, Words("Draugi", "Friends"))
    await avis.means.register(PERSON, "customer_card", CARD, label="", issued_by="citizen")
    return Household(avis, group.id, programme.id)
