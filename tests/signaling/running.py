"""A real media node on loopback, and a client that speaks its protocol by hand."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import itertools
import time
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import httpx
from livekit.protocol import models, rtc
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from kernel.tokens import MediaGrant, mint_media_grant
from signaling.config import SignalingConfig
from signaling.lobby import Lobby
from signaling.serve import Server, build_server

KEY, SECRET = "devkey", "a-secret-for-tests-of-32-bytes-or-more"
ROOM = "room"
_serial = itertools.count()


def token(identity: str = "", *, room: str = ROOM, ttl_s: int = 60, now_s: int | None = None, **grant: Any) -> str:
    """A media token; by default it allows joining ``room``."""
    grant.setdefault("room_join", bool(identity))
    return mint_media_grant(
        MediaGrant(identity=identity, room=room, **grant),
        api_key=KEY,
        secret=SECRET,
        now_s=int(time.time()) if now_s is None else now_s,
        ttl_s=ttl_s,
        jti=str(next(_serial)),
    )


class RunningNode:
    def __init__(self, server: Server, served: asyncio.Task[None], port: int) -> None:
        app: Any = server.config.app
        self.lobby: Lobby = app.state.lobby
        self.server = server
        self.served = served
        self.url = f"ws://127.0.0.1:{port}"
        self.http = f"http://127.0.0.1:{port}"

    async def twirp(self, method: str, body: Any, token: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient() as client:
            content = {"content": body} if isinstance(body, bytes) else {"json": body}
            kind = "application/protobuf" if isinstance(body, bytes) else "application/json"
            return await client.post(
                f"{self.http}/twirp/livekit.RoomService/{method}",
                headers={"Authorization": f"Bearer {token}", "Content-Type": options.get("kind", kind)},
                **content,
            )


@contextlib.asynccontextmanager
async def running_node(**config: Any) -> AsyncIterator[RunningNode]:
    settings = SignalingConfig(
        api_keys={KEY: SECRET},
        port=0,
        media_host="127.0.0.1",
        addresses=("127.0.0.1",),
        udp_port=0,
        tcp_port=0,
        **config,
    )
    server = build_server(settings)
    served = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110  (uvicorn offers no event)
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield RunningNode(server, served, port)
    finally:
        server.should_exit = True
        await served


def join_parameter(request: Any) -> str:
    """The ``join_request`` query parameter of protocol v1."""
    wrapped = rtc.WrappedJoinRequest(
        compression=rtc.WrappedJoinRequest.Compression.GZIP, join_request=gzip.compress(request.SerializeToString())
    )
    return base64.urlsafe_b64encode(wrapped.SerializeToString()).decode()


class Signal:
    """One signalling connection, used as ``async with Signal(node, "ann") as ann``."""

    def __init__(
        self, node: RunningNode, identity: str, *, v0: bool = False, resume: str = "", request: Any = None, **grant: Any
    ) -> None:
        if v0:
            path = "/rtc?auto_subscribe=1&sdk=android&protocol=15"
            path += f"&reconnect=1&sid={resume}" if resume else ""
        else:
            request = request or rtc.JoinRequest()
            request.reconnect, request.participant_sid = bool(resume), resume
            path = f"/rtc/v1?join_request={join_parameter(request)}"
        self._connect = connect(
            node.url + path, additional_headers={"Authorization": f"Bearer {token(identity, **grant)}"}, proxy=None
        )
        self._socket: ClientConnection | None = None
        self.sid = ""
        self.joined: Any = None
        self._resumed = bool(resume)

    async def __aenter__(self) -> Self:
        self._socket = await self._connect
        if not self._resumed:
            self.joined = await self.until("join")
            self.sid = self.joined.participant.sid
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.socket.close()

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None
        return self._socket

    async def send(self, **message: Any) -> None:
        await self.socket.send(rtc.SignalRequest(**message).SerializeToString())

    async def next(self) -> Any:
        async with asyncio.timeout(5):
            body = await self.socket.recv()
        assert isinstance(body, bytes)
        return rtc.SignalResponse.FromString(body)

    async def until(self, name: str) -> Any:
        """The next message of that name; others are passed over."""
        while True:
            response = await self.next()
            found = response.WhichOneof("message")
            if found == name:
                return getattr(response, name)
            assert found != "leave", f"the server left: {response.leave}"

    async def hears_of(self, identity: str, state: int | None = None) -> Any:
        """The next ParticipantInfo about that identity (in that state)."""
        while True:
            for info in (await self.until("update")).participants:
                if info.identity == identity and state in (None, info.state):
                    return info

    async def closed(self) -> int:
        """The close code, once the server closed."""
        try:
            while True:
                await self.next()
        except ConnectionClosed:
            return self.socket.close_code or 0


DISCONNECTED = models.ParticipantInfo.State.DISCONNECTED
