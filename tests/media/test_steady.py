"""A picture must not stand still, nor the relay work for ever, for reasons of our own. Simulated time."""

from __future__ import annotations

import struct
from collections import Counter

import pytest

from media import rtcp
from media.api import Direction, Kind, Preference, Publication
from media.guard_core import Allowance
from media.inbound import OUR_SSRC, Inbound
from media.negotiate import Negotiation
from media.node import RelayConfig, RelayNode
from media.outbound import RESEND_BURST, RESEND_RATE, TOLD_BURST, TOLD_RATE
from media.receive import NACK_FOR_S, ReceiveStream
from media.rtcp import SenderReport
from media.tracks import KEYFRAME_EVERY_S, LAYER_BEHIND_S, LAYER_SILENT_S, Downstream, Upstream
from media.twcc import MAX_TOLD, ArrivalLog, parse_feedback
from tests.media.calls import Call
from tests.media.client import Heard
from tests.media.test_adaptation import PACKET, Line
from tests.media.test_streams import forwarded, frame, video

SMALL, LARGE, VOICE = 130_000.0, 450_000.0, 40_000.0
TICK = 0.05


class Watching:
    """Somebody who watches one picture in two sizes and hears one voice, behind a line."""

    def __init__(self, line: Line, *rates: float) -> None:
        self.now = 1_000.0
        self.line = line
        self.node = RelayNode(RelayConfig(), now=lambda: self.now)
        self.heard = Heard()
        self.peer = self.node.open_peer("watching", self.heard, Direction.BOTH)
        speaker = self.node.open_peer("speaking", Heard(), Direction.BOTH)
        for sid, kind in (("TR_V", Kind.VIDEO), ("TR_A", Kind.AUDIO)):
            speaker.publish(Publication(sid, kind, frozenset(), "", f"PA|{sid}"))
            assert self.peer.subscribe(sid)
        self.picture, voice = self.peer.downs["TR_V"], self.peer.downs["TR_A"]
        self.picture.active = voice.active = True
        self.picture.stream.stamp(5, 0)
        self.rates = rates
        self.layers = [self.picture.up.stream(number, "qh"[number]) for number in range(len(rates))]
        for layer, rate in zip(self.layers, rates, strict=True):
            layer.bitrate = rate
        voice.up.stream(9, "").bitrate = VOICE
        self.voice_lost = self.voice_sent = 0
        self._arrivals = ArrivalLog(self.now + 1_000.0)
        self._under_way: list[tuple[float, int]] = []

    def run(self, seconds: float) -> list[int]:
        """The quality that flows in each tick, -1 while the picture is paused."""
        seen = []
        for step in range(round(seconds / TICK)):
            quality = -1 if self.picture.paused else min(self.picture.cap, len(self.rates) - 1)
            seen.append(quality)
            self._send(0.0 if quality < 0 else self.rates[quality])
            self.now += TICK
            for layer in self.layers:
                layer.last_at = self.now
            arrived = [number for at, number in self._under_way if at <= self.now]
            for at, number in self._under_way:
                if at <= self.now:
                    self._arrivals.received(number, at + 1_000.0)
            self._under_way = self._under_way[len(arrived) :]
            if (feedback := self._arrivals.feedback(1, 2)) is not None:
                self.peer.outbound.heard(feedback, self.now)
            if step % 20 == 0:
                self.peer.outbound.share(self.now)
        return seen

    def _send(self, rate: float) -> None:
        pictures, voices = round(rate * TICK / 8 / PACKET), round(VOICE * TICK / 8 / 125)
        for n in range(voices):
            self.voice_sent += 1
            self.voice_lost += self.line.carry(self.now + TICK * n / voices, 125)[1] is None
        for n in range(pictures):
            at, number = self.now + TICK * n / pictures, self.peer.outbound.number()
            self.peer.outbound.sent(number, PACKET, at)
            _, arrived, _ = self.line.carry(at, PACKET)
            if arrived is not None:
                self._under_way.append((arrived - 1_000.0, number))


