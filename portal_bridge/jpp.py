"""The register of powers of attorney: what notaries submit, what representatives issue, what is checked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kernel.bridge_errors import (
    ActDuplicate,
    DelegateNotResident,
    NotaryNotActive,
    NotRepresentative,
    PowerRevoked,
    PowerUnknown,
    SubDelegationForbidden,
)
from kernel.clock import Clock
from kernel.ids import new_id
from kernel.ledger import Ledger, Transaction
from kernel.private import Private
from kernel.vault import Vault
from portal_bridge.jpp_core import (
    Authorisation,
    Decision,
    LegalPerson,
    Power,
    Representative,
    State,
    decide,
    must_exist,
    must_fit,
    must_last,
    principal_of,
    state_after_signing,
)
from portal_bridge.jpp_tables import authorisations, checks, legal_persons, notaries, powers, representatives
from portal_bridge.port import Principal

RIGA = ZoneInfo("Europe/Riga")
#: what can still be stopped
OPEN: tuple[State, ...] = ("draft", "pending_signatures", "active")


class Residents(Protocol):
    async def is_resident(self, code: Private[str], *, session: str) -> bool:
        """``session``: the deed for which it is asked.

        Does the register of natural persons know a resident of this code? Raises `RegistryUnavailable`.
        """


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for a check, why, and in which session: every check is kept."""

    client: str
    purpose: str
    session: str


