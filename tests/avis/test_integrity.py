"""What is wrong in AVIS' store is found, in whatever month it is; what was found is kept with its time."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from avis_bridge.integrity import Health
from avis_bridge.integrity_core import LOST_MS, OFTEN_MS, SELDOM_MS, Checked, months_from, next_asked, next_by_itself
from avis_bridge.model import begin_of, month_of
from avis_bridge.tables import benefits, month_checks, quotes, transactions, usage
from avis_bridge.till_model import Returned
from kernel.clock import ManualClock
from kernel.ledger import Ledger
from tests.avis.household import TILL, Household, household

DAY_S = 86_400
MONTHS = ["2026-01", "2026-02", "2026-03", "2026-04"]


@pytest.fixture
async def home(ledger: Ledger, clock: ManualClock) -> Household:
    """A sale in each of three months; goods of the first come back in the third. The fourth has just begun."""
    home = await household(ledger, clock)
    await home.grant(include=("food",))
    sold = []
    for number in range(3):
        quote = await home.quote()
        sold.append((await home.avis.till.commit(TILL, quote.quote, home.receipt(quote), f"k{number}")).transaction)
        if number == 2:
            await home.avis.till.reverse(TILL, sold[0], [Returned(line=0, quantity=1)], "r")
        clock.advance(31 * DAY_S)
    assert [month_of(begin_of(each)) for each in MONTHS] == MONTHS
    return home


async def _checked(home: Household) -> Health:
    await home.avis.integrity.ask()
    await home.avis.integrity.check_asked(60)
    return await home.avis.integrity.health()


async def test_what_a_till_wrote_agrees_with_itself(home: Household, clock: ManualClock) -> None:
    before = await home.avis.integrity.health()
    assert (before.months.total, before.months.checked, before.months.oldest_ms) == (4, 0, 0)
    found = await _checked(home)
    assert set(found.checks.values()) == {0}
    assert (found.months.total, found.months.checked, found.months.due, found.months.wrong) == (4, 4, 0, [])
    assert found.months.oldest_ms == found.months.newest_ms == clock.wall_ms()
    assert found.counts["transactions"] == 3


FIRST = sa.select(sa.func.min(transactions.c.id)).scalar_subquery()
SALE = transactions.c.id == FIRST
WRONG: list[tuple[str, Any]] = [
    ("usage_equals_benefits", sa.update(usage).where(usage.c.month == "2026-01").values(cents=usage.c.cents + 1)),
    ("usage_equals_benefits", sa.delete(usage).where(usage.c.month == "2026-01")),
    ("totals_equal_benefits", sa.update(transactions).where(SALE).values(paid=transactions.c.paid - 1)),
    ("reversed_at_most_given", sa.update(benefits).where(benefits.c.cents < 0).values(cents=benefits.c.cents * 9)),
    ("sales_in_their_month", sa.update(transactions).where(SALE).values(month="2026-02")),
]


@pytest.mark.parametrize(("check", "change"), WRONG)
async def test_what_was_changed_is_found(home: Household, check: str, change: Any) -> None:
    await _checked(home)
    async with home.avis.ledger.transaction() as tx:
        assert (await tx.execute(change)).rowcount
    kept = await home.avis.integrity.health()
    assert kept.checks[check] == 0, "as it was found last"
    found = await _checked(home)
    assert (found.checks[check], found.months.wrong) == (1, ["2026-01"])


async def test_a_quote_without_its_transaction_is_found(home: Household) -> None:
    async with home.avis.ledger.transaction() as tx:
        await tx.execute(sa.update(quotes).values(transaction_id="nowhere"))
    assert (await home.avis.integrity.health()).checks["quotes_have_their_transaction"] > 0


async def test_months_are_checked_again_by_themselves(home: Household, clock: ManualClock) -> None:
    tick = home.avis.integrity.tick
    assert [await tick() for _ in range(5)] == [1, 1, 1, 1, 0], "one at a time"
    clock.advance(OFTEN_MS / 1000)
    assert [await tick() for _ in range(2)] == [1, 0], "to this one sales still come"
    clock.advance((SELDOM_MS - OFTEN_MS) / 1000)
    assert [await tick() for _ in range(5)] == [1, 1, 1, 1, 0]
    await home.avis.integrity.ask()
    assert await tick() == 4, "all of them, when somebody waits"


async def test_a_check_that_somebody_else_is_at_is_left_alone(home: Household, clock: ManualClock) -> None:
    await _checked(home)
    clock.advance(SELDOM_MS / 1000)
    async with home.avis.ledger.transaction() as tx:
        await tx.execute(sa.update(month_checks).values(begun_ms=clock.wall_ms()))
    assert await home.avis.integrity.tick() == 0
    clock.advance(LOST_MS / 1000)
    assert await home.avis.integrity.tick() == 1, "whoever began it was lost"


def test_which_month_is_next() -> None:
    now = begin_of("2026-04") + 2 * SELDOM_MS
    assert months_from(begin_of("2025-11") - 1, now) == ["2025-10", "2025-11", "2025-12", *MONTHS]

    def month(name: str, ago_ms: int, *, due: bool = False) -> Checked:
        return Checked(month=name, due=due, begun_ms=now - ago_ms, checked_ms=now - ago_ms)

    fresh = [month("2026-03", SELDOM_MS - 1), month("2026-04", OFTEN_MS - 1)]
    assert (next_by_itself(fresh, now), next_asked(fresh)) == (None, None)
    assert next_by_itself([month("2026-03", SELDOM_MS), month("2026-04", OFTEN_MS - 1)], now) == "2026-03"
    assert next_by_itself([month("2026-03", OFTEN_MS), month("2026-04", OFTEN_MS)], now) == "2026-04"
    assert next_asked([month("2026-03", 0, due=True), month("2026-02", 0, due=True)]) == "2026-03"
