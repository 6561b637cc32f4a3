"""The media node as the control plane knows it: LiveKit's RoomService, ours or anybody's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import aiohttp
from livekit import api
from livekit.protocol import models

from kernel.errors import MediaUnavailable

TIMEOUT_S = 5.0
T = TypeVar("T")

_SOURCES: dict[str, Any] = {
    "camera": models.TrackSource.CAMERA,
    "microphone": models.TrackSource.MICROPHONE,
    "screen_share": models.TrackSource.SCREEN_SHARE,
    "screen_share_audio": models.TrackSource.SCREEN_SHARE_AUDIO,
}


def is_leaving(error: MediaUnavailable) -> bool:
    """The node lives, and takes no new rooms: it waits for its last conversations to end."""
    return isinstance(error.__cause__, api.TwirpError) and error.__cause__.code == "unavailable"


def is_gone(error: MediaUnavailable) -> bool:
    """Nobody listens at the node's address: its process ended."""
    cause = error.__cause__
    return isinstance(cause, aiohttp.ClientConnectorError) and isinstance(cause.os_error, ConnectionRefusedError)


class MediaPort(Protocol):
    """Every call raises `MediaUnavailable` when the node cannot be reached; acting on somebody gone is no error."""

    async def open_room(self, room: str) -> str:
        """Open it where it is not open yet; the address at which browsers find it."""

    async def close_room(self, room: str) -> None: ...

    async def remove(self, room: str, identity: str) -> None: ...

    async def permit(self, room: str, identity: str, sources: tuple[str, ...], *, mute: bool) -> None:
        """Allow publishing from these sources only; with ``mute`` whatever else flows is muted first."""

    async def present(self, room: str) -> dict[str, str]:
        """identity → connection (participant sid) of everybody in the room now."""


class RoomService:
    """`MediaPort` over HTTP."""

    def __init__(self, url: str, api_key: str, secret: str, *, public_url: str = "") -> None:
        """``public_url`` is the node as browsers see it."""
        self._public_url = public_url
        self._make: Callable[[], api.LiveKitAPI] = lambda: api.LiveKitAPI(
            url, api_key, secret, timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)
        )
        self._client: api.LiveKitAPI | None = None

    async def open_room(self, room: str) -> str:
        await self._call(
            lambda client: client.room.create_room(
                api.CreateRoomRequest(name=room, empty_timeout=300, departure_timeout=60, max_participants=12)
            )
        )
        return self._public_url

    async def rooms(self) -> dict[str, int]:
        """Every room of the node and how many are in it."""
        listed = await self._call(lambda client: client.room.list_rooms(api.ListRoomsRequest()))
        return {} if listed is None else {room.name: room.num_participants for room in listed.rooms}

    async def close_room(self, room: str) -> None:
        await self._call(lambda client: client.room.delete_room(api.DeleteRoomRequest(room=room)))

    async def remove(self, room: str, identity: str) -> None:
        await self._call(
            lambda client: client.room.remove_participant(api.RoomParticipantIdentity(room=room, identity=identity))
        )

    async def permit(self, room: str, identity: str, sources: tuple[str, ...], *, mute: bool) -> None:
        allowed = [_SOURCES[source] for source in sources]
        if mute:
            info = await self._call(
                lambda client: client.room.get_participant(api.RoomParticipantIdentity(room=room, identity=identity))
            )
            for track in [] if info is None else info.tracks:
                if track.source not in allowed and not track.muted:
                    await self._mute(room, identity, track.sid)
        permission = models.ParticipantPermission(
            can_subscribe=True, can_publish=bool(allowed), can_publish_data=True, can_publish_sources=allowed
        )
        await self._call(
            lambda client: client.room.update_participant(
                api.UpdateParticipantRequest(room=room, identity=identity, permission=permission)
            )
        )

    async def present(self, room: str) -> dict[str, str]:
        listed = await self._call(lambda client: client.room.list_participants(api.ListParticipantsRequest(room=room)))
        active = models.ParticipantInfo.State.ACTIVE
        return {} if listed is None else {p.identity: p.sid for p in listed.participants if p.state == active}

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _mute(self, room: str, identity: str, sid: str) -> None:
        await self._call(
            lambda client: client.room.mute_published_track(
                api.MuteRoomTrackRequest(room=room, identity=identity, track_sid=sid, muted=True)
            )
        )

    async def _call(self, act: Callable[[api.LiveKitAPI], Awaitable[T]]) -> T | None:
        """None when the room or the participant is not there (any more)."""
        if self._client is None:
            # made on the loop that uses it
            self._client = self._make()
        try:
            return await act(self._client)
        except api.TwirpError as error:
            if error.code == "not_found":
                return None
            raise MediaUnavailable(retry_after_s=2) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise MediaUnavailable(retry_after_s=2) from error
