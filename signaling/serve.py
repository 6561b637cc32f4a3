"""The media node as a process of its own."""

from __future__ import annotations

import uvicorn

from kernel.clock import SystemClock
from media.node import RelayConfig, RelayNode
from signaling.app import create_app
from signaling.config import SignalingConfig


def build_server(config: SignalingConfig) -> uvicorn.Server:
    """A uvicorn server ready to ``serve()``; its access log is off because SDKs put tokens into URLs."""
    relay = RelayConfig(config.media_host, config.udp_port, config.tcp_port, config.addresses)
    app = create_app(config, RelayNode(relay), SystemClock())
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_max_size=config.max_message,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=3,
        )
    )


async def run(config: SignalingConfig) -> None:
    """Serve until SIGINT or SIGTERM."""
    await build_server(config).serve()