# ── the line ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_bad_moment_does_not_stop_the_smallest_picture() -> None:
    """A machine that is busy for half a second looks like a full line."""
    watching = Watching(Line(5e6, queue_s=3.0), SMALL)
    assert set(watching.run(5)) == {0}
    for busy in range(10):
        watching.line.hold(watching.now, 0.15 + 0.03 * busy)
        watching.run(TICK)
    assert watching.peer.outbound.line.budget() is not None, "the line was taken for full"
    assert set(watching.run(30)) == {0}
    assert watching.heard.paused == []


async def test_a_line_too_narrow_for_the_smallest_picture_carries_the_voice() -> None:
    watching = Watching(Line(120e3), SMALL, LARGE)
    watching.run(10)
    watching.voice_lost = watching.voice_sent = 0
    seen = watching.run(120)
    assert seen.count(-1) > 0.7 * len(seen), "it is tried again, more and more seldom"
    assert watching.voice_lost < 0.08 * watching.voice_sent


async def test_a_picture_that_was_paused_comes_back_with_the_line() -> None:
    """While it is paused no feedback comes; only trying again shows that there is room."""
    watching = Watching(Line(120e3), SMALL, LARGE)
    watching.run(30)
    assert watching.heard.paused[0] == ("TR_V", True)
    watching.line.rate = 5e6
    seen = watching.run(75)
    assert seen[-1] == 1
    assert watching.heard.paused[-1] == ("TR_V", False)


async def test_what_is_heard_is_not_taken_off_twice() -> None:
    """The budget is of the whole line: what feedback tells of, and the voices beside it."""
    watching = Watching(Line(260e3), SMALL, LARGE)
    watching.run(5)
    assert watching.run(20).count(-1) == 0
    assert watching.heard.paused == []


# ── layers ───────────────────────────────────────────────────────────────────────────────────────


def simulcast() -> tuple[Upstream, Downstream, list[ReceiveStream]]:
    up = Upstream(Publication("TR_1", Kind.VIDEO, frozenset({"c"}), "video/VP8", "PA_1|TR_1"))
    down = Downstream(up, video(), active=True)
    up.downs.append(down)
    return up, down, [up.stream(number, rid) for number, rid in enumerate("qhf", 1)]


def test_a_layer_its_sender_stopped_is_left_before_people_notice() -> None:
    _, down, layers = simulcast()
    for layer in layers:
        layer.last_at = 10.0
    down.retarget(10.0)
    assert down.target is layers[2]
    layers[0].last_at = layers[1].last_at = 10.0 + LAYER_BEHIND_S + 0.01
    down.retarget(10.0 + LAYER_BEHIND_S + 0.02)
    assert down.target is layers[1]
    assert LAYER_BEHIND_S < LAYER_SILENT_S


def test_a_sender_that_is_silent_for_a_moment_changes_nothing() -> None:
    up, down, layers = simulcast()
    for layer in layers:
        layer.last_at = 10.0
    down.retarget(10.0)
    assert not down.retarget(10.0 + LAYER_SILENT_S - 0.1)
    assert down.target is layers[2]
    assert up.live(10.0 + LAYER_SILENT_S + 0.1) == []


def test_a_hidden_picture_comes_back_with_the_next_keyframe() -> None:
    _, down, layers = simulcast()
    for layer in layers:
        layer.last_at = 10.0
    down.preference = Preference(disabled=True)
    assert not down.needs_keyframe()
    down.preference = Preference()
    down.retarget(10.0)
    assert down.needs_keyframe()


# ── keyframes ────────────────────────────────────────────────────────────────────────────────────


def test_a_keyframe_asked_for_too_soon_is_asked_for_later() -> None:
    up, _, (low, *_) = simulcast()
    assert up.wants_keyframe(low, 1.0)
    assert not up.wants_keyframe(low, 1.0 + KEYFRAME_EVERY_S / 2), "and it is not forgotten"
    assert up.overdue(1.0 + KEYFRAME_EVERY_S * 0.9) == []
    assert up.overdue(1.01 + KEYFRAME_EVERY_S) == [low]
    assert up.wants_keyframe(low, 1.01 + KEYFRAME_EVERY_S)
    assert up.overdue(9.0) == []


