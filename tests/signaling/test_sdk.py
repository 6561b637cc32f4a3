"""LiveKit's unmodified Python SDK (its Rust core) against the node, in both protocol versions, with real media."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import numpy as np
import pytest
from livekit import api, rtc

from tests.signaling.running import KEY, SECRET, RunningNode, token

WIDTH, HEIGHT = 320, 180
RATE = 48_000

Join = Callable[..., Awaitable[rtc.Room]]


@pytest.fixture(params=[True, False], ids=["v1", "v0"])
async def join(request: pytest.FixtureRequest, node: RunningNode) -> AsyncIterator[Join]:
    """``await join("ann")`` brings a participant into the room."""
    rooms: list[rtc.Room] = []

    async def enter(identity: str, **grant: Any) -> rtc.Room:
        room = rtc.Room()
        rooms.append(room)
        async with asyncio.timeout(10):
            await room.connect(
                node.url, token(identity, **grant), rtc.RoomOptions(single_peer_connection=request.param)
            )
        return room

    yield enter
    for room in rooms:
        await room.disconnect()


def heard(room: rtc.Room, event: Any) -> asyncio.Queue[tuple[Any, ...]]:
    """Everything the room emits under that name from now on."""
    queue: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
    room.on(event, lambda *arguments: queue.put_nowait(arguments))
    return queue


async def soon(work: Awaitable[Any], seconds: float = 10) -> Any:
    async with asyncio.timeout(seconds):
        return await work


@contextlib.asynccontextmanager
async def camera(room: rtc.Room) -> AsyncIterator[rtc.LocalTrackPublication]:
    """Publish a small picture that keeps coming."""
    source = rtc.VideoSource(WIDTH, HEIGHT)
    track = rtc.LocalVideoTrack.create_video_track("camera", source)
    publication = await room.local_participant.publish_track(
        track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
    )
    frame = rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, bytes([90, 120, 30, 255]) * (WIDTH * HEIGHT))

    async def shoot() -> None:
        while True:
            source.capture_frame(frame)
            await asyncio.sleep(1 / 15)

    shooting = asyncio.create_task(shoot())
    try:
        yield publication
    finally:
        shooting.cancel()
        await asyncio.wait([shooting])
        await source.aclose()


@contextlib.asynccontextmanager
async def microphone(room: rtc.Room, amplitude: float = 0.5) -> AsyncIterator[rtc.LocalTrackPublication]:
    """Publish a tone that keeps sounding."""
    source = rtc.AudioSource(RATE, 1)
    track = rtc.LocalAudioTrack.create_audio_track("voice", source)
    publication = await room.local_participant.publish_track(
        track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
    )
    wave = (np.sin(np.arange(RATE // 100) * 2 * np.pi * 440 / RATE) * amplitude * 32_767).astype(np.int16)
    frame = rtc.AudioFrame(wave.tobytes(), RATE, 1, RATE // 100)

    async def sound() -> None:
        while True:
            await source.capture_frame(frame)

    sounding = asyncio.create_task(sound())
    try:
        yield publication
    finally:
        sounding.cancel()
        await asyncio.wait([sounding])
        await source.aclose()


async def first_frame(track: Any) -> Any:
    """The first decoded frame; for audio the first that is not silence."""
    if track.kind == rtc.TrackKind.KIND_VIDEO:
        stream: Any = rtc.VideoStream(track)
        async for event in stream:
            await stream.aclose()
            return event.frame
    stream = rtc.AudioStream(track)
    async for event in stream:
        if np.abs(np.frombuffer(event.frame.data, dtype=np.int16)).max() > 1_000:
            await stream.aclose()
            return event.frame
    raise AssertionError("the stream ended")


async def test_picture_and_sound_arrive(join: Join) -> None:
    ann, bob = await join("ann"), await join("bob")
    tracks = heard(bob, "track_subscribed")
    async with camera(ann), microphone(ann):
        for _ in range(2):
            track, publication, participant = await soon(tracks.get())
            assert participant.identity == "ann"
            assert publication.track is track
            frame = await soon(first_frame(track))
            if track.kind == rtc.TrackKind.KIND_VIDEO:
                assert (frame.width, frame.height) == (WIDTH, HEIGHT)


async def test_a_late_joiner_sees_what_is_there(join: Join) -> None:
    ann = await join("ann")
    async with camera(ann):
        bob = await join("bob")
        tracks = heard(bob, "track_subscribed")
        track = next(
            (p.track for p in bob.remote_participants["ann"].track_publications.values() if p.track is not None), None
        )
        if track is None:
            track, *_ = await soon(tracks.get())
        frame = await soon(first_frame(track))
        assert (frame.width, frame.height) == (WIDTH, HEIGHT)


async def test_an_ended_track_is_taken_away_and_its_section_used_again(join: Join) -> None:
    ann, bob = await join("ann"), await join("bob")
    tracks, ended = heard(bob, "track_subscribed"), heard(bob, "track_unsubscribed")
    for _ in range(2):
        async with camera(ann) as publication:
            track, *_ = await soon(tracks.get())
            await soon(first_frame(track))
            await ann.local_participant.unpublish_track(publication.sid)
            await soon(ended.get())


async def test_data_reaches_whom_it_is_for(join: Join) -> None:
    ann, bob, eve = await join("ann"), await join("bob"), await join("eve")
    for_bob, for_eve = heard(bob, "data_received"), heard(eve, "data_received")
    await ann.local_participant.publish_data(b"for bob", reliable=True, topic="t", destination_identities=["bob"])
    await ann.local_participant.publish_data(b"for all", reliable=True)
    first, second = [(await soon(for_bob.get()))[0] for _ in range(2)]
    assert (first.data, first.topic, first.participant.identity) == (b"for bob", "t", "ann")
    assert second.data == b"for all"
    assert (await soon(for_eve.get()))[0].data == b"for all"
    assert for_eve.empty()


async def test_data_needs_permission(join: Join) -> None:
    ann, bob, eve = await join("ann"), await join("bob", can_publish_data=False), await join("eve")
    for_eve = heard(eve, "data_received")
    with contextlib.suppress(Exception):  # the SDK may refuse by itself
        await bob.local_participant.publish_data(b"forbidden", reliable=True)
    await ann.local_participant.publish_data(b"allowed", reliable=True)
    assert (await soon(for_eve.get()))[0].data == b"allowed"
    assert for_eve.empty()


async def test_who_speaks_is_told(join: Join) -> None:
    ann, bob = await join("ann"), await join("bob")
    speakers = heard(bob, "active_speakers_changed")
    async with microphone(ann):
        while [speaker.identity for speaker in (await soon(speakers.get()))[0]] != ["ann"]:
            pass
    while (await soon(speakers.get()))[0]:
        pass


async def test_a_mute_by_the_server_reaches_publisher_and_subscriber(node: RunningNode, join: Join) -> None:
    ann, bob = await join("ann"), await join("bob")
    tracks, muted, own = heard(bob, "track_subscribed"), heard(bob, "track_muted"), heard(ann, "track_muted")
    async with microphone(ann) as publication:
        track, *_ = await soon(tracks.get())
        await soon(first_frame(track))
        async with api.LiveKitAPI(node.http, KEY, SECRET) as control:
            await control.room.mute_published_track(
                api.MuteRoomTrackRequest(room="room", identity="ann", track_sid=publication.sid, muted=True)
            )
        assert (await soon(muted.get()))[0].identity == "ann"
        assert (await soon(own.get()))[0].identity == "ann"
        assert publication.muted


async def test_leaving_is_told_as_leaving(join: Join) -> None:
    ann, bob = await join("ann"), await join("bob")
    gone = heard(bob, "participant_disconnected")
    await ann.disconnect()
    participant = (await soon(gone.get()))[0]
    assert (participant.identity, participant.disconnect_reason) == ("ann", rtc.DisconnectReason.CLIENT_INITIATED)


async def test_being_removed_ends_the_room(node: RunningNode, join: Join) -> None:
    ann, bob = await join("ann"), await join("bob")
    ended, gone = heard(ann, "disconnected"), heard(bob, "participant_disconnected")
    async with api.LiveKitAPI(node.http, KEY, SECRET) as control:
        await control.room.remove_participant(api.RoomParticipantIdentity(room="room", identity="ann"))
    assert (await soon(ended.get()))[0] == rtc.DisconnectReason.PARTICIPANT_REMOVED
    assert (await soon(gone.get()))[0].identity == "ann"


@pytest.mark.parametrize(
    "scenario",
    [rtc.SimulateScenarioKind.SIMULATE_SIGNAL_RECONNECT, rtc.SimulateScenarioKind.SIMULATE_FULL_RECONNECT],
    ids=["resume", "full"],
)
async def test_coming_back_brings_picture_and_data_back(join: Join, scenario: Any) -> None:
    ann, bob = await join("ann"), await join("bob")
    tracks, data = heard(bob, "track_subscribed"), heard(bob, "data_received")
    async with camera(ann):
        track, *_ = await soon(tracks.get())
        await soon(first_frame(track))
        back = heard(ann, "reconnected")
        await ann.simulate_scenario(scenario)
        await soon(back.get())
        if scenario == rtc.SimulateScenarioKind.SIMULATE_FULL_RECONNECT:
            track, *_ = await soon(tracks.get())
        await soon(first_frame(track))
        await ann.local_participant.publish_data(b"back", reliable=True)
        assert (await soon(data.get()))[0].data == b"back"


async def test_a_wrong_token_is_an_error_at_once(node: RunningNode) -> None:
    room = rtc.Room()
    with pytest.raises(rtc.ConnectError):
        await soon(room.connect(node.url, token("ann", now_s=1_000)))
