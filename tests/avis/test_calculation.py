"""The worked examples to the cent, and what holds for every basket."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avis_bridge.calculation_core import Line, Rule, calculate, half_up, in_category, share_of_units
from tests.avis.baskets import FOOD, LOYALTY, SHOPPING, TICKET, baskets, line, rule, rule_lists, used_amounts

Used = dict[str, tuple[int, int]]


def test_e1_priority_beats_amount() -> None:
    found = calculate(
        TICKET, [rule("B", value=10_000, priority=20, exclusive=True), rule("A", exclusive=True, priority=10)], {}
    )
    assert (found.by_rule(), found.paid) == ({"A": 75}, 75)
    assert [(step.rule, step.why) for step in found.steps] == [("A", "applied"), ("B", "locked")]


def test_e2_equal_priority_takes_the_larger() -> None:
    found = calculate(TICKET, [rule("A", exclusive=True), rule("B", value=10_000, exclusive=True)], {})
    assert (found.by_rule(), found.paid) == ({"B": 150}, 0)


def test_e3_loyalty_on_what_is_left() -> None:
    found = calculate(SHOPPING, [LOYALTY, FOOD], {})
    assert (found.gross, found.by_rule(), found.paid) == (555, {"food": 75, "loyalty": 30}, 450)
    assert [each.cents for each in found.given] == [48, 27, 19, 11]


def test_e3b_exclusive_leaves_nothing_to_loyalty() -> None:
    found = calculate(SHOPPING, [LOYALTY, msgspec.structs.replace(FOOD, exclusive=True)], {})
    assert (found.by_rule(), found.paid) == ({"food": 75}, 480)


def test_e4_a_cap_trims_in_line_order() -> None:
    found = calculate(SHOPPING, [LOYALTY, msgspec.structs.replace(FOOD, cap_transaction=60)], {})
    assert [each.cents for each in found.given] == [48, 12, 19, 12]
    assert found.paid == 464
    assert [step.why for step in found.steps[:3]] == ["applied", "trimmed_transaction", "cap_reached"]


def test_e5_what_is_left_of_the_month() -> None:
    found = calculate(TICKET, [rule("A", exclusive=True, cap_month=2_000)], {"A": (1_950, 3)})
    assert (found.benefit, found.paid) == (50, 100)


def test_e6_a_fixed_amount_for_one_unit() -> None:
    found = calculate([line("food/lunch", 215, 2)], [rule("L", "fixed_unit", 110, max_quantity=1)], {})
    assert (found.benefit, found.paid) == (110, 320)


def test_e7_never_more_than_the_price() -> None:
    found = calculate([line("culture/museum", 250)], [rule("M", "fixed_unit", 300)], {})
    assert (found.benefit, found.paid) == (250, 0)


def test_e8_a_final_price_under_a_cap() -> None:
    found = calculate([line("culture/museum", 600, 3)], [rule("M", "final_price", 200, cap_transaction=1_000)], {})
    assert (found.benefit, found.paid) == (1_000, 800)


def test_e9_halves_round_up_on_each_line() -> None:
    found = calculate([line("a", 99), line("b", 99)], [rule("P", value=1_500)], {})
    assert [each.cents for each in found.given] == [15, 15]


def test_e10_the_milk_comes_back() -> None:
    found = calculate(SHOPPING, [LOYALTY, FOOD], {})
    milk = [each.cents for each in found.given if each.line == 1]
    share = share_of_units(SHOPPING[1], milk, 0, 1)
    assert (share.paid, share.benefits) == (97, (27, 11))


def test_splitting_a_line_gains_nothing() -> None:
    lunch = rule("L", "fixed_unit", 110, max_quantity=1)
    assert calculate([line("food/lunch", 215), line("food/lunch", 215)], [lunch], {}).benefit == 110


def test_used_up_counts_are_said() -> None:
    found = calculate(TICKET, [rule("A", count_month=2)], {"A": (75, 2)})
    assert (found.benefit, found.steps[0].why) == (0, "count_reached")


@pytest.mark.parametrize(
    ("include", "exclude", "category", "held"),
    [
        ((), (), "food", True),
        (("food",), (), "food/bread", True),
        (("food",), (), "foodstuff", False),
        (("food",), ("food/sweets",), "food/sweets/cake", False),
        ((), ("alcohol",), "alcohol", False),
    ],
)
def test_categories_by_prefix(include: tuple[str, ...], exclude: tuple[str, ...], category: str, held: bool) -> None:
    assert in_category(rule("A", include=include, exclude=exclude), category) is held


@pytest.mark.parametrize(("part", "whole"), [((149, 100), 1), ((150, 100), 2), ((0, 7), 0)])
def test_half_up(part: tuple[int, int], whole: int) -> None:
    assert half_up(*part) == whole


@given(baskets, rule_lists(), used_amounts)
def test_what_always_holds(basket: list[Line], rules: list[Rule], used: Used) -> None:
    found = calculate(basket, rules, used)
    assert found.gross == found.paid + sum(each.cents for each in found.given)
    for number, each in enumerate(basket):
        on_line = [benefit.cents for benefit in found.given if benefit.line == number]
        assert each.gross == found.lines_paid[number] + sum(on_line)
        assert found.lines_paid[number] >= 0
    for each in rules:
        given_by = found.by_rule().get(each.id, 0)
        cents, count = used.get(each.id, (0, 0))
        assert each.cap_transaction is None or given_by <= each.cap_transaction
        assert each.cap_month is None or not given_by or cents + given_by <= each.cap_month
        assert each.count_month is None or not given_by or count < each.count_month
    assert len(found.steps) == len(rules) * len(basket)


@given(baskets, rule_lists(), used_amounts, st.randoms())
def test_the_order_given_does_not_matter(basket: list[Line], rules: list[Rule], used: Used, random: object) -> None:
    shuffled = list(rules)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert calculate(basket, rules, used) == calculate(basket, shuffled, used)


@given(baskets, rule_lists(), used_amounts)
def test_loyalty_takes_nothing_from_the_public(basket: list[Line], rules: list[Rule], used: Used) -> None:
    public = [each for each in rules if each.sector != "merchant"]
    with_loyalty = calculate(basket, rules, used).by_rule()
    alone = calculate(basket, public, used).by_rule()
    assert {each.id: with_loyalty.get(each.id, 0) for each in public} == {
        each.id: alone.get(each.id, 0) for each in public
    }


@given(baskets, rule_lists(), st.data())
def test_units_that_come_back_are_the_whole_line_in_the_end(
    basket: list[Line], rules: list[Rule], data: st.DataObject
) -> None:
    found = calculate(basket, rules, {})
    for number, each in enumerate(basket):
        amounts = [benefit.cents for benefit in found.given if benefit.line == number]
        start, back = 0, [0] * len(amounts)
        while start < each.quantity:
            count = data.draw(st.integers(1, each.quantity - start))
            share = share_of_units(each, amounts, start, count)
            assert share.paid >= 0
            assert all(cents >= 0 for cents in share.benefits)
            back = [had + more for had, more in zip(back, share.benefits, strict=True)]
            start += count
        assert back == amounts
