"""Scalable streams: descriptors read and rewritten, and a subscriber who gets fewer layers of what still decodes."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.api import Kind, Preference, Publication
from media.dependency import FrameDescriptor, Structure, parse_dependency
from media.forward import ForwardStream
from media.outbound import demand_of
from media.rtp import RtpPacket, parse_rtp
from media.sdp import Codec
from media.svc_core import SILENT_S, ScalableStream, layer_of
from media.tracks import Downstream, Upstream
from media.vp9 import Vp9Descriptor
from tests.media.scalable import AV1, MODES, PICTURE, VP9, Encoder, Frame

CODECS = {"vp9": (VP9, "VP9/90000"), "av1": (AV1, "AV1/90000")}
DEPENDENCY_ID = 12
RECORDINGS = Path(__file__).parent / "recordings"
THREE = [mode for mode in MODES if mode.startswith("L3")]


@dataclass
class Watcher:
    """One subscriber of one encoder, with everything between: what they get, and what a decoder makes of it."""

    codec: str
    mode: str
    encoder: Encoder = field(init=False)
    up: Upstream = field(init=False)
    down: Downstream = field(init=False)
    got: list[tuple[Frame, RtpPacket]] = field(default_factory=list)
    now: float = 10.0
    sequence: int = 65_000
    asked: int = 0

    def __post_init__(self) -> None:
        number, mapping = CODECS[self.codec]
        self.encoder = Encoder(self.mode)
        self.up = Upstream(Publication("TR_1", Kind.VIDEO, frozenset({"c"}), f"video/{self.codec}", "PA_1|TR_1"))
        self.up.codecs = {number: Codec(number, self.codec, mapping)}
        stream = ForwardStream(77, 78, {number: self.codec}, sequence=65_530, video=True)
        stream.payload_types, stream.dependency = {number: number}, DEPENDENCY_ID
        self.down = Downstream(self.up, stream, active=True)
        self.up.downs.append(self.down)
        self.source = self.up.stream(5, "")
        # something was heard of it, so that it is what the subscriber waits for
        self.source.last_at = self.now

    def picture(self, *, lose: float = 0.0, luck: random.Random | None = None, answer: bool = True) -> list[Frame]:
        """One more picture passes; frames of which anything arrived."""
        self.down.retarget(self.now)
        key = self.down.needs_keyframe() and answer
        self.asked += key
        arrived = []
        for frame, packet in self.encoder.packets(self.codec, self.encoder.encode(key=key), self.sequence):
            self.sequence += 1
            if luck is not None and luck.random() < lose:
                continue
            if (sent := self.sent(packet)) is not None:
                arrived.append(frame)
                self.got.append((frame, sent))
        self.now += 1 / 30
        return arrived

    def sent(self, packet: RtpPacket) -> RtpPacket | None:
        """What the subscriber gets for it, read back from the wire."""
        scalable = self.source.scalable
        assert scalable is not None
        if not self.source.received(packet, self.now):
            return None
        packet.frame = scalable.read(packet, self.now)
        share = self.down.share_of(packet, self.source)
        number = -1 if share is None else self.down.take(share, self.source, self.now)
        if share is None or number < 0:
            return None
        wire = bytearray(2_000)
        size = self.down.stream.write(memoryview(wire), 0, share, number, 0)
        return parse_rtp(bytes(wire[:size]))

    def pictures(self, count: int) -> list[Frame]:
        """What arrived of so many more pictures."""
        return [frame for _ in range(count) for frame in self.picture()]

    def highest(self, count: int = 8) -> tuple[int, int]:
        """(spatial, temporal) of the highest layers in so many more pictures."""
        arrived = self.pictures(count)
        return max(f.spatial for f in arrived), max(f.temporal for f in arrived)

    def want(self, quality: int) -> None:
        self.down.preference = Preference(quality=quality)

    # what must hold of everything that was sent

    def decodes(self) -> None:
        """Every frame that came whole has what it is predicted from."""
        parts: dict[int, int] = {}
        for frame, _ in self.got:
            parts[frame.number] = parts.get(frame.number, 0) + 1
        whole = {number for number, count in parts.items() if count == 2}
        for frame, _ in self.got:
            for needed in frame.needs:
                assert needed in whole, f"frame {frame} came without {needed}"

    def runs_on(self) -> None:
        """No sequence number is left out or used twice."""
        numbers = [packet.sequence for _, packet in self.got]
        assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))]

    def is_marked(self) -> None:
        """The last packet of each picture says so, and no other."""
        for (before, packet), (after, _) in itertools.pairwise(self.got):
            assert packet.marker == int(before.picture != after.picture), before


watched = pytest.mark.parametrize(("codec", "mode"), [(codec, mode) for codec in CODECS for mode in MODES])


@watched
def test_without_a_reason_everything_that_is_needed_goes_on(codec: str, mode: str) -> None:
    watcher = Watcher(codec, mode)
    arrived = {frame.number for frame in watcher.pictures(24)}
    top = watcher.encoder.spatial - 1
    shown = {n for n, f in watcher.encoder.frames.items() if f.spatial == top}
    assert shown <= arrived
    assert watcher.asked == 1
    if codec == "vp9" or not watcher.encoder.key_only:
        assert len(arrived) == len(watcher.encoder.frames)
    watcher.decodes()
    watcher.runs_on()
    watcher.is_marked()


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("mode", THREE)
def test_a_smaller_picture_takes_less_and_a_larger_comes_back(codec: str, mode: str) -> None:
    watcher = Watcher(codec, mode)
    rate = watcher.encoder.temporal - 1
    assert watcher.highest() == (2, rate)
    for quality, spatial in ((0, 0), (1, 1), (2, 2), (1, 1), (0, 0), (2, 2)):
        watcher.want(quality)
        # the next place to switch is not far
        watcher.pictures(5)
        assert watcher.highest() == (spatial, rate)
    watcher.decodes()
    watcher.runs_on()
    watcher.is_marked()


@pytest.mark.parametrize("mode", [mode for mode in THREE if not mode.endswith("_KEY")])
@pytest.mark.parametrize("codec", CODECS)
def test_down_needs_no_keyframe_and_up_one(codec: str, mode: str) -> None:
    watcher = Watcher(codec, mode)
    watcher.pictures(8)
    watcher.want(0)
    watcher.pictures(8)
    assert watcher.asked == 1
    watcher.want(2)
    for _ in range(8):
        assert {f.spatial for f in watcher.picture(answer=False)} <= {0}, "nothing without a keyframe"
    watcher.pictures(8)
    assert watcher.asked == 2


def test_the_large_picture_goes_on_until_the_small_one_can_begin() -> None:
    """Where the large one does without the small one's frames (_KEY), leaving them at once would freeze the picture."""
    watcher = Watcher("av1", "L3T3_KEY")
    watcher.pictures(8)
    watcher.want(0)
    for _ in range(8):
        assert [f.spatial for f in watcher.picture(answer=False)] == [2, 2]
    watcher.pictures(2)
    assert watcher.highest() == (0, 2)
    watcher.decodes()


