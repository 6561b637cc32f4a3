"""What lies outside: the media nodes, and each state system that has an address."""

from __future__ import annotations

from contextlib import AsyncExitStack

from avis_bridge.http import HttpAvis
from avis_bridge.model import System
from avis_bridge.port import AvisPort, NoAvis
from avis_bridge.reference import Avis
from consultation.media_pool import MediaPool
from consultation.media_port import MediaPort, RoomService
from kernel.audit import Audit
from kernel.bridge_errors import DagrUnavailable
from kernel.clock import Clock
from kernel.errors import RegistryUnavailable
from kernel.gateway import Gateway, Grounds
from kernel.ledger import Ledger
from kernel.private import Private
from kernel.settings import Settings
from kernel.vault import Vault
from portal_bridge.http import HttpJpp, NoJpp
from portal_bridge.port import JppPort
from portal_bridge.state import State


def media_of(settings: Settings, stack: AsyncExitStack) -> MediaPort:
    """The media node, or all of them behind one face."""
    key, secret = settings.media_key, settings.media_secret
    if not settings.media_urls:
        node = RoomService(settings.media_api_url, key, secret, public_url=settings.media_url)
        stack.push_async_callback(node.close)
        return node
    pool = MediaPool(
        [
            RoomService(api_url, key, secret, public_url=url)
            for url, api_url in zip(settings.media_urls, settings.media_api_urls, strict=True)
        ]
    )
    pool.start()
    stack.push_async_callback(pool.close)
    return pool


def bridges_of(
    settings: Settings, clock: Clock, audit: Audit, stack: AsyncExitStack
) -> tuple[AvisPort, JppPort, State]:
    """Each state system that has an address; the others answer "unavailable" by themselves."""
    grounds = Grounds(audit, dict(each.split("=", 1) for each in settings.legal_bases))

    def gateway(name: str, url: str, client_id: str, secret: str) -> Gateway:
        made = Gateway(url, client_id, secret, clock, timeout_s=settings.bridge_timeout_s, name=name, grounds=grounds)
        stack.push_async_callback(made.close)
        return made

    avis: AvisPort = NoAvis()
    if settings.avis_url:
        avis = HttpAvis(gateway("AVIS", settings.avis_url, settings.avis_client, settings.avis_secret))
    jpp: JppPort = NoJpp(clock)
    if settings.jpp_url:
        jpp = HttpJpp(gateway("JPP", settings.jpp_url, settings.jpp_client, settings.jpp_secret), clock)
    line = None
    if settings.state_url:
        line = gateway("state", settings.state_url, settings.state_client, settings.state_secret)
    return avis, jpp, State(line, dagr_permission=settings.dagr_permission, viss_urn=settings.viss_urn)


class Criteria:
    """DAGR's answer to a criterion of a recipients' group."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def holds(self, code: Private[str], criterion: str, *, session: str) -> bool:
        try:
            return await self._state.holds(code, criterion, session=session)
        except RegistryUnavailable:
            raise DagrUnavailable(retry_after_s=30) from None


async def reference_avis(
    settings: Settings, ledger: Ledger, clock: Clock, vault: Vault, criteria: Criteria | None = None
) -> Avis:
    """The embedded AVIS. Our own bridge is one of its systems, so that both cross the same HTTP contract."""
    avis = Avis(ledger, clock, vault, criteria)
    if settings.avis_secret:
        own = System(client_id=settings.avis_client, owner="state", kind="recipients", name="Klātiene")
        async with ledger.transaction() as tx:
            await avis.systems.save(tx, own, settings.avis_secret)
    return avis
