"""Which packets of a scalable stream (VP9, AV1) a subscriber gets. Pure.

One stream holds every size. To lower the picture its upper layers are left out of it, and the last packet that is kept
of each picture gets the marker. The invariant: what is sent always decodes. So a layer is left at once or at the next
place the codec allows, and entered only where nothing before is needed for it; until then the old one flows.

`Vp9Picker` and `TargetPicker` answer one question a packet; `ScalableStream` is what all subscribers of a stream share.
"""

from __future__ import annotations

from collections.abc import Mapping

from media.dependency import (
    ABSENT,
    SWITCH,
    FrameDescriptor,
    Structure,
    brings_structure,
    parse_dependency,
    rewrite_dependency,
)
from media.rtp import RtpPacket
from media.vp9 import Vp9Descriptor, parse_vp9

SCALABLE = frozenset({"vp9", "av1"})

#: the packet is not for this subscriber; it is; it is, and ends the picture
DROP, KEEP, LAST = range(3)

#: what a subscriber who is short of line gets before the picture stops altogether, and what others get
FEW, ALL_TEMPORAL = 0, 7
#: a layer without packets for this long is taken as switched off
SILENT_S = 1.5
MAX_LAYERS = 8
#: frames whose fate is remembered: more than a chain may reach back
FATES = 512
#: keyframes bring a structure; who sends more at once, or a second, wants to keep us busy
STRUCTURES, STRUCTURE_RATE = 8.0, 50.0
#: a keyframe is a late one when it is so many frames behind
LATE_FRAMES = 1_000

Frame = Vp9Descriptor | FrameDescriptor


