"""Who is calling: accounts, server-side sign-in sessions, CSRF tokens.

The cookie holds a random key; the ledger holds only its keyed hash, so that a copy of the ledger signs nobody in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.batch import MOST, Batch
from kernel.clock import Clock
from kernel.errors import NotAllowed, NotSignedIn
from kernel.ids import AccountId, AgencyId, OfficerId, PointId, WorkstationId
from kernel.ledger import Ledger, Transaction, metadata
from kernel.messages import Role

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(32), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("agency_id", sa.String(64)),
    sa.Column("officer_id", sa.String(64)),
    sa.Column("point_id", sa.String(64)),
    sa.Column("point_name", sa.String(200)),
    sa.Column("workstation_id", sa.String(64)),
    sa.Column("party_id", sa.String(64)),
    sa.Column("simulated", sa.Boolean, nullable=False, default=False),
    sa.Column("active", sa.Boolean, nullable=False, default=True),
)

web_sessions = sa.Table(
    "web_sessions",
    metadata,
    sa.Column("key_hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.String(64), nullable=False, index=True),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_ms", sa.BigInteger, nullable=False),
    sa.Column("expires_ms", sa.BigInteger, nullable=False, index=True),
    # by what another system, at which the person signed in, may end the session
    sa.Column("subject_mark", sa.String(64), index=True),
    sa.Column("session_mark", sa.String(64), index=True),
)


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Keyed fingerprints of how another system, at which somebody signed in, calls the person and the session there."""

    subject: str | None = None
    session: str | None = None


