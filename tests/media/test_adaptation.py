"""A subscriber's line: estimated on a simulated one, shared among its pictures, and made known to publishers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.allocate_core import FILL, PAUSED, Demand, allocate
from media.api import Kind, Preference, Publication
from media.estimate_core import FLOOR, LineEstimator
from media.outbound import is_whole
from media.receive import ReceiveStream
from media.rtp import RtpPacket
from media.tracks import LESS_AFTER_S, PAUSE_AFTER_S, Downstream, Upstream
from tests.media.calls import KEY, Call
from tests.media.test_streams import forwarded, frame, video

PACKET = 400
RATES = (200_000.0, 600_000.0, 1_800_000.0)


#: one packet: when it was sent, when it arrived on the other side's clock (None: it did not), bytes
Sample = tuple[float, float | None, int]


class Line:
    """A bottleneck with a tail-drop queue, a fixed delay, jitter and random loss; arrivals are on another clock."""

    def __init__(
        self, rate: float, *, queue_s: float = 0.3, delay: float = 0.03, jitter: float = 0.0, loss: float = 0.0
    ):
        self.rate = rate
        self.lost = self.sent = 0
        self._queue_s = queue_s
        self._jitter = jitter
        self._loss = loss
        self._free_at = 0.0
        self._chance = random.Random(4)

    def hold(self, now: float, seconds: float) -> None:
        """Nothing gets through before that."""
        self._free_at = max(self._free_at, now + seconds)

    def carry(self, now: float, size: int) -> Sample:
        self.sent += 1
        waiting = max(0.0, self._free_at - now)
        if waiting > self._queue_s or self._chance.random() < self._loss:
            self.lost += 1
            return (now, None, size)
        self._free_at = max(self._free_at, now) + 8 * size / self.rate
        return (now, self._free_at + 0.03 + self._chance.random() * self._jitter + 1_000.0, size)


def run(line: Line, wanted: float, seconds: float) -> tuple[LineEstimator, list[float]]:
    """Send at the budget, ``wanted`` bit/s at most, with feedback every 50 ms; the rate of each second."""
    estimator, now, rates, waiting = LineEstimator(), 0.0, [], []
    for second in range(int(seconds)):
        total = 0
        for _ in range(20):
            budget = estimator.budget()
            rate = wanted if budget is None else min(wanted, budget)
            count = max(1, round(rate * 0.05 / 8 / PACKET))
            for n in range(count):
                waiting.append(line.carry(now + 0.05 * n / count, PACKET))
            total += count * PACKET * 8
            now += 0.05
            for sent, arrived, size in waiting:
                if sent < now - 0.05 and arrived is not None:
                    estimator.arrived(sent, arrived, size)
                elif sent < now - 0.05:
                    estimator.missed(sent)
            estimator.judge(now)
            waiting = [s for s in waiting if s[0] >= now - 0.05]
        rates.append(total)
        assert second >= 0
    return estimator, rates


@pytest.mark.parametrize("loss", [0.1, 0.15, 0.3])
def test_a_line_that_loses_whatever_is_sent_is_not_starved(loss: float) -> None:
    """Radio loses a share of everything; sending less would not help, so the picture goes on."""
    _, rates = run(Line(5_000_000, loss=loss), wanted=600_000, seconds=30)
    assert min(rates[5:]) > 600_000 / 3


@pytest.mark.parametrize("jitter", [0.0, 0.02])
def test_a_line_that_carries_everything_is_not_limited(jitter: float) -> None:
    estimator, rates = run(Line(5e6, jitter=jitter), 2e6, 30)
    assert estimator.budget() is None
    assert min(rates) > 1.9e6


@pytest.mark.parametrize("capacity", [150e3, 600e3, 1.2e6])
def test_a_narrow_line_is_filled_and_not_flooded(capacity: float) -> None:
    line = Line(capacity)
    _, rates = run(line, 2.6e6, 60)
    late = rates[5:]
    assert sorted(late)[len(late) // 2] < 1.05 * capacity
    assert sum(late) / len(late) > 0.5 * capacity
    assert line.lost < 0.12 * line.sent


def test_random_loss_below_a_tenth_does_not_limit() -> None:
    estimator, _ = run(Line(5e6, loss=0.05), 2e6, 20)
    assert estimator.budget() is None
    assert 0.02 < estimator.loss < 0.09


def test_heavy_loss_does() -> None:
    estimator, _ = run(Line(5e6, loss=0.3), 2e6, 3)
    assert (estimator.budget() or 0) < 1.5e6


def test_a_failed_trial_makes_the_next_wait_longer() -> None:
    line = Line(600e3)
    _, rates = run(line, 2.6e6, 120)
    floods = sum(1 for rate in rates[10:] if rate > 1.5 * line.rate)
    assert floods <= 8


# ── sharing ──────────────────────────────────────────────────────────────────────────────────────


def demand(sid: str, *, screen: bool = False, wanted: int = 2) -> Demand:
    return Demand(sid, screen, wanted, dict(enumerate(RATES)))


def test_without_a_budget_everybody_gets_what_they_want() -> None:
    assert allocate(None, 50_000, [demand("a"), demand("b")]) == {"a": 2, "b": 2}


def test_audio_first_then_the_screen_then_cameras() -> None:
    assert allocate(240_000, 100_000, [demand("cam"), demand("screen", screen=True)]) == {
        "cam": PAUSED,
        "screen": PAUSED,
    }
    assert allocate(400_000, 100_000, [demand("cam"), demand("screen", screen=True)]) == {"cam": PAUSED, "screen": 0}
    assert allocate(960_000, 100_000, [demand("cam"), demand("screen", screen=True)]) == {"cam": 0, "screen": 1}


def test_what_is_left_raises_both_in_turn() -> None:
    assert allocate(2_000_000, 0, [demand("a"), demand("b")]) == {"a": 1, "b": 1}
    assert allocate(3_000_000, 0, [demand("a"), demand("b", wanted=0)]) == {"a": 2, "b": 0}


@given(
    st.floats(0, 1e7),
    st.floats(0, 1e5),
    st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.sets(st.integers(0, 2))), max_size=6),
)
def test_it_never_gives_more_than_there_is(
    budget: float, audio: float, pictures: list[tuple[bool, int, set[int]]]
) -> None:
    demands = [
        Demand(str(n), screen, wanted, {q: RATES[q] for q in flowing})
        for n, (screen, wanted, flowing) in enumerate(pictures)
    ]
    given_out = allocate(budget, audio, demands)
    spent = sum(each.rates.get(given_out[each.sid], 0.0) for each in demands if given_out[each.sid] != PAUSED)
    assert set(given_out) == {each.sid for each in demands}
    assert spent <= max(0.0, budget * FILL - audio) + 1e-6


# ── dynacast ─────────────────────────────────────────────────────────────────────────────────────


def watched() -> tuple[Upstream, Downstream, Downstream]:
    up = Upstream(Publication("TR_1", Kind.VIDEO, frozenset({"c"}), "video/VP8", "PA_1|TR_1"))
    downs = [Downstream(up, video(), active=True) for _ in range(2)]
    up.downs.extend(downs)
    return up, downs[0], downs[1]


def test_more_is_told_at_once_and_less_after_a_while() -> None:
    up, one, two = watched()
    assert not up.rewant(0.0), "two high ones: as it is"
    one.preference, two.preference = Preference(quality=1), Preference(disabled=True)
    assert not up.rewant(1.0)
    assert not up.rewant(1.0 + LESS_AFTER_S - 0.1)
    assert up.rewant(1.0 + LESS_AFTER_S)
    assert up.wanted == 1
    two.preference = Preference(quality=2)
    assert up.rewant(5.0)
    assert up.wanted == 2


def test_the_smallest_layer_is_always_wanted() -> None:
    up, *_ = watched()
    up.downs.clear()
    up.rewant(0.0)
    assert up.rewant(LESS_AFTER_S)
    assert up.wanted == 0


# ── an instant first picture ─────────────────────────────────────────────────────────────────────


def test_a_keyframe_is_whole_when_nothing_of_it_is_missing() -> None:
    packets = [RtpPacket(96, sequence & 0xFFFF, 0, 5, b"x") for sequence in range(65_534, 65_538)]
    assert not is_whole([])
    assert not is_whole(packets), "no marker: its end is missing"
    packets[-1].marker = 1
    assert is_whole(packets)
    assert not is_whole([packets[0], *packets[2:]])


async def test_a_newcomer_sees_the_last_keyframe_at_once(call: Call) -> None:
    """Without a packet of the publisher in between; the next live packet it gets begins a keyframe, numbered on."""
    peer = call.subscriber.peer
    peer.unsubscribe("TR_1")
    assert peer.subscribe("TR_1")
    down = peer.downs["TR_1"]
    up = down.up
    down.stream.payload_types, down.stream.codecs, down.active = {96: 96}, {96: "vp8"}, True
    peer.outbound.refresh(down, peer.node.now())
    kept = next(iter(up.streams.values())).keyframe
    assert is_whole(kept)
    shown = await call.subscriber.rtp.get()
    assert shown.payload == kept[0].payload == KEY
    assert not down.stream.flowing
    assert down.needs_keyframe()


def test_what_is_shown_from_memory_and_what_follows_are_one_stream() -> None:
    stream = video(100)
    source = next(iter(simulcast_layers()))
    first = forwarded(stream, frame(50, key=True, timestamp=1_000, picture=4), source, 0.0, 90_000)
    stream.pause()
    assert forwarded(stream, frame(60, timestamp=4_000), source, 0.1, 90_000) is None
    after = forwarded(stream, frame(70, key=True, timestamp=7_000, picture=9), source, 0.2, 90_000)
    assert first is not None
    assert after is not None
    assert (first.sequence, after.sequence) == (100, 101)
    assert after.timestamp - first.timestamp == 18_000


def simulcast_layers() -> list[ReceiveStream]:
    up, *_ = watched()
    return [up.stream(1, "q")]


# ── from the feedback to the picture ─────────────────────────────────────────────────────────────


async def test_a_starved_line_pauses_the_picture_and_says_so(call: Call) -> None:
    peer = call.subscriber.peer
    down = peer.downs["TR_1"]
    assert down.stream.transport_cc, "our tests' client agrees to transport-wide numbers"
    stream = next(iter(down.up.streams.values()))
    stream.bitrate, stream.last_at = 500_000.0, peer.node.now()
    line = peer.outbound.line
    line._budget = FLOOR
    line._suffered_at = line._congested_at = peer.node.now()
    peer.outbound.share(peer.node.now())
    assert not down.paused, "short for a moment"
    stream.last_at += PAUSE_AFTER_S
    line._suffered_at += PAUSE_AFTER_S
    peer.outbound.share(peer.node.now() + PAUSE_AFTER_S)
    assert down.paused
    line._budget = None
    peer.outbound.share(peer.node.now())
    assert call.subscriber.heard.paused == [("TR_1", True), ("TR_1", False)]
    assert not down.paused
