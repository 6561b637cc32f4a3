"""RTCP as far as a forwarder needs it (RFC 3550 §6, RFC 4585, RFC 5104, draft-alvestrand-rmcat-remb)."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK, TWCC = 1, 15
PLI, FIR, AFB = 1, 4, 15


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """``fraction_lost`` is 0..255 (fixed point); ``last_sr`` and ``delay`` as in RFC 3550 §6.4.1."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_sequence: int
    jitter: int
    last_sr: int
    delay: int


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp_high: int
    ntp_low: int
    rtp_time: int


@dataclass(frozen=True, slots=True)
class Nack:
    ssrc: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    ssrc: int


@dataclass(frozen=True, slots=True)
class Remb:
    bitrate: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """Arrivals by transport-wide number, as they came; `media.twcc.parse_feedback` reads them."""

    packet: bytes


Feedback = ReportBlock | SenderReport | Nack | KeyframeRequest | Remb | TransportFeedback


def parse_rtcp(data: bytes) -> Iterator[Feedback]:
    """Everything understood in a compound packet; stops quietly where it no longer parses."""
    at = 0
    while at + 4 <= len(data):
        first, kind, words = struct.unpack_from("!BBH", data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(data):
            return
        yield from _parse_one(first & 31, kind, data[at:end])
        at = end


def _parse_one(count: int, kind: int, body: bytes) -> Iterator[Feedback]:
    if kind == SR and len(body) >= 28:
        ssrc, high, low, rtp_time = struct.unpack_from("!IIII", body, 4)
        yield SenderReport(ssrc, high, low, rtp_time)
        yield from _parse_blocks(count, body, 28)
    elif kind == RR:
        yield from _parse_blocks(count, body, 8)
    elif kind == RTPFB and count == NACK and len(body) >= 16:
        (ssrc,) = struct.unpack_from("!I", body, 8)
        lost: list[int] = []
        for at in range(12, len(body) - 3, 4):
            first, mask = struct.unpack_from("!HH", body, at)
            lost.append(first)
            lost += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        yield Nack(ssrc, tuple(lost))
    elif kind == RTPFB and count == TWCC:
        yield TransportFeedback(body)
    elif kind == PSFB and count == PLI and len(body) >= 12:
        yield KeyframeRequest(struct.unpack_from("!I", body, 8)[0])
    elif kind == PSFB and count == FIR:
        for at in range(12, len(body) - 7, 8):
            yield KeyframeRequest(struct.unpack_from("!I", body, at)[0])
    elif kind == PSFB and count == AFB and body[12:16] == b"REMB" and len(body) >= 20:
        number, high, low = body[16], body[17], struct.unpack_from("!H", body, 18)[0]
        if len(body) >= 20 + 4 * number:
            bitrate = ((high & 3) << 16 | low) << (high >> 2)
            yield Remb(bitrate, struct.unpack_from(f"!{number}I", body, 20))


def _parse_blocks(count: int, body: bytes, at: int) -> Iterator[ReportBlock]:
    for _ in range(count):
        if at + 24 > len(body):
            return
        ssrc, lost, highest, jitter, last_sr, delay = struct.unpack_from("!IIIIII", body, at)
        yield ReportBlock(ssrc, lost >> 24, lost & 0xFFFFFF, highest, jitter, last_sr, delay)
        at += 24


def build_receiver_report(sender: int, blocks: Sequence[ReportBlock]) -> bytes:
    blocks = blocks[:31]
    return struct.pack("!BBHI", 0x80 | len(blocks), RR, 1 + 6 * len(blocks), sender) + b"".join(
        struct.pack(
            "!IIIIII",
            block.ssrc,
            block.fraction_lost << 24 | min(max(block.packets_lost, 0), 0x7FFFFF),
            block.highest_sequence & 0xFFFFFFFF,
            block.jitter,
            block.last_sr,
            block.delay,
        )
        for block in blocks
    )


def build_sender_report(report: SenderReport, packets: int, octets: int, cname: str) -> bytes:
    """An SR compounded with the SDES that RFC 3550 §6.1 demands."""
    head = struct.pack(
        "!BBHIIIIII",
        0x80,
        SR,
        6,
        report.ssrc,
        report.ntp_high,
        report.ntp_low,
        report.rtp_time & 0xFFFFFFFF,
        packets & 0xFFFFFFFF,
        octets & 0xFFFFFFFF,
    )
    name = cname.encode()[:255]
    chunk = struct.pack("!I", report.ssrc) + bytes((1, len(name))) + name + b"\0"
    chunk += bytes(-len(chunk) % 4)
    return head + struct.pack("!BBH", 0x81, SDES, len(chunk) // 4) + chunk


def build_nack(sender: int, ssrc: int, sequences: Iterable[int]) -> bytes:
    pairs: list[tuple[int, int]] = []
    for sequence in sequences:
        if pairs and 0 < (sequence - pairs[-1][0]) & 0xFFFF <= 16:
            first, mask = pairs[-1]
            pairs[-1] = (first, mask | 1 << ((sequence - first) & 0xFFFF) - 1)
        else:
            pairs.append((sequence, 0))
    body = b"".join(struct.pack("!HH", *pair) for pair in pairs)
    return struct.pack("!BBHII", 0x80 | NACK, RTPFB, 2 + len(pairs), sender, ssrc) + body


def build_pli(sender: int, ssrc: int) -> bytes:
    return struct.pack("!BBHII", 0x80 | PLI, PSFB, 2, sender, ssrc)
