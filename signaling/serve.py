"""The media node as a process of its own."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from kernel.clock import SystemClock
from media.node import RelayConfig, RelayNode
from signaling.app import create_app
from signaling.config import SignalingConfig

#: long enough for the last messages to leave, short beside a client's retry delay
FAREWELL_S = 0.1


class WebSocketProtocol(WebSocketsSansIOProtocol):
    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.close_sent:
            # uvicorn logs an error for a handshake that was refused with an answer of one's own
            self.handshake_complete = True


class Server(uvicorn.Server):
    """Sends everybody elsewhere before it closes their sockets; uvicorn alone would only close them."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # No longer listening first: whoever is sent away must not come back here.
        for server in self.servers:
            server.close()
        app: Any = self.config.app
        await app.state.lobby.close()
        await asyncio.sleep(FAREWELL_S)
        await super().shutdown(sockets)


def build_server(config: SignalingConfig) -> Server:
    """A uvicorn server ready to ``serve()``; it logs no addresses because SDKs put tokens into them."""
    relay = RelayConfig(config.media_host, config.udp_port, config.tcp_port, config.addresses)
    app = create_app(config, RelayNode(relay), SystemClock())
    return Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            ws=WebSocketProtocol,
            ws_per_message_deflate=False,
            ws_max_size=config.max_message,
            access_log=False,
            # uvicorn also tells of every accepted WebSocket, with its whole address
            log_level="warning",
            log_config=None,
            timeout_graceful_shutdown=3,
        )
    )


async def run(config: SignalingConfig) -> None:
    """Serve until SIGINT or SIGTERM."""
    await build_server(config).serve()
