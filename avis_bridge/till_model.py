"""What a till sends and gets. Cents are whole, times are milliseconds; no name and no personal code is among it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from avis_bridge.calculation_core import Given, Kind, Line, Result, Rule, Step
from avis_bridge.model import Cents, Count, Receipt, Words


class IdentifyBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    means: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    outlet: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Pinned(msgspec.Struct, frozen=True):
    """An instruction that may apply, at its version."""

    id: str
    version: int
    name: Words
    kind: Kind
    value: int


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """``recipient`` is a reference for this visit alone. ``stale``: DAGR was away, its last answer was used."""

    recipient: str
    expires_at_ms: int
    stale: bool
    instructions: tuple[Pinned, ...]


class BasketLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    quantity: Count
    unit_cents: Cents


class Basket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    recipient: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    lines: Annotated[tuple[BasketLine, ...], msgspec.Meta(min_length=1, max_length=200)]
    currency: Annotated[str, msgspec.Meta(max_length=3)] = "EUR"


class Deal(msgspec.Struct, frozen=True, kw_only=True):
    """A calculation whole, with the instructions as they were: kept with the quote and the transaction, never sent."""

    outlet: str
    person: str
    means_id: str
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...]
    #: instruction → its grantor
    grantors: dict[str, str]
    result: Result


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer pays; ``steps`` say line by line what each instruction did and why."""

    quote: str
    expires_at_ms: int
    gross_cents: int
    benefit_cents: int
    paid_cents: int
    lines_paid_cents: tuple[int, ...]
    benefits: tuple[Given, ...]
    steps: tuple[Step, ...]

    @classmethod
    def of(cls, quote_id: str, expires_at_ms: int, deal: Deal) -> Quote:
        result = deal.result
        return cls(
            quote=quote_id,
            expires_at_ms=expires_at_ms,
            gross_cents=result.gross,
            benefit_cents=result.benefit,
            paid_cents=result.paid,
            lines_paid_cents=result.lines_paid,
            benefits=result.given,
            steps=result.steps,
        )


class CommitBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    quote: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    receipt: Receipt


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    transaction: str
    at_ms: int
    gross_cents: int
    paid_cents: int


class Returned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units of a line that come back; ``line`` counts from 0."""

    line: Annotated[int, msgspec.Meta(ge=0, le=199)]
    quantity: Count


class ReverseBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lines: Annotated[tuple[Returned, ...], msgspec.Meta(min_length=1, max_length=200)]


class Reversal(msgspec.Struct, frozen=True, kw_only=True):
    """``restored``: instruction → cents that its caps got back."""

    id: str
    transaction: str
    at_ms: int
    refund_cents: int
    restored: dict[str, int]
    lines: tuple[Returned, ...]