class Principal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody signed in, in one role. The fields that the role has no use for are None."""

    id: AccountId
    role: Role
    name: str
    agency_id: AgencyId | None = None
    officer_id: OfficerId | None = None
    point_id: PointId | None = None
    point_name: str | None = None
    workstation_id: WorkstationId | None = None
    #: registration number of the grantor or provider in AVIS
    party_id: str | None = None
    simulated: bool = False
    #: thumbprint of the key that this very call proved; empty: a cookie's
    device: str = ""

    def must_be(self, *roles: Role) -> None:
        if self.role not in roles:
            raise NotAllowed


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    principal: Principal
    csrf_token: str
    #: names the session without being able to open it
    session_hash: str
    #: when the person last proved who they are
    proved_ms: int = 0


class Identity:
    def __init__(self, ledger: Ledger, clock: Clock, *, pepper: str, session_hours: float) -> None:
        self._ledger = ledger
        self._clock = clock
        self._pepper = hashlib.sha256(b"klatiene session\0" + pepper.encode()).digest()
        self._lifetime_ms = round(session_hours * 3_600_000)
        # every call asks who it is, and thousands of consoles may come back at once
        self._sessions: Batch[str, sa.Row[Any]] = Batch(self._load)

    async def sign_in(
        self, account_id: AccountId, *, proved_ms: int | None = None, marks: Marks | None = None
    ) -> tuple[str, SignedIn]:
        """Open a session for an account that has proven itself; the first part is the cookie's value.

        ``proved_ms``: when the person proved who they are, if that was not just now.
        """
        key, csrf_token = secrets.token_urlsafe(32), secrets.token_urlsafe(24)
        now = self._clock.wall_ms()
        proved = now if proved_ms is None else min(now, proved_ms)
        async with self._ledger.transaction() as tx:
            principal = await self._account(tx, account_id)
            await tx.execute(sa.delete(web_sessions).where(web_sessions.c.expires_ms < now))
            await tx.execute(
                sa.insert(web_sessions).values(
                    key_hash=self._hash(key),
                    account_id=account_id,
                    csrf_token=csrf_token,
                    created_ms=proved,
                    expires_ms=now + self._lifetime_ms,
                    subject_mark=marks.subject if marks else None,
                    session_mark=marks.session if marks else None,
                )
            )
        return key, SignedIn(principal=principal, csrf_token=csrf_token, session_hash=self._hash(key), proved_ms=proved)

    async def who(self, key: str | None) -> SignedIn:
        """The session behind a cookie; raises `NotSignedIn` when there is none, or no more."""
        if not key:
            raise NotSignedIn
        key_hash = self._hash(key)
        row = await self._sessions.get(key_hash)
        now = self._clock.wall_ms()
        if row is None or row.expires_ms < now:
            raise NotSignedIn
        if row.expires_ms - now < self._lifetime_ms / 2:
            await self._prolong(key_hash, now)
        return _signed_in(row)

    async def valid(self, session_hashes: Collection[str]) -> set[str]:
        """Those of the sessions that were not ended, by signing out or by taking the account away."""
        wanted = sorted(session_hashes)
        found: set[str] = set()
        for start in range(0, len(wanted), MOST):
            found |= (await self._load(wanted[start : start + MOST])).keys()
        return found

    async def of_hash(self, session_hash: str) -> SignedIn:
        """The session behind a ticket; raises `NotSignedIn` when it was ended meanwhile."""
        row = await self._sessions.get(session_hash)
        if row is None:
            raise NotSignedIn
        return _signed_in(row)

    async def prove(self, session_hash: str) -> None:
        """The person has just proved again who they are."""
        mine = web_sessions.c.key_hash == session_hash
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.update(web_sessions).where(mine).values(created_ms=self._clock.wall_ms()))

    # ── devices: a session that no cookie opens ──────────────────────────────────────────────────

    async def hold(self, tx: Transaction, session_hash: str, account_id: AccountId, *, until_ms: int) -> None:
        """Open a device's session, or prolong it; what proves the device is its caller's business."""
        mine = web_sessions.c.key_hash == session_hash
        if (await tx.execute(sa.update(web_sessions).where(mine).values(expires_ms=until_ms))).rowcount:
            return
        now = self._clock.wall_ms()
        await tx.execute(
            sa.insert(web_sessions).values(
                key_hash=session_hash, account_id=account_id, csrf_token="", created_ms=now, expires_ms=until_ms
            )
        )

    async def drop(self, tx: Transaction, session_hash: str) -> None:
        await tx.execute(sa.delete(web_sessions).where(web_sessions.c.key_hash == session_hash))

    async def sign_out(self, key: str) -> None:
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(web_sessions).where(web_sessions.c.key_hash == self._hash(key)))

    async def end(self, session_hash: str) -> None:
        async with self._ledger.transaction() as tx:
            await self.drop(tx, session_hash)

    async def end_marked(self, marks: Marks) -> list[SignedIn]:
        """End the sessions that fit every mark that is given; those that there were."""
        given = {"subject_mark": marks.subject, "session_mark": marks.session}
        wanted = [web_sessions.c[name] == mark for name, mark in given.items() if mark is not None]
        if not wanted:
            return []
        async with self._ledger.reading() as connection:
            found = list(await connection.scalars(sa.select(web_sessions.c.key_hash).where(*wanted)))
        ended = [_signed_in(row) for row in (await self._load(found)).values()] if found else []
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(web_sessions).where(*wanted))
        return ended

    async def accounts(self) -> list[Principal]:
        statement = sa.select(accounts).where(accounts.c.active).order_by(accounts.c.role, accounts.c.id)
        async with self._ledger.reading() as connection:
            return [_principal(row) for row in await connection.execute(statement)]

    async def save_account(self, tx: Transaction, principal: Principal) -> None:
        """Insert or replace an account of the register."""
        values = {
            **{column.name: getattr(principal, column.name, None) for column in accounts.columns},
            "role": principal.role.value,
            "active": True,
        }
        await tx.execute(sa.delete(accounts).where(accounts.c.id == principal.id))
        await tx.execute(sa.insert(accounts).values(values))

    async def forget_account(self, tx: Transaction, account_id: AccountId) -> None:
        """An account that was made for one occasion, with whatever it had open."""
        await tx.execute(sa.delete(web_sessions).where(web_sessions.c.account_id == account_id))
        await tx.execute(sa.delete(accounts).where(accounts.c.id == account_id))

    async def known(self, connection: AsyncConnection, account_id: AccountId) -> bool:
        """Is the name taken, also by an account that may not sign in any more?"""
        return await connection.scalar(sa.select(accounts.c.id).where(accounts.c.id == account_id)) is not None

    async def officers_accounts(self, connection: AsyncConnection) -> dict[OfficerId, tuple[AccountId, bool]]:
        """Officer → (account, may it sign in)."""
        rows = await connection.execute(sa.select(accounts).where(accounts.c.officer_id.is_not(None)))
        return {OfficerId(row.officer_id): (AccountId(row.id), bool(row.active)) for row in rows}

    async def save_officers_account(self, tx: Transaction, officer_id: OfficerId, *, name: str, active: bool) -> None:
        """The name shown, and whether the account may sign in; one that may not is signed out everywhere."""
        mine = accounts.c.officer_id == officer_id
        await tx.execute(sa.update(accounts).where(mine).values(name=name, active=active))
        if not active:
            theirs = sa.select(accounts.c.id).where(mine)
            await tx.execute(sa.delete(web_sessions).where(web_sessions.c.account_id.in_(theirs)))

    async def _load(self, session_hashes: list[str]) -> dict[str, sa.Row[Any]]:
        statement = (
            sa.select(
                accounts, *(web_sessions.c[name] for name in ("key_hash", "csrf_token", "created_ms", "expires_ms"))
            )
            .join(web_sessions, web_sessions.c.account_id == accounts.c.id)
            .where(web_sessions.c.key_hash.in_(session_hashes), accounts.c.active)
        )
        async with self._ledger.reading() as connection:
            return {row.key_hash: row for row in await connection.execute(statement)}

    async def _prolong(self, key_hash: str, now: int) -> None:
        async with self._ledger.transaction() as tx:
            await tx.execute(
                sa.update(web_sessions)
                .where(web_sessions.c.key_hash == key_hash)
                .values(expires_ms=now + self._lifetime_ms)
            )

    async def _account(self, tx: Transaction, account_id: AccountId) -> Principal:
        row = (await tx.execute(sa.select(accounts).where(accounts.c.id == account_id, accounts.c.active))).first()
        if row is None:
            raise NotSignedIn
        return _principal(row)

    def _hash(self, key: str) -> str:
        return hmac.new(self._pepper, key.encode(), hashlib.sha256).hexdigest()


def csrf_matches(signed_in: SignedIn, presented: str | None) -> bool:
    return presented is not None and hmac.compare_digest(signed_in.csrf_token, presented)


def _signed_in(row: sa.Row[Any]) -> SignedIn:
    return SignedIn(
        principal=_principal(row),
        csrf_token=row.csrf_token,
        session_hash=row.key_hash,
        proved_ms=row.created_ms,
    )


def _principal(row: sa.Row[Any]) -> Principal:
    values = row._mapping
    return Principal(
        id=values["id"],
        role=Role(values["role"]),
        name=values["name"],
        agency_id=values["agency_id"],
        officer_id=values["officer_id"],
        point_id=values["point_id"],
        point_name=values["point_name"],
        workstation_id=values["workstation_id"],
        party_id=values["party_id"],
        simulated=values["simulated"],
    )
