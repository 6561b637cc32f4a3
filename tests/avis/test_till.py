"""Identify, quote, commit, reverse on both databases: amounts, refusals, caps at their edge."""

from __future__ import annotations

import asyncio

import pytest

from avis_bridge.model import Outlet, System, Words
from avis_bridge.month_sums import Scope
from avis_bridge.till import QUOTE_MS
from avis_bridge.till_model import Basket, BasketLine, Returned
from kernel.bridge_errors import (
    CapChanged,
    CurrencyNotEur,
    DagrUnavailable,
    ItemUnknown,
    MeansBlocked,
    MeansOfAnother,
    MeansUnknown,
    NoContract,
    OutletInactive,
    OutletUnknown,
    QuoteExpired,
    ReceiptDuplicate,
    ReceiptTotalMismatch,
    ReverseExceeds,
    TransactionUnknown,
)
from kernel.clock import ManualClock
from kernel.errors import IdempotencyMismatch
from kernel.ledger import Ledger
from kernel.private import Private
from tests.avis.household import (
    CARD,
    MERCHANT,
    MUNICIPALITY,
    PERSON,
    TICKET,
    TILL,
    Household,
    body_of,
    household,
    receipt,
)


@pytest.fixture
async def home(ledger: Ledger, clock: ManualClock) -> Household:
    return await household(ledger, clock)


async def test_e3_e10_and_e11_through_the_till(home: Household, clock: ManualClock) -> None:
    food = await home.grant(include=("food",))
    loyalty = await home.loyalty(exclude=("alcohol",))
    quote = await home.quote()
    assert (quote.gross_cents, quote.benefit_cents, quote.paid_cents) == (555, 105, 450)
    sale = await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "k1")
    back = await home.avis.till.reverse(TILL, sale.transaction, [Returned(line=1, quantity=1)], "k2")
    assert (back.refund_cents, back.restored) == (97, {food.id: 27, loyalty.id: 11})
    settled = await home.avis.history.settlement("provider", MERCHANT, "2026-01")
    assert {(owed.instruction, owed.cents, owed.self_funded) for owed in settled} == {
        (food.id, 48, False),
        (loyalty.id, 19, True),
    }
    assert [owed.cents for owed in await home.avis.history.settlement("grantor", MUNICIPALITY, "2026-01")] == [48]
    history, year = home.avis.history, {"from_month": "2026-01", "to_month": "2026-12"}
    mine = Scope(side="grantor", reg_no=MUNICIPALITY, **year)
    cells = await history.report(mine, "category", "year")
    bread = Scope(side="grantor", reg_no=MUNICIPALITY, only={"category": "food/bread"}, **year)
    assert [(cell.row, cell.benefit_cents) for cell in await history.report(bread, "year", "month")] == [("2026", 48)]
    assert (await history.indicators(bread)).rr3_cents == 48
    assert await history.values(mine, "category") == ["food/bread", "food/milk"]
    assert {(cell.row, cell.gross_cents, cell.benefit_cents) for cell in cells} == {
        ("food/bread", 240, 48),
        ("food/milk", 0, 0),
    }
    bought = await home.avis.history.of_person(home.avis.vault.pseudonym(PERSON))
    assert [(row["paid_cents"], row["reversed_cents"]) for row in bought] == [(450, 38)]
    found = await history.indicators(Scope(side=None, reg_no="", **year))
    assert (found.rr1_transactions, found.rr2_merchants, found.rr3_cents) == (1, 1, 67)


async def test_twenty_commits_at_the_edge_of_a_cap(home: Household, ledger: Ledger) -> None:
    granted = await home.grant(5_000, cap_month=500)
    quotes = [await home.quote(TICKET) for _ in range(20)]
    assert {quote.benefit_cents for quote in quotes} == {75}

    async def commit(number: int) -> int:
        quote = quotes[number]
        try:
            await home.avis.till.commit(TILL, quote.quote, receipt(number, quote.paid_cents), f"k{number}")
        except CapChanged as changed:
            return changed.details["quote"].benefit_cents
        return 75

    given = await asyncio.gather(*(commit(number) for number in range(20)))
    assert sorted(given) == [50] * 14 + [75] * 6
    owed = await home.avis.history.settlement("grantor", MUNICIPALITY, "2026-01")
    assert [(each.instruction, each.cents) for each in owed] == [(granted.id, 450)]
    last = await home.quote(TICKET)
    assert last.benefit_cents == 50
    await home.avis.till.commit(TILL, last.quote, receipt(99, last.paid_cents), "last")
    assert (await home.quote(TICKET)).benefit_cents == 0


