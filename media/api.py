"""What `signaling` may ask of the relay, and what it hears back.

One `Peer` is one PeerConnection. A LiveKit v1 participant has one peer that always answers; a v0
participant has two: a *publisher* peer that answers and a *subscriber* peer that offers. The relay
knows tracks by their sid and peers by an opaque name; rooms, identities, permissions and protobuf
are signaling's business. Everything here is called and called back on the event loop's thread, and
no callback may block.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

RELIABLE = "_reliable"
LOSSY = "_lossy"


class Kind(enum.StrEnum):
    AUDIO = "audio"
    VIDEO = "video"


class Direction(enum.StrEnum):
    """Which way a peer negotiates: a v1 peer does both, v0 splits them."""

    BOTH = "both"
    PUBLISHER = "publisher"
    SUBSCRIBER = "subscriber"


@dataclass(frozen=True, slots=True)
class Layer:
    """One simulcast encoding. ``quality`` is LiveKit's VideoQuality: 0 low, 1 medium, 2 high."""

    quality: int
    width: int
    height: int
    bitrate: int = 0
    rid: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """A track announced by AddTrack, before its m-section arrives.

    ``cids`` are the client-side ids (MediaStreamTrack ids) that may name it in the offer's msid;
    ``mime`` the preferred codec, for example ``video/VP8``; ``stream_id`` and ``track_id`` are what
    subscribers see as msid (``PA_x|TR_y`` and ``TR_y``).
    """

    sid: str
    kind: Kind
    cids: frozenset[str]
    mime: str
    stream_id: str
    layers: tuple[Layer, ...] = ()
    #: a shared screen, which comes before cameras when the line is short
    screen: bool = False
    red: bool = True
    dtx: bool = True
    stereo: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Preference:
    """What a subscriber wants of one video track; zero width means: by ``quality``."""

    disabled: bool = False
    quality: int = 2
    width: int = 0
    height: int = 0
    fps: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    sdp: str
    #: m-section mid -> sid of the forwarded track it now carries
    mid_to_track: dict[str, str]
    #: sids whose m-section was negotiated by this offer (now published)
    published: tuple[str, ...] = ()
    #: sids whose m-section went inactive or vanished (now unpublished)
    ended: tuple[str, ...] = ()
    #: sid -> mid of the publisher's own m-sections
    published_mids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offer:
    """A subscriber peer's offer; ``id`` comes back with the client's answer."""

    id: int
    sdp: str
    mid_to_track: dict[str, str]


@dataclass(frozen=True, slots=True)
class PeerQuality:
    """Seen since the last reading. Fractions 0..1; rtt in seconds or None when unknown."""

    connected: bool
    loss_up: float
    loss_down: float
    rtt: float | None
    silent_for: float  # seconds since the last authenticated packet or consent check
    #: seconds by which arrivals vary (RFC 3550 §6.4.1); None while nothing comes
    jitter_up: float | None = None
    jitter_down: float | None = None
    #: a picture is paused because the line has no room for it
    starved: bool = False
    #: bit/s that the line down has room for; None while nothing speaks for a limit
    budget: float | None = None


class PeerEvents(Protocol):
    def on_connected(self) -> None:
        """ICE and DTLS are up; media and data may flow."""

    def on_closed(self, reason: str) -> None:
        """The transport is gone for good: ``dtls_closed``, ``consent_lost`` or ``connect_timeout``."""

    def on_data(self, label: str, data: bytes) -> None:
        """One data-channel message from the client."""

    def on_first_packet(self, sid: str) -> None:
        """The first media packet of one of this peer's publications was accepted."""

    def on_wanted(self, sid: str, quality: int) -> None:
        """The highest layer of a publication that any subscriber can use; the publisher may stop those above."""

    def on_paused(self, sid: str, paused: bool) -> None:
        """A subscription stopped for want of bandwidth, or flows again."""


class Peer(Protocol):
    name: str

    # publishing -------------------------------------------------------------------------------
    def publish(self, publication: Publication) -> None:
        """Announce a track; it takes its m-section in the next `answer`."""

    def unpublish(self, sid: str) -> None:
        """Stop taking media of ``sid``; subscribers lose it."""

    def set_muted(self, sid: str, muted: bool) -> None:
        """While muted nothing of the track is forwarded, whatever arrives (enforced here, not by the page)."""

    def set_may_publish(self, allowed: bool) -> None:
        """When False every incoming media packet of this peer is dropped."""

    def answer(self, sdp: str) -> Answer:
        """Apply a client's offer (also a re-offer or ICE restart).

        Raises `media.errors.BadOffer` for an SDP that cannot be used; the peer keeps its state.
        """

    # subscribing ------------------------------------------------------------------------------
    def subscribe(self, sid: str) -> bool:
        """Want the track; False when it does not exist. Idempotent."""

    def unsubscribe(self, sid: str) -> None: ...

    def subscriptions(self) -> Sequence[str]: ...

    def prefer(self, sid: str, preference: Preference) -> None: ...

    def sections_needed(self) -> tuple[int, int] | None:
        """v1: (audio, video) recvonly m-sections the client still has to offer.

        None when nothing changed since the last call; (0, 0) asks for a plain re-offer (to free or bind).
        """

    def offer(self, *, ice_restart: bool = False) -> Offer | None:
        """v0 subscriber: the next offer, or None while one is unanswered (it is remembered) or nothing changed."""

    def accept_answer(self, sdp: str, offer_id: int = 0) -> bool:
        """v0 subscriber: apply the client's answer. True when another `offer` is due."""

    def restart_ice(self) -> None:
        """Fresh ufrag for the next description (after a signalling resume)."""

    # data, insight, end -----------------------------------------------------------------------
    def send_data(self, label: str, data: bytes) -> bool:
        """False when that channel is not open (yet) or its buffer is full."""

    def audio_level(self) -> float:
        """Linear 0..1 of what this peer's unmuted audio carried since the last reading (RFC 6464)."""

    def quality(self) -> PeerQuality: ...

    def stats(self) -> dict[str, object]:
        """Plain numbers per publication and subscription for ``klatiene media top`` and tests."""

    async def close(self) -> None: ...


class MediaNode(Protocol):
    """One UDP port and one TCP port for every peer of this process."""

    async def start(self) -> None: ...

    def open_peer(self, name: str, events: PeerEvents, direction: Direction = Direction.BOTH) -> Peer: ...

    def has_track(self, sid: str) -> bool: ...

    def counters(self) -> dict[str, int]:
        """Totals since start: packets in and out, drops by reason, refused datagrams by reason."""

    async def close(self) -> None: ...
