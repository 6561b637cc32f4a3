"""One participant: what it may do, what it publishes and hears, and the way to tell it things.

Synchronous and without IO: messages go to an `Outbox`, media to a `media.api.Peer`. Rules that concern everybody else
(who hears of what) are the room's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from livekit.protocol import models, rtc

from kernel.tokens import MediaGrant
from media.api import Direction, MediaNode, Offer, Peer, PeerEvents, Preference
from signaling.join import Join
from signaling.tracks import publication_of, sources_of, track_info

MAX_TRACKS = 32
_QUALITIES = (models.VideoQuality.LOW, models.VideoQuality.MEDIUM, models.VideoQuality.HIGH)


class Outbox(Protocol):
    def send(self, response: Any) -> None:
        """Queue a SignalResponse. Never blocks; an overfull queue closes the connection."""

    def close(self, code: int = 1000) -> None: ...


class Published:
    """A track of this participant. ``live`` once its m-section is negotiated."""

    __slots__ = ("info", "live", "wanted")

    def __init__(self, info: Any) -> None:
        self.info = info
        self.live = False
        #: the highest layer that subscribers can use; None: nothing was said of it
        self.wanted: int | None = None


class Participant:
    def __init__(
        self,
        node: MediaNode,
        events: Callable[[Participant], PeerEvents],
        grant: MediaGrant,
        join: Join,
        *,
        sid: str,
        joined_ms: int,
        outbox: Outbox,
        new_suffix: Callable[[], str],
    ) -> None:
        self.sid = sid
        self.identity = grant.identity
        self.grant = grant
        self.join = join
        self.name = grant.name
        self.metadata = join.request.metadata or grant.metadata
        self.attributes = {**grant.attributes, **dict(join.request.participant_attributes)}
        self.joined_ms = joined_ms
        self.outbox: Outbox | None = outbox
        self.state = models.ParticipantInfo.State.JOINING
        self.version = 0
        self.tracks: dict[str, Published] = {}
        self.unwanted: set[str] = set()
        self.preferences: dict[str, Preference] = {}
        #: identities allowed to subscribe to us; None means everybody
        self.audience: set[str] | None = None
        self.last_sequence = 0
        self.closed = False
        self.disconnect_reason: Any = models.DisconnectReason.UNKNOWN_REASON
        self.unsent: deque[tuple[str, bytes]] = deque(maxlen=200)
        self.permission = models.ParticipantPermission(
            can_subscribe=grant.can_subscribe,
            can_publish=grant.can_publish,
            can_publish_data=grant.can_publish_data,
            can_update_metadata=grant.can_update_own_metadata,
            hidden=grant.hidden,
        )
        self.permission.can_publish_sources.extend(sources_of(grant.can_publish_sources))
        self._new_suffix = new_suffix
        direction = Direction.PUBLISHER if join.dual else Direction.BOTH
        self.peer: Peer = node.open_peer(f"{sid}", events(self), direction)
        self.subscriber: Peer = (
            node.open_peer(f"{sid}/sub", events(self), Direction.SUBSCRIBER) if join.dual else self.peer
        )
        self.peer.set_may_publish(self.permission.can_publish)

    @property
    def dual(self) -> bool:
        return self.join.dual

    def info(self) -> Any:
        """A ParticipantInfo with a fresh version."""
        self.version += 1
        return models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            name=self.name,
            state=self.state,
            tracks=[published.info for published in self.tracks.values() if published.live],
            metadata=self.metadata,
            joined_at=self.joined_ms // 1000,
            joined_at_ms=self.joined_ms,
            version=self.version,
            permission=self.permission,
            is_publisher=any(published.live for published in self.tracks.values()),
            attributes=self.attributes,
            disconnect_reason=self.disconnect_reason,
            client_protocol=self.join.request.client_info.client_protocol,
        )

    def send(self, **message: Any) -> None:
        if self.outbox is not None:
            self.outbox.send(rtc.SignalResponse(**message))

    def may_publish(self, source: int) -> bool:
        if not self.permission.can_publish:
            return False
        return not self.permission.can_publish_sources or source in self.permission.can_publish_sources

    # ── publishing ───────────────────────────────────────────────────────────────────────────────

    def add_track(self, request: Any) -> bool:
        """Announce a track; False when it is not allowed (the client is told)."""
        if not self.may_publish(request.source) or len(self.tracks) >= MAX_TRACKS:
            self.send(
                request_response=rtc.RequestResponse(
                    reason=rtc.RequestResponse.Reason.NOT_ALLOWED,
                    message="not allowed to publish this source",
                    add_track=request,
                )
            )
            return False
        info = track_info(request, self._new_suffix())
        self.tracks[info.sid] = Published(info)
        self.peer.publish(publication_of(info, request, self.sid))
        self.send(track_published=rtc.TrackPublishedResponse(cid=request.cid, track=info))
        return True

    def remove_track(self, sid: str) -> bool:
        if self.tracks.pop(sid, None) is None:
            return False
        self.peer.unpublish(sid)
        self.send(track_unpublished=rtc.TrackUnpublishedResponse(track_sid=sid))
        return True

    def mute(self, sid: str, muted: bool, *, by_server: bool) -> bool:
        """True when that changed something."""
        published = self.tracks.get(sid)
        if published is None or published.info.muted == muted:
            return False
        published.info.muted = muted
        self.peer.set_muted(sid, muted)
        if by_server:
            self.send(mute=rtc.MuteTrackRequest(sid=sid, muted=muted))
        return True

    def want_quality(self, sid: str, quality: int) -> None:
        """Dynacast: the client may stop the layers above ``quality``, which no subscriber can use."""
        published = self.tracks.get(sid)
        if published is not None:
            published.wanted = quality
            self._tell_wanted(published)

    def tell_wanted(self) -> None:
        """Everything `want_quality` said, again: the client was away."""
        for published in self.tracks.values():
            self._tell_wanted(published)

    def _tell_wanted(self, published: Published) -> None:
        if published.wanted is None or not published.info.simulcast:
            return
        qualities = [rtc.SubscribedQuality(quality=q, enabled=int(q) <= published.wanted) for q in _QUALITIES]
        codecs = [
            rtc.SubscribedCodec(codec=codec.mime_type.partition("/")[2].lower(), qualities=qualities)
            for codec in published.info.codecs
        ]
        self.send(
            subscribed_quality_update=rtc.SubscribedQualityUpdate(
                track_sid=published.info.sid, subscribed_qualities=qualities, subscribed_codecs=codecs
            )
        )

    # ── subscribing ──────────────────────────────────────────────────────────────────────────────

    def subscribe(self, sid: str) -> None:
        if self.permission.can_subscribe and self.subscriber.subscribe(sid) and sid in self.preferences:
            self.subscriber.prefer(sid, self.preferences[sid])

    def unsubscribe(self, sid: str) -> None:
        self.subscriber.unsubscribe(sid)

    def flush(self, *, ice_restart: bool = False) -> None:
        """Ask for whatever negotiation the changed subscriptions need."""
        if self.dual:
            self.send_offer(self.subscriber.offer(ice_restart=ice_restart))
            return
        needed = self.peer.sections_needed()
        if needed is not None:
            audio, video = needed
            self.send(media_sections_requirement=rtc.MediaSectionsRequirement(num_audios=audio, num_videos=video))

    def send_offer(self, offer: Offer | None) -> None:
        if offer is not None:
            self.send(
                offer=rtc.SessionDescription(
                    type="offer", sdp=offer.sdp, id=offer.id, mid_to_track_id=offer.mid_to_track
                )
            )

    # ── data ─────────────────────────────────────────────────────────────────────────────────────

    def send_data(self, label: str, data: bytes) -> None:
        """Reliable packets wait for the channel; lossy ones do not."""
        if not self.subscriber.send_data(label, data) and label == "_reliable":
            self.unsent.append((label, data))

    def flush_data(self) -> None:
        while self.unsent and self.subscriber.send_data(*self.unsent[0]):
            self.unsent.popleft()
