"""The demo's AVIS: who grants, who serves, what is granted to whom, and a few months of sales. Invented, but for names
of public bodies; registration numbers and personal codes belong to nobody (DOMAIN §3)."""

from __future__ import annotations

import contextlib
from typing import Any

from avis_bridge.calculation_core import Sector
from avis_bridge.model import Body, Contract, Grantor, Item, MeansKind, Outlet, Provider, Receipt, System, Words
from avis_bridge.reference import Avis
from avis_bridge.till_model import Basket, BasketLine
from kernel.bridge_errors import CapChanged
from kernel.clock import Clock, ManualClock
from kernel.identity import Identity, Principal
from kernel.ids import AccountId
from kernel.ledger import Ledger, Transaction
from kernel.messages import Role
from kernel.private import Private
from kernel.vault import Vault
from web.citizens import Citizens

MINISTRY, MUNICIPALITY, FOUNDATION = "49999991117", "49999991121", "49999991136"
SHOP, BUS, MUSEUM = "49999991007", "49999991011", "49999991045"
_LOADING = 0x4B4C_4441
_MONTH_S = 30 * 86_400

GRANTORS: tuple[tuple[str, str, Sector], ...] = (
    (MINISTRY, "Satiksmes ministrija", "public"),
    (MUNICIPALITY, "Alūksnes novada pašvaldība", "public"),
    (FOUNDATION, "Sabiedrības integrācijas fonds", "public"),
    (SHOP, "Pārtikas veikals (demo)", "merchant"),
)
PROVIDERS = ((SHOP, "Pārtikas veikals (demo)"), (BUS, "Autobusu pārvadātājs (demo)"), (MUSEUM, "Muzejs (demo)"))
CONTRACTS = ((MINISTRY, BUS), (MUNICIPALITY, SHOP), (FOUNDATION, MUSEUM), (FOUNDATION, SHOP))
OUTLETS = (
    ("veikals-aluksne", SHOP, "Veikals Alūksnē", "LV0021000", "Alūksne"),
    ("veikals-adazi", SHOP, "Veikals Ādažos", "LV0023000", "Ādaži"),
    ("autobuss-1", BUS, "Maršruts Alūksne–Rīga", "LV0021000", "Alūksnes autoosta"),
    ("muzejs", MUSEUM, "Muzeja kase", "LV0021000", "Alūksne"),
)
ITEMS: dict[str, tuple[Item, ...]] = {
    SHOP: (
        Item(sku="maize", name="Rudzu maize", category="food/bread", unit_cents=120),
        Item(sku="piens", name="Piens 1 l", category="food/milk", unit_cents=135),
        Item(sku="pusdienas", name="Pusdienas", category="food/lunch", unit_cents=215),
        Item(sku="alus", name="Alus", category="alcohol/beer", unit_cents=180),
    ),
    BUS: (Item(sku="bilete", name="Biļete", category="transport/bus", unit_cents=150, service=True),),
    MUSEUM: (Item(sku="ieeja", name="Ieejas biļete", category="culture/museum", unit_cents=250, service=True),),
}

PEOPLE = ("020101-00013", "030205-00111", "140310-00212", "050412-00328")
#: group → grantor, name, who is in it (places in PEOPLE)
GROUPS: tuple[tuple[str, str, Words, tuple[int, ...]], ...] = (
    ("fares", MINISTRY, Words("Braucēji ar atvieglojumiem", "Passengers with reduced fares"), (0, 1)),
    ("pupils", MUNICIPALITY, Words("Novada skolēni", "Pupils of the municipality"), (2, 3)),
    ("families", FOUNDATION, Words("Goda ģimenes", "Large families"), (1, 2)),
)
INSTRUCTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "fares-50",
        MINISTRY,
        {
            "name": Words("Braukšanas maksas atvieglojums reģionālajā autobusā", "Reduced fare on regional buses"),
            "kind": "percent",
            "value": 5_000,
            "group_id": "fares",
            "include": ("transport/bus",),
            "exclusive": True,
            "cap_month": 2_000,
        },
    ),
    (
        "lunch-110",
        MUNICIPALITY,
        {
            "name": Words("Ēdināšanas pabalsts skolēnam", "School meal benefit"),
            "kind": "fixed_unit",
            "value": 110,
            "group_id": "pupils",
            "include": ("food/lunch",),
            "max_quantity": 1,
            "cap_month": 2_420,
        },
    ),
    (
        "museums",
        FOUNDATION,
        {
            "name": Words("Goda ģimenes atlaide muzejos", "Large families' discount in museums"),
            "kind": "percent",
            "value": 10_000,
            "group_id": "families",
            "include": ("culture/museum",),
            "valid_to": "2027-12-31",
        },
    ),
    (
        "friends-5",
        SHOP,
        {
            "name": Words("Pastāvīgā pircēja atlaide", "Regular customer's discount"),
            "kind": "percent",
            "value": 500,
            "programme_id": "friends",
            "exclude": ("alcohol",),
        },
    ),
)
#: holder (place in PEOPLE), kind, token, issuer
CARDS: tuple[tuple[int, MeansKind, str, str], ...] = (
    (0, "transport_card", "DEMO-0001", MINISTRY),
    (1, "customer_card", "DEMO-0002", "citizen"),
    (2, "student_card", "DEMO-0003", MUNICIPALITY),
)
#: card, provider, outlet, goods
SALES = (
    ("DEMO-0001", BUS, "autobuss-1", (("bilete", 2, 150),)),
    ("DEMO-0002", SHOP, "veikals-aluksne", (("maize", 2, 120), ("piens", 1, 135))),
    ("DEMO-0003", SHOP, "veikals-adazi", (("pusdienas", 1, 215),)),
)