def test_a_keyframe_that_came_meanwhile_is_enough() -> None:
    up, _, (low, *_) = simulcast()
    up.wants_keyframe(low, 1.0)
    up.wants_keyframe(low, 1.1)
    low.keyframe_at = 1.2
    assert up.overdue(2.0) == []


def asked(inbound: Inbound, up: Upstream, now: float) -> bool:
    found = [item for packet in inbound.feedback([up], now) for item in rtcp.parse_rtcp(packet)]
    return any(isinstance(item, rtcp.KeyframeRequest) for item in found)


@pytest.mark.parametrize("watched", [True, False])
def test_what_is_lost_for_good_is_followed_by_a_keyframe(watched: bool) -> None:
    """A browser that waits for a packet nobody has asks by itself only after three seconds."""
    up, down, (low, *_) = simulcast()
    inbound = Inbound(Negotiation(), 0.0, lambda _sid: None, Counter())
    if watched:
        assert forwarded(down.stream, frame(1, key=True), low, 0.0, 90_000) is not None
    for sequence in (1, 3):
        low.received(frame(sequence), 1.0)
    ticks = [1.0 + TICK * step for step in range(40)]
    first = next((now for now in ticks if asked(inbound, up, now)), None)
    assert (first is not None) is watched
    if first is not None:
        assert first < 1.0 + NACK_FOR_S + 2 * TICK
        assert not asked(inbound, up, first + TICK)
        assert asked(inbound, up, first + KEYFRAME_EVERY_S + 0.01), "the request, or what it brought, may be lost, too"
        low.broken = False
        assert not asked(inbound, up, first + 5)


# ── those who ask for too much ───────────────────────────────────────────────────────────────────


def test_an_allowance_fills_with_time() -> None:
    allowance = Allowance(10.0, 20.0, 0.0)
    assert [allowance.take(15, 0.0), allowance.take(15, 0.0), allowance.take(15, 0.0)] == [15, 5, 0]
    assert allowance.take(15, 1.0) == 10
    assert allowance.take(50, 1_000.0) == 20


async def test_feedback_that_claims_to_tell_of_thousands_is_not_read_for_ever() -> None:
    """Thirty bytes can claim to tell of 65,535 packets."""
    assert parse_feedback(claim(0xFFFF)) == (0, [])
    assert len(parse_feedback(claim(MAX_TOLD))[1]) == MAX_TOLD
    watching = Watching(Line(5e6), SMALL)
    watching.run(1)
    outbound = watching.peer.outbound
    for _ in range(100):
        outbound.heard(claim(MAX_TOLD), watching.now)
    assert outbound._tellings.take(1, watching.now) == 0
    told_at = outbound.line._at
    assert set(watching.run(1)) == {0}
    assert outbound.line._at > told_at, "and what is true is heard again at once"
    assert TOLD_BURST > 2 * MAX_TOLD
    assert TOLD_RATE < TOLD_BURST


def claim(count: int) -> bytes:
    """Feedback of so many packets, all lost."""
    return struct.pack("!BBHIIHHI", 0x8F, 205, 5, 1, 2, 0, count, 0) + b"\x1f\xff" * 2


async def test_what_one_asks_for_again_is_bounded(call: Call) -> None:
    """One datagram can ask for hundreds of packets, each a hundred times its size."""
    node, subscriber = call.publisher.node, call.subscriber
    down = subscriber.peer.downs["TR_1"]
    await call.goes_on()
    sequence = down.stream._newest
    nack = rtcp.build_nack(OUR_SSRC, down.stream.ssrc, [sequence])
    many = nack[:2] + (2 + 64).to_bytes(2, "big") + nack[4:12] + nack[12:16] * 64
    started = node.now()
    for _ in range(100):
        subscriber.peer.outbound.heard(many, node.now())
    took = node.now() - started
    assert 0 < node.count["retransmitted"] <= RESEND_BURST + RESEND_RATE * took + 1


def test_reports_are_passed_on_at_a_bounded_rate() -> None:
    stream = ReceiveStream(5, 2)
    report = SenderReport(5, 1, 2, 3)
    assert stream.reported(report, 1.0, 0.1)
    assert not stream.reported(report, 1.05, 0.1)
    assert stream.reported(report, 1.1, 0.1)
