"""The words of AVIS (DOMAIN §5). Money is whole cents, days are ``YYYY-MM-DD`` in Latvia, persons are pseudonyms."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from avis_bridge.calculation_core import Kind, Rule, Sector

RIGA = ZoneInfo("Europe/Riga")

InstructionState = Literal["draft", "active", "suspended", "ended"]
MeansState = Literal["pending", "active", "blocked", "expired", "revoked"]
MeansKind = Literal["eid", "student_card", "transport_card", "customer_card", "qr"]
ReceiptKind = Literal["kases_ceks", "kvits", "bilete"]
SystemKind = Literal["identification", "transaction", "both", "instructions", "recipients"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Category = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)*$", max_length=120)]
Day = Annotated[str, msgspec.Meta(pattern=r"^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Cents = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]

#: what an instruction may do next
STEPS: dict[str, dict[InstructionState, InstructionState]] = {
    "activate": {"draft": "active", "suspended": "active"},
    "suspend": {"active": "suspended"},
    "end": {"draft": "ended", "active": "ended", "suspended": "ended"},
}


class Words(msgspec.Struct, frozen=True):
    lv: Name
    en: Name


class Grantor(msgspec.Struct, frozen=True, kw_only=True):
    reg_no: str
    name: str
    sector: Sector


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    reg_no: str
    name: str


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    grantor: str
    provider: str
    valid_from: str
    valid_to: str | None = None


class System(msgspec.Struct, frozen=True, kw_only=True):
    """A program that calls AVIS for ``owner``: a provider's till, a grantor's register, or a state system."""

    client_id: str
    owner: str
    kind: SystemKind
    name: str
    active: bool = True


class Outlet(msgspec.Struct, frozen=True, kw_only=True):
    id: Slug
    provider: str
    name: Name
    atvk: Annotated[str, msgspec.Meta(pattern=r"^LV\d{7}$")]
    address: Annotated[str, msgspec.Meta(max_length=200)]
    active: bool = True


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Goods or a service; ``vat`` in basis points."""

    sku: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    name: Name
    category: Category
    unit_cents: Cents
    vat: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 2_100
    service: bool = False


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Recipients by ``list``, or by a ``criterion`` that DAGR answers (``as_of_ms``: when it last did for all)."""

    id: str
    grantor: str
    name: Words
    source: Literal["list", "dagr"]
    criterion: str | None = None
    as_of_ms: int | None = None
    members: int = 0


class Means(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    kind: MeansKind
    label: str
    state: MeansState
    issued_by: str
    created_ms: int
    valid_to: str | None = None


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The conditions of an instruction; a change of them is a new version. It names a group or a programme."""

    name: Words
    kind: Kind
    value: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
    valid_from: Day
    valid_to: Day | None = None
    group_id: str | None = None
    programme_id: str | None = None
    exclusive: bool = False
    include: Annotated[tuple[Category, ...], msgspec.Meta(max_length=50)] = ()
    exclude: Annotated[tuple[Category, ...], msgspec.Meta(max_length=50)] = ()
    max_quantity: Count | None = None
    cap_transaction: Cents | None = None
    cap_month: Cents | None = None
    count_month: Count | None = None
    outlets: Annotated[tuple[str, ...], msgspec.Meta(max_length=500)] = ()


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    grantor: str
    sector: Sector
    version: int
    state: InstructionState
    priority: int
    body: Body
    external_id: str | None = None

    def rule(self) -> Rule:
        body = self.body
        return Rule(
            id=self.id,
            version=self.version,
            sector=self.sector,
            priority=self.priority,
            kind=body.kind,
            value=body.value,
            exclusive=body.exclusive,
            include=body.include,
            exclude=body.exclude,
            max_quantity=body.max_quantity,
            cap_transaction=body.cap_transaction,
            cap_month=body.cap_month,
            count_month=body.count_month,
        )


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``register``: number of the cash register, or the one VID gave the form; ``total_cents`` is what was paid."""

    kind: ReceiptKind
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    register: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    issued_at_ms: Annotated[int, msgspec.Meta(ge=0, le=4_102_444_800_000)]
    total_cents: Cents
    series: Annotated[str, msgspec.Meta(max_length=32)] = ""


def day_of(at_ms: int) -> str:
    """The day in Latvia."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(RIGA).date().isoformat()


def month_of(at_ms: int) -> str:
    """The calendar month in Latvia, ``2026-01``: caps and settlements count by it."""
    return day_of(at_ms)[:7]


def begin_of(month: str) -> int:
    """The month's first millisecond in Latvia."""
    year, number = (int(part) for part in month.split("-"))
    return round(datetime(year, number, 1, tzinfo=RIGA).timestamp() * 1000)


def month_after(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02}"


def is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def problem_of(body: Body) -> str | None:
    """The field that does not fit the others, or None."""
    for name in ("valid_from", "valid_to"):
        text = getattr(body, name)
        if text is not None and not is_day(text):
            return name
    if body.valid_to is not None and body.valid_to < body.valid_from:
        return "valid_to"
    if (body.group_id is None) == (body.programme_id is None):
        return "group_id"
    if body.kind == "percent" and body.value > 10_000:
        return "value"
    if body.max_quantity is not None and body.kind != "fixed_unit":
        return "max_quantity"
    return None
