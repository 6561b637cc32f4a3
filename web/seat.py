"""A seat in a room by the PyPI ``livekit`` SDK: publishes a synthetic picture and voice, watches what arrives."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from livekit import rtc

from web import synthetic_core as synthetic


class Seat:
    """``watch`` decodes what the others send; without it only one's own picture and voice are sent.

    ``first_frame``: identity → monotonic seconds of the first picture that showed something.
    """

    def __init__(self, *, hue: int = 120, watch: bool = True) -> None:
        self.first_frame: dict[str, float] = {}
        self.loud: dict[str, float] = defaultdict(float)
        self.muted: set[tuple[str, str]] = set()
        self.heard: list[tuple[str, bytes]] = []
        self.over = asyncio.Event()
        self._room = rtc.Room()
        self._hue = hue
        self._watch = watch
        self._news = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, url: str, token: str) -> None:
        room = self._room
        room.on("track_subscribed", self._subscribed)
        room.on("track_muted", lambda who, publication: self._muted(who, publication, True))
        room.on("track_unmuted", lambda who, publication: self._muted(who, publication, False))
        room.on("data_received", self._data)
        room.on("disconnected", self._disconnected)
        await room.connect(url, token, rtc.RoomOptions(auto_subscribe=self._watch, connect_timeout=10.0))
        await asyncio.gather(self._publish_picture(), self._publish_voice())

    async def leave(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._room.disconnect(), 3.0)

    async def say(self, text: bytes) -> None:
        await self._room.local_participant.publish_data(text, topic="chat")

    async def until(self, condition: Callable[[], bool], timeout_s: float) -> None:
        """Raises `TimeoutError` when ``condition`` of what was watched does not come true."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._news.clear()
                await self._news.wait()

    # ── what one sends ───────────────────────────────────────────────────────────────────────────

    async def _publish_picture(self) -> None:
        source = rtc.VideoSource(synthetic.WIDTH, synthetic.HEIGHT)
        track = rtc.LocalVideoTrack.create_video_track("camera", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
        await self._room.local_participant.publish_track(track, options)

        async def send() -> None:
            started = time.monotonic()
            number = 0
            while True:
                data = synthetic.picture(number, self._hue)
                kind = rtc.VideoBufferType.I420
                source.capture_frame(rtc.VideoFrame(synthetic.WIDTH, synthetic.HEIGHT, kind, data))
                number += 1
                await asyncio.sleep(max(0.0, started + number / synthetic.FRAMES_PER_S - time.monotonic()))

        self._keep(send())

    async def _publish_voice(self) -> None:
        source = rtc.AudioSource(synthetic.SAMPLE_RATE, 1, queue_size_ms=200)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self._room.local_participant.publish_track(track, options)

        async def send() -> None:
            number = 0
            while True:
                sound = synthetic.voice(number).tobytes()
                await source.capture_frame(rtc.AudioFrame(sound, synthetic.SAMPLE_RATE, 1, synthetic.SAMPLES))
                number += 1

        self._keep(send())

    # ── what arrives ─────────────────────────────────────────────────────────────────────────────

    def _subscribed(self, track: Any, _publication: Any, who: Any) -> None:
        if track.kind == rtc.TrackKind.KIND_VIDEO:
            self._keep(self._look(track, who.identity))
        else:
            self._keep(self._listen(track, who.identity))

    async def _look(self, track: Any, identity: str) -> None:
        stream = rtc.VideoStream(track, capacity=1, format=rtc.VideoBufferType.I420)
        async with contextlib.aclosing(stream):
            async for event in stream:
                seen, frame = identity in self.first_frame, event.frame
                if not seen and synthetic.is_picture(bytes(frame.data), frame.width, frame.height):
                    self.first_frame[identity] = time.monotonic()
                    self._news.set()

    async def _listen(self, track: Any, identity: str) -> None:
        stream = rtc.AudioStream(track, capacity=10)
        async with contextlib.aclosing(stream):
            async for event in stream:
                if any(abs(sample) > 200 for sample in event.frame.data[::40]):
                    self.loud[identity] = time.monotonic()
                    self._news.set()

    def _muted(self, who: Any, publication: Any, muted: bool) -> None:
        kind = "video" if publication.kind == rtc.TrackKind.KIND_VIDEO else "audio"
        (self.muted.add if muted else self.muted.discard)((who.identity, kind))
        self._news.set()

    def _data(self, packet: Any) -> None:
        sender = packet.participant.identity if packet.participant else ""
        self.heard.append((sender, bytes(packet.data)))
        self._news.set()

    def _disconnected(self, *_: Any) -> None:
        self.over.set()
        self._news.set()

    def _keep(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
