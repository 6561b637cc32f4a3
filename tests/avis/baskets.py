"""Baskets and instructions of the worked examples (DOMAIN §5), and strategies for any others."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from avis_bridge.calculation_core import Line, Rule


def line(category: str, cents: int, quantity: int = 1) -> Line:
    return Line(sku=category, category=category, quantity=quantity, unit_cents=cents)


def rule(name: str, kind: Any = "percent", value: int = 5_000, **more: Any) -> Rule:
    return Rule(**{"id": name, "version": 1, "sector": "public", "priority": 10, "kind": kind, "value": value, **more})


TICKET = [line("transport/bus", 150)]
SHOPPING = [line("food/bread", 120, 2), line("food/milk", 135), line("alcohol/beer", 180)]
FOOD = rule("food", value=2_000, include=("food",))
LOYALTY = rule("loyalty", value=1_000, sector="merchant", exclude=("alcohol",))

CATEGORIES = ("food", "food/bread", "foodstuff", "alcohol", "transport/bus")
_prefixes = st.lists(st.sampled_from(CATEGORIES), max_size=2).map(tuple)
_cents = st.integers(0, 3_000)

lines = st.builds(
    Line,
    sku=st.just("x"),
    category=st.sampled_from(CATEGORIES),
    quantity=st.integers(1, 7),
    unit_cents=_cents,
)
baskets = st.lists(lines, min_size=1, max_size=5)


@st.composite
def rule_lists(draw: st.DrawFn) -> list[Rule]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        kind = draw(st.sampled_from(("percent", "fixed_unit", "final_price")))
        cap = st.none() | st.integers(0, 2_000)
        found.append(
            Rule(
                id=f"r{number}",
                version=draw(st.integers(1, 3)),
                sector=draw(st.sampled_from(("public", "delegated", "merchant"))),
                priority=draw(st.integers(1, 3)),
                kind=kind,
                value=draw(st.integers(0, 10_000) if kind == "percent" else _cents),
                exclusive=draw(st.booleans()),
                include=draw(_prefixes),
                exclude=draw(_prefixes),
                max_quantity=draw(st.none() | st.integers(0, 5)) if kind == "fixed_unit" else None,
                cap_transaction=draw(cap),
                cap_month=draw(cap),
                count_month=draw(st.none() | st.integers(0, 3)),
            )
        )
    return found


used_amounts = st.dictionaries(
    st.sampled_from([f"r{number}" for number in range(5)]), st.tuples(st.integers(0, 2_500), st.integers(0, 4))
)
