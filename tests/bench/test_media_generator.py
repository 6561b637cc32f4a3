"""The generator of `make bench-media` at our own node and at the plain forwarder: everything sent comes back."""

from __future__ import annotations

import pytest

from bench.media import servers
from bench.media.run import BURST, FRAMES, PEOPLE, SOUNDS, Load, measure

SECONDS = 2.0


@pytest.mark.parametrize("start", [servers.own_node, servers.forwarder])
async def test_what_is_sent_to_a_room_of_three_comes_back_twice(start: object) -> None:
    assert callable(start)
    with start() as server:
        result = await measure(server, Load(rooms=1, seconds=SECONDS))
    counts = result.counts
    # a busy machine may delay the generator, never make it send more
    assert 0 < counts.sent <= PEOPLE * (FRAMES * BURST + SOUNDS) * SECONDS * 1.2
    assert counts.received <= counts.sent * (PEOPLE - 1)
    assert 0 <= result.lost < 0.02
    assert (counts.refused, counts.send_failed) == (0, 0)
    assert 0 < result.p50_ms <= result.p99_ms
    assert result.cpu_us > 0
