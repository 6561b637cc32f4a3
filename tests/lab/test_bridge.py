"""The line itself keeps what it promises: decided without a clock and with seeded chance."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.lab.bridge import Line, Quality

UDP_PACKET = bytes([0x45, *[0] * 8, 17, *[0] * 990])


def line(**quality: float | bool) -> Line:
    made = Line(random.Random(7))
    made.quality = Quality(**quality)  # type: ignore[arg-type]
    return made


def test_a_perfect_line_delivers_at_once() -> None:
    perfect = line()
    assert [perfect.arrival(UDP_PACKET, now) for now in (1.0, 2.0)] == [1.0, 2.0]


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_loss_is_as_large_as_asked_for(share: float) -> None:
    lossy = line(loss=share)
    lost = sum(lossy.arrival(UDP_PACKET, float(now)) is None for now in range(10_000))
    assert lost == pytest.approx(10_000 * share, rel=0.1)


def test_jitter_delays_and_keeps_the_order() -> None:
    jittery = line(delay_ms=50, jitter_ms=30)
    arrivals = [jittery.arrival(UDP_PACKET, now / 1000) for now in range(1000)]
    assert all(arrival is not None for arrival in arrivals)
    late = [(arrival or 0) - now / 1000 for now, arrival in enumerate(arrivals)]
    assert min(late) >= 0.05
    assert max(late) <= 0.081
    assert arrivals == sorted(arrivals, key=lambda arrival: arrival or 0)


def test_reordered_packets_overtake() -> None:
    mixed = line(delay_ms=50, reorder=0.1)
    arrivals = [mixed.arrival(UDP_PACKET, now / 1000) or 0 for now in range(1000)]
    overtaken = sum(later < earlier for earlier, later in itertools.pairwise(arrivals))
    assert overtaken == pytest.approx(90, abs=30)


@pytest.mark.parametrize(("queue_ms", "delayed"), [(200.0, True), (0.0, False)])
def test_a_shaper_queues_and_a_policer_drops(queue_ms: float, delayed: bool) -> None:
    slow = line(rate_bps=80_000, queue_ms=queue_ms)
    # 1000 bytes every 10 ms are ten times too many
    arrivals = [(now / 100, slow.arrival(UDP_PACKET, now / 100)) for now in range(1_000)]
    passed = [(now, arrival) for now, arrival in arrivals if arrival is not None]
    assert len(passed) * 8_000 / 10 == pytest.approx(80_000, rel=0.1)
    assert any(arrival > now for now, arrival in passed) is delayed


def test_outages_and_blocks_let_nothing_through() -> None:
    assert line(down=True).arrival(UDP_PACKET, 0.0) is None
    assert line(no_udp=True).arrival(UDP_PACKET, 0.0) is None
