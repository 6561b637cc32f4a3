"""Keeps this process' copies of the directory with the ledger: of the router, presence, the register, the live channel.

Two things lead to a refresh: the event `DirectoryChanged`, at once, and a look at the agencies' versions every second,
for changes made by a process whose events do not reach this one (`klatiene agency add`). Both compare versions, so that
whoever comes second finds nothing to do. The versions are read before the directory: what changes in between is found
at the next look. Contact points have versions, too, and are followed by that look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import sqlalchemy as sa
import structlog

from casework.service import CaseworkService
from casework.tables import contact_points, point_details
from consultation.service import ConsultationService
from kernel.errors import Unavailable
from kernel.identity import Identity
from kernel.ids import AgencyId, OfficerId
from kernel.ledger import Ledger
from presence.service import PresenceService
from router.configuration import versions
from router.service import RouterService
from web.live.hub import Hub
from web.register import Register

log = structlog.get_logger("directories")

#: how often the versions are compared; everybody follows within this and the time of a load
LOOK_EVERY_S = 1.0


class Directories:
    def __init__(
        self,
        ledger: Ledger,
        *,
        identity: Identity,
        router: RouterService,
        presence: PresenceService,
        register: Register,
        casework: CaseworkService,
        consultation: ConsultationService,
        hub: Hub,
    ) -> None:
        self._ledger = ledger
        self._identity = identity
        self._router = router
        self._presence = presence
        self._register = register
        self._casework = casework
        self._consultation = consultation
        self._hub = hub
        self._seen: dict[AgencyId, int] = {}
        self._points_seen = (0, 0)
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        """Load everything once; the router has started, perhaps before a change that these versions know."""
        self._seen, self._points_seen = await self._versions(), await self._points_version()
        await self._router.reload_directory()
        await self._load(self._seen)

    async def refresh(self) -> None:
        """Follow what has changed since the last look. What cannot be read now is read at a later one."""
        async with self._lock:
            try:
                await self._follow()
            except Unavailable as error:
                log.warning("directory_waits", error=error.code)

    async def refresh_workstations(self) -> None:
        """The register of workstations as it is now; those who watch one that was not there before are told."""
        try:
            found = await self._consultation.workstations()
        except Unavailable as error:
            log.warning("directory_waits", error=error.code)
            return
        arrived = [each.id for each in found if self._register.workstation(each.id) is None]
        self._register.load_workstations(found)
        await self._hub.show_workstations(arrived)

    async def _follow(self) -> None:
        if (points := await self._points_version()) != self._points_seen:
            self._register.load_hosts([(point.id, point.host_point_id) for point in await self._casework.points()])
            self._points_seen = points
        now = await self._versions()
        changed = sorted(agency_id for agency_id, version in now.items() if self._seen.get(agency_id) != version)
        if not changed:
            return
        await self._router.reload_directory()
        arrived = await self._load(now)
        await self._hub.follow_directory(changed, arrived=arrived)
        await self._hub.close_revoked(self._identity.valid)
        # last: a load that failed half-way is made again
        self._seen = now

    async def _load(self, versions: Mapping[AgencyId, int]) -> set[OfficerId]:
        """The officers that presence did not know."""
        officers = self._router.officers()
        self._register.load(
            officers=officers,
            groups=self._router.groups(),
            hosts=[(point.id, point.host_point_id) for point in await self._casework.points()],
            workstations=await self._consultation.workstations(),
            versions=versions,
        )
        return await self._presence.know(officer.id for officer in officers)

    async def _versions(self) -> dict[AgencyId, int]:
        async with self._ledger.reading() as connection:
            return await versions(connection)

    async def _points_version(self) -> tuple[int, int]:
        """Grows with every change of the register of contact points."""
        changes = sa.select(sa.func.coalesce(sa.func.sum(point_details.c.version), 0)).scalar_subquery()
        statement = sa.select(sa.func.count(), changes).select_from(contact_points)
        async with self._ledger.reading() as connection:
            count, changed = (await connection.execute(statement)).one()
        return int(count), int(changed)
