"""The media node's HTTP and WebSocket doors."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import structlog
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from kernel.clock import Clock
from kernel.errors import NotSignedIn
from kernel.tokens import MediaGrant, verify_media_grant
from media.api import MediaNode
from signaling.config import SignalingConfig
from signaling.handlers import Reply, handle
from signaling.join import BadJoin, parse_join
from signaling.lobby import Lobby, RoomFull
from signaling.metrics import NodeMetrics, snapshot
from signaling.participant import Participant
from signaling.roomservice import TwirpError, call
from signaling.webhooks import WebhookSender

#: A client that does not read for this many messages is cut off; it resumes.
MAX_UNSENT = 1_024
MAX_BAD_FRAMES = 50
ELSEWHERE = "the room is not open at this node"
OPEN = {"Access-Control-Allow-Origin": "*"}
PREFLIGHT = {**OPEN, "Access-Control-Allow-Headers": "*", "Access-Control-Allow-Methods": "GET, POST"}

log = structlog.get_logger("signaling")


class SocketOutbox:
    """Messages to one WebSocket, written by one task in order."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._queue: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._close_code: int | None = None

    def send(self, response: Any) -> None:
        if len(self._queue) >= MAX_UNSENT:
            self.close(1013)
            return
        self._queue.append(response.SerializeToString())
        self._wake.set()

    def close(self, code: int = 1000) -> None:
        if self._close_code is None:
            self._close_code = code
            self._wake.set()

    async def run(self) -> None:
        try:
            while True:
                while self._queue:
                    await self._socket.send_bytes(self._queue.popleft())
                if self._close_code is not None:
                    await self._socket.close(self._close_code)
                    return
                self._wake.clear()
                await self._wake.wait()
        except (WebSocketDisconnect, RuntimeError):
            # The other side went first; the reader sees it too.
            return