@pytest.mark.parametrize("mode", ["L1T2", "L1T3", "L3T3", "L3T3_KEY"])
@pytest.mark.parametrize("codec", CODECS)
def test_short_of_line_the_frame_rate_goes_first(codec: str, mode: str) -> None:
    watcher = Watcher(codec, mode)
    watcher.pictures(8)
    watcher.down.starved_since = watcher.now
    watcher.pictures(5)
    assert watcher.highest()[1] == 0
    watcher.down.starved_since = None
    watcher.pictures(8)
    assert watcher.highest()[1] == watcher.encoder.temporal - 1
    watcher.decodes()
    watcher.runs_on()
    watcher.is_marked()


@given(
    st.sampled_from(sorted(CODECS)),
    st.sampled_from(MODES),
    st.lists(st.tuples(st.sampled_from(["want", "starve", "pause", "wait"]), st.integers(0, 2)), max_size=40),
)
def test_whatever_is_wanted_when_it_decodes(codec: str, mode: str, events: list[tuple[str, int]]) -> None:
    watcher = Watcher(codec, mode)
    for event, number in events:
        if event == "want":
            watcher.want(number)
        elif event == "starve":
            watcher.down.starved_since = watcher.now if number else None
        elif event == "pause":
            watcher.down.stream.pause()
        watcher.picture(answer=number != 1)
    watcher.pictures(10)
    watcher.decodes()
    watcher.runs_on()
    watcher.is_marked()


@given(st.sampled_from(sorted(CODECS)), st.sampled_from(MODES), st.integers(0, 1_000), st.floats(0, 0.3))
def test_what_the_publishers_line_loses_is_all_that_is_missing(codec: str, mode: str, seed: int, loss: float) -> None:
    """Numbers stay in order and unique, and a keyframe heals whatever happened."""
    watcher, luck = Watcher(codec, mode), random.Random(seed)
    for step in range(40):
        if step % 7 == 0:
            watcher.want(luck.randrange(3))
        watcher.picture(lose=loss, luck=luck)
    numbers = [packet.sequence for _, packet in watcher.got]
    assert all(0 < (after - before) & 0xFFFF < 200 for before, after in itertools.pairwise(numbers))
    watcher.want(2)
    watcher.down.stream.pause()
    watcher.got.clear()
    watcher.pictures(12)
    watcher.decodes()
    assert max(frame.spatial for frame, _ in watcher.got) == watcher.encoder.spatial - 1


# ── a real encoder ───────────────────────────────────────────────────────────────────────────────


def recorded(name: str) -> list[RtpPacket]:
    """What libwebrtc sent, with the padding that filled its gaps."""
    packets: list[RtpPacket] = []
    number, _ = CODECS[name.partition("-")[0]]
    for line in (RECORDINGS / f"{name}.txt").read_text().splitlines()[1:]:
        sequence, timestamp, marker, dependency, payload = line.split()
        while packets and packets[-1].sequence + 1 < int(sequence):
            packets.append(RtpPacket(number, packets[-1].sequence + 1, int(timestamp), 5, b""))
        packets.append(RtpPacket(number, int(sequence), int(timestamp), 5, bytes.fromhex(payload), int(marker)))
        packets[-1].dependency = bytes.fromhex(dependency.strip("-"))
    return packets


