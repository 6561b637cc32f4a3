"""What people notice on bad lines, as their browsers count it.

Bounds are about the line, not about this machine: a picture may come slowly here, but it must come.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.lab.bridge import Quality
from tests.lab.calls import MEDIA_PORT, Call, call
from tests.lab.network import MOVED, PERFECT, network

pytestmark = [pytest.mark.namespaces, pytest.mark.slow, pytest.mark.timeout(200)]

SETTLE_S, WATCH_S = 4.0, 10.0
#: resumed, and rejoined, within so long after the line is back
RESUMED_S, REJOINED_S = 3.0, 5.0
#: at a new address; the signalling connection is held to be dead 3 s after its last answer (JoinResponse.ping_timeout)
MOVED_S = 5.0
#: what a busy test machine may add
SLACK_S = 3.0

long = pytest.mark.lab


@long
async def test_a_tenth_lost_is_repaired(held: Call) -> None:
    held.network.both(Quality(loss=0.1, delay_ms=20))
    await asyncio.sleep(SETTLE_S)
    for seen in await asyncio.gather(held.near.watch(WATCH_S), held.far.watch(WATCH_S)):
        assert seen.frames_per_s > 5
        assert seen.frozen < 0.35
        assert seen.concealed < 0.1


@long
@pytest.mark.parametrize(
    ("loss", "frozen", "concealed"),
    [(0.05, 0.1, 0.04), (0.15, 0.3, 0.12), (0.3, 0.7, 0.3)],
)
async def test_loss_costs_picture_before_sound(held: Call, loss: float, frozen: float, concealed: float) -> None:
    held.network.both(Quality(loss=loss, delay_ms=20))
    await asyncio.sleep(SETTLE_S)
    for seen in await asyncio.gather(held.near.watch(WATCH_S), held.far.watch(WATCH_S)):
        assert seen.audio_packets_per_s > 50 * (1 - loss) * 0.8
        assert seen.concealed < concealed
        assert seen.frozen < frozen
        assert seen.frames_per_s > 0.5


@long
async def test_jitter_and_reordering_are_borne(held: Call) -> None:
    held.network.both(Quality(delay_ms=60, jitter_ms=40, reorder=0.02))
    await asyncio.sleep(SETTLE_S)
    for seen in await asyncio.gather(held.near.watch(WATCH_S), held.far.watch(WATCH_S)):
        assert seen.frames_per_s > 5
        assert seen.frozen < 0.2
        assert seen.concealed < 0.1


@long
async def test_150_kbit_a_second_carry_the_voice_and_at_most_a_small_picture(held: Call) -> None:
    held.network.set(down=Quality(rate_bps=150_000, queue_ms=300, delay_ms=20))
    await asyncio.sleep(10)
    seen = await held.near.watch(WATCH_S)
    assert seen.audio_packets_per_s > 35
    assert seen.concealed < 0.1
    assert seen.received_bps < 160_000
    # the picture is the first to go: small, or paused altogether
    assert seen.frames_per_s == 0 or seen.height <= 180


@long
async def test_a_policed_uplink_of_600_kbit_is_respected(held: Call) -> None:
    held.network.set(up=Quality(rate_bps=600_000, queue_ms=0, delay_ms=20))
    await asyncio.sleep(10)
    near, far = await asyncio.gather(held.near.watch(WATCH_S), held.far.watch(WATCH_S))
    assert near.sent_bps < 800_000
    assert far.frames_per_s > 5
    assert far.frozen < 0.5
    assert far.concealed < 0.1


async def test_ten_seconds_without_a_line_are_resumed(held: Call) -> None:
    held.network.both(Quality(down=True))
    await asyncio.sleep(10)
    held.network.both(PERFECT)
    back = await asyncio.gather(held.near.receives(20), held.far.receives(20))
    print(f"back after {max(back):.1f} s")
    assert max(back) < RESUMED_S + SLACK_S
    assert len(await held.far.page.evaluate("[...lab.room.remoteParticipants.keys()]")) == 1, "a twin"


@long
async def test_a_minute_without_a_line_is_rejoined(held: Call) -> None:
    held.network.both(Quality(down=True))
    await asyncio.sleep(60)
    held.network.both(PERFECT)
    back = await asyncio.gather(held.near.receives(40), held.far.receives(40))
    assert max(back) < REJOINED_S + SLACK_S
    assert len(await held.far.page.evaluate("[...lab.room.remoteParticipants.keys()]")) == 1, "a twin"


@long
async def test_a_new_address_is_followed(held: Call) -> None:
    """Nobody tells the browser: the old address just does not work any more."""
    held.network.move()
    back = await asyncio.gather(held.near.receives(40), held.far.receives(40))
    print(f"back after {max(back):.1f} s")
    assert max(back) < MOVED_S
    assert MOVED in await held.near.page.evaluate("lab.addresses()")


async def test_udp_blocked_means_tcp_to_the_same_port() -> None:
    with network() as lab:
        lab.both(Quality(no_udp=True))
        async with call(lab) as held:
            await held.begin()
            pair = (await held.near.stats())["pair"]
            assert (pair["protocol"], pair["relay"], pair["port"]) == ("tcp", "", MEDIA_PORT)
            for seen in await asyncio.gather(held.near.watch(4), held.far.watch(4)):
                assert seen.frames_per_s > 5
                assert seen.audio_packets_per_s > 35
