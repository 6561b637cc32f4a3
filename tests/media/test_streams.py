"""What arrives and what goes on: holes, retransmissions, and one continuous stream whatever happens upstream."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from media.api import Kind, Preference, Publication
from media.forward import CACHE, ForwardStream
from media.levels import LevelMeter
from media.payload import parse_vp8
from media.receive import NACK_AGAIN_S, NACK_FOR_S, NACK_TRIES, ReceiveStream
from media.rtcp import SenderReport
from media.rtp import RtpPacket, parse_rtp, unwrap_rtx
from media.sdp import Codec
from media.tracks import LAYER_SILENT_S, PROBE_AFTER_S, Downstream, Upstream

VP8, OPUS, RED = 96, 111, 63


def frame(
    sequence: int, *, key: bool = False, picture: int = 0, timestamp: int = 0, ssrc: int = 5, tl0: int = 0
) -> RtpPacket:
    head = bytes((0x90, 0xE0, 0x80 | picture >> 8 & 0x7F, picture & 0xFF, tl0 & 0xFF, 0x20))
    body = b"\x10\x02\x00" if key else b"\x11\x02\x00"
    return RtpPacket(VP8, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc, head + body, marker=1)


def video(sequence: int = 1_000) -> ForwardStream:
    stream = ForwardStream(77, 78, {VP8: "vp8"}, sequence=sequence, video=True)
    stream.payload_types, stream.rtx_types = {VP8: 102}, {102: 103}
    return stream


def layer(quality: int = 2, ssrc: int = 5) -> ReceiveStream:
    return ReceiveStream(ssrc, quality, nack=True)


def forwarded(
    stream: ForwardStream, packet: RtpPacket, source: ReceiveStream, now: float, rate: int
) -> RtpPacket | None:
    """What the subscriber gets, read back from the wire."""
    return written(stream, packet, stream.accept(packet, source, now, rate))


def taken(down: Downstream, packet: RtpPacket, source: ReceiveStream, now: float) -> RtpPacket | None:
    return written(down.stream, packet, down.take(packet, source, now))


def written(stream: ForwardStream, packet: RtpPacket, sequence: int) -> RtpPacket | None:
    wire = bytearray(2_000)
    size = stream.write(memoryview(wire), 100, packet, sequence, 0) if sequence >= 0 else 0
    return parse_rtp(bytes(wire[100 : 100 + size])) if size else None


def sent_again(stream: ForwardStream, sequence: int) -> RtpPacket | None:
    wire, sent = bytearray(2_000), stream.retransmit(sequence)
    return None if sent is None else parse_rtp(bytes(wire[: stream.write_again(memoryview(wire), 0, sent, 0)]))


# ── receiving ────────────────────────────────────────────────────────────────────────────────────


def test_a_hole_is_asked_for_until_it_is_filled() -> None:
    stream = layer()
    for sequence in (65_534, 65_535, 2):
        assert stream.received(frame(sequence), 1.0)
    assert stream.nacks(1.0) == [0, 1]
    assert stream.nacks(1.0 + NACK_AGAIN_S / 2) == [], "not again at once"
    assert stream.received(frame(0), 1.06)
    assert stream.nacks(1.0 + 2 * NACK_AGAIN_S) == [1]
    assert not stream.received(frame(0), 1.3), "a duplicate"
    assert not stream.received(frame(2), 1.3), "the newest again"


def test_a_hole_is_given_up() -> None:
    stream = layer()
    stream.received(frame(1), 0.0)
    stream.received(frame(3), 0.0)
    asked = sum(len(stream.nacks(step * NACK_AGAIN_S)) for step in range(40))
    assert 1 <= asked <= NACK_TRIES
    assert stream.nacks(NACK_FOR_S * 10) == []


def test_a_leap_is_not_taken_for_thousands_of_losses() -> None:
    stream = layer()
    stream.received(frame(0), 0.0)
    stream.received(frame(20_000), 0.0)
    assert stream.nacks(0.0) == []


def test_the_report_counts_losses_of_its_own_interval() -> None:
    stream = ReceiveStream(5, 2)
    for sequence in (0, 1, 3, 4):
        stream.received(frame(sequence), 0.0)
    stream.reported(SenderReport(5, 0x1234_5678, 0x9ABC_DEF0, 0), 1.0)
    block = stream.block(1.5)
    assert block is not None
    assert (block.fraction_lost, block.packets_lost, block.highest_sequence) == (256 // 5, 1, 4)
    assert (block.last_sr, block.delay) == (0x5678_9ABC, 0x8000)
    stream.received(frame(5), 2.0)
    again = stream.block(2.5)
    assert again is not None
    assert (again.fraction_lost, again.packets_lost) == (0, 1)


# ── forwarding ───────────────────────────────────────────────────────────────────────────────────


def test_nothing_flows_before_a_keyframe() -> None:
    stream, source = video(), layer()
    assert forwarded(stream, frame(1), source, 0.0, 90_000) is None
    sent = forwarded(stream, frame(2, key=True), source, 0.0, 90_000)
    assert sent is not None
    assert (sent.sequence, sent.payload_type, sent.ssrc, sent.marker) == (1_000, 102, 77, 1)
    assert forwarded(stream, frame(1), source, 0.0, 90_000) is None, "from before the switch"


def test_an_unknown_payload_type_is_not_forwarded() -> None:
    stream = video()
    assert forwarded(stream, RtpPacket(35, 1, 0, 5, b"\x10\x00"), layer(), 0.0, 90_000) is None


def test_loss_stays_visible_and_padding_does_not() -> None:
    stream, source = video(), layer()
    sequences = []
    for packet in (frame(10, key=True), RtpPacket(VP8, 11, 0, 5, b""), frame(12), frame(14)):
        sent = forwarded(stream, packet, source, 0.0, 90_000)
        sequences.append(None if sent is None else sent.sequence)
    assert sequences == [1_000, None, 1_001, 1_003]
    late = forwarded(stream, frame(13), source, 0.0, 90_000)
    assert late is not None
    assert late.sequence == 1_002


@given(
    st.integers(0, 0xFFFF),
    st.lists(
        st.tuples(st.sampled_from(["frame", "frame", "padding", "switch", "pause"]), st.integers(0, 0xFFFF)),
        max_size=80,
    ),
)
def test_the_subscriber_sees_one_continuous_stream(start: int, events: list[tuple[str, int]]) -> None:
    """Whatever switches, pauses and padding: no sequence number is left out or used twice, time and pictures run on."""
    stream, layers = video(start), [layer(2, 5), layer(0, 6)]
    chosen, sequence, timestamp, picture, now, key = 0, 500, 0, 9, 0.0, True
    sent: list[RtpPacket] = []
    for event, number in events:
        now += 0.04
        sequence, timestamp, picture = sequence + 1, timestamp + 3_600, picture + 1
        if event == "switch":
            chosen, sequence, timestamp, picture, key = 1 - chosen, number, number * 65_537, number & 0x7FFF, True
        elif event == "pause":
            stream.pause()
            key = True
        if event == "padding" and not key:
            packet = RtpPacket(VP8, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 5, b"")
        else:
            packet = frame(sequence, key=key, picture=picture & 0x7FFF, timestamp=timestamp, tl0=picture)
            key = False
        out = forwarded(stream, packet, layers[chosen], now, 90_000)
        if out is not None:
            sent.append(out)
    assert [p.sequence for p in sent] == [(start + step) & 0xFFFF for step in range(len(sent))]
    for before, after in itertools.pairwise(sent):
        assert 0 < (after.timestamp - before.timestamp) & 0xFFFFFFFF < 90_000 * 10
        assert 0 < (parse_vp8(after.payload).picture_id - parse_vp8(before.payload).picture_id) & 0x7FFF < 100


def test_what_was_sent_can_be_sent_again_as_rtx() -> None:
    stream, source = video(65_535), layer()
    first = forwarded(stream, frame(1, key=True, picture=3), source, 0.0, 90_000)
    forwarded(stream, frame(2), source, 0.0, 90_000)
    assert first is not None
    again = sent_again(stream, 65_535)
    once_more = sent_again(stream, 65_535)
    assert again is not None
    assert once_more is not None
    assert (again.ssrc, again.payload_type) == (78, 103)
    assert (once_more.sequence - again.sequence) & 0xFFFF == 1
    original = unwrap_rtx(again, 102, 77)
    assert original is not None
    assert (original.sequence, original.payload) == (first.sequence, first.payload)
    assert sent_again(stream, 5) is None


def test_the_cache_is_bounded_and_works_without_rtx() -> None:
    stream, source = video(0), layer()
    stream.rtx_types = {}
    forwarded(stream, frame(0, key=True), source, 0.0, 90_000)
    for sequence in range(1, CACHE + 10):
        forwarded(stream, frame(sequence), source, 0.0, 90_000)
    assert sent_again(stream, 3) is None
    newest = sent_again(stream, CACHE + 9)
    assert newest is not None
    assert (newest.ssrc, newest.sequence) == (77, CACHE + 9)


def test_red_is_unpacked_for_a_subscriber_without_it() -> None:
    stream = ForwardStream(77, 78, {RED: "red", OPUS: "opus"}, sequence=0, video=False)
    stream.payload_types = {OPUS: 109}
    payload = bytes((0x80 | 111, 0, 0, 3)) + bytes((111,)) + b"old" + b"new"
    sent = forwarded(stream, RtpPacket(RED, 1, 0, 5, payload), layer(), 0.0, 48_000)
    assert sent is not None
    assert (sent.payload_type, sent.payload) == (109, b"new")
    stream.payload_types = {OPUS: 109, RED: 63}
    kept = forwarded(stream, RtpPacket(RED, 2, 0, 5, payload), layer(), 0.0, 48_000)
    assert kept is None or kept.payload == payload


def test_extensions_are_renumbered_and_the_rest_dropped() -> None:
    stream, source = video(), layer()
    stream.extensions = {4: 9}
    packet = frame(1, key=True)
    packet.kept = bytes((4, 1, 1, 1, 3)) + b"mid"
    sent = forwarded(stream, packet, source, 0.0, 90_000)
    assert sent is not None
    assert sent.extensions == {9: b"\x01"}


# ── which layer ──────────────────────────────────────────────────────────────────────────────────


def simulcast() -> tuple[Upstream, Downstream]:
    up = Upstream(Publication("TR_1", Kind.VIDEO, frozenset({"c"}), "video/VP8", "PA_1|TR_1"))
    up.rids, up.codecs = ["q", "h", "f"], {VP8: Codec(VP8, "vp8", "VP8/90000")}
    for ssrc, rid in ((1, "q"), (2, "h"), (3, "f")):
        up.stream(ssrc, rid).last_at = 10.0
    down = Downstream(up, video(), active=True)
    up.downs.append(down)
    return up, down


def chosen(down: Downstream, now: float) -> str:
    down.retarget(now)
    return "" if down.target is None else down.target.rid


def test_the_wanted_layer_the_next_lower_or_whatever_flows() -> None:
    up, down = simulcast()
    assert chosen(down, 10.1) == "f"
    down.preference = Preference(quality=0)
    assert chosen(down, 10.1) == "q"
    down.preference = Preference(quality=1)
    up.streams[2].last_at = 10.0 - LAYER_SILENT_S
    assert chosen(down, 10.1) == "q"
    up.streams[1].last_at = 0.0
    assert chosen(down, 10.1) == "f", "better more than nothing"
    assert chosen(down, 100.0) == ""


def test_a_lossy_line_gets_less_and_after_a_calm_while_more() -> None:
    up, down = simulcast()
    forwarded(down.stream, frame(1, key=True), up.streams[3], 10.0, 90_000)
    down.adapt(0.2, None, 10.0)
    assert chosen(down, 10.0) == "h"
    down.adapt(0.0, None, 11.0)
    assert down.cap == 1, "not at once"
    down.adapt(0.0, None, 10.0 + 2 * PROBE_AFTER_S + 0.1)
    assert down.cap == 2


def test_a_muted_or_disabled_track_sends_nothing() -> None:
    up, down = simulcast()
    down.retarget(10.0)
    source = up.streams[3]
    up.muted = True
    assert taken(down, frame(1, key=True), source, 10.0) is None
    up.muted = False
    down.preference = Preference(disabled=True)
    assert taken(down, frame(2, key=True), source, 10.0) is None
    down.preference = Preference()
    assert taken(down, frame(3, key=True), source, 10.0) is not None


def test_the_old_layer_flows_until_the_new_one_brings_a_keyframe() -> None:
    up, down = simulcast()
    down.retarget(10.0)
    assert taken(down, frame(1, key=True), up.streams[3], 10.0) is not None
    down.preference = Preference(quality=0)
    down.retarget(10.0)
    assert down.needs_keyframe()
    assert taken(down, frame(50), up.streams[1], 10.0) is None
    assert taken(down, frame(2), up.streams[3], 10.0) is not None
    assert taken(down, frame(51, key=True), up.streams[1], 10.1) is not None
    assert taken(down, frame(3), up.streams[3], 10.1) is None
    assert not down.needs_keyframe()


def test_a_new_ssrc_under_a_known_rid_replaces_the_old() -> None:
    up, _ = simulcast()
    up.stream(9, "f")
    assert sorted(up.streams) == [1, 2, 9]


def test_keyframes_are_asked_for_at_a_bounded_rate() -> None:
    up, _ = simulcast()
    asked = sum(up.wants_keyframe(up.streams[1], step * 0.05) for step in range(100))
    assert 10 <= asked <= 13


def test_a_click_is_not_speech() -> None:
    meter = LevelMeter()
    for level in [20] * 5 + [127] * 45:
        meter.add(level)
    assert meter.read() == 0.0
    for level in [20] * 50:
        meter.add(level)
    assert abs(meter.read() - 0.1) < 1e-9
    assert meter.read() == 0.0
