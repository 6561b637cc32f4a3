"""An invented country for `bench.avis`: who grants, who serves, who receives, and years of sales.

Rows are written past the till, in bulk, but are what the till would have written: AVIS' own integrity checks find
nothing wrong with them.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import psycopg
import sqlalchemy as sa

from avis_bridge import tables
from avis_bridge.calculation_core import Line, Rule, calculate
from avis_bridge.model import Body, Words, month_of
from avis_bridge.till_model import Deal
from kernel.ids import uuid7
from kernel.private import Private
from kernel.vault import Vault

VAULT = Vault("key", "pepper")
GRANTORS = [f"4{number:010}" for number in range(60)]
PROVIDERS = [f"5{number:010}" for number in range(80)]
OUTLETS_EACH = 20
#: each region has one provider of each kind, which sells these
KINDS = (
    ("food/bread", "food/milk", "food/lunch", "food/vegetables", "alcohol/beer"),
    ("transport/bus", "transport/train", "transport/tram"),
    ("culture/museum", "culture/theatre", "culture/cinema"),
    ("health/medicine", "health/dentist", "health/glasses"),
)
REGIONS = len(PROVIDERS) // len(KINDS)
#: each grantor's instructions: what they are about, how many basis points or cents
GRANTED = (
    ("percent", 2_000, ("food",)),
    ("percent", 5_000, ("transport",)),
    ("fixed_unit", 150, ("culture",)),
    ("percent", 1_000, ("health",)),
)
BASKETS = 40
YEARS = 5
_DAY_MS = 86_400_000


class Country(NamedTuple):
    """``recipients``: how many have a card, number n ``card-n``; `groups_of` says whose groups they belong to."""

    recipients: int
    transactions: int


def code(number: int) -> Private[str]:
    return Private(f"32{number:09}")


def card(number: int) -> str:
    return f"card-{number}"


def groups_of(number: int) -> tuple[int, int]:
    """Two grantors whose groups a recipient belongs to: one of the own region, and one of the whole country."""
    country = len(GRANTORS) - 2 * REGIONS
    return number % (2 * REGIONS), 2 * REGIONS + number // 7 % country


def provider_for(dice: random.Random, number: int) -> int:
    """Where a recipient buys: at home nine times in ten."""
    region = number % REGIONS if dice.random() < 0.9 else dice.randrange(REGIONS)
    return region * len(KINDS) + dice.choices(range(len(KINDS)), (60, 25, 5, 10))[0]


def sold_by(provider: int) -> tuple[str, ...]:
    return KINDS[provider % len(KINDS)]


def outlet(provider: int, number: int) -> str:
    return f"outlet-{provider}-{number}"


# ── writing in bulk ──────────────────────────────────────────────────────────────────────────────


class Writer:
    """Rows of a table, whichever database it is."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def write(self, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """``rows``: values in the order of the table's columns."""
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        if isinstance(self._connection, sqlite3.Connection):
            marks = ", ".join("?" for _ in table.columns)
            self._connection.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)
            return
        with self._connection.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)


@contextmanager
def writer(url: str) -> Iterator[Writer]:
    """Does not wait for the disk: a store that is half filled is thrown away."""
    on_sqlite = url.startswith("sqlite")
    connection: Any = sqlite3.connect(url.removeprefix("sqlite:///")) if on_sqlite else psycopg.connect(url)
    careless = ("journal_mode=OFF", "synchronous=OFF", "cache_size=-600000")
    for setting in (f"PRAGMA {each}" for each in careless) if on_sqlite else ("SET synchronous_commit=off",):
        connection.execute(setting)
    yield Writer(connection)
    connection.commit()
    if not on_sqlite:
        # as autovacuum does by itself after a while
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    connection.close()


# ── what is there ────────────────────────────────────────────────────────────────────────────────


def fill(write: Writer, country: Country, now_ms: int) -> None:
    _register(write)
    people = [VAULT.pseudonym(code(number)) for number in range(country.recipients)]
    sealed = VAULT.seal(code(0), "avis person")
    write.write(tables.people, ((person, sealed) for person in people))
    write.write(tables.means, (_means(number, person) for number, person in enumerate(people)))
    write.write(
        tables.memberships,
        (
            (person, f"group-{group}", True, "2020-01-01", None, "list", 0)
            for number, person in enumerate(people)
            for group in sorted(set(groups_of(number)))
        ),
    )
    if country.transactions:
        _sales(write, people, country.transactions, now_ms)


def _register(write: Writer) -> None:
    write.write(tables.grantors, ((reg_no, f"Grantor {reg_no}", "public") for reg_no in GRANTORS))
    write.write(tables.providers, ((reg_no, f"Provider {reg_no}") for reg_no in PROVIDERS))
    write.write(
        tables.contracts, ((grantor, provider, "2020-01-01", None) for grantor in GRANTORS for provider in PROVIDERS)
    )
    write.write(
        tables.outlets,
        (
            (outlet(provider, number), reg_no, "Outlet", f"LV{number:07}", "", True)
            for provider, reg_no in enumerate(PROVIDERS)
            for number in range(OUTLETS_EACH)
        ),
    )
    write.write(
        tables.items,
        (
            (reg_no, path, path, path, 250, 2_100, False)
            for provider, reg_no in enumerate(PROVIDERS)
            for path in sold_by(provider)
        ),
    )
    write.write(
        tables.groups,
        ((f"group-{n}", reg_no, "Grupa", "Group", "list", None, None) for n, reg_no in enumerate(GRANTORS)),
    )
    made = [(n, place) for n in range(len(GRANTORS)) for place in range(len(GRANTED))]
    write.write(
        tables.instructions,
        (
            (_instruction(n, place), GRANTORS[n], None, f"group-{n}", None, 1, "active", place + 1, 0)
            for n, place in made
        ),
    )
    write.write(
        tables.instruction_versions,
        ((_instruction(n, place), 1, 0, "bench", msgspec.json.encode(_body(n, place)).decode()) for n, place in made),
    )


