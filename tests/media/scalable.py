"""Scalable streams as encoders make them (L1T1 … L3T3, with and without _KEY), and what each frame needs to decode."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field

from media.dependency import ABSENT, DISCARDABLE, REQUIRED, SWITCH
from media.rtp import RtpPacket

VP9, AV1 = 98, 45
PATTERNS = {1: (0,), 2: (0, 1), 3: (0, 2, 1, 2)}
MODES = tuple(f"L{s}T{t}{key}" for s in (1, 2, 3) for t in (1, 2, 3) for key in ("", "_KEY") if s > 1 or not key)
#: 30 pictures a second
PICTURE = 3_000


class BitWriter:
    def __init__(self) -> None:
        self.bits = ""

    def put(self, value: int, count: int) -> None:
        if count:
            self.bits += f"{value:0{count}b}"

    def below(self, value: int, limit: int) -> None:
        width = limit.bit_length()
        short = (1 << width) - limit
        if value < short:
            self.put(value, width - 1)
        else:
            self.put(value + short, width)

    def data(self) -> bytes:
        padded = self.bits + "0" * (-len(self.bits) % 8)
        return int(padded, 2).to_bytes(len(padded) // 8, "big") if padded else b""


@dataclass(frozen=True)
class Frame:
    number: int
    spatial: int
    temporal: int
    is_key: bool
    #: frames it is predicted from
    needs: tuple[int, ...]
    targets: tuple[int, ...]
    chains: tuple[int, ...]
    is_last: bool
    picture: int


#: a template: spatial and temporal layer, indications, chains, references
Kind = tuple[int, int, tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def kind_of(frame: Frame) -> Kind:
    references = tuple(frame.number - needed for needed in frame.needs)
    return frame.spatial, frame.temporal, frame.targets, frame.chains, references


@dataclass
class Encoder:
    """Makes pictures; a keyframe first and whenever it is asked for."""

    mode: str
    number: int = 0
    picture: int = 0
    frames: dict[int, Frame] = field(default_factory=dict)
    _step: int = 0
    _by_layer: dict[tuple[int, int], int] = field(default_factory=dict)
    _chains: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.spatial, self.temporal = int(self.mode[1]), int(self.mode[3])
        self.key_only = self.mode.endswith("_KEY")

    def encode(self, *, key: bool = False) -> list[Frame]:
        """The frames of the next picture, one a spatial layer."""
        key = key or not self.frames
        if key:
            self._step = 0
            self._by_layer.clear()
        rate = PATTERNS[self.temporal][self._step % len(PATTERNS[self.temporal])]
        made = [self._frame(layer, rate, key) for layer in range(self.spatial)]
        self._step += 1
        self.picture += 1
        return made

    def _frame(self, layer: int, rate: int, key: bool) -> Frame:
        number = self.number
        inter_layer = layer > 0 and (key or not self.key_only)
        needs = [number - 1] if inter_layer else []
        if not key:
            # the newest frame of a lower temporal layer, or of the lowest its own
            lower = [self._by_layer[layer, t] for t in range(max(rate, 1)) if (layer, t) in self._by_layer]
            needs.append(max(lower))
        targets = tuple(
            self._indication(layer, rate, key, s, t) for s in range(self.spatial) for t in range(self.temporal)
        )
        if key and layer == 0:
            self._chains = [number] * self.spatial
        chains = tuple(number - last for last in self._chains)
        if rate == 0:
            for chain in range(self.spatial):
                if (layer <= chain) if key or not self.key_only else layer == chain:
                    self._chains[chain] = number
        frame = Frame(number, layer, rate, key, tuple(needs), targets, chains, layer == self.spatial - 1, self.picture)
        self.frames[number] = frame
        self._by_layer[layer, rate] = number
        self.number += 1
        return frame

    def _indication(self, layer: int, rate: int, key: bool, spatial: int, temporal: int) -> int:
        inside = rate <= temporal and (layer <= spatial if key or not self.key_only else layer == spatial)
        if not inside:
            return ABSENT
        if key:
            return SWITCH
        if layer < spatial:
            return REQUIRED
        if rate == 0 or rate < temporal:
            return SWITCH
        return DISCARDABLE

    # ── as AV1 ───────────────────────────────────────────────────────────────────────────────────

    def kinds(self) -> list[Kind]:
        return kinds_of(self.mode)

    def descriptor(self, frame: Frame, begins: bool, ends: bool, *, custom: bool = False, active: int = -1) -> bytes:
        """The dependency descriptor; ``custom`` spells out what a template would say."""
        kinds, bits, first_id = self.kinds(), BitWriter(), 7
        kind = kind_of(frame)
        if kind not in kinds:
            custom = True
        index = next(n for n, k in enumerate(kinds) if k == kind or (custom and k[:2] == kind[:2]))
        for value, count in ((begins, 1), (ends, 1), ((first_id + index) % 64, 6), (frame.number & 0xFFFF, 16)):
            bits.put(int(value), count)
        brings = frame.is_key and frame.spatial == 0 and begins
        if brings or custom or active >= 0:
            for flag in (brings, active >= 0, custom, custom, custom):
                bits.put(int(flag), 1)
            if brings:
                self._put_structure(bits, kinds, first_id)
            if active >= 0:
                bits.put(active, len(frame.targets))
            if custom:
                for target in frame.targets:
                    bits.put(target, 2)
                for back in kind[4]:
                    width = 1 if back <= 16 else 2
                    bits.put(width, 2)
                    bits.put(back - 1, 4 * width)
                bits.put(0, 2)
                for chain in frame.chains:
                    bits.put(chain, 8)
        return bits.data()

    def _put_structure(self, bits: BitWriter, kinds: list[Kind], first_id: int) -> None:
        count = self.spatial * self.temporal
        bits.put(first_id, 6)
        bits.put(count - 1, 5)
        for at, kind in enumerate(kinds):
            after = kinds[at + 1] if at + 1 < len(kinds) else None
            bits.put(3 if after is None else 2 if after[0] > kind[0] else 1 if after[1] > kind[1] else 0, 2)
        for kind in kinds:
            for target in kind[2]:
                bits.put(target, 2)
        for kind in kinds:
            for back in kind[4]:
                bits.put(1, 1)
                bits.put(back - 1, 4)
            bits.put(0, 1)
        bits.below(self.spatial, count + 1)
        for spatial in range(self.spatial):
            for _ in range(self.temporal):
                bits.below(spatial, self.spatial)
        for kind in kinds:
            for chain in kind[3]:
                bits.put(chain, 4)
        bits.put(1, 1)
        for spatial in range(self.spatial):
            bits.put(320 << spatial, 16)
            bits.put(180 << spatial, 16)

    # ── as RTP ───────────────────────────────────────────────────────────────────────────────────

    def packets(self, codec: str, frames: list[Frame], sequence: int) -> Iterator[tuple[Frame, RtpPacket]]:
        """Two a frame."""
        for frame in frames:
            for begins, ends in ((True, False), (False, True)):
                marker = int(ends and frame.is_last)
                if codec == "vp9":
                    packet = RtpPacket(VP9, sequence & 0xFFFF, 0, 5, self.vp9(frame, begins, ends), marker, size=500)
                else:
                    head = 0x08 if begins and frame.is_key and frame.spatial == 0 else 0
                    body = bytes((head,)) + frame.number.to_bytes(4, "big")
                    packet = RtpPacket(AV1, sequence & 0xFFFF, 0, 5, body, marker, size=500)
                    packet.dependency = self.descriptor(frame, begins, ends)
                packet.timestamp = frame.picture * PICTURE & 0xFFFFFFFF
                sequence += 1
                yield frame, packet

    def vp9(self, frame: Frame, begins: bool, ends: bool) -> bytes:
        """Payload descriptor without explicit references, as browsers write it; the frame's number is the picture."""
        inter = not frame.is_key
        structure = frame.is_key and frame.spatial == 0 and begins
        head = 0xA0 | inter << 6 | begins << 3 | ends << 2 | structure << 1
        depends = frame.spatial > 0 and (frame.is_key or not self.key_only)
        layers = frame.temporal << 5 | 0x10 | frame.spatial << 1 | depends
        number = 0x8000 | frame.picture & 0x7FFF
        body = bytes((head, number >> 8, number & 0xFF, layers, frame.picture & 0xFF))
        if structure:
            body += bytes(((self.spatial - 1) << 5 | 0x10,))
            for spatial in range(self.spatial):
                body += (320 << spatial).to_bytes(2, "big") + (180 << spatial).to_bytes(2, "big")
        return body + frame.number.to_bytes(4, "big")


@functools.cache
def kinds_of(mode: str) -> list[Kind]:
    """Templates: every kind of frame that this mode has, in the format's order."""
    trial = Encoder(mode)
    for _ in range(2 * len(PATTERNS[trial.temporal]) + 1):
        trial.encode()
    return sorted({kind_of(frame) for frame in trial.frames.values()})
