"""What became of every offer, in the ledger."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from kernel.clock import ManualClock, SystemClock
from kernel.feed import MemoryFeed
from kernel.ledger import Ledger
from kernel.messages import OfferRecorded
from kernel.redis import open_redis
from router.history import OfferHistory
from router.shared_redis import RedisIndex
from router.tables import claims
from tests.router.directory import ONE, VSAA
from tests.router.household import Process, house, identified, wanted
from tests.router.test_service import FIRST, fill, stands, started
from tests.router.test_service import wanted as wanted_here


async def written(ledger: Ledger) -> list[tuple[str, str, int]]:
    async with ledger.reading() as connection:
        rows = await connection.execute(sa.select(claims).order_by(claims.c.version))
        return [(row.officer_id, row.state, row.closed_ms - row.offered_ms) for row in rows]


async def told(feed: MemoryFeed) -> list[str]:
    return [each.event.officer_id for each in feed.since(0) or () if isinstance(each.event, OfferRecorded)]


async def test_a_process_that_is_alone_writes_its_own_list(ledger: Ledger, clock: ManualClock) -> None:
    await fill(ledger)
    router = await started(ledger, clock)
    await stands(router, FIRST)
    await router.create_request(wanted_here(1))
    clock.advance(3)
    await router.decline(FIRST, wanted_here(1).consultation_id, 1)
    await router.write_history()
    await router.write_history()
    assert await written(ledger) == [(FIRST, "declined", 3_000)]
    assert (await router.load_today(FIRST)).declined == 1
    assert isinstance(ledger.feed, MemoryFeed)
    assert await told(ledger.feed) == [FIRST]


async def test_where_several_share_the_log_any_of_them_writes_each_offer_once(
    redis_url: str, redis_prefix: str, tmp_path: Path, clock: ManualClock
) -> None:
    door = open_redis(redis_url, SystemClock(), timeout_s=10.0)
    async with house(RedisIndex(door, redis_prefix), tmp_path, clock) as start:
        one, two = await start("one"), await start("two")

        def writer(process: Process, name: str) -> OfferHistory:
            return OfferHistory(
                process.ledger, SystemClock(), process.index, door=door, prefix=redis_prefix, process=name
            )

        await one.stands(ONE)
        await one.router.create_request(wanted(1))
        await one.router.create_request(wanted(2))
        clock.advance(3)
        await one.router.decline(ONE, identified(1), 1)
        clock.advance(21)
        await one.router.tick()
        # the one who decided does not live to write it
        assert await writer(two, "two").group(VSAA).serve() > 0
        assert await writer(one, "one").group(VSAA).serve() == 0
        assert await written(two.ledger) == [(ONE, "declined", 3_000), (ONE, "no_answer", 21_000)]
        assert await told(two.feed) == [ONE, ONE]
    await door.close()
