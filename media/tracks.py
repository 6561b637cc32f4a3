"""Publications and subscriptions: which layer of which track flows to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from media.api import Kind, Preference, Publication
from media.dependency import FrameDescriptor
from media.forward import ForwardStream
from media.receive import ReceiveStream
from media.rtp import RtpPacket, varied
from media.sdp import Codec
from media.svc_core import ALL_TEMPORAL, DROP, FEW, LAST, SCALABLE, Picker, ScalableStream, layer_of, picker_of
from media.vp9 import Vp9Descriptor

if TYPE_CHECKING:
    from media.peer import RelayPeer

#: A layer without packets for this long is taken as switched off by its sender.
LAYER_SILENT_S: Final = 1.5
#: … and so is one that stays behind the others of its track for this long: they are made of the same pictures
LAYER_BEHIND_S: Final = 0.6
KEYFRAME_EVERY_S = 0.4
#: First back-off before a higher layer is tried again, and the longest one.
PROBE_AFTER_S, PROBE_MAX_S = 5.0, 60.0
LOSS_BAD, LOSS_GOOD = 0.08, 0.02
#: A picture is paused when the line had no room even for its smallest layer for this long.
PAUSE_AFTER_S = 2.0
#: one that came back is stopped at the first sign that there is still no room: voices share the line
TRIAL_S = 5.0
#: A layer that nobody can use goes on for this long before its publisher is told.
LESS_AFTER_S = 3.0

_RIDS = {"q": 0, "h": 1, "f": 2}


@dataclass(slots=True, eq=False)
class Upstream:
    """A track as it comes in."""

    publication: Publication
    mid: str = ""
    negotiated: bool = False
    muted: bool = False
    codecs: dict[int, Codec] = field(default_factory=dict)
    extensions: dict[int, str] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)
    streams: dict[int, ReceiveStream] = field(default_factory=dict)
    downs: list[Downstream] = field(default_factory=list)
    started: bool = False
    #: the highest quality that subscribers can use, and since when less would do
    wanted: int = 2
    less_since: float | None = None
    keyframe_asked: dict[int, float] = field(default_factory=dict)
    #: layers of which a keyframe was asked for too soon after the last time, and when
    keyframe_due: dict[int, float] = field(default_factory=dict)
    is_video: bool = False
    clock_rate: int = 48_000

    def __post_init__(self) -> None:
        self.is_video = self.publication.kind is Kind.VIDEO
        self.clock_rate = 90_000 if self.is_video else 48_000

    @property
    def sid(self) -> str:
        return self.publication.sid

    def set_muted(self, muted: bool) -> None:
        if muted and not self.muted and self.is_video:
            # What follows the pause must begin with a keyframe.
            for down in self.downs:
                down.stream.pause()
            for stream in self.streams.values():
                # A picture from before must not be shown after.
                stream.keyframe = []
        self.muted = muted

    def quality_of(self, rid: str) -> int:
        """0 low … 2 high. Rids are q, h, f by convention, else in the order of the offer, the lowest first."""
        if rid in _RIDS:
            return _RIDS[rid]
        return min(2, self.rids.index(rid)) if rid in self.rids else 2

    def stream(self, ssrc: int, rid: str) -> ReceiveStream:
        """The stream of a layer; a new SSRC under a known rid replaces the old one."""
        for old, stream in list(self.streams.items()):
            if rid and stream.rid == rid and old != ssrc:
                del self.streams[old]
        quality = self.quality_of(rid) if rid else 2
        stream = ReceiveStream(ssrc, quality, rid, clock_rate=self.clock_rate, nack=self.is_video)
        codec = next((codec.name for codec in self.codecs.values()), "")
        stream.scalable = ScalableStream(codec) if codec in SCALABLE else None
        self.streams[ssrc] = stream
        return stream

    def stats(self) -> dict[str, object]:
        """Plain numbers; a layer is [rid, quality, bit/s, packets]."""
        layers = [[s.rid, s.quality, round(s.bitrate), s.packets] for s in self.streams.values()]
        return {"muted": self.muted, "layers": layers}

    def rewant(self, now: float) -> bool:
        """Look anew at what subscribers can use; True when the publisher should be told.

        More is told at once, less after a while: pages are resized back and forth. The smallest layer is always wanted,
        so that whoever comes next sees something at once.
        """
        highest = max((down.wanted_quality() for down in self.downs if down.active), default=0)
        highest = max(highest, 0)
        if highest >= self.wanted:
            changed, self.less_since = highest > self.wanted, None
        elif self.less_since is None:
            self.less_since, changed = now, False
        else:
            changed = now - self.less_since >= LESS_AFTER_S
        if changed:
            self.wanted, self.less_since = highest, None
        return changed

    def wants_keyframe(self, stream: ReceiveStream, now: float) -> bool:
        """May a keyframe be asked for now? Notes that it was, or that it is due later."""
        if now - self.keyframe_asked.get(stream.ssrc, -1.0) < KEYFRAME_EVERY_S:
            self.keyframe_due[stream.ssrc] = now
            return False
        self.keyframe_asked[stream.ssrc] = now
        self.keyframe_due.pop(stream.ssrc, None)
        return True

    def overdue(self, now: float) -> list[ReceiveStream]:
        """Layers whose keyframe can be asked for now, put off before, and of which none has begun since."""
        found = []
        for ssrc, wanted_at in list(self.keyframe_due.items()):
            stream = self.streams.get(ssrc)
            if stream is None or stream.keyframe_at > wanted_at:
                del self.keyframe_due[ssrc]
            elif now - self.keyframe_asked.get(ssrc, -1.0) >= KEYFRAME_EVERY_S:
                found.append(stream)
        return found

    def shows(self, stream: ReceiveStream) -> bool:
        """Does that layer flow to anybody?"""
        return any(down.stream.layer is stream and down.stream.flowing for down in self.downs)

    def live(self, now: float) -> list[ReceiveStream]:
        """The layers that flow."""
        newest = max((stream.last_at for stream in self.streams.values()), default=0.0)
        since = max(now - LAYER_SILENT_S, newest - LAYER_BEHIND_S)
        return [stream for stream in self.streams.values() if stream.last_at > since]

    def best_layer(self, limit: int, now: float) -> ReceiveStream | None:
        """The highest layer that flows and is not above ``limit``, else the lowest that flows."""
        live = sorted(self.live(now), key=lambda stream: stream.quality)
        fitting = [stream for stream in live if stream.quality <= limit]
        return fitting[-1] if fitting else (live[0] if live else None)


@dataclass(slots=True, eq=False)
class Downstream:
    """A track as one subscriber gets it."""

    up: Upstream
    stream: ForwardStream
    mid: str = ""
    #: bound to an m-section and answered: packets may flow
    active: bool = False
    preference: Preference = field(default_factory=Preference)
    target: ReceiveStream | None = None
    #: the shell's object for whoever subscribed
    owner: RelayPeer | None = None
    cap: int = 2
    #: of a stream with layers inside: the quality wanted and granted, the highest layer of it that flows, and who
    #: leaves out those above
    quality: int = 2
    reachable: int = 0
    picker: Picker | None = None
    #: not even the smallest layer fits the line
    paused: bool = False
    starved_since: float | None = None
    #: it was paused until a moment ago, and flows to see whether the line has room again
    on_trial_until: float = 0.0
    loss: float = 0.0
    #: what the subscriber says of its arrivals, in seconds
    jitter_s: float | None = None
    #: the last sender report that went there, by the number reports answer to, and when
    reported: tuple[int, float] = (0, 0.0)
    #: when the choice of the layer is due again; see `media.outbound.Outbound.refresh`
    look_at: float = 0.0
    _capped_at: float = 0.0
    _probe_after: float = PROBE_AFTER_S

    def wanted_quality(self) -> int:
        """The quality worth sending for the picture's size on the subscriber's page; -1 while it is hidden."""
        if self.preference.disabled:
            return -1
        if self.preference.width and self.up.publication.layers:
            area = self.preference.width * self.preference.height
            for layer in sorted(self.up.publication.layers, key=lambda layer: layer.width * layer.height):
                if layer.width * layer.height >= 0.9 * area:
                    return min(layer.quality, 2)
            return 2
        return self.preference.quality

    def retarget(self, now: float) -> bool:
        """Choose the layer anew; True when it changed."""
        self.quality = max(0, min(self.wanted_quality(), self.cap))
        best = self.up.best_layer(min(self.wanted_quality(), self.cap), now)
        if best is not None and best.scalable is not None:
            self.reachable = min(layer_of(self.quality, best.scalable.count), best.scalable.highest(now))
        changed = best is not self.target
        self.target = best
        return changed

    def grant(self, quality: int, now: float, *, suffers: bool = True) -> bool:
        """What the line has room for, from `allocate`; True when the picture was paused by it or flows again.

        A line that is short for a moment costs sharpness only; a picture stands still when there is no room for a
        while, and the line goes on to suffer under its smallest layer.
        """
        if quality >= 0 or not (suffers or self.paused):
            self.starved_since = None
        elif self.starved_since is None:
            self.starved_since = now
        patience = 0.0 if now < self.on_trial_until else PAUSE_AFTER_S
        paused = self.starved_since is not None and now - self.starved_since >= patience
        quality = max(quality, 0)
        changed, self.paused = paused != self.paused, paused
        if paused and changed:
            self.stream.pause()
        elif changed:
            self.on_trial_until = now + TRIAL_S
        if not paused:
            self.cap = quality
        return changed

    def adapt(self, loss: float, estimate: float | None, now: float) -> None:
        """Lower the cap when the line suffers, raise it after a growing pause when it is calm.

        ``loss`` is the subscriber's share of lost packets that is not ours upstream; ``estimate`` its REMB in bit/s.
        """
        self.loss = loss
        current, shown = self.stream.layer, self.shown
        if not self.up.is_video or current is None or (len(self.up.streams) < 2 and not has_layers(current)):
            return
        starved = estimate is not None and loss > LOSS_GOOD and estimate < 0.6 * current.bitrate
        if (loss > LOSS_BAD or starved) and shown > 0 and now - self._capped_at > 1.5:
            self.cap = shown - 1
            self._capped_at = now
            self._probe_after = min(PROBE_MAX_S, self._probe_after * 2)
        elif loss < LOSS_GOOD / 2 and self.cap < 2 and now - self._capped_at > self._probe_after:
            self.cap += 1
            self._capped_at = now

    def take(self, packet: RtpPacket, layer: ReceiveStream, now: float) -> int:
        """The number under which this packet of that layer goes to the subscriber, -1 when it does not."""
        if not self.active or self.preference.disabled or self.paused or self.up.muted:
            return -1
        stream = self.stream
        if layer is not self.target and self.up.is_video and not (layer is stream.layer and stream.flowing):
            return -1
        return stream.accept(packet, layer, now, self.up.clock_rate)

    def share_of(self, packet: RtpPacket, layer: ReceiveStream) -> RtpPacket | None:
        """What this subscriber gets of a packet whose stream holds several layers; None for nothing of it."""
        scalable, frame = layer.scalable, packet.frame
        if scalable is None or (not scalable.described and frame is None):
            return packet
        if not self.active or self.preference.disabled or self.paused or self.up.muted:
            return None
        stream = self.stream
        begins = layer is not stream.layer or not stream.flowing
        if begins and (layer is not self.target or not stream.begins(packet)):
            return None
        if self.picker is None:
            self.picker = picker_of(scalable)
        if begins:
            self.picker.resume()
        fate = DROP
        if isinstance(frame, (Vp9Descriptor, FrameDescriptor)):
            # short of line, a picture gives its frame rate before it stops
            temporal = FEW if self.starved_since is not None else ALL_TEMPORAL
            spatial = layer_of(self.quality, scalable.count)
            fate = self.picker.pick(frame, packet.timestamp, scalable.active, spatial, temporal)
        if fate == DROP or not isinstance(frame, (Vp9Descriptor, FrameDescriptor)):
            if not begins:
                stream.skip(packet.sequence)
            return None
        marker = 1 if fate == LAST else packet.marker
        dependency = packet.dependency
        if stream.dependency and dependency:
            dependency = self.picker.told(frame, dependency, scalable.active)
        if marker == packet.marker and dependency is packet.dependency:
            return packet
        return varied(packet, marker, dependency)

    @property
    def settled(self) -> bool:
        """Does what should flow flow?"""
        stream = self.stream
        if not stream.flowing or stream.layer is not self.target:
            return False
        scalable = None if stream.layer is None else stream.layer.scalable
        if scalable is None or self.picker is None:
            return True
        return not self.picker.lacks(self.reachable, scalable.active)

    @property
    def shown(self) -> int:
        """The quality that flows, -1 for none."""
        current = self.stream.layer
        if current is None:
            return -1
        return self.picker.spatial if self.picker is not None and has_layers(current) else current.quality

    def needs_keyframe(self) -> bool:
        return (
            self.active
            and self.up.is_video
            and not self.preference.disabled
            and not self.paused
            and self.target is not None
            and not self.settled
        )

    def stats(self) -> dict[str, object]:
        stream = self.stream
        return {
            "mid": self.mid,
            "video": self.up.is_video,
            "quality": self.shown,
            "paused": self.paused,
            "packets": stream.packets,
            "octets": stream.octets,
            "loss": self.loss,
        }


def has_layers(stream: ReceiveStream) -> bool:
    """Are there several sizes inside this one stream?"""
    return stream.scalable is not None and stream.scalable.count > 1
