"""RTCP and transport-wide feedback: round trips and hostile input."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp
from media.twcc import ArrivalLog, parse_feedback

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)

blocks = st.builds(
    rtcp.ReportBlock,
    ssrc=u32,
    fraction_lost=st.integers(0, 255),
    packets_lost=st.integers(0, 0x7FFFFF),
    highest_sequence=u32,
    jitter=u32,
    last_sr=u32,
    delay=u32,
)


def arrived(feedback: bytes) -> dict[int, int]:
    """Transport-wide number → arrival, of what is not reported as lost."""
    base, arrivals = parse_feedback(feedback)
    return {(base + place) & 0xFFFF: at for place, at in enumerate(arrivals) if at >= 0}


@given(u32, st.lists(blocks, max_size=31))
def test_receiver_reports_round_trip(sender: int, written: list[rtcp.ReportBlock]) -> None:
    assert list(rtcp.parse_rtcp(rtcp.build_receiver_report(sender, written))) == written


@given(st.builds(rtcp.SenderReport, u32, u32, u32, u32), u32, u32, st.text(max_size=300))
def test_sender_reports_round_trip(report: rtcp.SenderReport, packets: int, octets: int, cname: str) -> None:
    wire = rtcp.build_sender_report(report, packets, octets, cname)
    assert len(wire) % 4 == 0
    assert list(rtcp.parse_rtcp(wire)) == [report]


@given(u16, st.sets(st.integers(0, 400), min_size=1, max_size=60))
def test_every_missing_number_is_asked_for_across_the_wrap(first: int, steps: set[int]) -> None:
    wanted = [(first + step) & 0xFFFF for step in sorted(steps)]
    (nack,) = rtcp.parse_rtcp(rtcp.build_nack(1, 77, wanted))
    assert nack == rtcp.Nack(77, tuple(wanted))


def test_keyframe_requests_of_both_kinds() -> None:
    fir = struct.pack("!BBHIIII", 0x84, 206, 4, 1, 0, 99, 0)
    assert list(rtcp.parse_rtcp(rtcp.build_pli(1, 42) + fir)) == [rtcp.KeyframeRequest(42), rtcp.KeyframeRequest(99)]


def test_a_bandwidth_estimate() -> None:
    remb = struct.pack("!BBHII4sBBHI", 0x8F, 206, 5, 1, 0, b"REMB", 1, 3 << 2 | 1, 0x2345, 7)
    assert list(rtcp.parse_rtcp(remb)) == [rtcp.Remb(0x12345 << 3, (7,))]


@given(st.binary(max_size=200))
def test_any_bytes_parse_to_something_or_nothing(noise: bytes) -> None:
    list(rtcp.parse_rtcp(noise))


@given(
    st.integers(0, 31),
    st.sampled_from([200, 201, 202, 203, 204, 205, 206, 207]),
    st.binary(max_size=96).map(lambda body: body + bytes(-len(body) % 4)),
)
def test_any_body_behind_a_valid_header(count: int, kind: int, body: bytes) -> None:
    list(rtcp.parse_rtcp(struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body))


@given(st.lists(blocks, min_size=1, max_size=5), st.data())
def test_a_truncated_compound_yields_only_whole_packets(written: list[rtcp.ReportBlock], data: st.DataObject) -> None:
    whole = rtcp.build_receiver_report(1, written)
    wire = whole + rtcp.build_pli(1, 42)
    cut = wire[: data.draw(st.integers(0, len(wire) - 1))]
    assert list(rtcp.parse_rtcp(cut)) == (written if len(cut) >= len(whole) else [])


# ── transport-wide feedback ──────────────────────────────────────────────────────────────────────


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.integers(1, 30), st.integers(0, 4_000)), min_size=1, max_size=60),
)
def test_feedback_names_every_arrival_and_its_time(first: int, steps: list[tuple[int, int]]) -> None:
    log = ArrivalLog(0.0)
    number, ticks = first, 1_000
    expected: dict[int, int] = {}
    for gap, later in steps:
        ticks += later
        log.received(number & 0xFFFF, ticks * 0.000_25)
        expected[number & 0xFFFF] = ticks
        number += gap
    feedback = log.feedback(1, 2)
    assert feedback is not None
    assert len(feedback) == 4 * (1 + struct.unpack_from("!H", feedback, 2)[0])
    assert arrived(feedback) == expected


def test_consecutive_feedbacks_join_without_a_hole() -> None:
    log = ArrivalLog(0.0)
    for number in (65_534, 65_535, 0):
        log.received(number, 0.1)
    assert arrived(log.feedback(1, 2) or b"").keys() == {65_534, 65_535, 0}
    assert log.feedback(1, 2) is None
    log.received(3, 0.2)
    feedback = log.feedback(1, 2)
    assert feedback is not None
    base, count = struct.unpack_from("!HH", feedback, 12)
    assert (base, count) == (1, 3), "numbers 1 and 2 are reported as lost"
    assert feedback[19] == 1, "the feedback is counted"


def test_a_leap_in_the_numbers_does_not_make_a_giant_feedback() -> None:
    log = ArrivalLog(0.0)
    log.received(0, 0.1)
    log.received(30_000, 0.2)
    feedback = log.feedback(1, 2)
    assert feedback is not None
    assert len(feedback) < 1_200


@pytest.mark.parametrize("sequence", [0, 1, 65_535])
def test_one_packet_makes_a_feedback(sequence: int) -> None:
    log = ArrivalLog(5.0)
    log.received(sequence, 5.1)
    assert arrived(log.feedback(1, 2) or b"") == {sequence: 400}
