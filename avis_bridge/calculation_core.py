"""Which benefits a basket gets, to the cent, with a reason for every line. The algorithm: ``docs/avis-calculation.md``.

Money is whole cents, percent are basis points (15 % = 1500). Instructions are taken in one order, each over the lines
in basket order; the result does not depend on the order in which they are given.

Invariants: gross = paid + benefits, on each line and in total; no benefit exceeds what is left of its line; the caps
hold; taking a merchant's instructions away changes no public benefit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

Kind = Literal["percent", "fixed_unit", "final_price"]
Sector = Literal["public", "delegated", "merchant"]
Why = Literal[
    "applied",
    "trimmed_transaction",
    "trimmed_month",
    "category",
    "locked",
    "has_benefit",
    "nothing_left",
    "cap_reached",
    "count_reached",
    "quantity_reached",
]

FULL = 10_000
NOTHING: tuple[int, int] = (0, 0)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """``category`` is a path of slugs, ``food/bread``; ``unit_cents`` includes VAT."""

    sku: str
    category: str
    quantity: int
    unit_cents: int

    @property
    def gross(self) -> int:
        return self.quantity * self.unit_cents


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One version of an instruction, as far as money is concerned.

    ``value``: basis points of a percent, else cents. ``max_quantity`` belongs to ``fixed_unit`` and counts units of the
    whole basket, so that splitting a line gains nothing. ``count_month`` counts transactions.
    """

    id: str
    version: int
    sector: Sector
    priority: int
    kind: Kind
    value: int
    exclusive: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_quantity: int | None = None
    cap_transaction: int | None = None
    cap_month: int | None = None
    count_month: int | None = None


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A benefit on a line."""

    line: int
    rule: str
    version: int
    cents: int


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What an instruction did on a line and why; ``before`` is what was left to pay of the line."""

    line: int
    rule: str
    why: Why
    before: int
    cents: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    gross: int
    paid: int
    lines_paid: tuple[int, ...]
    given: tuple[Given, ...]
    steps: tuple[Step, ...]

    @property
    def benefit(self) -> int:
        return self.gross - self.paid

    def by_rule(self) -> dict[str, int]:
        """Instruction → cents, those that gave something."""
        found: dict[str, int] = {}
        for each in self.given:
            found[each.rule] = found.get(each.rule, 0) + each.cents
        return found


def calculate(basket: Sequence[Line], rules: Iterable[Rule], used: Mapping[str, tuple[int, int]]) -> Result:
    """``used``: instruction → (cents, transactions) of this recipient in this calendar month."""
    left = [line.gross for line in basket]
    locked = [False] * len(basket)
    touched = [False] * len(basket)
    given: list[Given] = []
    steps: list[Step] = []
    for rule in in_order(basket, rules):
        budget = _Budget(rule, used.get(rule.id, NOTHING))
        for number, line in enumerate(basket):
            before = left[number]
            why = budget.refusal() or _refusal(rule, line, before, locked[number], touched[number])
            cents = 0
            if why is None:
                cents, why = budget.take(min(_wanted(rule, line, before, budget.units_left), before), line.quantity)
            if cents:
                left[number] -= cents
                touched[number] = True
                locked[number] |= rule.exclusive
                given.append(Given(line=number, rule=rule.id, version=rule.version, cents=cents))
            steps.append(Step(line=number, rule=rule.id, why=why, before=before, cents=cents))
    return Result(
        gross=sum(line.gross for line in basket),
        paid=sum(left),
        lines_paid=tuple(left),
        given=tuple(given),
        steps=tuple(steps),
    )


def in_order(basket: Sequence[Line], rules: Iterable[Rule]) -> list[Rule]:
    """Public and delegated before merchants; priority; larger potential benefit; id."""

    def rank(rule: Rule) -> tuple[bool, int, int, str]:
        return (rule.sector == "merchant", rule.priority, -potential(basket, rule), rule.id)

    return sorted(rules, key=rank)


