"""The whole house on one machine: its processes, started, watched and announced."""

from __future__ import annotations

import asyncio
import dataclasses
import os

import httpx

from kernel.settings import Settings
from web import startup
from web.standins import METADATA, VPM
from web.supervise import Program, Supervisor


async def serve_all(settings: Settings, *, demo: bool, simulated: bool) -> int:
    """The supervisor of every process; children read these very settings from their environment."""
    if demo:
        settings = with_standins(settings)
    # Whoever ends the house ends its conversations: the control plane goes, too.
    settings = dataclasses.replace(settings, media_drain_s=0.0)
    environ = {**os.environ, **startup.to_environ(settings)}
    supervisor = Supervisor(environ)
    supervisor.stop_on_signals()
    if startup.has_own_node(settings):
        for program in media_programs(settings):
            supervisor.start(program)
    for program in web_programs(settings):
        supervisor.start(program)
    if demo:
        supervisor.start(Program("standins", ["standins"]))
    announce = asyncio.create_task(_when_ready(settings, supervisor, demo=demo, simulated=simulated))
    try:
        return await supervisor.run()
    finally:
        announce.cancel()


def media_programs(settings: Settings) -> list[Program]:
    if settings.media_nodes == 1:
        return [Program("media", ["media"])]
    return [
        Program(f"media-{n}", ["media", "--media-port", str(port), "--media-udp-port", str(udp_port)])
        for n, (port, udp_port) in enumerate(startup.media_ports(settings), 1)
    ]


def web_programs(settings: Settings) -> list[Program]:
    if settings.web_processes == 1:
        return [Program("web", ["web"])]
    return [Program(f"web-{number}", ["web"]) for number in range(1, settings.web_processes + 1)]


def with_standins(settings: Settings) -> Settings:
    """Addresses for the stand-ins of state systems that are not connected."""
    state_url = settings.state_url or f"http://127.0.0.1:{startup.free_port()}"
    return dataclasses.replace(
        settings,
        avis_url=settings.avis_url or f"{startup.own_url(settings)}/avis",
        jpp_url=settings.jpp_url or f"{startup.own_url(settings)}/registers",
        state_url=state_url,
        oidc_issuer=settings.oidc_issuer or f"{state_url}{VPM}",
        wsfed_metadata_url=settings.wsfed_metadata_url or f"{state_url}{VPM}{METADATA}",
    )


async def _when_ready(settings: Settings, supervisor: Supervisor, *, demo: bool, simulated: bool) -> None:
    async with httpx.AsyncClient(base_url=startup.own_url(settings), timeout=2.0) as http:
        while True:
            try:
                if (await http.get("/readyz")).status_code == 200:
                    break
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.2)
    if simulated:
        supervisor.start(Program("simulated", ["simulated"]))
    print(startup.welcome(settings, demo=demo, simulated=simulated), flush=True)  # noqa: T201
