"""The signalling protocol by hand: joining, refusing, broken frames, resuming."""

from __future__ import annotations

import gzip
import time

import httpx
import pytest
from livekit.protocol import models, rtc
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from signaling.join import BadJoin, parse_join
from tests.media import offers
from tests.signaling.running import DISCONNECTED, RunningNode, Signal, join_parameter, running_node, token

Reason = rtc.RequestResponse.Reason
Action = rtc.LeaveRequest.Action


def microphone(cid: str = "mic") -> rtc.AddTrackRequest:
    return rtc.AddTrackRequest(
        cid=cid, name="voice", type=models.TrackType.AUDIO, source=models.TrackSource.MICROPHONE, disable_red=True
    )


def publishing_offer(number: int = 1) -> rtc.SessionDescription:
    sdp = offers.offer(offers.section("audio", "0", "sendonly", track="mic"), offers.application("1"))
    return rtc.SessionDescription(type="offer", sdp=sdp, id=number)


async def test_v1_joins_and_publishes(node: RunningNode) -> None:
    async with Signal(node, "ann", name="Ann", metadata="m", attributes={"role": "clerk"}) as ann:
        me = ann.joined.participant
        assert (me.identity, me.name, me.metadata, dict(me.attributes)) == ("ann", "Ann", "m", {"role": "clerk"})
        assert not ann.joined.subscriber_primary
        assert ann.joined.fast_publish
        assert (ann.joined.ping_interval, ann.joined.ping_timeout) == (1, 3)
        async with Signal(node, "bob") as bob:
            assert [other.identity for other in bob.joined.other_participants] == ["ann"]
            data_only = offers.offer(offers.application("0"))
            await bob.send(offer=rtc.SessionDescription(type="offer", sdp=data_only, id=1))
            assert (await ann.hears_of("bob")).sid == bob.sid
            await ann.send(add_track=microphone())
            published = await ann.until("track_published")
            assert (published.cid, published.track.type) == ("mic", models.TrackType.AUDIO)
            await ann.send(offer=publishing_offer(7))
            answer = await ann.until("answer")
            assert (answer.id, answer.type) == (7, "answer")
            heard = await bob.hears_of("ann")
            assert [track.sid for track in heard.tracks] == [published.track.sid]
            needed = await bob.until("media_sections_requirement")
            assert (needed.num_audios, needed.num_videos) == (1, 0)


async def test_everything_in_the_join_request_is_answered_at_once(node: RunningNode) -> None:
    request = rtc.JoinRequest(add_track_requests=[microphone()], publisher_offer=publishing_offer(3))
    async with Signal(node, "ann", request=request) as ann:
        await ann.until("track_published")
        assert (await ann.until("answer")).id == 3


async def test_a_v1_subscriber_is_bound_in_its_first_answer(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann, Signal(node, "bob") as bob:
        await ann.send(add_track=microphone())
        await ann.send(offer=publishing_offer())
        sid = (await ann.until("track_published")).track.sid
        await bob.hears_of("ann")
        sdp = offers.offer(offers.section("audio", "0", "recvonly"), offers.application("1"))
        await bob.send(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=1))
        answer = await bob.until("answer")
        assert dict(answer.mid_to_track_id) == {"0": sid}
        assert f"a=msid:{ann.sid}|{sid} {sid}" in answer.sdp