async def test_a_return_restores_the_cap_and_the_count(home: Household) -> None:
    await home.grant(5_000, cap_month=75, count_month=1)
    quote = await home.quote(TICKET)
    sale = await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "k1")
    assert (await home.quote(TICKET)).benefit_cents == 0
    await home.avis.till.reverse(TILL, sale.transaction, [Returned(line=0, quantity=1)], "k2")
    assert (await home.quote(TICKET)).benefit_cents == 75
    with pytest.raises(ReverseExceeds):
        await home.avis.till.reverse(TILL, sale.transaction, [Returned(line=0, quantity=1)], "k3")
    with pytest.raises(ReverseExceeds):
        await home.avis.till.reverse(TILL, sale.transaction, [Returned(line=7, quantity=1)], "k4")


async def test_a_cap_begins_anew_with_the_month_in_latvia(home: Household, clock: ManualClock) -> None:
    await home.grant(5_000, cap_month=75)
    clock.advance(30 * 86_400)  # 31 January, 02:00 in Latvia
    quote = await home.quote(TICKET)
    await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "k1")
    assert (await home.quote(TICKET)).benefit_cents == 0
    clock.advance(22 * 3_600)  # 1 February there, still January in UTC
    assert (await home.quote(TICKET)).benefit_cents == 75


async def test_the_same_receipt_twice_is_one_transaction(home: Household) -> None:
    await home.grant()
    quote, other = await home.quote(), await home.quote()
    paper = home.receipt(quote)
    sales = await asyncio.gather(*(home.avis.till.commit(TILL, quote.quote, paper, "k") for _ in range(5)))
    assert len({sale.transaction for sale in sales}) == 1
    with pytest.raises(IdempotencyMismatch):
        await home.avis.till.commit(TILL, other.quote, paper, "k")
    with pytest.raises(ReceiptDuplicate):
        await home.avis.till.commit(TILL, other.quote, paper, "another key")
    with pytest.raises(QuoteExpired):
        await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "used up")
    assert len(await home.avis.history.of_provider(MERCHANT)) == 1
    back = [Returned(line=0, quantity=1)]
    twice = [await home.avis.till.reverse(TILL, sales[0].transaction, back, "r") for _ in range(2)]
    assert twice[0] == twice[1]
    with pytest.raises(IdempotencyMismatch):
        await home.avis.till.reverse(TILL, sales[0].transaction, [Returned(line=1, quantity=1)], "r")


async def test_quotes_expire_and_totals_must_agree(home: Household, clock: ManualClock) -> None:
    await home.grant()
    quote = await home.quote()
    with pytest.raises(ReceiptTotalMismatch):
        await home.avis.till.commit(TILL, quote.quote, home.receipt(quote, total_cents=1), "k")
    clock.advance(QUOTE_MS / 1000 + 1)
    with pytest.raises(QuoteExpired):
        await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "k")


async def test_an_edit_leaves_what_was_quoted(home: Household) -> None:
    granted = await home.grant()
    quote = await home.quote()
    body = granted.body
    changed = await home.avis.instructions.revise(
        MUNICIPALITY, granted.id, type(body)(**{**fields_of(body), "value": 100}), version=1, by="test"
    )
    assert changed.version == 2
    sale = await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "k")
    assert sale.paid_cents == quote.paid_cents
    assert (await home.quote()).paid_cents > quote.paid_cents
    assert [each["version"] for each in await home.avis.instructions.versions(MUNICIPALITY, granted.id)] == [2, 1]


def fields_of(body: object) -> dict[str, object]:
    return {name: getattr(body, name) for name in type(body).__struct_fields__}  # type: ignore[attr-defined]


