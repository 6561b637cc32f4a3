"""What each process of the house runs. Each imports only what it needs: the media node no SQL, the rest no media."""

from __future__ import annotations

import asyncio
import gc
import socket

import httpx
import structlog
import uvicorn

from kernel.clock import SystemClock
from kernel.settings import Settings
from web import startup

log = structlog.get_logger("serve")

DRAIN_S = 5
WS_MAX = 64 * 1024
#: connections that may wait to be accepted: thousands of consoles come back at once
BACKLOG = 4096
#: when the collector of cycles runs; with thousands of consoles a full pass stops everything for half a second
COLLECT_AFTER = (5_000, 10, 80)


def web_server(app: object, settings: Settings) -> uvicorn.Server:
    """Not yet serving. The access log is off: `web.edge` writes one that holds no query strings."""
    from web.live.wire import LiveWebSocket  # noqa: PLC0415

    return uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            host=settings.host,
            port=settings.port,
            backlog=BACKLOG,
            ws=LiveWebSocket,
            ws_max_size=WS_MAX,
            # the live channel has its own
            ws_per_message_deflate=False,
            # our own pings prove that the page is alive, not only its network stack
            ws_ping_interval=None,
            lifespan="off",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=DRAIN_S,
        )
    )


async def serve_web(settings: Settings) -> int:
    """The control plane until SIGTERM; 1 when something in it was beyond help."""
    from web.app import create_app  # noqa: PLC0415
    from web.wiring import open_house  # noqa: PLC0415

    async with open_house(settings) as house:
        server = web_server(create_app(house), settings)
        collect_rarely()

        async def watch() -> None:
            await house.tasks.failed.wait()
            log.critical("control_plane_gives_up", why=house.tasks.why)
            server.should_exit = True

        watcher = asyncio.create_task(watch())
        try:
            await server.serve(sockets=[listener(settings)])
        finally:
            watcher.cancel()
        return 1 if house.tasks.failed.is_set() or not server.started else 0


def collect_rarely() -> None:
    """What lives as long as the process is looked through no more, the rest seldom; most garbage needs no collector."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def listener(settings: Settings) -> socket.socket:
    """The listening socket. Several web processes each have one on the same port; the kernel deals connections out.

    It is made when the process can serve, so that nobody is dealt to one that cannot yet, and vanishes with it.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server(
        (settings.host, settings.port), family=family, backlog=BACKLOG, reuse_port=settings.web_processes > 1
    )


async def serve_media(settings: Settings) -> int:
    """The media node until SIGTERM."""
    from signaling.config import SignalingConfig  # noqa: PLC0415
    from signaling.serve import run  # noqa: PLC0415
    from signaling.turn import Turn  # noqa: PLC0415

    collect_rarely()
    await run(
        SignalingConfig(
            api_keys={settings.media_key: settings.media_secret},
            host=settings.media_host,
            port=settings.media_port,
            media_host=startup.media_bind(settings),
            drain_s=settings.media_drain_s,
            udp_port=settings.media_udp_port,
            tcp_port=settings.media_udp_port,
            addresses=settings.media_addresses,
            auto_create=not settings.media_urls,
            turn=Turn(settings.turn_urls, settings.turn_secret),
            webhook_urls=(settings.media_webhook_url,),
        )
    )
    return 0


async def serve_standins(settings: Settings) -> int:
    """Stand-ins of the state's gateway and of VPM, where our bridges look for them; AVIS and JPP are embedded."""
    from web.standins import standins  # noqa: PLC0415

    await _standin(standins(settings, SystemClock()), settings.state_url).serve()
    return 0


async def serve_simulated(settings: Settings) -> int:
    from web.simulated import run_simulated  # noqa: PLC0415

    await run_simulated(startup.own_url(settings))
    return 0


def _standin(app: object, url: str) -> uvicorn.Server:
    parsed = httpx.URL(url)
    return uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]
            host=parsed.host,
            port=parsed.port or 80,
            lifespan="off",
            access_log=False,
            log_config=None,
        )
    )
