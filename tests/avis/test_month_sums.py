"""Sums that are kept of months that are over say what the rows say, whatever is asked."""

from __future__ import annotations

import random
from itertools import product
from typing import get_args

import pytest
import sqlalchemy as sa

from avis_bridge.model import day_of
from avis_bridge.month_sums import Cell, Dimension, Scope
from avis_bridge.tables import benefits
from avis_bridge.till_model import Returned
from kernel.clock import ManualClock
from kernel.ledger import Ledger
from tests.avis.household import MERCHANT, MUNICIPALITY, SHOPPING, TICKET, TILL, Household, household

DAY_S = 86_400
EVER = {"from_month": "2000-01", "to_month": "2099-12"}
SCOPES = (
    Scope(side=None, reg_no="", **EVER),
    Scope(side=None, reg_no="", from_month="2026-02", to_month="2026-03"),
    Scope(side="grantor", reg_no=MUNICIPALITY, **EVER),
    Scope(side="provider", reg_no=MERCHANT, only={"category": "food"}, **EVER),
    Scope(side=None, reg_no="", only={"grantor": MERCHANT, "year": "2026"}, **EVER),
    Scope(side="provider", reg_no=MERCHANT, only={"outlet": "shop"}, **EVER),
    Scope(side=None, reg_no="", only={"category": "food/bread"}, **EVER),
    Scope(side="grantor", reg_no=MERCHANT, only={"atvk": "LV0027000"}, **EVER),
)
PLACES: tuple[Dimension, ...] = ("outlet", "atvk")
Report = tuple[Scope, Dimension, Dimension]
ASKED: list[Report] = [(scope, *two) for scope in SCOPES for two in product(get_args(Dimension), repeat=2)]


@pytest.fixture
async def home(ledger: Ledger, clock: ManualClock) -> Household:
    """Four months of sales: two grantors' benefits on the same goods, and returns, some of them months later."""
    home = await household(ledger, clock)
    await home.grant(include=("food",))
    await home.grant(500)
    await home.loyalty(exclude=("alcohol",))
    dice = random.Random(3)
    sold: list[str] = []
    for number in range(12):
        quote = await home.quote(SHOPPING if dice.random() < 0.7 else TICKET, dice.choice(("shop", "kiosk")))
        sale = await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), f"k{number}")
        sold.append(sale.transaction)
        if number % 3 == 2:
            back = sold.pop(dice.randrange(len(sold)))
            await home.avis.till.reverse(TILL, back, [Returned(line=0, quantity=1)], f"r{number}")
            clock.advance(31 * DAY_S)
    return home


async def _said(home: Household, asked: list[Report]) -> list[list[Cell]]:
    return [await home.avis.sums.cells(*each) for each in asked]


async def test_kept_sums_say_what_the_rows_say(home: Household, clock: ManualClock) -> None:
    asked = random.Random(5).sample(ASKED, 60)
    rows = await _said(home, asked)
    assert any(len(cells) > 3 for cells in rows)
    assert await home.avis.sums.tick() == 4
    assert await _said(home, asked) == rows
    assert await home.avis.sums.tick() == 0
    # a sale of this month is counted beside what is kept
    quote = await home.quote()
    await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "now")
    beside = await _said(home, asked)
    await home.avis.sums.forget()
    assert beside == await _said(home, asked) != rows


async def test_places_of_months_that_are_over_are_read_from_their_sums(home: Household) -> None:
    everything = Scope(side=None, reg_no="", **EVER)
    asked: list[Report] = [
        (scope, place, other)
        for scope in (everything, Scope(side="provider", reg_no=MERCHANT, **EVER))
        for place, other in product(PLACES, get_args(Dimension))
    ]
    asked += [(Scope(side="grantor", reg_no=MUNICIPALITY, **EVER), place, "month") for place in PLACES]
    asked += [(Scope(side=None, reg_no="", only={"category": "food/milk"}, **EVER), "month", "provider")]
    rows = await _said(home, asked)
    assert all(rows)
    await home.avis.sums.tick()
    async with home.avis.ledger.transaction() as tx:
        await tx.execute(sa.delete(benefits))
    assert await _said(home, asked) == rows
    # what the sums do not tell apart is counted from the rows, of which there are none now
    beneath = Scope(side=None, reg_no="", only={"category": "food"}, **EVER)
    assert await home.avis.sums.cells(beneath, "month", "provider") == []


async def test_a_sale_counts_once_in_its_own_month(home: Household) -> None:
    await home.avis.sums.tick()
    everything = SCOPES[0]
    months = await home.avis.sums.cells(everything, "month", "year")
    assert [(cell.row, cell.transactions) for cell in months] == [
        ("2026-01", 3),
        ("2026-02", 3),
        ("2026-03", 3),
        ("2026-04", 3),
    ]
    found = await home.avis.history.indicators(everything)
    assert (found.rr1_transactions, found.rr2_merchants) == (12, 1)
    assert found.rr3_cents == sum(cell.benefit_cents for cell in months)


async def test_a_month_rests_for_a_day(home: Household, clock: ManualClock) -> None:
    await home.avis.sums.tick()
    quote = await home.quote()
    await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), "last")
    clock.advance(27 * DAY_S)
    assert day_of(clock.wall_ms()) == "2026-06-01"
    assert await home.avis.sums.tick() == 0
    clock.advance(DAY_S)
    assert await home.avis.sums.tick() == 1
