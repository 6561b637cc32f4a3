"""Descriptors of scalable streams: what encoders mean is what is read, and a rewritten one says the rest unchanged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.dependency import parse_dependency, rewrite_dependency
from media.forward import ForwardStream
from media.rtp import RtpPacket, parse_rtp
from media.vp9 import parse_vp9
from tests.media.scalable import AV1, MODES, Encoder

DEPENDENCY_ID = 12


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("custom", [False, True])
def test_a_dependency_descriptor_says_what_its_encoder_meant(mode: str, custom: bool) -> None:
    encoder, known = Encoder(mode), None
    for _ in range(9):
        for frame in encoder.encode():
            for begins, ends in ((True, False), (False, False), (False, True)):
                seen = parse_dependency(encoder.descriptor(frame, begins, ends, custom=custom), known)
                assert seen is not None
                known = seen.structure
                assert (seen.begins, seen.ends, seen.number) == (begins, ends, frame.number)
                assert (seen.spatial, seen.temporal) == (frame.spatial, frame.temporal)
                assert (tuple(seen.targets), tuple(seen.chains)) == (frame.targets, frame.chains)
                assert [frame.number - back for back in seen.diffs] == list(frame.needs)
    assert known is not None
    assert known.layers == [(s, t) for s in range(encoder.spatial) for t in range(encoder.temporal)]


@given(
    st.sampled_from(MODES),
    st.booleans(),
    st.integers(-1, 511),
    st.integers(0, 0xFFFF),
    st.integers(0, 511),
)
def test_rewriting_changes_number_and_mask_alone(mode: str, custom: bool, active: int, number: int, mask: int) -> None:
    encoder = Encoder(mode)
    frames = [frame for _ in range(3) for frame in encoder.encode()]
    everything = (1 << len(frames[0].targets)) - 1
    first = parse_dependency(encoder.descriptor(frames[0], True, True), None)
    assert first is not None
    for frame in frames:
        data = encoder.descriptor(frame, True, False, custom=custom, active=active & everything if active >= 0 else -1)
        seen = parse_dependency(data, first.structure)
        assert seen is not None
        moved = parse_dependency(rewrite_dependency(data, seen, number, mask), first.structure)
        assert moved is not None
        assert (moved.number, moved.active) == (number, mask & everything)
        for name in ("begins", "ends", "spatial", "temporal", "targets", "chains", "diffs", "is_new"):
            assert getattr(moved, name) == getattr(seen, name)


@given(st.binary(max_size=120))
def test_any_bytes_are_answered(noise: bytes) -> None:
    known = parse_dependency(Encoder("L3T3").descriptor(Encoder("L3T3").encode()[0], True, False), None)
    assert known is not None
    for structure in (None, known.structure):
        seen = parse_dependency(noise, structure)
        if seen is not None:
            assert len(seen.targets) == seen.structure.targets
            rewrite_dependency(noise, seen, 1, 1)
    parse_vp9(noise)


@pytest.mark.parametrize(
    ("payload", "layers"),
    [
        # key, two spatial layers with sizes, no pictures described
        ("aa 8001 00 00 30 0140 00b4 0280 0168 ff", (0, 0, 2)),
        # inter-layer frame of the same picture
        ("a4 8001 03 00 ff", (1, 0, 0)),
        # flexible: layer indices without TL0PICIDX, two references
        ("f8 05 52 03 04 ff", (1, 2, 0)),
        # a structure with two described pictures, one with a reference
        ("0a 08 02 00 14 02 ff", (0, 0, 1)),
    ],
)
def test_vp9_descriptors(payload: str, layers: tuple[int, int, int]) -> None:
    seen = parse_vp9(bytes.fromhex(payload))
    assert seen is not None
    assert (seen.spatial, seen.temporal, seen.spatial_layers) == layers
    for size in range(len(bytes.fromhex(payload))):
        assert parse_vp9(bytes.fromhex(payload)[:size]) is None


def test_a_long_descriptor_is_written_in_the_long_form() -> None:
    """Beside it the transport-wide number and what else travels on (RFC 8285 §4.3)."""
    stream = ForwardStream(77, 78, {AV1: "av1"}, sequence=1, video=True)
    stream.payload_types, stream.dependency, stream.extensions = {AV1: 45}, DEPENDENCY_ID, {4: 9}
    stream.stamp(5, 0)
    encoder = Encoder("L3T3")
    for frame in (*encoder.encode(), *encoder.encode()):
        packet = RtpPacket(AV1, frame.number, 0, 5, b"\x08x")
        packet.dependency = encoder.descriptor(frame, True, True)
        packet.kept = bytes((4, 1, 7))
        wire = bytearray(500)
        size = stream.write(memoryview(wire), 0, packet, 1, 0xABCD)
        sent = parse_rtp(bytes(wire[:size]))
        assert sent is not None
        assert sent.extensions == {5: b"\xab\xcd", 9: b"\x07", DEPENDENCY_ID: packet.dependency}
        assert sent.profile == (0x1000 if len(packet.dependency) > 16 else 0xBEDE)
        assert sent.payload == b"\x08x"