def create_app(config: SignalingConfig, node: MediaNode, clock: Clock) -> Starlette:
    key = config.webhook_key or next(iter(config.api_keys))
    webhooks = WebhookSender(config.webhook_urls, key, config.api_keys[key], clock)
    node_metrics = NodeMetrics(node)
    lobby = Lobby(config, node, clock, webhooks, node_metrics)
    node_metrics.of(lobby)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await node.start()
        webhooks.start()
        lobby.start()
        yield
        await lobby.close()
        await webhooks.close()
        await node.close()

    def grant_of(connection: HTTPConnection) -> MediaGrant:
        token = connection.query_params.get("access_token", "")
        if not token:
            token = connection.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return verify_media_grant(token, config.api_keys, clock.wall_ms() / 1000)

    def join_grant_of(connection: HTTPConnection) -> MediaGrant:
        grant = grant_of(connection)
        if not grant.room_join or not grant.room or not grant.identity:
            raise NotSignedIn
        return grant

    def elsewhere(grant: MediaGrant) -> bool:
        return (lobby.draining or not config.auto_create) and grant.room not in lobby.rooms

    async def validate(request: Request) -> Response:
        try:
            grant = join_grant_of(request)
        except NotSignedIn:
            return PlainTextResponse("the token does not allow joining", 401, headers=OPEN)
        if elsewhere(grant):
            return PlainTextResponse(ELSEWHERE, 503, headers=OPEN)
        return PlainTextResponse("success", headers=OPEN)

    async def rtc_socket(socket: WebSocket) -> None:
        try:
            grant = join_grant_of(socket)
        except NotSignedIn:
            await socket.send_denial_response(PlainTextResponse("the token does not allow joining", 401))
            return
        if elsewhere(grant):
            # 503, so that SDKs go on trying while their page asks where the room is now
            await socket.send_denial_response(PlainTextResponse(ELSEWHERE, 503))
            return
        try:
            join = parse_join(socket.query_params, dual=not socket.scope["path"].startswith("/rtc/v1"))
        except BadJoin:
            await socket.send_denial_response(PlainTextResponse("the join request does not parse", 400))
            return
        await socket.accept()
        outbox = SocketOutbox(socket)
        writer = asyncio.create_task(outbox.run())
        try:
            participant = enter(grant, join, outbox)
            if participant is not None:
                await read(socket, participant, outbox)
                lobby.connection_lost(participant, outbox)
        finally:
            outbox.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await writer
            writer.cancel()

    def enter(grant: MediaGrant, join: Any, outbox: SocketOutbox) -> Participant | None:
        if join.request.reconnect:
            participant = lobby.resume(grant, join.request.participant_sid, outbox)
            if participant is None:
                outbox.send(leave(models.DisconnectReason.STATE_MISMATCH, rtc.LeaveRequest.Action.RECONNECT))
            return participant
        try:
            return lobby.join(grant, join, outbox)
        except RoomFull:
            outbox.send(leave(models.DisconnectReason.JOIN_FAILURE, rtc.LeaveRequest.Action.DISCONNECT))
            return None

    async def read(socket: WebSocket, participant: Participant, outbox: SocketOutbox) -> None:
        bad_frames = 0
        while participant.outbox is outbox and not participant.closed:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            request = decode(message)
            room = lobby.room_of(participant)
            if request is None or room is None:
                # One broken frame is no reason to end a conversation; a flood of them is.
                bad_frames += 1
                participant.send(
                    request_response=rtc.RequestResponse(
                        reason=rtc.RequestResponse.Reason.INVALID_REQUEST, message="the frame does not parse"
                    )
                )
                if bad_frames > MAX_BAD_FRAMES:
                    outbox.close(1007)
                    return
                continue
            try:
                reply = handle(room, participant, request, clock.wall_ms())
            except Exception as error:
                log.error("handler_failed", message=request.WhichOneof("message"), error=repr(error))
                continue
            if reply is not None:
                obey(participant, outbox, reply)

    def obey(participant: Participant, outbox: SocketOutbox, reply: Reply) -> None:
        if reply.leave:
            told = reply.reason != models.DisconnectReason.CLIENT_INITIATED
            action = rtc.LeaveRequest.Action.DISCONNECT if told else None
            lobby.remove(participant, reply.reason, action=action)
        elif reply.drop:
            outbox.close(1011)

    async def twirp(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(headers=PREFLIGHT)
        json = "json" in request.headers.get("content-type", "")
        try:
            try:
                grant = grant_of(request)
            except NotSignedIn:
                raise TwirpError("unauthenticated", "the token is not valid") from None
            body = await limited_body(request, config.max_body)
            answer = call(lobby, grant, request.path_params["method"], body, json=json)
        except TwirpError as error:
            return JSONResponse({"code": error.code, "msg": str(error)}, error.status, headers=OPEN)
        return Response(answer, media_type="application/json" if json else "application/protobuf", headers=OPEN)

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("OK")

    async def metrics(request: Request) -> Response:
        """For the machine itself: how much a node carries is nobody else's business."""
        if not is_local(request):
            return PlainTextResponse("only for the machine itself", 403)
        return Response(node_metrics.page(), media_type="text/plain; version=0.0.4")

    async def stats(request: Request) -> Response:
        """For whoever may list rooms: ``klatiene media top`` reads it."""
        try:
            grant = grant_of(request)
        except NotSignedIn:
            return PlainTextResponse("the token is not valid", 401)
        if not grant.room_list:
            return PlainTextResponse("the token does not allow listing rooms", 403)
        return JSONResponse(snapshot(lobby, node))

    app = Starlette(
        routes=[
            *(WebSocketRoute(path, rtc_socket) for path in ("/rtc", "/rtc/v1")),
            *(Route(path, validate) for path in ("/rtc/validate", "/rtc/v1/validate")),
            Route("/twirp/livekit.RoomService/{method}", twirp, methods=["POST", "OPTIONS"]),
            Route("/", healthz),
            Route("/healthz", healthz),
            Route("/metrics", metrics),
            Route("/stats", stats),
        ],
        lifespan=lifespan,
    )
    app.state.lobby = lobby
    return app


def is_local(request: HTTPConnection) -> bool:
    """From this machine, and not handed on by a proxy."""
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def leave(reason: Any, action: Any) -> Any:
    return rtc.SignalResponse(leave=rtc.LeaveRequest(reason=reason, action=action, can_reconnect=action != 0))


def decode(message: Any) -> Any:
    """A SignalRequest from a WebSocket frame, binary or JSON; None when it does not parse."""
    try:
        if (body := message.get("bytes")) is not None:
            return rtc.SignalRequest.FromString(body)
        return json_format.Parse(message.get("text") or "", rtc.SignalRequest())
    except (DecodeError, json_format.ParseError, RecursionError):
        return None


async def limited_body(request: Request, limit: int) -> bytes:
    """The body, refused while it arrives when it grows over ``limit`` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TwirpError("resource_exhausted", "the request is too large")
    return bytes(body)
