"""What the state's own systems may ask and do for one recipient: in a consultation, or in the citizen's panel.

Each call says for what purpose and in which session; without both nothing is answered. The code travels in the body.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from starlette.requests import Request

from avis_bridge.model import Means, MeansKind, System, day_of
from avis_bridge.port import Benefit
from avis_bridge.programmes import Programme
from avis_bridge.reference import Avis
from kernel.errors import NotAllowed
from kernel.personal_code_core import parse_personal_code
from kernel.private import Private

Text = Annotated[str, msgspec.Meta(max_length=64)]


class RecipientQuery(msgspec.Struct, kw_only=True):
    """Never in a URL, where the code would be logged on the way."""

    person: Text
    purpose: Text
    session: Annotated[str, msgspec.Meta(max_length=128)]


class MeansQuery(RecipientQuery, kw_only=True):
    kind: MeansKind
    token: Annotated[str, msgspec.Meta(min_length=4, max_length=200)]
    label: Text = ""
    registered_by: Text = "citizen"


class MeansStateQuery(RecipientQuery, kw_only=True):
    id: Text
    state: Annotated[str, msgspec.Meta(pattern="^(active|blocked|revoked)$")]


class ProgrammeQuery(RecipientQuery, kw_only=True):
    id: Text
    joined: bool


class RecipientAnswer(msgspec.Struct, kw_only=True):
    as_of_ms: int
    #: DAGR was away: some entitlements are as of its last answer
    stale: bool = False
    benefits: list[Benefit]


class MeansAnswer(msgspec.Struct, kw_only=True):
    means: list[Means]


class UsedBenefit(msgspec.Struct, kw_only=True):
    name: dict[str, str]
    cents: int


class UsedAt(msgspec.Struct, kw_only=True):
    """One transaction, as its recipient sees it."""

    id: str
    at_ms: int
    provider_name: str
    gross_cents: int
    paid_cents: int
    reversed_cents: int
    benefits: list[UsedBenefit]


class UsedAnswer(msgspec.Struct, kw_only=True):
    transactions: list[UsedAt]


class ProgrammesAnswer(msgspec.Struct, kw_only=True):
    programmes: list[Programme]


def _person(query: RecipientQuery) -> Private[str]:
    """Raises `NotAllowed` without a purpose and a session, `PersonalCodeInvalid`."""
    if not query.purpose or not query.session:
        raise NotAllowed(field="purpose")
    return parse_personal_code(query.person)


async def benefits(avis: Avis, _: System, __: Request, query: RecipientQuery) -> RecipientAnswer:
    code = _person(query)
    person = avis.vault.pseudonym(code)
    async with avis.ledger.transaction() as tx:
        await avis.means.know(tx, code)
    stale = await avis.groups.update_for(person, session=query.session)
    now = avis.clock.wall_ms()
    async with avis.ledger.reading() as connection:
        found = await avis.instructions.for_person(connection, person, day_of(now))
    names = await avis.register.names()
    return RecipientAnswer(
        as_of_ms=now,
        stale=stale,
        benefits=[
            Benefit(
                name=each.body.name.lv,
                grantor=names.get(each.grantor, each.grantor),
                kind=each.body.kind,
                value=as_text(each.body.value, each.body.kind),
                valid_to=each.body.valid_to,
            )
            for each in sorted(found, key=lambda each: (each.priority, each.id))
        ],
    )


async def means(avis: Avis, _: System, __: Request, query: RecipientQuery) -> MeansAnswer:
    return MeansAnswer(means=await avis.means.of(avis.vault.pseudonym(_person(query))))


async def register(avis: Avis, _: System, __: Request, query: MeansQuery) -> MeansAnswer:
    made = await avis.means.register(
        _person(query), query.kind, query.token, label=query.label, issued_by=query.registered_by
    )
    return MeansAnswer(means=[made])


async def set_means(avis: Avis, _: System, __: Request, query: MeansStateQuery) -> MeansAnswer:
    person = avis.vault.pseudonym(_person(query))
    return MeansAnswer(means=[await avis.means.set_state(query.id, query.state, person=person)])  # type: ignore[arg-type]


async def used(avis: Avis, _: System, __: Request, query: RecipientQuery) -> UsedAnswer:
    rows = await avis.history.of_person(avis.vault.pseudonym(_person(query)))
    names = await avis.register.names()
    return UsedAnswer(
        transactions=[
            msgspec.convert({**row, "provider_name": names.get(row["provider"], row["provider"])}, UsedAt)
            for row in rows
        ]
    )


async def programmes(avis: Avis, _: System, __: Request, query: RecipientQuery) -> ProgrammesAnswer:
    return ProgrammesAnswer(programmes=await avis.programmes.of(person=avis.vault.pseudonym(_person(query))))


async def enrol(avis: Avis, _: System, __: Request, query: ProgrammeQuery) -> ProgrammesAnswer:
    code = _person(query)
    person = avis.vault.pseudonym(code)
    if query.joined:
        async with avis.ledger.transaction() as tx:
            await avis.means.know(tx, code)
        await avis.programmes.join(person, query.id)
    else:
        await avis.programmes.leave(person, query.id)
    return ProgrammesAnswer(programmes=await avis.programmes.of(person=person))


def as_text(value: int, kind: str) -> str:
    """``50`` or ``12.5`` for a percent, ``1.10`` for euro."""
    if kind == "percent":
        return f"{value // 100}" if value % 100 == 0 else f"{value / 100:g}"
    return f"{value // 100}.{value % 100:02d}"


RECIPIENT_CALLS: tuple[tuple[str, Callable[..., Awaitable[Any]], type[Any]], ...] = (
    ("/recipients/benefits", benefits, RecipientQuery),
    ("/recipients/means", means, RecipientQuery),
    ("/recipients/means/register", register, MeansQuery),
    ("/recipients/means/state", set_means, MeansStateQuery),
    ("/recipients/transactions", used, RecipientQuery),
    ("/recipients/programmes", programmes, RecipientQuery),
    ("/recipients/programmes/enrol", enrol, ProgrammeQuery),
)
