"""One room: who is in it and who hears of what. Synchronous; sockets and timers are the shell's (`signaling.app`).

The invariant: whoever may hear of a participant has either got its newest ParticipantInfo or has a connection that will
take it with the next join or resume. A later connection of an identity replaces the earlier one, and an event of a
replaced participant changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from google.protobuf.message import DecodeError
from livekit.protocol import models, rtc

from media.api import LOSSY, RELIABLE, PeerQuality
from signaling.insight import QualityMeter, SpeakerMeter
from signaling.participant import Participant

MAX_METADATA = 64 * 1024

Hook = Callable[[str, "Room", "Participant | None", Any], None]
"""(webhook event name, room, participant, track info or None)"""


class Room:
    def __init__(
        self, name: str, sid: str, *, now_s: float, empty_timeout: int, hook: Hook, codecs: Iterable[str] = ()
    ) -> None:
        self.name = name
        self.sid = sid
        self.metadata = ""
        self.created_s = now_s
        self.empty_timeout = empty_timeout
        self.departure_timeout = 20
        self.max_participants = 0
        self.participants: dict[str, Participant] = {}
        self.empty_since: float = now_s
        self.ever_joined = False
        self.speakers = SpeakerMeter()
        self.qualities = QualityMeter()
        self._codecs = [models.Codec(mime=mime) for mime in codecs]
        self._hook = hook

    def info(self) -> Any:
        visible = [p for p in self.participants.values() if not p.permission.hidden]
        return models.Room(
            sid=self.sid,
            name=self.name,
            metadata=self.metadata,
            creation_time=int(self.created_s),
            creation_time_ms=int(self.created_s * 1000),
            num_participants=len(visible),
            num_publishers=sum(1 for p in visible if p.tracks),
            empty_timeout=self.empty_timeout,
            departure_timeout=self.departure_timeout,
            max_participants=self.max_participants,
            enabled_codecs=self._codecs,
        )

    def others(self, participant: Participant) -> list[Participant]:
        return [other for other in self.participants.values() if other is not participant]

    # ── coming and going ─────────────────────────────────────────────────────────────────────────

    def enter(self, participant: Participant, join_response: Callable[[list[Any]], Any]) -> None:
        """Take a new participant in; ``join_response`` makes the message from the others' infos."""
        visible = [other.info() for other in self.participants.values() if not other.permission.hidden]
        self.participants[participant.identity] = participant
        self.ever_joined = True
        participant.send(join=join_response(visible))
        self.tell(participant, to_self=False)
        for other in self.others(participant):
            for sid, published in other.tracks.items():
                if published.live:
                    self._offer_track(other, sid, participant)
        for request in participant.join.request.add_track_requests:
            participant.add_track(request)
        if participant.dual:
            participant.send_offer(participant.subscriber.offer())
        if participant.join.request.HasField("publisher_offer"):
            self.offer(participant, participant.join.request.publisher_offer)

    def resume(self, participant: Participant, ice_servers: Sequence[Any] = ()) -> None:
        """A signalling connection came back: everything it may have missed, newest state first."""
        last = participant.last_sequence
        participant.send(reconnect=rtc.ReconnectResponse(last_message_seq=last, ice_servers=ice_servers))
        infos = [p.info() for p in self.participants.values() if p is participant or not p.permission.hidden]
        participant.send(update=rtc.ParticipantUpdate(participants=infos))
        participant.send(room_update=rtc.RoomUpdate(room=self.info()))
        participant.tell_wanted()
        if participant.dual:
            participant.flush(ice_restart=True)

    def remove(self, participant: Participant, reason: Any, now_s: float, *, action: Any = None) -> bool:
        """Take a participant out and tell the others; ``action`` tells the participant too. False when it was out."""
        if participant.closed:
            return False
        participant.closed, participant.disconnect_reason = True, reason
        if action is not None:
            participant.send(leave=rtc.LeaveRequest(reason=reason, action=action, can_reconnect=action != 0))
        was_active = participant.state == models.ParticipantInfo.State.ACTIVE
        participant.state = models.ParticipantInfo.State.DISCONNECTED
        if self.participants.get(participant.identity) is participant:
            del self.participants[participant.identity]
        for sid in participant.tracks:
            for other in self.participants.values():
                other.unsubscribe(sid)
        gone = participant.info()
        del gone.tracks[:]
        if not participant.permission.hidden:
            for other in self.participants.values():
                other.send(update=rtc.ParticipantUpdate(participants=[gone]))
        self.flush()
        if not self.participants:
            self.empty_since = now_s
        if was_active:
            self._hook("participant_left", self, participant, None)
        return True

    def is_over(self, now_s: float) -> bool:
        if self.participants:
            return False
        limit = self.departure_timeout if self.ever_joined else self.empty_timeout
        return now_s - self.empty_since >= limit

    def connected(self, participant: Participant) -> bool:
        """Its transport is up; True the first time."""
        participant.flush_data()
        if participant.closed or participant.state == models.ParticipantInfo.State.ACTIVE:
            return False
        participant.state = models.ParticipantInfo.State.ACTIVE
        self.tell(participant)
        self._hook("participant_joined", self, participant, None)
        return True

    def tell(self, participant: Participant, *, to_self: bool = True) -> None:
        """Everybody who may see the participant gets its newest info."""
        message = rtc.ParticipantUpdate(participants=[participant.info()])
        for other in self.participants.values():
            if (other is participant and to_self) or (other is not participant and not participant.permission.hidden):
                other.send(update=message)

    def tell_room(self) -> None:
        for participant in self.participants.values():
            participant.send(room_update=rtc.RoomUpdate(room=self.info()))

    # ── publishing and subscribing ───────────────────────────────────────────────────────────────

    def offer(self, participant: Participant, description: Any) -> None:
        """A client's offer. Raises `media.errors.BadOffer`."""
        answer = participant.peer.answer(description.sdp)
        participant.send(
            answer=rtc.SessionDescription(
                type="answer", sdp=answer.sdp, id=description.id, mid_to_track_id=answer.mid_to_track
            )
        )
        if participant.state == models.ParticipantInfo.State.JOINING:
            participant.state = models.ParticipantInfo.State.JOINED
        for sid, mid in answer.published_mids.items():
            participant.tracks[sid].info.mid = mid
        for sid in answer.ended:
            self.unpublish(participant, sid, tell=False)
        for sid in answer.published:
            participant.tracks[sid].live = True
        if answer.published or answer.ended:
            self.tell(participant)
        for sid in answer.published:
            self._hook("track_published", self, participant, participant.tracks[sid].info)
            for other in self.others(participant):
                self._offer_track(participant, sid, other)
            if len(self.participants) > 1:
                participant.send(track_subscribed=rtc.TrackSubscribed(track_sid=sid))
        self.flush()

    def unpublish(self, participant: Participant, sid: str, *, tell: bool = True) -> None:
        published = participant.tracks.get(sid)
        if published is None or not participant.remove_track(sid):
            return
        for other in self.others(participant):
            other.unsubscribe(sid)
        if published.live:
            self._hook("track_unpublished", self, participant, published.info)
        if tell:
            self.tell(participant)
            self.flush()

    def mute(self, participant: Participant, sid: str, muted: bool, *, by_server: bool = False) -> bool:
        if not participant.mute(sid, muted, by_server=by_server):
            return False
        self.tell(participant)
        return True

    def subscribe(self, participant: Participant, sids: Iterable[str], wanted: bool) -> None:
        for sid in sids:
            if wanted:
                participant.unwanted.discard(sid)
                owner = self._owner(sid)
                if owner is not None and owner is not participant:
                    self._offer_track(owner, sid, participant, asked=True)
            else:
                participant.unwanted.add(sid)
                participant.unsubscribe(sid)
        participant.flush()

    def limit_audience(self, participant: Participant, audience: set[str] | None) -> None:
        """Only these identities may subscribe to the participant; None opens it to all."""
        participant.audience = audience
        for other in self.others(participant):
            for sid, published in participant.tracks.items():
                if audience is not None and other.identity not in audience:
                    other.unsubscribe(sid)
                elif published.live:
                    self._offer_track(participant, sid, other)
        self.flush()

    def permit(self, participant: Participant, permission: Any) -> None:
        """New rights take effect at once, whatever the page does."""
        participant.permission.CopyFrom(permission)
        participant.peer.set_may_publish(permission.can_publish)
        for sid, published in list(participant.tracks.items()):
            if not participant.may_publish(published.info.source):
                self.unpublish(participant, sid, tell=False)
        for other in self.others(participant):
            for sid, published in other.tracks.items():
                if not permission.can_subscribe:
                    participant.unsubscribe(sid)
                elif published.live:
                    self._offer_track(other, sid, participant)
        self.tell(participant)
        self.flush()

    def flush(self) -> None:
        for participant in self.participants.values():
            participant.flush()

    def _owner(self, sid: str) -> Participant | None:
        return next((p for p in self.participants.values() if sid in p.tracks), None)

    def _offer_track(self, owner: Participant, sid: str, other: Participant, *, asked: bool = False) -> None:
        if owner.audience is not None and other.identity not in owner.audience:
            return
        if not asked and (not other.join.auto_subscribe or sid in other.unwanted):
            return
        other.subscribe(sid)

    def stream_paused(self, participant: Participant, sid: str, paused: bool) -> None:
        """Tell a subscriber that a picture stands still for want of bandwidth, or moves again."""
        owner = self._owner(sid)
        if owner is None:
            return
        states = rtc.StreamState
        info = rtc.StreamStateInfo(
            participant_sid=owner.sid, track_sid=sid, state=states.PAUSED if paused else states.ACTIVE
        )
        participant.send(stream_state_update=rtc.StreamStateUpdate(stream_states=[info]))

    # ── data, metadata, insight ──────────────────────────────────────────────────────────────────

    def data(self, sender: Participant, label: str, body: bytes) -> bool:
        """Pass a DataPacket on, stamped with its true sender. False when it is refused."""
        if label not in (RELIABLE, LOSSY) or not sender.permission.can_publish_data:
            return False
        packet = read_data(body)
        if packet is None:
            return False
        packet.participant_identity, packet.participant_sid = sender.identity, sender.sid
        if packet.WhichOneof("value") == "user":
            packet.user.participant_identity, packet.user.participant_sid = sender.identity, sender.sid
        sender.last_sequence = max(sender.last_sequence, packet.sequence)
        wanted = set(packet.destination_identities) | set(packet.user.destination_identities)
        self._deliver(packet, label, [p for p in self.others(sender) if not wanted or p.identity in wanted])
        return True

    def send_data(self, packet: Any, label: str, identities: set[str], sids: set[str]) -> None:
        """Data from the server itself."""
        everybody = not identities and not sids
        chosen = [p for p in self.participants.values() if everybody or p.identity in identities or p.sid in sids]
        self._deliver(packet, label, chosen)

    def _deliver(self, packet: Any, label: str, to: Iterable[Participant]) -> None:
        body = packet.SerializeToString()
        for participant in to:
            participant.send_data(label, body)

    def describe(
        self, participant: Participant, *, metadata: str | None, name: str | None, attributes: dict[str, str]
    ) -> None:
        """Set metadata and name, merge attributes; an empty value removes an attribute."""
        if metadata is not None:
            participant.metadata = metadata
        if name is not None:
            participant.name = name
        for key, value in attributes.items():
            if value:
                participant.attributes[key] = value
            else:
                participant.attributes.pop(key, None)
        self.tell(participant)

    def measure_speakers(self) -> None:
        levels = {p.sid: p.peer.audio_level() for p in self.participants.values()}
        if changed := self.speakers.read(levels):
            for participant in self.participants.values():
                participant.send(speakers_changed=rtc.SpeakersChanged(speakers=changed))

    def measure_quality(self) -> Iterable[tuple[PeerQuality, ...]]:
        """Tells what changed; returns what was read of each participant's transports."""
        readings = {p.sid: qualities(p) for p in self.participants.values()}
        if updates := self.qualities.read(readings):
            for participant in self.participants.values():
                participant.send(connection_quality=rtc.ConnectionQualityUpdate(updates=updates))
        return readings.values()


def qualities(participant: Participant) -> tuple[PeerQuality, ...]:
    """Of its one transport, or of both."""
    own = participant.peer.quality()
    return (own,) if participant.subscriber is participant.peer else (own, participant.subscriber.quality())


def read_data(body: bytes) -> Any:
    """A DataPacket, or None when it does not parse."""
    try:
        return models.DataPacket.FromString(body)
    except DecodeError:
        return None
