"""Checks of workstations, kept per point: which libraries are weak, and in what."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import msgspec
import sqlalchemy as sa

from consultation.checks_core import Check, weaknesses
from consultation.media_port import MediaPort
from consultation.service import Join, MediaAccess
from kernel.clock import Clock
from kernel.errors import NotAllowed
from kernel.identity import Principal
from kernel.ids import PointId, new_id
from kernel.ledger import Ledger, metadata
from kernel.tokens import MAX_JOIN_TTL_S, MediaGrant, mint_media_grant

#: nothing older is of use
KEEP_DAYS = 90
DAY_MS = 86_400_000

workstation_checks = sa.Table(
    "workstation_checks",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("at_ms", sa.BigInteger, nullable=False, index=True),
    sa.Column("workstation_id", sa.String(64), nullable=False, index=True),
    sa.Column("point_id", sa.String(64), nullable=False, index=True),
    sa.Column("weak", sa.Boolean, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)


class Checks:
    def __init__(self, ledger: Ledger, clock: Clock, media: MediaPort, access: MediaAccess) -> None:
        self._ledger = ledger
        self._clock = clock
        self._media = media
        self._access = access

    async def line(self, who: Principal) -> tuple[Join, Join]:
        """Two places in a room of nobody else: one sends, one receives, both through the node."""
        room = f"check-{secrets.token_hex(8)}"
        url = await self._media.open_room(room) or self._access.url
        up, down = (self._grant(url, room, name, sends=name == "up") for name in ("up", "down"))
        return up, down

    def _grant(self, url: str, room: str, name: str, *, sends: bool) -> Join:
        token = mint_media_grant(
            MediaGrant(
                identity=name,
                room=room,
                room_join=True,
                can_publish=sends,
                can_publish_data=False,
                can_subscribe=not sends,
            ),
            api_key=self._access.api_key,
            secret=self._access.secret,
            now_s=self._clock.wall_ms() // 1000,
            ttl_s=MAX_JOIN_TTL_S,
            jti=secrets.token_hex(8),
        )
        return Join(url=url, token=token, identity=name, room=room, expires_in_s=MAX_JOIN_TTL_S)

    async def record(self, who: Principal, check: Check) -> tuple[str, ...]:
        """What is weak about it."""
        if who.workstation_id is None or who.point_id is None:
            raise NotAllowed
        wall_ms, weak = self._clock.wall_ms(), weaknesses(check)
        async with self._ledger.transaction() as tx:
            await tx.execute(
                sa.insert(workstation_checks).values(
                    id=new_id(wall_ms),
                    at_ms=wall_ms,
                    workstation_id=who.workstation_id,
                    point_id=who.point_id,
                    weak=bool(weak),
                    body=msgspec.json.encode(check).decode(),
                )
            )
        return weak

    async def latest(self, points: Iterable[PointId] | None = None) -> list[dict[str, Any]]:
        """The last check of each workstation, the weak ones first, with how many of its checks were weak lately."""
        table = workstation_checks
        wanted = sa.select(table).order_by(table.c.at_ms.desc(), table.c.id.desc())
        if points is not None:
            wanted = wanted.where(table.c.point_id.in_(list(points)))
        found: dict[str, dict[str, Any]] = {}
        async with self._ledger.reading() as connection:
            for row in await connection.execute(wanted.limit(20_000)):
                of = found.setdefault(row.workstation_id, _view(row))
                of["checks"] += 1
                of["weak_checks"] += int(row.weak)
        return sorted(found.values(), key=lambda each: (-len(each["weak"]), -each["at_ms"]))

    async def forget(self) -> None:
        before_ms = self._clock.wall_ms() - KEEP_DAYS * DAY_MS
        async with self._ledger.transaction() as tx:
            await tx.execute(sa.delete(workstation_checks).where(workstation_checks.c.at_ms < before_ms))


def _view(row: sa.Row[Any]) -> dict[str, Any]:
    check = msgspec.json.decode(row.body, type=Check)
    return {
        "workstation_id": row.workstation_id,
        "point_id": row.point_id,
        "at_ms": row.at_ms,
        "check": check,
        "weak": weaknesses(check),
        "checks": 0,
        "weak_checks": 0,
    }
