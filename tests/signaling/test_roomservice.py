"""RoomService as the control plane uses it: JSON, protobuf, LiveKit's own API client; and the webhooks it gets back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvicorn
from livekit import api
from livekit.protocol import models, rtc, webhook
from livekit.protocol import room as proto
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.media import offers
from tests.signaling.running import DISCONNECTED, KEY, SECRET, RunningNode, Signal, running_node, token

ADMIN = {"room_admin": True}
Action = rtc.LeaveRequest.Action


async def test_json(node: RunningNode) -> None:
    made = await node.twirp("CreateRoom", {"name": "room", "emptyTimeout": 9}, token(room_create=True))
    assert made.status_code == 200
    assert made.json()["name"] == "room"
    assert made.json()["empty_timeout"] == 9
    assert made.json()["sid"].startswith("RM_")
    listed = await node.twirp("ListRooms", {}, token(room_list=True))
    assert [room["name"] for room in listed.json()["rooms"]] == ["room"]
    async with Signal(node, "ann"):
        people = await node.twirp("ListParticipants", {"room": "room"}, token(**ADMIN))
        assert [person["identity"] for person in people.json()["participants"]] == ["ann"]
        one = await node.twirp("GetParticipant", {"room": "room", "identity": "ann"}, token(**ADMIN))
        assert one.json()["identity"] == "ann"


async def test_protobuf(node: RunningNode) -> None:
    body = proto.CreateRoomRequest(name="room", metadata="m").SerializeToString()
    made = await node.twirp("CreateRoom", body, token(room_create=True))
    assert made.headers["content-type"] == "application/protobuf"
    assert models.Room.FromString(made.content).metadata == "m"


@pytest.mark.parametrize(
    ("method", "body", "grant", "refusal"),
    [
        ("ListRooms", {}, None, (401, "unauthenticated")),
        ("ListRooms", {}, {}, (403, "permission_denied")),
        ("CreateRoom", {"name": "x"}, {"room_list": True}, (403, "permission_denied")),
        ("ListParticipants", {"room": "other"}, ADMIN, (403, "permission_denied")),
        ("ListParticipants", {"room": "room"}, ADMIN, (404, "not_found")),
        ("RemoveParticipant", {"room": "room", "identity": "x"}, ADMIN, (404, "not_found")),
        ("CreateRoom", {}, {"room_create": True}, (400, "invalid_argument")),
        ("CreateRoom", {"name": "x", "metadata": "m" * 70_000}, {"room_create": True}, (400, "invalid_argument")),
        ("CreateRoom", {"name": ["no", "text"]}, {"room_create": True}, (400, "malformed")),
        ("CreateRoom", b"\xff\xff\xff", {"room_create": True}, (400, "malformed")),
        ("CreateRoom", bytes(2_000_000), {"room_create": True}, (429, "resource_exhausted")),
        ("LaunchRocket", {}, ADMIN, (404, "bad_route")),
    ],
)
async def test_refusals(
    node: RunningNode, method: str, body: object, grant: dict[str, bool] | None, refusal: tuple[int, str]
) -> None:
    answer = await node.twirp(method, body, "nonsense" if grant is None else token(**grant))
    assert (answer.status_code, answer.json()["code"]) == refusal
    assert node.lobby.rooms == {}


@contextlib.asynccontextmanager
async def publishing(node: RunningNode) -> AsyncIterator[tuple[Signal, Signal, str]]:
    """Ann, who publishes one audio track, and bob, who has heard of it."""
    async with Signal(node, "ann") as ann, Signal(node, "bob") as bob:
        await ann.send(
            add_track=rtc.AddTrackRequest(
                cid="mic", type=models.TrackType.AUDIO, source=models.TrackSource.MICROPHONE, disable_red=True
            )
        )
        sdp = offers.offer(offers.section("audio", "0", "sendonly", track="mic"))
        await ann.send(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=1))
        sid = (await ann.until("track_published")).track.sid
        await ann.until("answer")
        while not (await bob.hears_of("ann")).tracks:
            pass
        yield ann, bob, sid


@pytest.fixture
async def livekit_api(node: RunningNode) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(node.http, KEY, SECRET) as client:
        yield client


async def test_removing_a_participant(node: RunningNode, livekit_api: api.LiveKitAPI) -> None:
    async with publishing(node) as (ann, bob, _):
        await livekit_api.room.remove_participant(api.RoomParticipantIdentity(room="room", identity="ann"))
        leave = await ann.until("leave")
        assert (leave.reason, leave.action) == (models.DisconnectReason.PARTICIPANT_REMOVED, Action.DISCONNECT)
        gone = await bob.hears_of("ann", DISCONNECTED)
        assert gone.disconnect_reason == models.DisconnectReason.PARTICIPANT_REMOVED
        assert await ann.closed() == 1000


async def test_deleting_a_room(node: RunningNode, livekit_api: api.LiveKitAPI) -> None:
    async with publishing(node) as (ann, bob, _):
        await livekit_api.room.delete_room(api.DeleteRoomRequest(room="room"))
        for signal in (ann, bob):
            assert (await signal.until("leave")).reason == models.DisconnectReason.ROOM_DELETED
        assert node.lobby.rooms == {}


async def test_muting_is_told_to_all_and_enforced_by_the_relay(node: RunningNode, livekit_api: api.LiveKitAPI) -> None:
    async with publishing(node) as (ann, bob, sid):
        for muted in (True, False):
            answer = await livekit_api.room.mute_published_track(
                api.MuteRoomTrackRequest(room="room", identity="ann", track_sid=sid, muted=muted)
            )
            assert answer.track.muted is muted
            assert (await ann.until("mute")).muted is muted
            assert (await bob.hears_of("ann")).tracks[0].muted is muted
            relay = node.lobby.rooms["room"].participants["ann"].peer
            assert relay.stats()["published"][sid]["muted"] is muted  # type: ignore[index]


async def test_taking_the_right_to_publish_ends_the_track(node: RunningNode, livekit_api: api.LiveKitAPI) -> None:
    async with publishing(node) as (ann, bob, sid):
        await livekit_api.room.update_participant(
            api.UpdateParticipantRequest(
                room="room",
                identity="ann",
                permission=models.ParticipantPermission(can_publish=False, can_subscribe=True, can_publish_data=False),
            )
        )
        assert (await ann.until("track_unpublished")).track_sid == sid
        assert not (await ann.hears_of("ann")).permission.can_publish
        assert not (await bob.hears_of("ann")).tracks
        assert not node.lobby.node.has_track(sid)
        await ann.send(add_track=rtc.AddTrackRequest(cid="again", source=models.TrackSource.MICROPHONE))
        assert (await ann.until("request_response")).reason == rtc.RequestResponse.Reason.NOT_ALLOWED


async def test_a_subscription_decided_by_the_server(node: RunningNode, livekit_api: api.LiveKitAPI) -> None:
    async with publishing(node) as (_, _bob, sid):
        relay = node.lobby.rooms["room"].participants["bob"].subscriber
        for wanted in (False, True):
            await livekit_api.room.update_subscriptions(
                api.UpdateSubscriptionsRequest(room="room", identity="bob", track_sids=[sid], subscribe=wanted)
            )
            assert (sid in relay.subscriptions()) is wanted


async def test_metadata_of_room_and_participant(node: RunningNode, livekit_api: api.LiveKitAPI) -> None:
    async with Signal(node, "ann") as ann:
        await livekit_api.room.update_room_metadata(api.UpdateRoomMetadataRequest(room="room", metadata="topic"))
        assert (await ann.until("room_update")).room.metadata == "topic"
        await livekit_api.room.update_participant(
            api.UpdateParticipantRequest(room="room", identity="ann", name="Ann", attributes={"a": "b"})
        )
        told = await ann.hears_of("ann")
        assert (told.name, dict(told.attributes)) == ("Ann", {"a": "b"})


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────


class Receiver:
    """A webhook endpoint that fails as often as told before it accepts."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def take(self, request: Request) -> Response:
        body = (await request.body()).decode()
        if self.failures:
            self.failures -= 1
            return Response(status_code=503)
        self.heard.put_nowait((body, request.headers["authorization"]))
        return Response()

    async def next(self) -> webhook.WebhookEvent:
        """The next event, verified by LiveKit's own receiver."""
        async with asyncio.timeout(5):
            body, signature = await self.heard.get()
        return api.WebhookReceiver(api.TokenVerifier(KEY, SECRET)).receive(body, signature)