class ScalableStream:
    """Reads packets once for all subscribers, and books what each spatial layer takes."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self.count = 1
        #: AV1: the newest keyframe's structure, and the decode targets its encoder makes now
        self.structure: Structure | None = None
        self.active = 0
        self._newest = -1
        self._structure_at = 0.0
        self._allowance = STRUCTURES
        self._bytes = [0] * MAX_LAYERS
        self._rates = [0.0] * MAX_LAYERS
        self._last_at = [-SILENT_S] * MAX_LAYERS

    def read(self, packet: RtpPacket, now: float) -> Frame | None:
        """What the packet says of its layers; None when it says nothing that can be used."""
        frame = parse_vp9(packet.payload) if self.codec == "vp9" else self._read_av1(packet, now)
        if frame is not None:
            self._bytes[frame.spatial] += packet.size
            self._last_at[frame.spatial] = now
            if isinstance(frame, Vp9Descriptor):
                self.count = frame.spatial_layers or max(self.count, frame.spatial + 1)
        return frame

    def _read_av1(self, packet: RtpPacket, now: float) -> FrameDescriptor | None:
        if brings_structure(packet.dependency):
            since, self._structure_at = now - self._structure_at, now
            self._allowance = min(STRUCTURES, self._allowance + since * STRUCTURE_RATE)
            if self._allowance < 1:
                return None
            self._allowance -= 1
        frame = parse_dependency(packet.dependency, self.structure)
        if frame is None:
            return None
        if frame.is_new and 0 < (self._newest - frame.number) & 0xFFFF < LATE_FRAMES and self._newest >= 0:
            return None
        ahead = self._newest < 0 or frame.is_new or 0 < (frame.number - self._newest) & 0xFFFF < 0x8000
        if frame.is_new:
            self.structure, self.active = frame.structure, frame.structure.all
            self.count = frame.structure.spatial_layers
        if ahead:
            self._newest = frame.number
        if frame.active is not None and (ahead or frame.number == self._newest):
            self.active = frame.active
        return frame

    @property
    def described(self) -> bool:
        """Do its packets say which layer they are of? (AV1's may not; then it goes whole.)"""
        return self.codec == "vp9" or self.structure is not None

    def turn(self, seconds: float) -> None:
        """Another so many seconds are over: rates anew."""
        self._rates = [8 * size / max(seconds, 0.001) for size in self._bytes]
        self._bytes = [0] * MAX_LAYERS

    def highest(self, now: float) -> int:
        """The highest spatial layer that flows."""
        live = [layer for layer in range(self.count) if now - self._last_at[layer] < SILENT_S]
        return max(live, default=0)

    def rates(self, now: float) -> Mapping[int, float]:
        """Spatial layer → bit/s of it and those below."""
        total, sums = 0.0, {}
        for layer in range(self.highest(now) + 1):
            total += self._rates[layer]
            sums[layer] = total
        return sums


class Vp9Picker:
    """By the payload descriptor. Every layer up to the chosen one is kept, as they may all be needed for it."""

    def __init__(self) -> None:
        self.spatial = -1
        self.temporal = ALL_TEMPORAL
        self._before = (-1, ALL_TEMPORAL)
        self._since = 0

    def pick(self, frame: Frame, timestamp: int, _active: int, spatial: int, temporal: int) -> int:
        """The fate of a packet; ``spatial`` and ``temporal`` are the highest layers wanted."""
        if not isinstance(frame, Vp9Descriptor):
            return DROP
        if frame.begins and frame.spatial == 0:
            self._move(frame, timestamp, spatial, temporal)
        chosen, rate = self.spatial, self.temporal
        if (timestamp - self._since) & 0xFFFFFFFF >= 0x80000000:
            # a picture from before the last move
            chosen, rate = self._before
        if frame.spatial > chosen or frame.temporal > rate:
            return DROP
        return LAST if frame.ends and frame.spatial == chosen else KEEP

    def lacks(self, spatial: int, _active: int) -> bool:
        """Does it take a keyframe to get there?"""
        return self.spatial < spatial

    def resume(self) -> None:
        """The stream goes on after a pause or with another source: with a keyframe."""
        self.spatial, self.temporal = -1, ALL_TEMPORAL
        self._before, self._since = (-1, ALL_TEMPORAL), 0

    def told(self, _frame: Frame, dependency: bytes, _active: int) -> bytes:
        """The extension as it goes to the subscriber."""
        return dependency

    def _move(self, frame: Vp9Descriptor, timestamp: int, spatial: int, temporal: int) -> None:
        """A picture begins: the only place where layers change."""
        if frame.is_key:
            wanted = (spatial, temporal)
        elif self.spatial < 0:
            return
        else:
            rate = self.temporal
            if temporal < rate or (frame.up and frame.temporal <= rate):
                rate = temporal
            wanted = (min(self.spatial, spatial), rate)
        if wanted != (self.spatial, self.temporal):
            self._before, self._since = (self.spatial, self.temporal), timestamp
            self.spatial, self.temporal = wanted


class TargetPicker:
    """By the dependency descriptor: kept is what the chosen decode target contains while its chain is whole."""

    def __init__(self) -> None:
        self.spatial = -1
        self._target = -1
        #: decode targets that need nothing above the chosen one; were fewer than all told since the keyframe?
        self._mask = 0
        self._narrowed = False
        #: what is added to the source's frame numbers
        self._shift = 0
        self._structure: Structure | None = None
        self._whole: list[bool] = []
        self._fates: dict[int, bool] = {}
        self._newest = -1
        self._sent = -1

    def pick(self, frame: Frame, _timestamp: int, active: int, spatial: int, temporal: int) -> int:
        """As `Vp9Picker.pick`; ``active`` is the mask of decode targets the encoder makes now."""
        if not isinstance(frame, FrameDescriptor):
            return DROP
        if frame.is_new and frame.structure is not self._structure:
            self._begin(frame)
        elif frame.structure is not self._structure:
            return DROP
        number = frame.number
        known = self._fates.get(number)
        if known is None:
            late = self._newest >= 0 and (number - self._newest) & 0xFFFF >= 0x8000
            if not late:
                self._newest = number
                self._follow_chains(frame)
                self._choose(frame, active, spatial, temporal)
            known = (
                self._target >= 0
                and frame.targets[self._target] != ABSENT
                and self._is_whole(self._target)
                and self._has_all(frame)
            )
            self._fates[number] = known
            if len(self._fates) > FATES:
                del self._fates[next(iter(self._fates))]
        if not known:
            return DROP
        self._sent = (number + self._shift) & 0xFFFF
        return LAST if frame.ends and frame.spatial == self.spatial else KEEP

    def lacks(self, spatial: int, active: int) -> bool:
        """As `Vp9Picker.lacks`. Down, too, where the larger size does without the smaller one's frames."""
        structure = self._structure
        if structure is None or self._target < 0 or not self._is_whole(self._target):
            return True
        best = self._best(active, spatial, ALL_TEMPORAL)
        wanted = structure.layers[best][0]
        return wanted > self.spatial or (wanted < self.spatial and not self._is_whole(best))

    def resume(self) -> None:
        """As `Vp9Picker.resume`; it goes on under the next frame number."""
        self._structure = None

    def told(self, frame: Frame, dependency: bytes, active: int) -> bytes:
        """As `Vp9Picker.told`: with our frame number, and without the decode targets that are left out."""
        if not isinstance(frame, FrameDescriptor):
            return dependency
        mask = self._mask & active or self._mask
        if mask == active and not self._narrowed and not self._shift:
            return dependency
        self._narrowed = self._narrowed or mask != active
        return rewrite_dependency(dependency, frame, frame.number + self._shift, mask)

    def _begin(self, frame: FrameDescriptor) -> None:
        if self._structure is None and self._sent >= 0:
            self._shift = (self._sent + 1 - frame.number) & 0xFFFF
        self._structure = frame.structure
        self._whole = [False] * frame.structure.chains
        self._target = self.spatial = self._newest = -1
        self._fates.clear()
        self._narrowed = False

    def _follow_chains(self, frame: FrameDescriptor) -> None:
        for chain, back in enumerate(frame.chains):
            if back == 0:
                self._whole[chain] = True
            elif self._fates.get((frame.number - back) & 0xFFFF) is False:
                self._whole[chain] = False

    def _has_all(self, frame: FrameDescriptor) -> bool:
        """Was none of the frames it is predicted from left out? (A chain says this of its own frames alone.)"""
        return all(self._fates.get((frame.number - back) & 0xFFFF) is not False for back in frame.diffs)

    def _is_whole(self, target: int) -> bool:
        structure = self._structure
        return structure is not None and (not structure.chains or self._whole[structure.chain_of[target]])

    def _best(self, active: int, spatial: int, temporal: int) -> int:
        """The highest active decode target without layers above; the lowest of all when there is none."""
        structure = self._structure
        if structure is None:
            return -1
        layers = structure.layers
        inside = [n for n, (s, t) in enumerate(layers) if active >> n & 1 and s <= spatial and t <= temporal]
        if inside:
            return max(inside, key=lambda n: layers[n])
        return min(range(structure.targets), key=lambda n: layers[n])

    def _choose(self, frame: FrameDescriptor, active: int, spatial: int, temporal: int) -> None:
        best = self._best(active, spatial, temporal)
        if best < 0 or best == self._target:
            return
        if frame.targets[best] == SWITCH and self._is_whole(best) and self._has_all(frame):
            self._target = best
            self.spatial, rate = frame.structure.layers[best]
            self._mask = frame.structure.mask(self.spatial, rate)


Picker = Vp9Picker | TargetPicker


def picker_of(stream: ScalableStream) -> Picker:
    return Vp9Picker() if stream.codec == "vp9" else TargetPicker()


def layer_of(quality: int, count: int) -> int:
    """The spatial layer of ``count`` that stands for LiveKit's quality: 2 is always the highest."""
    return count - 1 if quality >= 2 else min(quality, count - 1)
