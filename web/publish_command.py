"""``klatiene publish``: months that are over become open data, and the catalogue goes to the CKAN portal."""

from __future__ import annotations

import httpx

from casework.network import Network
from kernel.clock import SystemClock
from kernel.errors import RegistryUnavailable
from kernel.feed import MemoryFeed
from kernel.ledger import open_ledger
from kernel.settings import Settings
from web.ckan import Ckan
from web.open_data import OpenData


async def run_publish_command(settings: Settings) -> int:
    """The exit code: 1 when the portal cannot be reached or refuses."""
    clock = SystemClock()
    ledger = open_ledger(settings.ledger_url, MemoryFeed("publish-command"))
    try:
        data = OpenData(ledger, clock, Network(ledger, clock), settings)
        for dataset, month in await data.publish():
            print(f"{dataset} {month} published")  # noqa: T201
        if not settings.ckan_url:
            return 0
        about = await data.about()
        async with httpx.AsyncClient(base_url=settings.ckan_url, timeout=30.0) as http:
            ckan = Ckan(http, token=settings.ckan_token, organization=settings.ckan_organization)
            for dataset, outcome in (await ckan.publish(about.base, about.modified)).items():
                print(f"{dataset} {outcome} at {settings.ckan_url}")  # noqa: T201
    except RegistryUnavailable:
        print("the portal cannot be reached, or refuses")  # noqa: T201
        return 1
    finally:
        await ledger.close()
    return 0
