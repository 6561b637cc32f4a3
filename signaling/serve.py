"""The media node as a process of its own."""

from __future__ import annotations

import asyncio
import signal
import socket
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from kernel.clock import SystemClock
from media.node import RelayConfig, RelayNode
from signaling.app import create_app
from signaling.config import SignalingConfig
from signaling.lobby import Lobby

#: between two looks whether the last conversation is over
LOOK_S = 0.2
#: long enough for the last messages to leave, short beside a client's retry delay
FAREWELL_S = 0.1


class WebSocketProtocol(WebSocketsSansIOProtocol):
    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.close_sent:
            # uvicorn logs an error for a handshake that was refused with an answer of one's own
            self.handshake_complete = True


class Server(uvicorn.Server):
    """Lets conversations end, then sends who is left elsewhere; uvicorn alone would only close their sockets."""

    #: SIGINT, or a second signal: somebody waits for us to be gone
    hurried = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.hurried = self.hurried or self.should_exit or sig == signal.SIGINT
        super().handle_exit(sig, frame)

    async def drain(self) -> None:
        """New rooms go elsewhere; those that are here may end by themselves for a while."""
        app: Any = self.config.app
        lobby: Lobby = app.state.lobby
        lobby.draining = True
        until = lobby.clock.mono() + lobby.config.drain_s
        while lobby.people and not self.hurried and lobby.clock.mono() < until:  # noqa: ASYNC110  (rooms tell nobody)
            await asyncio.sleep(LOOK_S)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.drain()
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