@pytest.mark.parametrize("quality", [0, 1, 2])
@pytest.mark.parametrize("name", ["vp9-l3t3", "vp9-l3t3-key", "av1-l3t3", "av1-l3t3-key"])
def test_a_recording_at_each_size(name: str, quality: int) -> None:
    watcher = Watcher(name.partition("-")[0], "L3T3")
    watcher.want(quality)
    watcher.down.retarget(watcher.now)
    packets = recorded(name)
    kept, layers = [], set()
    for packet in packets:
        watcher.now = 10.0 + ((packet.timestamp - packets[0].timestamp) & 0xFFFFFFFF) / 90_000
        if (sent := watcher.sent(packet)) is not None:
            kept.append((packet, sent))
            assert isinstance(packet.frame, (Vp9Descriptor, FrameDescriptor))
            layers.add(packet.frame.spatial)
    assert max(layers) == quality
    assert {p.timestamp for p, _ in kept} == {p.timestamp for p in packets if p.payload}, "every picture"
    numbers = [sent.sequence for _, sent in kept]
    assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))]
    for (before, sent), (after, _) in itertools.pairwise(kept):
        assert sent.marker == int(before.timestamp != after.timestamp)


# ── what the subscriber is told ──────────────────────────────────────────────────────────────────


def test_left_out_decode_targets_are_told_and_frame_numbers_run_on() -> None:
    watcher = Watcher("av1", "L3T3")
    watcher.want(1)
    watcher.pictures(9)
    watcher.down.stream.pause()
    watcher.pictures(9)
    known: Structure | None = None
    active, numbers = 0, []
    for frame, packet in watcher.got:
        seen = parse_dependency(packet.extensions[DEPENDENCY_ID], known)
        assert seen is not None
        known = seen.structure
        if seen.active is not None:
            active = seen.active
        assert (seen.spatial, seen.temporal) == (frame.spatial, frame.temporal)
        assert tuple(seen.targets) == frame.targets
        # six of nine: two sizes at three rates
        assert active == 0b000111111
        numbers.append(seen.number)
    assert all((after - before) & 0xFFFF < 4 for before, after in itertools.pairwise(numbers))
    assert known is not None


def test_a_layer_that_its_encoder_stopped_is_not_waited_for() -> None:
    watcher = Watcher("av1", "L3T1")
    watcher.pictures(4)
    scalable = watcher.source.scalable
    assert scalable is not None
    descriptor = watcher.encoder.descriptor

    def stopped(frame: Frame, begins: bool, ends: bool) -> bytes:
        return descriptor(frame, begins, ends, active=0b011)

    watcher.encoder.descriptor = stopped  # type: ignore[assignment,method-assign]
    before = watcher.asked
    for _ in range(60):
        watcher.encoder.spatial = 3
        watcher.picture()
    assert scalable.active == 0b011
    assert watcher.highest()[0] == 1
    assert watcher.asked <= before + 1


def test_a_flood_of_structures_is_not_read() -> None:
    """Each takes far longer than a packet may."""
    stream, encoder = ScalableStream("av1"), Encoder("L3T3")
    packet = RtpPacket(AV1, 1, 0, 5, b"\x08x")
    packet.dependency = encoder.descriptor(encoder.encode()[0], True, False)
    assert sum(stream.read(packet, 5.0) is not None for _ in range(1_000)) <= 8
    assert stream.read(packet, 6.0) is not None


def test_av1_without_descriptors_goes_whole() -> None:
    watcher = Watcher("av1", "L3T3")
    watcher.encoder.descriptor = lambda *_args, **_named: b""  # type: ignore[method-assign]
    watcher.want(0)
    assert watcher.highest()[0] == 2
    watcher.runs_on()


def test_each_layer_has_its_price() -> None:
    watcher = Watcher("vp9", "L3T3")
    watcher.picture()
    watcher.source.block(watcher.now)
    watcher.source.block(watcher.now)
    watcher.pictures(30)
    watcher.source.block(watcher.now)
    rates = demand_of(watcher.down, watcher.now).rates
    assert [round(rates[layer] / 240_000, 1) for layer in (0, 1, 2)] == [1.0, 2.0, 3.0]
    assert demand_of(watcher.down, watcher.now + SILENT_S - 0.1).rates.keys() == {0, 1, 2}


def test_three_qualities_of_fewer_layers() -> None:
    assert [layer_of(quality, 3) for quality in range(3)] == [0, 1, 2]
    assert [layer_of(quality, 2) for quality in range(3)] == [0, 1, 1]
    assert [layer_of(quality, 1) for quality in range(3)] == [0, 0, 0]
    assert [layer_of(quality, 4) for quality in range(3)] == [0, 1, 3]


def test_pictures_have_their_time() -> None:
    watcher = Watcher("vp9", "L2T2")
    watcher.pictures(3)
    times = [packet.timestamp for _, packet in watcher.got]
    assert len(set(times)) == 3
    assert {(after - before) & 0xFFFFFFFF for before, after in itertools.pairwise(times)} == {0, PICTURE}