async def load(ledger: Ledger, clock: Clock, vault: Vault, identity: Identity) -> None:
    """Once in the life of a ledger; accounts at every start."""
    avis = Avis(ledger, clock, vault)
    async with ledger.transaction() as tx:
        await tx.alone(_LOADING)
        await _accounts(tx, identity, Citizens(ledger, vault))
        if await avis.register.grantor(MINISTRY) is not None:
            return
        await _register(tx, avis)
    for group_id, grantor, name, places in GROUPS:
        await avis.groups.create(grantor, name, group_id=group_id)
        await avis.groups.import_list(grantor, group_id, [(PEOPLE[place], "2025-01-01", None) for place in places])
    await avis.programmes.create(SHOP, Words("Draugu karte", "Friends' card"), programme_id="friends")
    await avis.programmes.join(vault.pseudonym(Private(PEOPLE[1])), "friends")
    for instruction_id, grantor, more in INSTRUCTIONS:
        body = Body(valid_from="2025-01-01", **more)
        await avis.instructions.create(grantor, body, by="demo", instruction_id=instruction_id)
        await avis.instructions.step(grantor, instruction_id, "activate")
    for place, kind, token, issuer in CARDS:
        await avis.means.register(Private(PEOPLE[place]), kind, token, label="", issued_by=issuer)
    for months in (2, 1, 0):
        await _sell(Avis(ledger, ManualClock(clock.wall_ms() - months * _MONTH_S * 1_000), vault), months)
    # another process may have added up a month between two of these sales
    await avis.sums.forget()


async def _register(tx: Transaction, avis: Avis) -> None:
    for reg_no, name, sector in GRANTORS:
        await avis.register.save_grantor(tx, Grantor(reg_no=reg_no, name=name, sector=sector))
    for reg_no, name in PROVIDERS:
        await avis.register.save_provider(tx, Provider(reg_no=reg_no, name=name))
        await avis.register.save_items(tx, reg_no, ITEMS[reg_no])
    for grantor, provider in CONTRACTS:
        await avis.register.save_contract(tx, Contract(grantor=grantor, provider=provider, valid_from="2025-01-01"))
    for outlet_id, provider, name, atvk, address in OUTLETS:
        await avis.register.save_outlet(
            tx, Outlet(id=outlet_id, provider=provider, name=name, atvk=atvk, address=address)
        )


async def _accounts(tx: Transaction, identity: Identity, citizens: Citizens) -> None:
    for account, role, name, party in (
        ("grantor-aluksne", Role.GRANTOR, "Alūksnes novada pašvaldība", MUNICIPALITY),
        ("grantor-sif", Role.GRANTOR, "Sabiedrības integrācijas fonds", FOUNDATION),
        ("provider-veikals", Role.PROVIDER, "Pārtikas veikals (demo)", SHOP),
        ("provider-autobuss", Role.PROVIDER, "Autobusu pārvadātājs (demo)", BUS),
        ("avis-administrator", Role.AVIS_ADMINISTRATOR, "AVIS administrators", None),
    ):
        await identity.save_account(tx, Principal(id=AccountId(account), role=role, name=name, party_id=party))
    for number, code in enumerate(PEOPLE, 1):
        account_id = AccountId(f"citizen-{number}")
        await identity.save_account(
            tx, Principal(id=account_id, role=Role.CITIZEN, name=f"Iedzīvotājs {number} (demo)")
        )
        await citizens.save(tx, account_id, Private(code))


async def _sell(avis: Avis, months: int) -> None:
    for number, (token, provider, outlet, goods) in enumerate(SALES):
        till = System(client_id="demo", owner=provider, kind="both", name="Demo")
        visit = await avis.till.identify(till, token, outlet)
        lines = tuple(BasketLine(sku=sku, quantity=quantity, unit_cents=cents) for sku, quantity, cents in goods)
        quote = await avis.till.quote(till, Basket(recipient=visit.recipient, lines=lines))
        paper = Receipt(
            kind="kases_ceks",
            number=f"{months}-{number}",
            register="DEMO-1",
            issued_at_ms=avis.clock.wall_ms(),
            total_cents=quote.paid_cents,
        )
        with contextlib.suppress(CapChanged):
            await avis.till.commit(till, quote.quote, paper, f"demo-{months}-{number}")