async def test_a_blocked_means_is_refused_at_once(home: Household) -> None:
    await home.grant()
    quote = await home.quote()
    person = home.avis.vault.pseudonym(PERSON)
    card = (await home.avis.means.of(person))[0]
    await home.avis.means.set_state(card.id, "blocked", person=person)
    with pytest.raises(MeansBlocked):
        await home.avis.till.identify(TILL, CARD, "shop")
    with pytest.raises(MeansBlocked):
        await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "k")
    await home.avis.means.set_state(card.id, "active", person=person)
    assert (await home.quote()).benefit_cents
    await home.avis.means.set_state(card.id, "revoked", person=person)
    with pytest.raises(MeansBlocked):
        await home.avis.means.set_state(card.id, "active", person=person)
    with pytest.raises(MeansOfAnother):
        await home.avis.means.set_state(card.id, "active", person="f" * 32)


async def test_an_issued_means_waits_for_its_holder(home: Household) -> None:
    made, token = await home.avis.means.issue(PERSON, "student_card", grantor=MUNICIPALITY, valid_to=None)
    with pytest.raises(MeansBlocked):
        await home.avis.till.identify(TILL, token, "shop")
    await home.avis.means.set_state(made.id, "active", person=home.avis.vault.pseudonym(PERSON))
    assert (await home.avis.till.identify(TILL, token, "shop")).recipient


async def test_what_a_till_is_refused(home: Household, ledger: Ledger) -> None:
    till = home.avis.till
    with pytest.raises(MeansUnknown):
        await till.identify(TILL, "nobody's", "shop")
    with pytest.raises(OutletUnknown):
        await till.identify(TILL, CARD, "elsewhere")
    stranger = System(client_id="x", owner="40000000000", kind="both", name="x")
    with pytest.raises(NoContract):
        await till.identify(stranger, CARD, "shop")
    async with ledger.transaction() as tx:
        await home.avis.register.save_outlet(
            tx, Outlet(id="shut", provider=MERCHANT, name="S", atvk="LV0021000", address="", active=False)
        )
    with pytest.raises(OutletInactive):
        await till.identify(TILL, CARD, "shut")
    visit = await till.identify(TILL, CARD, "shop")
    with pytest.raises(ItemUnknown):
        await till.quote(
            TILL, Basket(recipient=visit.recipient, lines=(BasketLine(sku="gold", quantity=1, unit_cents=1),))
        )
    with pytest.raises(CurrencyNotEur):
        await till.quote(
            TILL,
            Basket(
                recipient=visit.recipient, currency="USD", lines=(BasketLine(sku="milk", quantity=1, unit_cents=1),)
            ),
        )
    with pytest.raises(TransactionUnknown):
        await till.reverse(TILL, "no such", [Returned(line=0, quantity=1)], "k")


async def test_nothing_to_give_is_a_quote_all_the_same(home: Household) -> None:
    assert (await home.quote()).benefit_cents == 0


class Dagr:
    """Answers, or is away."""

    def __init__(self) -> None:
        self.away = False
        self.asked = 0

    async def holds(self, code: Private[str], criterion: str, *, session: str) -> bool:
        self.asked += 1
        if self.away:
            raise DagrUnavailable
        return code == PERSON and criterion == "large_family"


async def test_dagr_is_believed_for_a_day(ledger: Ledger, clock: ManualClock) -> None:
    dagr = Dagr()
    home = await household(ledger, clock, dagr)

    group = await home.avis.groups.create(MUNICIPALITY, Words("Goda", "Large"), criterion="large_family")
    made = await home.avis.instructions.create(MUNICIPALITY, body_of(group_id=group.id), by="test")
    await home.avis.instructions.step(MUNICIPALITY, made.id, "activate")
    dagr.away = True
    with pytest.raises(DagrUnavailable):
        await home.quote()
    dagr.away = False
    assert (await home.quote()).benefit_cents == 111
    await home.quote()
    assert dagr.asked == 2
    dagr.away = True
    clock.advance(23 * 3_600)
    visit = await home.avis.till.identify(TILL, CARD, "shop")
    assert (visit.stale, len(visit.instructions)) == (True, 1)
    clock.advance(3_600 * 2)
    with pytest.raises(DagrUnavailable):
        await home.avis.till.identify(TILL, CARD, "shop")
    dagr.away = False
    assert (await home.avis.groups.refresh(MUNICIPALITY, group.id)).as_of_ms == clock.wall_ms()