async def test_v0_gets_an_offer(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann:
        await ann.send(add_track=microphone())
        await ann.send(offer=publishing_offer())
        sid = (await ann.until("track_published")).track.sid
        await ann.until("answer")
        async with Signal(node, "bob", v0=True) as bob:
            assert bob.joined.subscriber_primary
            offer = await bob.until("offer")
            assert offer.type == "offer"
            assert dict(offer.mid_to_track_id) == {"1": sid}
            assert "m=application" in offer.sdp


@pytest.mark.parametrize("path", ["/rtc", "/rtc/v1"])
@pytest.mark.parametrize("kind", ["none", "nonsense", "expired", "not yet", "no join", "no room", "other secret"])
async def test_a_token_that_does_not_hold_is_refused_with_401(node: RunningNode, path: str, kind: str) -> None:
    now = int(time.time())
    bad = {
        "none": "",
        "nonsense": "a.b.c",
        "expired": token("ann", now_s=now - 1_000),
        "not yet": token("ann", now_s=now + 1_000),
        "no join": token("ann", room_join=False),
        "no room": token("ann", room=""),
        "other secret": token("ann")[:-8] + "AAAAAAAA",
    }[kind]
    with pytest.raises(InvalidStatus) as refused:
        await connect(node.url + path, additional_headers={"Authorization": f"Bearer {bad}"}, proxy=None)
    assert refused.value.response.status_code == 401
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{node.http}{path}/validate", params={"access_token": bad})
        assert answer.status_code == 401
        good = await client.get(f"{node.http}{path}/validate", params={"access_token": token("ann")})
        assert (good.status_code, good.text) == (200, "success")
    assert node.lobby.rooms == {}


async def test_tokens_in_addresses_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with running_node() as node:
        secret = token("ann")
        async with connect(f"{node.url}/rtc?access_token={secret}", proxy=None) as socket:
            await socket.recv()
    told = [record for record in caplog.records if not record.name.startswith("websockets.client")]
    assert not [record for record in told if secret in record.getMessage()]


async def test_an_unknown_protocol_version_is_404(node: RunningNode) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{node.http}/rtc/v9/validate")).status_code == 404


async def test_a_join_request_that_does_not_parse_is_refused_with_400(node: RunningNode) -> None:
    for bad in ("%FF", "AAAA", join_parameter(rtc.JoinRequest())[:-6]):
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"{node.url}/rtc/v1?join_request={bad}&access_token={token('ann')}", proxy=None)
        assert refused.value.response.status_code == 400
    assert node.lobby.rooms == {}


def test_a_compressed_bomb_is_refused() -> None:
    bomb = rtc.JoinRequest(metadata="0" * 50_000_000)
    with pytest.raises(BadJoin):
        parse_join({"join_request": join_parameter(bomb)}, dual=False)
    assert len(gzip.compress(bomb.SerializeToString())) < 100_000, "small on the wire"