@contextlib.asynccontextmanager
async def receiver(failures: int = 0) -> AsyncIterator[tuple[Receiver, str]]:
    made = Receiver(failures)
    app = Starlette(routes=[Route("/hook", made.take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    served = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn offers no event)
        await asyncio.sleep(0.01)
    try:
        yield made, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/hook"
    finally:
        server.should_exit = True
        await served


async def test_webhooks_are_signed_ordered_and_repeated_until_taken() -> None:
    async with receiver(failures=2) as (hooks, url), running_node(webhook_urls=(url,)) as node:
        async with publishing(node) as (_, _bob, sid):
            events = [await hooks.next() for _ in range(2)]
        assert [event.event for event in events] == ["room_started", "track_published"]
        assert events[1].track.sid == sid
        assert (events[1].room.name, events[1].participant.identity) == ("room", "ann")
        assert len({event.id for event in events}) == 2
        await node.twirp("DeleteRoom", {"room": "room"}, token(room_create=True))
        assert (await hooks.next()).event == "room_finished"


async def test_a_forged_webhook_does_not_verify() -> None:
    async with receiver() as (hooks, url), running_node(webhook_urls=(url,)) as node:
        await node.twirp("CreateRoom", {"name": "room"}, token(room_create=True))
        async with asyncio.timeout(5):
            body, signature = await hooks.heard.get()
        with pytest.raises(Exception, match="hash"):
            api.WebhookReceiver(api.TokenVerifier(KEY, SECRET)).receive(body.replace("room", "moor"), signature)