def potential(basket: Sequence[Line], rule: Rule) -> int:
    """What the instruction alone would give on the untouched basket, were there no caps."""
    units = rule.max_quantity
    total = 0
    for line in basket:
        if in_category(rule, line.category):
            total += min(_wanted(rule, line, line.gross, units), line.gross)
            units = None if units is None else max(0, units - line.quantity)
    return total


def in_category(rule: Rule, category: str) -> bool:
    """By prefix of the path: ``food`` holds ``food/bread``, not ``foodstuff``. Excluding wins."""
    if any(_holds(prefix, category) for prefix in rule.exclude):
        return False
    return not rule.include or any(_holds(prefix, category) for prefix in rule.include)


def _holds(prefix: str, category: str) -> bool:
    return category == prefix or category.startswith(f"{prefix}/")


def half_up(numerator: int, denominator: int) -> int:
    """A non-negative fraction, rounded to the nearest whole; a half goes up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _wanted(rule: Rule, line: Line, left: int, units: int | None) -> int:
    match rule.kind:
        case "percent":
            return half_up(left * rule.value, FULL)
        case "fixed_unit":
            return rule.value * (line.quantity if units is None else min(line.quantity, units))
        case "final_price":
            return max(0, left - rule.value * line.quantity)


def _refusal(rule: Rule, line: Line, left: int, locked: bool, touched: bool) -> Why | None:
    if not in_category(rule, line.category):
        return "category"
    if locked:
        return "locked"
    if rule.exclusive and touched:
        return "has_benefit"
    return None if left else "nothing_left"


class _Budget:
    """What is left of one instruction's caps while a basket is calculated."""

    def __init__(self, rule: Rule, used: tuple[int, int]) -> None:
        cents, transactions = used
        self._transaction = rule.cap_transaction
        self._month = None if rule.cap_month is None else max(0, rule.cap_month - cents)
        self._counted_out = rule.count_month is not None and transactions >= rule.count_month
        self.units_left = rule.max_quantity

    def refusal(self) -> Why | None:
        if self._counted_out:
            return "count_reached"
        if self._month == 0 or self._transaction == 0:
            return "cap_reached"
        return None

    def take(self, wanted: int, quantity: int) -> tuple[int, Why]:
        if wanted <= 0:
            return 0, "quantity_reached" if self.units_left == 0 else "nothing_left"
        cents, why = wanted, "applied"
        if self._transaction is not None and cents > self._transaction:
            cents, why = self._transaction, "trimmed_transaction"
        if self._month is not None and cents > self._month:
            cents, why = self._month, "trimmed_month"
        if self._transaction is not None:
            self._transaction -= cents
        if self._month is not None:
            self._month -= cents
        if self.units_left is not None:
            self.units_left = max(0, self.units_left - quantity)
        return cents, why  # type: ignore[return-value]


# ── taking goods back ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Share:
    """What some units of a line come to."""

    gross: int
    benefits: tuple[int, ...]

    @property
    def paid(self) -> int:
        return self.gross - sum(self.benefits)


def share_of_units(line: Line, benefits: Sequence[int], start: int, count: int) -> Share:
    """Units ``start`` … ``start + count - 1`` of a line whose benefits come to ``benefits``.

    Each cent belongs to exactly one unit, none is negative, and all units together are the whole line.
    """
    total, rest = sum(benefits), list(benefits)
    found = [0] * len(benefits)
    for unit in range(start + count):
        now = total * (unit + 1) // line.quantity - total * unit // line.quantity
        for index, part in enumerate(_apportion(now, rest)):
            rest[index] -= part
            if unit >= start:
                found[index] += part
    return Share(gross=line.unit_cents * count, benefits=tuple(found))


def _apportion(cents: int, rest: Sequence[int]) -> list[int]:
    """``cents`` split in proportion to what is left of each, never more than that."""
    total = sum(rest)
    if not total:
        return [0] * len(rest)
    parts = [cents * each // total for each in rest]
    by_need = sorted(range(len(rest)), key=lambda index: (parts[index] - rest[index], index))
    for index in by_need[: cents - sum(parts)]:
        parts[index] += 1
    return parts