async def test_broken_frames_end_nobodys_session(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann, Signal(node, "bob") as bob:
        whole = rtc.SignalRequest(add_track=microphone("a-long-client-side-identifier")).SerializeToString()
        for broken in (whole[: len(whole) // 2], b"\xff" * 40, "{", '"text"', "[" * 5_000):
            await bob.socket.send(broken)
            refused = await bob.until("request_response")
            assert refused.reason == Reason.INVALID_REQUEST
        for signal in (bob, ann):
            await signal.send(ping_req=rtc.Ping(timestamp=5))
            assert (await signal.until("pong_resp")).last_ping_timestamp == 5


async def test_a_flood_of_broken_frames_ends_its_sender_alone(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann, Signal(node, "bob") as bob:
        for _ in range(60):
            await bob.socket.send(b"\xff")
        assert await bob.closed() == 1007
        await ann.send(ping=1)
        assert await ann.until("pong") > 0


async def test_an_offer_that_cannot_be_used_changes_nothing(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann:
        await ann.send(add_track=microphone())
        await ann.until("track_published")
        await ann.send(offer=rtc.SessionDescription(type="offer", sdp="nonsense", id=1))
        assert (await ann.until("request_response")).reason == Reason.INVALID_REQUEST
        await ann.send(offer=publishing_offer(2))
        assert (await ann.until("answer")).id == 2


async def test_what_the_grant_does_not_allow_is_refused(node: RunningNode) -> None:
    async with Signal(node, "ann", can_publish=False) as ann:
        await ann.send(add_track=microphone())
        refused = await ann.until("request_response")
        assert (refused.reason, refused.add_track.cid) == (Reason.NOT_ALLOWED, "mic")
        await ann.send(update_metadata=rtc.UpdateParticipantMetadata(metadata="x", request_id=9))
        refused = await ann.until("request_response")
        assert (refused.reason, refused.request_id) == (Reason.NOT_ALLOWED, 9)
    async with Signal(node, "bob", can_publish_sources=("camera",)) as bob:
        await bob.send(add_track=microphone())
        assert (await bob.until("request_response")).reason == Reason.NOT_ALLOWED


async def test_own_metadata_reaches_the_others(node: RunningNode) -> None:
    async with Signal(node, "ann", can_update_own_metadata=True) as ann, Signal(node, "bob") as bob:
        await ann.send(update_metadata=rtc.UpdateParticipantMetadata(attributes={"hand": "up"}, request_id=4))
        assert (await ann.until("request_response")).reason == Reason.OK
        while dict((await bob.hears_of("ann")).attributes) != {"hand": "up"}:
            pass


async def test_a_hidden_participant_is_not_heard_of(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann, Signal(node, "ghost", hidden=True), Signal(node, "bob") as bob:
        assert [other.identity for other in bob.joined.other_participants] == ["ann"]
        update = await ann.until("update")
        assert [info.identity for info in update.participants] == ["bob"]


async def test_the_same_identity_replaces_the_earlier_one(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann, Signal(node, "ann") as again:
        leave = await ann.until("leave")
        assert (leave.reason, leave.action) == (models.DisconnectReason.DUPLICATE_IDENTITY, Action.DISCONNECT)
        assert await ann.closed() == 1000
        assert node.lobby.rooms["room"].participants["ann"].sid == again.sid


async def test_leaving_is_told_at_once(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann, Signal(node, "bob") as bob:
        await bob.send(leave=rtc.LeaveRequest())
        gone = await ann.hears_of("bob", DISCONNECTED)
        assert gone.disconnect_reason == models.DisconnectReason.CLIENT_INITIATED
        assert await bob.closed() == 1000


# ── coming back ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("v0", [False, True], ids=["v1", "v0"])
async def test_a_lost_connection_is_resumed_with_everything_it_missed(node: RunningNode, v0: bool) -> None:
    async with Signal(node, "ann") as ann:
        async with Signal(node, "bob", v0=v0) as bob:
            pass
        await ann.send(add_track=microphone())
        await ann.send(offer=publishing_offer())
        sid = (await ann.until("track_published")).track.sid
        await ann.until("answer")
        async with Signal(node, "bob", v0=v0, resume=bob.sid) as bob_again:
            assert (await bob_again.next()).WhichOneof("message") == "reconnect"
            infos = {info.identity: info for info in (await bob_again.until("update")).participants}
            assert infos["bob"].sid == bob.sid
            assert [track.sid for track in infos["ann"].tracks] == [sid]
            assert (await bob_again.until("room_update")).room.name == "room"
            if v0:
                assert sid in (await bob_again.until("offer")).mid_to_track_id.values()
        assert node.lobby.rooms["room"].participants["bob"].sid == bob.sid


async def test_a_resume_takes_over_from_a_connection_that_still_hangs(node: RunningNode) -> None:
    async with Signal(node, "bob") as bob, Signal(node, "bob", resume=bob.sid) as again:
        await again.until("reconnect")
        assert await bob.closed() == 1000
        await again.send(ping=1)
        assert await again.until("pong") > 0
        assert "bob" in node.lobby.rooms["room"].participants


async def test_nobody_resumes_what_is_not_theirs_or_unknown(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann:
        for identity, sid in (("bob", ann.sid), ("ann", "PA_unknown")):
            async with Signal(node, identity, resume=sid) as thief:
                leave = await thief.until("leave")
                assert (leave.reason, leave.action) == (models.DisconnectReason.STATE_MISMATCH, Action.RECONNECT)
        await ann.send(ping=1)
        assert await ann.until("pong") > 0


async def test_who_does_not_come_back_is_gone() -> None:
    async with running_node(departure_grace_s=0.0) as node, Signal(node, "ann") as ann:
        async with Signal(node, "bob"):
            pass
        gone = await ann.hears_of("bob", DISCONNECTED)
        assert gone.disconnect_reason == models.DisconnectReason.SIGNAL_CLOSE


async def test_a_full_reconnect_is_asked_for_on_demand(node: RunningNode) -> None:
    async with Signal(node, "ann") as ann:
        await ann.send(simulate=rtc.SimulateScenario(leave_request_full_reconnect=True))
        assert (await ann.until("leave")).action == Action.RECONNECT


async def test_a_full_room_refuses(node: RunningNode) -> None:
    await node.twirp("CreateRoom", {"name": "room", "max_participants": 1}, token(room_create=True))
    async with Signal(node, "ann"):
        with pytest.raises(AssertionError, match="the server left"):
            async with Signal(node, "bob"):
                pass


async def test_shutting_down_sends_everybody_elsewhere() -> None:
    async with running_node() as node:
        signal = Signal(node, "ann")
        await signal.__aenter__()
    leave = await signal.until("leave")
    assert (leave.reason, leave.action) == (models.DisconnectReason.SERVER_SHUTDOWN, Action.RECONNECT)
    await signal.socket.close()
