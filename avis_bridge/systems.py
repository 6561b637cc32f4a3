"""Programs that call AVIS: OAuth2 client credentials (RFC 6749 §4.4); a blocked system loses its tokens at once."""

from __future__ import annotations

import hmac
import secrets

import sqlalchemy as sa

from avis_bridge.model import System, SystemKind
from avis_bridge.tables import systems, tokens
from kernel.clock import Clock
from kernel.errors import NotFound, TokenInvalid
from kernel.ledger import Ledger, Transaction
from kernel.vault import Vault

TOKEN_S = 300
#: compared when there is no such client, so that trying names tells nothing by its time
_NOBODY = "0" * 64


class Systems:
    def __init__(self, ledger: Ledger, clock: Clock, vault: Vault) -> None:
        self._ledger = ledger
        self._clock = clock
        self._vault = vault

    async def token(self, client_id: str, secret: str) -> tuple[str, int]:
        """(bearer token, seconds it lives). Raises `TokenInvalid`."""
        now = self._clock.wall_ms()
        async with self._ledger.transaction() as tx:
            row = (await tx.execute(sa.select(systems).where(systems.c.client_id == client_id))).first()
            known = hmac.compare_digest(row.secret_hash if row else _NOBODY, self._secret(client_id, secret))
            if row is None or not known or not row.active:
                raise TokenInvalid
            token = secrets.token_urlsafe(32)
            await tx.execute(sa.delete(tokens).where(tokens.c.expires_ms < now))
            await tx.execute(
                sa.insert(tokens).values(
                    token_hash=self._token(token), client_id=client_id, expires_ms=now + TOKEN_S * 1000
                )
            )
        return token, TOKEN_S

    async def who(self, token: str) -> System:
        """Raises `TokenInvalid`, also for a system that was blocked a moment ago."""
        wanted = (
            sa.select(systems)
            .join(tokens, tokens.c.client_id == systems.c.client_id)
            .where(
                tokens.c.token_hash == self._token(token),
                tokens.c.expires_ms > self._clock.wall_ms(),
                systems.c.active,
            )
        )
        async with self._ledger.reading() as connection:
            row = (await connection.execute(wanted)).first()
        if row is None:
            raise TokenInvalid
        return _system(row)

    async def save(self, tx: Transaction, system: System, secret: str) -> None:
        """Insert or replace, with a secret that was agreed on elsewhere."""
        await tx.execute(sa.delete(systems).where(systems.c.client_id == system.client_id))
        await tx.execute(
            sa.insert(systems).values(
                client_id=system.client_id,
                owner=system.owner,
                kind=system.kind,
                name=system.name,
                active=system.active,
                secret_hash=self._secret(system.client_id, secret),
            )
        )

    async def add(self, owner: str, kind: SystemKind, name: str) -> tuple[System, str]:
        """A new system and its secret, which is shown this once and kept nowhere."""
        secret = secrets.token_urlsafe(32)
        system = System(client_id=f"{owner}-{secrets.token_hex(4)}", owner=owner, kind=kind, name=name)
        async with self._ledger.transaction() as tx:
            await self.save(tx, system, secret)
        return system, secret

    async def renew(self, owner: str, client_id: str) -> str:
        """A new secret; the old one and its tokens are worth nothing from now on."""
        secret = secrets.token_urlsafe(32)
        await self._change(owner, client_id, secret_hash=self._secret(client_id, secret))
        return secret

    async def set_active(self, owner: str, client_id: str, *, active: bool) -> None:
        await self._change(owner, client_id, active=active)

    async def of(self, owner: str) -> list[System]:
        async with self._ledger.reading() as connection:
            rows = await connection.execute(
                sa.select(systems).where(systems.c.owner == owner).order_by(systems.c.client_id)
            )
            return [_system(row) for row in rows]

    async def _change(self, owner: str, client_id: str, **values: object) -> None:
        mine = sa.and_(systems.c.client_id == client_id, systems.c.owner == owner)
        async with self._ledger.transaction() as tx:
            changed = await tx.execute(sa.update(systems).where(mine).values(**values))
            if not changed.rowcount:
                raise NotFound
            await tx.execute(sa.delete(tokens).where(tokens.c.client_id == client_id))

    def _secret(self, client_id: str, secret: str) -> str:
        return self._vault.fingerprint(secret, f"avis system {client_id}")

    def _token(self, token: str) -> str:
        return self._vault.fingerprint(token, "avis token")


def _system(row: sa.Row[tuple[object, ...]]) -> System:
    values = row._mapping
    return System(
        client_id=values["client_id"],
        owner=values["owner"],
        kind=values["kind"],
        name=values["name"],
        active=bool(values["active"]),
    )
