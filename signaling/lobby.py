"""All rooms of a node: the one object that sockets, RoomService and timers act on."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import secrets
import string
from typing import Any

import structlog
from livekit.protocol import models, rtc

from kernel.clock import Clock
from kernel.tokens import MediaGrant
from media.api import MediaNode
from signaling.config import PROTOCOL, SERVER_VERSION, SignalingConfig
from signaling.join import Join
from signaling.metrics import NodeMetrics
from signaling.participant import Outbox, Participant
from signaling.room import Room
from signaling.webhooks import WebhookSender

SPEAKERS_S, QUALITY_S, SWEEP_S = 0.3, 2.0, 1.0
#: how often a client asks whether its signalling lives, and how long after the last answer it takes it for dead. A line
#: that comes back under another address tells nobody; a resume that was not needed costs a round trip and no media.
PING_S, PING_TIMEOUT_S = 1, 3
#: so many people leave a busy node before what they left is swept up; an empty one is swept at once
SWEEP_UP_AFTER = 50
#: how long a closed transport may be ahead of the message that says why
LEAVING_S = 0.3
_ALPHABET = string.ascii_letters + string.digits

log = structlog.get_logger("signaling")


def new_suffix() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


class _PeerLink:
    """Brings what a peer says to its participant's room."""

    def __init__(self, lobby: Lobby, participant: Participant) -> None:
        self._lobby = lobby
        self._participant = participant

    def on_connected(self) -> None:
        room = self._lobby.room_of(self._participant)
        if room is not None and room.connected(self._participant):
            self._lobby.joined(self._participant)

    def on_closed(self, reason: str) -> None:
        self._lobby.transport_lost(self._participant, reason)

    def on_data(self, label: str, data: bytes) -> None:
        room = self._lobby.room_of(self._participant)
        if room is not None:
            room.data(self._participant, label, data)

    def on_first_packet(self, sid: str) -> None:
        pass

    def on_wanted(self, sid: str, quality: int) -> None:
        self._participant.want_quality(sid, quality)

    def on_paused(self, sid: str, paused: bool) -> None:
        room = self._lobby.room_of(self._participant)
        if room is not None:
            room.stream_paused(self._participant, sid, paused)


class RoomFull(Exception):
    pass


