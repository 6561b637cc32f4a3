"""What lies outside: the media nodes, and each state system that has an address."""

from __future__ import annotations

from contextlib import AsyncExitStack

from avis_bridge.http import HttpAvis
from avis_bridge.model import System
from avis_bridge.port import AvisPort, NoAvis
from avis_bridge.reference import Avis
from consultation.media_pool import MediaPool
from consultation.media_port import MediaPort, RoomService
from kernel.clock import Clock
from kernel.gateway import Gateway
from kernel.ledger import Ledger
from kernel.settings import Settings
from kernel.vault import Vault
from portal_bridge.http import HttpJpp, NoJpp
from portal_bridge.port import JppPort


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


def bridges_of(settings: Settings, clock: Clock, stack: AsyncExitStack) -> tuple[AvisPort, JppPort]:
    """Each state system that has an address; the others answer "unavailable" by themselves."""

    def gateway(url: str, client_id: str, secret: str) -> Gateway:
        made = Gateway(url, client_id, secret, clock, timeout_s=settings.bridge_timeout_s)
        stack.push_async_callback(made.close)
        return made

    avis: AvisPort = NoAvis()
    if settings.avis_url:
        avis = HttpAvis(gateway(settings.avis_url, settings.avis_client, settings.avis_secret))
    jpp: JppPort = NoJpp(clock)
    if settings.jpp_url:
        jpp = HttpJpp(gateway(settings.jpp_url, settings.jpp_client, settings.jpp_secret), clock)
    return avis, jpp


async def reference_avis(settings: Settings, ledger: Ledger, clock: Clock, vault: Vault) -> Avis:
    """The embedded AVIS. Our own bridge is one of its systems, so that both cross the same HTTP contract."""
    avis = Avis(ledger, clock, vault)
    if settings.avis_secret:
        own = System(client_id=settings.avis_client, owner="state", kind="recipients", name="Klātiene")
        async with ledger.transaction() as tx:
            await avis.systems.save(tx, own, settings.avis_secret)
    return avis
