"""LiveKit's RoomService over Twirp, JSON and protobuf (``livekit_room.proto``): the control plane's only handle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc
from livekit.protocol import room as proto

from kernel.tokens import MediaGrant
from media.api import LOSSY, RELIABLE
from signaling.lobby import Lobby
from signaling.participant import Participant
from signaling.room import MAX_METADATA, Room


class TwirpError(Exception):
    """``code`` as in the Twirp specification; the HTTP status follows from it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        return _STATUS[self.code]


_STATUS = {
    "invalid_argument": 400,
    "malformed": 400,
    "unauthenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "bad_route": 404,
    "resource_exhausted": 429,
    "internal": 500,
    "unavailable": 503,
}


def _room(lobby: Lobby, name: str) -> Room:
    room = lobby.rooms.get(name)
    if room is None:
        raise TwirpError("not_found", "requested room does not exist")
    return room


def _participant(lobby: Lobby, request: Any) -> tuple[Room, Participant]:
    room = _room(lobby, request.room)
    participant = room.participants.get(request.identity)
    if participant is None:
        raise TwirpError("not_found", "participant does not exist")
    return room, participant


def _create_room(lobby: Lobby, request: Any) -> Any:
    if not request.name:
        raise TwirpError("invalid_argument", "a room needs a name")
    _check_metadata(request.metadata)
    if lobby.draining and request.name not in lobby.rooms:
        raise TwirpError("unavailable", "this node is about to end")
    room = lobby.room(request.name)
    room.metadata = request.metadata or room.metadata
    room.empty_timeout = request.empty_timeout or room.empty_timeout
    room.departure_timeout = request.departure_timeout or room.departure_timeout
    room.max_participants = request.max_participants or room.max_participants
    return room.info()


def _list_rooms(lobby: Lobby, request: Any) -> Any:
    names = set(request.names)
    rooms = [room.info() for room in lobby.rooms.values() if not names or room.name in names]
    return proto.ListRoomsResponse(rooms=rooms)


def _delete_room(lobby: Lobby, request: Any) -> Any:
    lobby.delete_room(_room(lobby, request.room))
    return proto.DeleteRoomResponse()


def _list_participants(lobby: Lobby, request: Any) -> Any:
    infos = [participant.info() for participant in _room(lobby, request.room).participants.values()]
    return proto.ListParticipantsResponse(participants=infos)


def _get_participant(lobby: Lobby, request: Any) -> Any:
    return _participant(lobby, request)[1].info()


def _remove_participant(lobby: Lobby, request: Any) -> Any:
    _, participant = _participant(lobby, request)
    lobby.remove(participant, models.DisconnectReason.PARTICIPANT_REMOVED, action=rtc.LeaveRequest.Action.DISCONNECT)
    return proto.RemoveParticipantResponse()


def _mute_published_track(lobby: Lobby, request: Any) -> Any:
    room, participant = _participant(lobby, request)
    published = participant.tracks.get(request.track_sid)
    if published is None:
        raise TwirpError("not_found", "track does not exist")
    room.mute(participant, request.track_sid, request.muted, by_server=True)
    return proto.MuteRoomTrackResponse(track=published.info)


def _update_participant(lobby: Lobby, request: Any) -> Any:
    room, participant = _participant(lobby, request)
    _check_metadata(request.metadata)
    if request.metadata or request.name or request.attributes:
        room.describe(
            participant,
            metadata=request.metadata or None,
            name=request.name or None,
            attributes=dict(request.attributes),
        )
    if request.HasField("permission"):
        room.permit(participant, request.permission)
    return participant.info()


def _update_subscriptions(lobby: Lobby, request: Any) -> Any:
    room, participant = _participant(lobby, request)
    sids = [*request.track_sids, *(sid for group in request.participant_tracks for sid in group.track_sids)]
    room.subscribe(participant, sids, request.subscribe)
    return proto.UpdateSubscriptionsResponse()


def _send_data(lobby: Lobby, request: Any) -> Any:
    room = _room(lobby, request.room)
    packet = models.DataPacket(
        kind=request.kind,
        user=models.UserPacket(payload=request.data, topic=request.topic if request.HasField("topic") else None),
    )
    label = RELIABLE if request.kind == models.DataPacket.Kind.RELIABLE else LOSSY
    room.send_data(packet, label, set(request.destination_identities), set(request.destination_sids))
    return proto.SendDataResponse()


def _update_room_metadata(lobby: Lobby, request: Any) -> Any:
    room = _room(lobby, request.room)
    _check_metadata(request.metadata)
    room.metadata = request.metadata
    room.tell_room()
    return room.info()


def _check_metadata(metadata: str) -> None:
    if len(metadata) > MAX_METADATA:
        raise TwirpError("invalid_argument", "metadata is too large")


class _Method(NamedTuple):
    request: Any
    act: Callable[[Lobby, Any], Any]
    #: "create", "list", or "admin" of the room that the request names
    right: str


METHODS: dict[str, _Method] = {
    "CreateRoom": _Method(proto.CreateRoomRequest, _create_room, "create"),
    "ListRooms": _Method(proto.ListRoomsRequest, _list_rooms, "list"),
    "DeleteRoom": _Method(proto.DeleteRoomRequest, _delete_room, "create"),
    "ListParticipants": _Method(proto.ListParticipantsRequest, _list_participants, "admin"),
    "GetParticipant": _Method(proto.RoomParticipantIdentity, _get_participant, "admin"),
    "RemoveParticipant": _Method(proto.RoomParticipantIdentity, _remove_participant, "admin"),
    "MutePublishedTrack": _Method(proto.MuteRoomTrackRequest, _mute_published_track, "admin"),
    "UpdateParticipant": _Method(proto.UpdateParticipantRequest, _update_participant, "admin"),
    "UpdateSubscriptions": _Method(proto.UpdateSubscriptionsRequest, _update_subscriptions, "admin"),
    "SendData": _Method(proto.SendDataRequest, _send_data, "admin"),
    "UpdateRoomMetadata": _Method(proto.UpdateRoomMetadataRequest, _update_room_metadata, "admin"),
}


def _allowed(right: str, grant: MediaGrant, request: Any) -> bool:
    match right:
        case "create":
            return grant.room_create
        case "list":
            return grant.room_list
    return grant.room_admin and grant.room == request.room


def call(lobby: Lobby, grant: MediaGrant, method: str, body: bytes, *, json: bool) -> bytes:
    """Serve one call. Raises `TwirpError`."""
    found = METHODS.get(method)
    if found is None:
        raise TwirpError("bad_route", "no such method")
    request = found.request()
    try:
        if json:
            json_format.Parse(body or b"{}", request, ignore_unknown_fields=True)
        else:
            request.ParseFromString(body)
    except (DecodeError, json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise TwirpError("malformed", "the request does not parse") from error
    if not _allowed(found.right, grant, request):
        raise TwirpError("permission_denied", "the token does not allow this")
    answer = found.act(lobby, request)
    if json:
        return json_format.MessageToJson(answer, preserving_proto_field_name=True, indent=None).encode()
    return bytes(answer.SerializeToString())
