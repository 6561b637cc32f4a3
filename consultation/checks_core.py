"""What a workstation's check found, and what of it is weak. Pure.

The thresholds are our own: below them people complain. Two-way video of 960×540 needs about 900 kbit/s each way.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

LEAST_UP_KBPS = 600
LEAST_DOWN_KBPS = 1_000
MOST_LOSS = 0.05
MOST_RTT_MS = 300

Kbps = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``loss``: the worse direction's share of packets. ``transport``: how media reached the node."""

    transport: Literal["udp", "tcp", "relay", "none"]
    up_kbps: Kbps = 0
    down_kbps: Kbps = 0
    loss: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    rtt_ms: Annotated[int, msgspec.Meta(ge=0, le=60_000)] = 0


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    camera: Literal["ok", "not_seen", "missing", "denied", "in_use"]
    microphone: Literal["ok", "silent", "missing", "denied", "in_use"]
    speaker: Literal["ok", "not_heard"]
    line: Line


def weaknesses(check: Check) -> tuple[str, ...]:
    """Codes, the most urgent first: what stops a conversation, then what spoils it."""
    line = check.line
    found = []
    if line.transport == "none":
        found.append("line_none")
    if check.microphone != "ok":
        found.append(f"microphone_{check.microphone}")
    if check.speaker != "ok":
        found.append(f"speaker_{check.speaker}")
    if check.camera != "ok":
        found.append(f"camera_{check.camera}")
    if line.transport != "none":
        found += [
            code
            for code, weak in (
                ("line_lossy", line.loss > MOST_LOSS),
                ("line_slow_up", line.up_kbps < LEAST_UP_KBPS),
                ("line_slow_down", line.down_kbps < LEAST_DOWN_KBPS),
                ("line_far", line.rtt_ms > MOST_RTT_MS),
                ("line_tcp", line.transport == "tcp"),
            )
            if weak
        ]
    return tuple(found)