class Lobby:
    def __init__(
        self, config: SignalingConfig, node: MediaNode, clock: Clock, webhooks: WebhookSender, metrics: NodeMetrics
    ) -> None:
        self.config = config
        self.node = node
        self.clock = clock
        self.rooms: dict[str, Room] = {}
        #: no new rooms are taken: this process is about to end
        self.draining = False
        self._webhooks = webhooks
        self._metrics = metrics
        self._rooms_by_participant: dict[str, Room] = {}
        self._lost_at: dict[Participant, float] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        #: people who left since memory was last swept up
        self._gone = 0

    # ── rooms ────────────────────────────────────────────────────────────────────────────────────

    def room(self, name: str) -> Room:
        """The room of that name, made when it is new."""
        found = self.rooms.get(name)
        if found is None:
            found = self.rooms[name] = Room(
                name,
                f"RM_{new_suffix()}",
                now_s=self.now_s(),
                empty_timeout=self.config.empty_timeout_s,
                hook=self._hook,
                codecs=self.config.enabled_codecs,
            )
            self._webhooks.emit("room_started", found.info())
        return found

    @property
    def people(self) -> int:
        return sum(len(room.participants) for room in self.rooms.values())

    def room_of(self, participant: Participant) -> Room | None:
        return None if participant.closed else self._rooms_by_participant.get(participant.sid)

    def delete_room(self, room: Room) -> None:
        for participant in tuple(room.participants.values()):
            self.remove(participant, models.DisconnectReason.ROOM_DELETED, action=rtc.LeaveRequest.Action.DISCONNECT)
        self._forget(room)

    def joined(self, participant: Participant) -> None:
        """Its media is connected for the first time."""
        self._metrics.joined(self.now_s() - participant.joined_ms / 1000)

    def now_s(self) -> float:
        return self.clock.wall_ms() / 1000

    # ── participants ─────────────────────────────────────────────────────────────────────────────

    def join(self, grant: MediaGrant, join: Join, outbox: Outbox) -> Participant:
        """A fresh join; an earlier participant of the same identity makes way. Raises `RoomFull`."""
        room = self.room(grant.room)
        earlier = room.participants.get(grant.identity)
        if room.max_participants and earlier is None and len(room.participants) >= room.max_participants:
            raise RoomFull
        if earlier is not None:
            self.remove(earlier, models.DisconnectReason.DUPLICATE_IDENTITY, action=rtc.LeaveRequest.Action.DISCONNECT)
        participant = Participant(
            self.node,
            lambda made: _PeerLink(self, made),
            grant,
            join,
            sid=f"PA_{new_suffix()}",
            joined_ms=self.clock.wall_ms(),
            outbox=outbox,
            new_suffix=new_suffix,
        )
        self._rooms_by_participant[participant.sid] = room
        room.enter(participant, lambda others: self._join_response(room, participant, others))
        return participant

    def resume(self, grant: MediaGrant, sid: str, outbox: Outbox) -> Participant | None:
        """Give a participant its new connection; None when we no longer know it."""
        room = self.rooms.get(grant.room)
        participant = None if room is None else room.participants.get(grant.identity)
        if room is None or participant is None or participant.sid != sid or participant.closed:
            return None
        if participant.outbox is not None:
            participant.outbox.close()
        participant.outbox = outbox
        self._lost_at.pop(participant, None)
        room.resume(participant, self.ice_servers(participant))
        return participant

    def connection_lost(self, participant: Participant, outbox: Outbox) -> None:
        """Its socket closed: it may come back for a while, unless a newer socket already took over."""
        if participant.outbox is outbox and not participant.closed:
            participant.outbox = None
            self._lost_at[participant] = self.clock.mono()

    def transport_lost(self, participant: Participant, reason: str) -> None:
        """Its media transport is gone: only a full reconnect helps, unless it is just leaving."""
        if not participant.closed:
            self._spawn(self._remove_unless_leaving(participant, reason))

    async def _remove_unless_leaving(self, participant: Participant, reason: str) -> None:
        # A client that leaves closes its transport too, and UDP overtakes the signalling connection.
        await asyncio.sleep(LEAVING_S)
        if not participant.closed:
            log.info("transport_lost", reason=reason)
            self.remove(
                participant, models.DisconnectReason.CONNECTION_TIMEOUT, action=rtc.LeaveRequest.Action.RECONNECT
            )

    def remove(self, participant: Participant, reason: Any, *, action: Any = None) -> None:
        room = self.room_of(participant)
        if room is None or not room.remove(participant, reason, self.now_s(), action=action):
            return
        self._rooms_by_participant.pop(participant.sid, None)
        self._lost_at.pop(participant, None)
        self._spawn(self._close_peers(participant))

    # ── timers ───────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        self._spawn(self._every(SPEAKERS_S, self._measure_speakers))
        self._spawn(self._every(QUALITY_S, self._measure_quality))
        self._spawn(self._every(SWEEP_S, self.sweep))

    def sweep(self) -> None:
        """Drop participants that did not come back and rooms that stayed empty."""
        limit = self.clock.mono() - self.config.departure_grace_s
        for participant, lost_at in tuple(self._lost_at.items()):
            if lost_at < limit:
                self.remove(participant, models.DisconnectReason.SIGNAL_CLOSE)
        for room in tuple(self.rooms.values()):
            for participant in room.participants.values():
                participant.flush_data()
            if room.is_over(self.now_s()):
                self._forget(room)
        if self._gone >= SWEEP_UP_AFTER or (self._gone and not self.people):
            # A peer's transports refer to each other: only the collector of cycles frees them, and it seldom runs by
            # itself, since a pass holds up every packet. Now it finds little else.
            self._gone = 0
            gc.collect()

    async def close(self) -> None:
        for room in tuple(self.rooms.values()):
            for participant in tuple(room.participants.values()):
                self.remove(
                    participant,
                    models.DisconnectReason.SERVER_SHUTDOWN,
                    action=rtc.LeaveRequest.Action.RECONNECT,
                )
        for task in tuple(self._tasks):
            if task.get_name() == "timer":
                task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def ice_servers(self, participant: Participant) -> list[Any]:
        return self.config.turn.ice_servers(participant.identity, self.now_s())

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _join_response(self, room: Room, participant: Participant, others: list[Any]) -> Any:
        return rtc.JoinResponse(
            room=room.info(),
            participant=participant.info(),
            other_participants=others,
            ping_interval=PING_S,
            ping_timeout=PING_TIMEOUT_S,
            ice_servers=self.ice_servers(participant),
            subscriber_primary=participant.dual,
            server_version=SERVER_VERSION,
            server_info=models.ServerInfo(version=SERVER_VERSION, protocol=PROTOCOL, node_id="ND_klatiene"),
            enabled_publish_codecs=[models.Codec(mime=mime) for mime in self.config.enabled_codecs],
            fast_publish=True,
        )

    def _hook(self, name: str, room: Room, participant: Participant | None, track: Any) -> None:
        self._webhooks.emit(name, room.info(), None if participant is None else participant.info(), track)

    def _forget(self, room: Room) -> None:
        if self.rooms.pop(room.name, None) is not None:
            self._webhooks.emit("room_finished", room.info())

    def _measure_speakers(self) -> None:
        for room in self.rooms.values():
            room.measure_speakers()

    def _measure_quality(self) -> None:
        for room in self.rooms.values():
            self._metrics.measured(room.measure_quality())

    async def _close_peers(self, participant: Participant) -> None:
        await participant.peer.close()
        if participant.subscriber is not participant.peer:
            await participant.subscriber.close()
        if participant.outbox is not None:
            participant.outbox.close()
        self._gone += 1

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _every(self, seconds: float, act: Any) -> None:
        task = asyncio.current_task()
        if task is not None:
            task.set_name("timer")
        with contextlib.suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(seconds)
                try:
                    act()
                except Exception as error:
                    log.error("timer_failed", error=repr(error))