class Jpp:
    def __init__(self, ledger: Ledger, clock: Clock, vault: Vault, residents: Residents) -> None:
        self.ledger = ledger
        self._clock = clock
        self._vault = vault
        self._residents = residents

    # ── the notary's hand ────────────────────────────────────────────────────────────────────────

    async def submit(
        self,
        notary: str,
        act_no: str,
        reg_no: str,
        attorney: Private[str],
        *,
        scopes: Sequence[str],
        period: tuple[str, str],
    ) -> Power:
        """A general power; the same act again is the same power. Raises the codes of DOMAIN §6."""
        power_id = new_id(self._clock.wall_ms())
        if not await self._residents.is_resident(attorney, session=power_id):
            raise DelegateNotResident(field="attorney")
        made = Power(
            id=power_id,
            act_no=act_no,
            reg_no=reg_no,
            attorney=self._vault.pseudonym(attorney),
            notary=notary,
            scopes=tuple(sorted(set(scopes))),
            valid_from=period[0],
            valid_to=period[1],
        )
        try:
            async with self.ledger.transaction() as tx:
                await self._must_be_active(tx, notary)
                must_exist(await self._company(tx, reg_no))
                known = await self._power(tx, act_no)
                if known is None:
                    await tx.execute(sa.insert(powers).values(**_row(made), at_ms=self._clock.wall_ms()))
                    return made
        except IntegrityError:
            raise ActDuplicate(field="act_no") from None
        if msgspec.structs.replace(known, id=made.id, revoked=False) != made:
            raise ActDuplicate(field="act_no")
        return known

    async def authorise(
        self, notary: str, act_no: str, *, scopes: Sequence[str], period: tuple[str, str]
    ) -> Authorisation:
        """The attorney of the power may act electronically, within the power and no longer than it."""
        async with self.ledger.transaction() as tx:
            power = await self._own_power(tx, notary, act_no)
            must_exist(await self._company(tx, power.reg_no))
            must_fit(power, scopes, period[0], period[1], self.today())
            made = Authorisation(
                id=new_id(self._clock.wall_ms()),
                basis="notary_general_power",
                reg_no=power.reg_no,
                delegate=power.attorney,
                scopes=tuple(scopes),
                valid_from=period[0],
                valid_to=period[1],
                state="active",
                power_id=power.id,
            )
            await self._insert(tx, made)
        return made

    async def revoke(self, notary: str, act_no: str) -> int:
        """The power and every authorisation that rests on it, at once; how many those were."""
        async with self.ledger.transaction() as tx:
            power = await self._own_power(tx, notary, act_no)
            await tx.execute(sa.update(powers).where(powers.c.id == power.id).values(revoked=True))
            mine = sa.and_(authorisations.c.power_id == power.id, authorisations.c.state.in_(OPEN))
            changed = await tx.execute(sa.update(authorisations).where(mine).values(state="revoked"))
        return int(changed.rowcount)

    async def status(self, notary: str, act_no: str) -> tuple[Power, list[Authorisation]]:
        async with self.ledger.transaction() as tx:
            power = await self._own_power(tx, notary, act_no)
            return power, await self._list(tx, authorisations.c.power_id == power.id)

    # ── self-service ─────────────────────────────────────────────────────────────────────────────

    async def issue(
        self,
        person: Private[str],
        reg_no: str,
        delegate: Private[str],
        *,
        scopes: Sequence[str],
        period: tuple[str, str],
    ) -> Authorisation:
        """By a representative; where the right is joint, it waits until the others have signed."""
        authorisation_id = new_id(self._clock.wall_ms())
        must_last(period)
        if not await self._residents.is_resident(delegate, session=authorisation_id):
            raise DelegateNotResident(field="delegate")
        async with self.ledger.transaction() as tx:
            must_exist(await self._company(tx, reg_no))
            me = await self._must_represent(tx, person, reg_no)
            needed = await self._signatories(tx, me)
            made = Authorisation(
                id=authorisation_id,
                basis="self",
                reg_no=reg_no,
                delegate=self._vault.pseudonym(delegate),
                scopes=tuple(scopes),
                valid_from=period[0],
                valid_to=period[1],
                state=state_after_signing(needed, (me.person,)),
                needed=needed,
                signed=(me.person,),
            )
            await self._insert(tx, made)
        return made

    async def sign(self, person: Private[str], authorisation_id: str) -> Authorisation:
        async with self.ledger.transaction() as tx:
            found = await self._must_find(tx, authorisation_id)
            me = await self._must_represent(tx, person, found.reg_no)
            if found.state not in ("pending_signatures", "active"):
                raise PowerRevoked
            signed = tuple(sorted({*found.signed, me.person}))
            state = state_after_signing(found.needed, signed)
            await self._set(tx, authorisation_id, signed=msgspec.json.encode(signed).decode(), state=state)
        return msgspec.structs.replace(found, signed=signed, state=state)

    async def change(
        self, person: Private[str], authorisation_id: str, *, scopes: Sequence[str], period: tuple[str, str]
    ) -> Authorisation:
        """A new authorisation in place of the old one, which is worth nothing from now on."""
        must_last(period)
        async with self.ledger.transaction() as tx:
            found = await self._must_find(tx, authorisation_id)
            me = await self._must_represent(tx, person, found.reg_no)
            if found.state not in OPEN or found.basis != "self":
                raise PowerRevoked
            await self._set(tx, authorisation_id, state="superseded")
            made = msgspec.structs.replace(
                found,
                id=new_id(self._clock.wall_ms()),
                scopes=tuple(scopes),
                valid_from=period[0],
                valid_to=period[1],
                signed=(me.person,),
                state=state_after_signing(found.needed, (me.person,)),
            )
            await self._insert(tx, made)
        return made

    async def stop(self, person: Private[str], authorisation_id: str) -> Authorisation:
        """By any representative; by the delegate, who gives the right back."""
        async with self.ledger.transaction() as tx:
            found = await self._must_find(tx, authorisation_id)
            if found.delegate != self._vault.pseudonym(person):
                await self._must_represent(tx, person, found.reg_no)
            if found.state in OPEN:
                await self._set(tx, authorisation_id, state="revoked")
        return msgspec.structs.replace(found, state="revoked")

    # ── asking ───────────────────────────────────────────────────────────────────────────────────

    async def check(self, code: Private[str], reg_no: str, scope: str, asked: Asked) -> Decision:
        """Kept with purpose and session before it is answered."""
        person = self._vault.pseudonym(code)
        async with self.ledger.transaction() as tx:
            mine = sa.and_(authorisations.c.delegate == person, authorisations.c.reg_no == reg_no)
            found = decide(
                await self._company(tx, reg_no),
                await self._list(tx, mine),
                await self._represents(tx, person, reg_no),
                scope,
                self.today(),
            )
            await self._log(tx, asked, person, reg_no, scope, found.reason)
        return found

    async def principals(self, code: Private[str], asked: Asked) -> list[Principal]:
        """For which companies the person may act now; kept as a check is."""
        person, today = self._vault.pseudonym(code), self.today()
        async with self.ledger.transaction() as tx:
            received = await self._list(tx, authorisations.c.delegate == person)
            alone = sa.and_(representatives.c.person == person, sa.not_(representatives.c.joint))
            own = set((await tx.execute(sa.select(representatives.c.reg_no).where(alone))).scalars())
            wanted = sa.and_(
                legal_persons.c.reg_no.in_(own | {each.reg_no for each in received}), sa.not_(legal_persons.c.dissolved)
            )
            rows = await tx.execute(sa.select(legal_persons).where(wanted).order_by(legal_persons.c.name))
            companies = [LegalPerson(reg_no=row.reg_no, name=row.name) for row in rows]
            await self._log(tx, asked, person, "", "principals", "allowed")
        found = [principal_of(each, received, today, represents=each.reg_no in own) for each in companies]
        return [each for each in found if each is not None]

    async def of_person(self, code: Private[str]) -> dict[str, Any]:
        """``received``: for whom the person may act; ``given``: what the companies the person represents gave."""
        person = self._vault.pseudonym(code)
        async with self.ledger.transaction() as tx:
            received = await self._list(tx, authorisations.c.delegate == person)
            own = sa.select(representatives.c.reg_no).where(representatives.c.person == person)
            given = await self._list(tx, sa.and_(authorisations.c.reg_no.in_(own), authorisations.c.basis == "self"))
            companies = await tx.execute(
                sa.select(legal_persons).where(
                    sa.or_(
                        legal_persons.c.reg_no.in_(own),
                        legal_persons.c.reg_no.in_({each.reg_no for each in (*received, *given)}),
                    )
                )
            )
            names = {row.reg_no: row.name for row in companies}
            mine = list((await tx.execute(own)).scalars())
        today = self.today()
        return {
            "companies": [{"reg_no": reg_no, "name": names.get(reg_no, reg_no)} for reg_no in sorted(mine)],
            "received": [_view(each, names, today) for each in received],
            "given": [{**_view(each, names, today), "signed_by_me": person in each.signed} for each in given],
        }

    async def _log(  # noqa: PLR0917
        self, tx: Transaction, asked: Asked, person: str, reg_no: str, scope: str, reason: str
    ) -> None:
        now = self._clock.wall_ms()
        await tx.execute(
            sa.insert(checks).values(
                id=new_id(now),
                at_ms=now,
                client=asked.client,
                person=person,
                reg_no=reg_no,
                scope=scope,
                purpose=asked.purpose,
                session=asked.session,
                reason=reason,
            )
        )

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def today(self) -> str:
        """The day in Latvia."""
        return datetime.fromtimestamp(self._clock.wall_ms() / 1000, UTC).astimezone(RIGA).date().isoformat()

    async def _must_be_active(self, tx: Transaction, notary: str) -> None:
        active = (await tx.execute(sa.select(notaries.c.active).where(notaries.c.id == notary))).scalar()
        if not active:
            raise NotaryNotActive

    async def _company(self, tx: Transaction, reg_no: str) -> LegalPerson | None:
        row = (await tx.execute(sa.select(legal_persons).where(legal_persons.c.reg_no == reg_no))).first()
        return None if row is None else LegalPerson(reg_no=reg_no, name=row.name, dissolved=bool(row.dissolved))

    async def _power(self, tx: Transaction, act_no: str) -> Power | None:
        row = (await tx.execute(sa.select(powers).where(powers.c.act_no == act_no).with_for_update())).first()
        return None if row is None else _struct(Power, row)

    async def _own_power(self, tx: Transaction, notary: str, act_no: str) -> Power:
        await self._must_be_active(tx, notary)
        found = await self._power(tx, act_no)
        if found is None:
            raise PowerUnknown
        if found.notary != notary:
            raise NotaryNotActive
        return found

    async def _must_find(self, tx: Transaction, authorisation_id: str) -> Authorisation:
        wanted = sa.select(authorisations).where(authorisations.c.id == authorisation_id).with_for_update()
        row = (await tx.execute(wanted)).first()
        if row is None:
            raise PowerUnknown
        found: Authorisation = _struct(Authorisation, row)
        return found

    async def _represents(self, tx: Transaction, person: str, reg_no: str) -> Representative | None:
        mine = sa.and_(representatives.c.person == person, representatives.c.reg_no == reg_no)
        row = (await tx.execute(sa.select(representatives).where(mine))).first()
        return None if row is None else Representative(reg_no=reg_no, person=person, joint=bool(row.joint))

    async def _must_represent(self, tx: Transaction, code: Private[str], reg_no: str) -> Representative:
        person = self._vault.pseudonym(code)
        found = await self._represents(tx, person, reg_no)
        if found is None:
            mine = sa.and_(authorisations.c.delegate == person, authorisations.c.reg_no == reg_no)
            delegate = (await tx.execute(sa.select(authorisations.c.id).where(mine).limit(1))).first()
            raise SubDelegationForbidden if delegate is not None else NotRepresentative
        return found

    async def _signatories(self, tx: Transaction, me: Representative) -> tuple[str, ...]:
        if not me.joint:
            return (me.person,)
        together = sa.and_(representatives.c.reg_no == me.reg_no, representatives.c.joint)
        return tuple(sorted((await tx.execute(sa.select(representatives.c.person).where(together))).scalars()))

    async def _list(self, tx: Transaction, condition: sa.ColumnElement[bool]) -> list[Authorisation]:
        rows = await tx.execute(sa.select(authorisations).where(condition).order_by(authorisations.c.id))
        return [_struct(Authorisation, row) for row in rows]

    async def _insert(self, tx: Transaction, made: Authorisation) -> None:
        await tx.execute(sa.insert(authorisations).values(**_row(made), at_ms=self._clock.wall_ms()))

    async def _set(self, tx: Transaction, authorisation_id: str, **values: Any) -> None:
        await tx.execute(sa.update(authorisations).where(authorisations.c.id == authorisation_id).values(**values))


def _row(value: msgspec.Struct) -> dict[str, Any]:
    """Columns of a struct; a tuple becomes a JSON list."""
    found = msgspec.structs.asdict(value)
    return {k: msgspec.json.encode(v).decode() if isinstance(v, tuple) else v for k, v in found.items()}


def _struct(kind: type[Any], row: sa.Row[Any]) -> Any:
    found = {}
    for field in kind.__struct_fields__:
        value = row._mapping[field]
        lists = field in ("scopes", "needed", "signed")
        found[field] = tuple(msgspec.json.decode(value)) if lists else bool(value) if field == "revoked" else value
    return kind(**found)


def _view(each: Authorisation, names: dict[str, str], today: str) -> dict[str, Any]:
    over = each.state == "active" and each.valid_to < today
    return {
        "id": each.id,
        "reg_no": each.reg_no,
        "company": names.get(each.reg_no, each.reg_no),
        "basis": each.basis,
        "scopes": each.scopes,
        "valid_from": each.valid_from,
        "valid_to": each.valid_to,
        "state": "expired" if over else each.state,
        "missing_signatures": len(set(each.needed) - set(each.signed)),
    }
