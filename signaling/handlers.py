"""What a client may say, one function a message (``SignalRequest`` in ``livekit_rtc.proto``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livekit.protocol import models, rtc

from media.api import Preference
from media.errors import BadOffer
from signaling.participant import Participant
from signaling.room import MAX_METADATA, Room


class Reply:
    """What a handler asks of the shell: ``leave`` ends the participant, ``drop`` only its connection."""

    __slots__ = ("drop", "leave", "reason")

    def __init__(self, *, leave: bool = False, drop: bool = False, reason: Any = 0) -> None:
        self.leave = leave
        self.drop = drop
        self.reason = reason


Handler = Callable[[Room, Participant, Any, int], Reply | None]


def _offer(room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    try:
        room.offer(participant, message)
    except BadOffer:
        _refuse(participant, rtc.RequestResponse.Reason.INVALID_REQUEST, "offer cannot be used")
    return None


def _answer(room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    try:
        again = participant.dual and participant.subscriber.accept_answer(message.sdp, message.id)
    except BadOffer:
        _refuse(participant, rtc.RequestResponse.Reason.INVALID_REQUEST, "answer cannot be used")
        return None
    if again:
        participant.flush()
    return None


def _add_track(_room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    participant.add_track(message)
    return None


def _trickle(_room: Room, _participant: Participant, _message: Any, _now_ms: int) -> Reply | None:
    # ICE-lite learns addresses from checks; candidates are not needed.
    return None


def _mute(room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    room.mute(participant, message.sid, message.muted)
    return None


def _ping(_room: Room, participant: Participant, _message: Any, now_ms: int) -> Reply | None:
    participant.send(pong=now_ms)
    return None


def _ping_req(_room: Room, participant: Participant, message: Any, now_ms: int) -> Reply | None:
    participant.send(pong_resp=rtc.Pong(last_ping_timestamp=message.timestamp, timestamp=now_ms))
    return None


def _subscription(room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    sids = [*message.track_sids, *(sid for group in message.participant_tracks for sid in group.track_sids)]
    room.subscribe(participant, sids, message.subscribe)
    return None


def _track_setting(_room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    wanted = Preference(message.disabled, min(message.quality, 2), message.width, message.height, message.fps)
    for sid in message.track_sids:
        participant.preferences[sid] = wanted
        participant.subscriber.prefer(sid, wanted)
    return None


def _subscription_permission(room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    audience = {each.participant_identity for each in message.track_permissions if each.participant_identity}
    sids = {each.participant_sid for each in message.track_permissions}
    audience |= {other.identity for other in room.participants.values() if other.sid in sids}
    room.limit_audience(participant, None if message.all_participants else audience)
    return None


def _update_metadata(room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    reasons = rtc.RequestResponse.Reason
    size = len(message.metadata) + sum(len(key) + len(value) for key, value in message.attributes.items())
    if not participant.permission.can_update_metadata:
        reason, text = reasons.NOT_ALLOWED, "does not have permission to update own metadata"
    elif size > MAX_METADATA:
        reason, text = reasons.LIMIT_EXCEEDED, "metadata is too large"
    else:
        reason, text = reasons.OK, ""
        room.describe(
            participant,
            metadata=message.metadata or None,
            name=message.name or None,
            attributes=dict(message.attributes),
        )
    participant.send(request_response=rtc.RequestResponse(request_id=message.request_id, reason=reason, message=text))
    return None


def _update_audio_track(room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    published = participant.tracks.get(message.track_sid)
    if published is not None:
        del published.info.audio_features[:]
        published.info.audio_features.extend(message.features)
        room.tell(participant)
    return None


def _sync_state(_room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    for sid in message.track_sids_disabled:
        participant.subscriber.prefer(sid, Preference(disabled=True))
    return None


def _simulate(_room: Room, participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    """The scenarios by which SDKs test reconnection."""
    match message.WhichOneof("scenario"):
        case "leave_request_full_reconnect":
            participant.send(leave=rtc.LeaveRequest(action=rtc.LeaveRequest.Action.RECONNECT, can_reconnect=True))
        case "server_leave":
            return Reply(leave=True, reason=models.DisconnectReason.SERVER_SHUTDOWN)
        case "node_failure" | "disconnect_signal_on_resume" | "disconnect_signal_on_resume_no_messages":
            return Reply(drop=True)
    return None


def _leave(_room: Room, _participant: Participant, message: Any, _now_ms: int) -> Reply | None:
    return Reply(leave=True, reason=message.reason or models.DisconnectReason.CLIENT_INITIATED)


HANDLERS: dict[str, Handler] = {
    "offer": _offer,
    "answer": _answer,
    "add_track": _add_track,
    "trickle": _trickle,
    "mute": _mute,
    "ping": _ping,
    "ping_req": _ping_req,
    "subscription": _subscription,
    "track_setting": _track_setting,
    "subscription_permission": _subscription_permission,
    "update_metadata": _update_metadata,
    "update_audio_track": _update_audio_track,
    "sync_state": _sync_state,
    "simulate": _simulate,
    "leave": _leave,
}


def handle(room: Room, participant: Participant, request: Any, now_ms: int) -> Reply | None:
    """Act on a SignalRequest; a message we do not know is ignored."""
    name = request.WhichOneof("message")
    handler = HANDLERS.get(name)
    return None if handler is None else handler(room, participant, getattr(request, name), now_ms)


def _refuse(participant: Participant, reason: Any, text: str) -> None:
    participant.send(request_response=rtc.RequestResponse(reason=reason, message=text))
