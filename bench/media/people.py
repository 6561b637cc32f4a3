"""Three people a room, each publishing picture and sound and receiving both others, at each server in its own tongue.

Every person has two transports, one out and one in (LiveKit's protocol v0; Janus knows no other way), so that all
servers serve the same number of sockets.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from abc import ABC, abstractmethod
from typing import Any

from livekit.protocol import models, rtc
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.media.leg import Certificate, Leg
from bench.media.servers import Server
from kernel.tokens import MediaGrant, mint_media_grant

OTHERS = 2
PING_S = 5.0
READY_S = 30.0
_ssrc = itertools.count(0x10000, 16)


class Person(ABC):
    """``publisher`` and ``subscriber`` are connected after `join`; media may flow after `subscribe`."""

    def __init__(self, server: Server, room: int, number: int, certificate: Certificate) -> None:
        self.server, self.room, self.number = server, room, number
        starts_sctp = server.name in ("klatiene", "python")
        self.publisher = Leg(certificate, server.address, starts_sctp=starts_sctp)
        self.subscriber = Leg(certificate, server.address, starts_sctp=starts_sctp)
        self.audio_ssrc = next(_ssrc)
        self.video_ssrc = self.audio_ssrc + 1
        self._socket: ClientConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @abstractmethod
    async def join(self) -> None: ...

    @abstractmethod
    async def subscribe(self, others: list[Any]) -> None: ...

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None
        return self._socket

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    await self._socket.close()
        await self.publisher.close()
        await self.subscriber.close()


class LiveKitPerson(Person):
    """At our node and at LiveKit's server."""

    async def join(self) -> None:
        token = mint_media_grant(
            MediaGrant(identity=f"p{self.number}", room=f"room-{self.room}", room_join=True),
            api_key=self.server.key,
            secret=self.server.secret,
            now_s=int(time.time()),
            ttl_s=600,
            jti=secrets.token_hex(8),
        )
        self._socket = await connect(
            f"{self.server.url}/rtc?auto_subscribe=1&sdk=js&protocol=15&version=2.0.0",
            additional_headers={"Authorization": f"Bearer {token}"},
            proxy=None,
            max_size=None,
        )
        self._published = asyncio.Semaphore(0)
        self._answered = asyncio.Event()
        #: sections for others' media in the newest offer
        self._sections = 0
        self._more = asyncio.Event()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._ping())]
        ids = (f"a{self.number}", f"v{self.number}")
        for cid, kind, source in (
            (ids[0], models.TrackType.AUDIO, models.TrackSource.MICROPHONE),
            (ids[1], models.TrackType.VIDEO, models.TrackSource.CAMERA),
        ):
            track = rtc.AddTrackRequest(cid=cid, name=cid, type=kind, source=source, width=640, height=360)
            if kind == models.TrackType.VIDEO:
                track.layers.append(models.VideoLayer(quality=models.VideoQuality.HIGH, width=640, height=360))
            await self._say(add_track=track)
        for _ in ids:
            await self._published.acquire()
        sdp = self.publisher.offer(self.audio_ssrc, self.video_ssrc, data=True, track_ids=ids)
        await self._say(offer=rtc.SessionDescription(type="offer", sdp=sdp))
        await self._answered.wait()
        await asyncio.gather(
            self.publisher.connect(creates_channels=True), self.subscriber.connect(creates_channels=False)
        )

    async def subscribe(self, others: list[Any]) -> None:
        async with asyncio.timeout(READY_S):
            while self._sections < 2 * len(others):
                self._more.clear()
                await self._more.wait()

    async def _say(self, **message: Any) -> None:
        await self.socket.send(rtc.SignalRequest(**message).SerializeToString())

    async def _ping(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(PING_S)
                await self._say(ping_req=rtc.Ping(timestamp=int(time.time() * 1000)))

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                body = await self.socket.recv()
                assert isinstance(body, bytes)
                await self._heard(rtc.SignalResponse.FromString(body))

    async def _heard(self, response: Any) -> None:
        match response.WhichOneof("message"):
            case "track_published":
                self._published.release()
            case "answer":
                self.publisher.answered(response.answer.sdp)
                self._answered.set()
            case "offer":
                answer = self.subscriber.answer(response.offer.sdp)
                await self._say(answer=rtc.SessionDescription(type="answer", sdp=answer, id=response.offer.id))
                sections = response.offer.sdp.split("\nm=")[1:]
                self._sections = sum("a=sendonly" in part or "a=sendrecv" in part for part in sections)
                self._more.set()
            case "trickle":
                leg = self.subscriber if response.trickle.target == rtc.SignalTarget.SUBSCRIBER else self.publisher
                leg.candidate(json.loads(response.trickle.candidateInit)["candidate"])
            case "leave":
                raise AssertionError(f"{self.server.name} sent us away: {response.leave}")


class JanusPerson(Person):
    """In Debian's Janus: a handle for publishing, another for what the others publish."""

    async def join(self) -> None:
        self._socket = await connect(self.server.url, subprotocols=["janus-protocol"], proxy=None)  # type: ignore[list-item]
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._session = 0
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._keep_alive())]
        self._session = (await self._ask({"janus": "create"}))["data"]["id"]
        handle = await self._attach()
        await self._message(handle, {"request": "create", "room": self.room + 1, "publishers": 3, "bitrate": 0})
        joined = await self._event(
            handle, {"request": "join", "ptype": "publisher", "room": self.room + 1, "display": str(self.number)}
        )
        self.feed = joined["plugindata"]["data"]["id"]
        sdp = self.publisher.offer(self.audio_ssrc, self.video_ssrc, data=False, track_ids=("a", "v"))
        answer = await self._event(handle, {"request": "publish"}, {"type": "offer", "sdp": sdp})
        self.publisher.answered(answer["jsep"]["sdp"])
        await self.publisher.connect(creates_channels=False)

    async def subscribe(self, others: list[Any]) -> None:
        handle = await self._attach()
        feeds = [{"feed": other.feed} for other in others]
        offer = await self._event(
            handle, {"request": "join", "ptype": "subscriber", "room": self.room + 1, "streams": feeds}
        )
        answer = self.subscriber.answer(offer["jsep"]["sdp"])
        await self._event(handle, {"request": "start"}, {"type": "answer", "sdp": answer})
        await self.subscriber.connect(creates_channels=False)

    async def _attach(self) -> int:
        return int((await self._ask({"janus": "attach", "plugin": "janus.plugin.videoroom"}))["data"]["id"])

    async def _message(self, handle: int, body: Any) -> Any:
        return await self._ask({"janus": "message", "handle_id": handle, "body": body})

    async def _event(self, handle: int, body: Any, jsep: Any = None) -> Any:
        message = {"janus": "message", "handle_id": handle, "body": body}
        return await self._ask(message | ({"jsep": jsep} if jsep else {}))

    async def _ask(self, message: dict[str, Any]) -> Any:
        transaction = secrets.token_hex(6)
        message |= {"transaction": transaction}
        if self._session:
            message["session_id"] = self._session
        self._waiting[transaction] = answer = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps(message))
        async with asyncio.timeout(READY_S):
            found = await answer
        assert found["janus"] != "error", found
        return found

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(20)
            with contextlib.suppress(ConnectionClosed):
                await self.socket.send(
                    json.dumps({"janus": "keepalive", "session_id": self._session, "transaction": "alive"})
                )

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                message = json.loads(await self.socket.recv())
                if message["janus"] == "ack":
                    continue
                waiting = self._waiting.pop(message.get("transaction", ""), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)


def person_at(server: Server, room: int, number: int, certificate: Certificate) -> Person:
    kind = JanusPerson if server.name == "janus" else LiveKitPerson
    return kind(server, room, number, certificate)