def _instruction(grantor: int, place: int) -> str:
    return f"instruction-{grantor}-{place}"


def _body(grantor: int, place: int) -> Body:
    kind, value, include = GRANTED[place]
    return Body(
        name=Words("Atvieglojums", "Benefit"),
        kind=kind,  # type: ignore[arg-type]
        value=value,
        valid_from="2020-01-01",
        group_id=f"group-{grantor}",
        include=include,
        cap_month=1_000_000,
    )


def _means(number: int, person: str) -> tuple[Any, ...]:
    made = f"means-{number}"
    return (
        made,
        VAULT.fingerprint(card(number), "avis means"),
        person,
        "customer_card",
        made,
        "active",
        "citizen",
        0,
        None,
    )


# ── years of sales ───────────────────────────────────────────────────────────────────────────────


class _Basket(NamedTuple):
    """A calculation that fits every recipient with the same grantors; ``body`` lacks the person and the outlet."""

    gross: int
    paid: int
    body: str
    #: instruction, grantor, category, line, gross, cents
    entries: tuple[tuple[str, str, str, int, int, int], ...]


def _baskets(dice: random.Random, groups: tuple[int, int], paths: tuple[str, ...]) -> list[_Basket]:
    rules = [
        Rule(
            id=_instruction(n, place),
            version=1,
            sector="public",
            priority=place + 1,
            kind=kind,  # type: ignore[arg-type]
            value=value,
            include=include,
            cap_month=1_000_000,
        )
        for n in sorted(set(groups))
        for place, (kind, value, include) in enumerate(GRANTED)
    ]
    grantors = {_instruction(n, place): GRANTORS[n] for n in set(groups) for place in range(len(GRANTED))}
    found = []
    for _ in range(BASKETS):
        bought = dice.sample(paths, dice.choice((1, 1, 2, 3)))
        lines = [Line(sku=p, category=p, quantity=dice.randint(1, 3), unit_cents=dice.randint(80, 900)) for p in bought]
        result = calculate(lines, rules, {})
        deal = Deal(
            outlet="<outlet>",
            person="<person>",
            means_id="means",
            lines=tuple(lines),
            rules=tuple(rules),
            grantors=grantors,
            result=result,
        )
        entries, seen = [], set()
        for each in result.given:
            gross = 0 if each.line in seen else lines[each.line].gross
            seen.add(each.line)
            path = lines[each.line].category
            entries.append((each.rule, grantors[each.rule], path, each.line, gross, each.cents))
        found.append(_Basket(result.gross, result.paid, msgspec.json.encode(deal).decode(), tuple(entries)))
    return found


def _sales(write: Writer, people: list[str], count: int, now_ms: int) -> None:
    """Spread evenly over the years before ``now_ms``, month by month as they would have come."""
    dice = random.Random(7)
    baskets: dict[tuple[int, int, int], list[_Basket]] = {}
    moments = [now_ms - (count - number) * YEARS * 365 * _DAY_MS // count - 1 for number in range(count)]
    begin = 0
    while begin < count:
        month = month_of(moments[begin])
        end = begin + 1
        following = _month_after(moments[begin])
        while end < count and moments[end] < following:
            end += 1
        sold, given = [], []
        used: dict[tuple[str, str], tuple[int, int]] = {}
        for number in range(begin, end):
            who = dice.randrange(len(people))
            person, groups = people[who], groups_of(who)
            provider, place = provider_for(dice, who), dice.randrange(OUTLETS_EACH)
            kind = (*groups, provider % len(KINDS))
            known = baskets.get(kind) or baskets.setdefault(kind, _baskets(dice, groups, sold_by(provider)))
            basket = dice.choice(known)
            reg_no, at, atvk = PROVIDERS[provider], outlet(provider, place), f"LV{place:07}"
            made = uuid7(moments[number], dice.randbytes(10))
            body = basket.body.replace("<outlet>", at).replace("<person>", person)
            amounts = (moments[number], month, basket.gross, basket.paid)
            sold.append(
                (made, reg_no, at, atvk, person, *amounts, body, f"receipt-{number}", f"key-{number}", "0" * 64)
            )
            for entry, (rule, grantor, path, line, gross, cents) in enumerate(basket.entries):
                given.append((made, entry, rule, 1, grantor, reg_no, at, atvk, path, person, month, line, gross, cents))
                had, times = used.get((person, rule), (0, 0))
                first = all(rule != before[0] for before in basket.entries[:entry])
                used[person, rule] = (had + cents, times + first)
        write.write(tables.transactions, sold)
        write.write(tables.benefits, given)
        write.write(tables.usage, ((person, rule, month, *sums) for (person, rule), sums in sorted(used.items())))
        begin = end


def _month_after(at_ms: int) -> int:
    """The first millisecond of the next month in Latvia."""
    year, month = (int(part) for part in month_of(at_ms).split("-"))
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    # Latvia is two or three hours before UTC
    guess = int(datetime(year, month, 1, tzinfo=UTC).timestamp() * 1_000) - 3 * 3_600_000
    return guess if month_of(guess) == f"{year}-{month:02}" else guess + 3_600_000
