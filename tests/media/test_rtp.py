"""RTP on the wire: exact round trips, and any bytes at all without an exception."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.rtp import RtpPacket, build_rtp, is_rtcp, newer, parse_rtp, unwrap_rtx, wrap_rtx

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFFFFFF)
one_byte = st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=5)
two_byte = st.dictionaries(st.integers(1, 255), st.binary(max_size=40), max_size=5)

packets = st.builds(
    RtpPacket,
    st.integers(0, 127),
    u16,
    u32,
    u32,
    st.binary(max_size=200),
    marker=st.integers(0, 1),
    extensions=one_byte | two_byte,
)


def same(a: RtpPacket, b: RtpPacket) -> bool:
    fields = ("payload_type", "sequence", "timestamp", "ssrc", "payload", "marker", "extensions")
    return all(getattr(a, field) == getattr(b, field) for field in fields)


@given(packets)
def test_what_is_built_parses_to_the_same(packet: RtpPacket) -> None:
    wire = build_rtp(packet)
    parsed = parse_rtp(wire)
    assert parsed is not None
    assert same(parsed, packet)
    assert parsed.size == len(wire)


@given(packets, st.data())
def test_a_truncated_packet_never_raises_and_never_grows(packet: RtpPacket, data: st.DataObject) -> None:
    wire = build_rtp(packet)
    cut = wire[: data.draw(st.integers(0, len(wire)))]
    parsed = parse_rtp(cut)
    assert parsed is None or len(parsed.payload) <= len(packet.payload)


@given(st.binary(max_size=120))
def test_any_bytes_are_a_packet_or_nothing(noise: bytes) -> None:
    parse_rtp(noise)
    parse_rtp(b"\x90" + noise)
    parse_rtp(b"\xb0\x60" + noise)


@given(packets, st.integers(1, 60))
def test_padding_is_left_out_of_the_payload(packet: RtpPacket, padding: int) -> None:
    wire = bytearray(build_rtp(packet) + bytes(padding - 1) + bytes((padding,)))
    wire[0] |= 0x20
    parsed = parse_rtp(bytes(wire))
    assert parsed is not None
    assert parsed.payload == packet.payload


def test_padding_longer_than_the_packet_is_refused() -> None:
    wire = bytearray(build_rtp(RtpPacket(96, 1, 2, 3, b"abc\xff")))
    wire[0] |= 0x20
    assert parse_rtp(bytes(wire)) is None


@given(packets, u32, u16)
def test_a_retransmission_brings_back_the_original(packet: RtpPacket, rtx_ssrc: int, sequence: int) -> None:
    wrapped = wrap_rtx(packet, 97, rtx_ssrc, sequence)
    assert (wrapped.ssrc, wrapped.sequence, wrapped.payload_type) == (rtx_ssrc, sequence, 97)
    restored = unwrap_rtx(wrapped, packet.payload_type, packet.ssrc)
    assert restored is not None
    assert same(restored, packet)


def test_a_padding_probe_is_no_retransmission() -> None:
    assert unwrap_rtx(RtpPacket(97, 1, 2, 3, b""), 96, 9) is None


@given(u16, st.integers(1, 0x7FFF))
def test_sequence_numbers_compare_across_the_wrap(sequence: int, ahead: int) -> None:
    assert newer((sequence + ahead) & 0xFFFF, sequence)
    assert not newer(sequence, (sequence + ahead) & 0xFFFF)
    assert not newer(sequence, sequence)


def test_rtcp_is_told_by_its_second_byte() -> None:
    assert is_rtcp(bytes((0x80, 200)) + bytes(10))
    assert not is_rtcp(bytes((0x80, 96)) + bytes(10))
    assert not is_rtcp(bytes((0x80, 96 | 0x80)) + bytes(10))
