from __future__ import annotations

import asyncio

from kernel.errors import LedgerUnavailable
from web.tasks import FAILURES, Tasks


async def test_a_tick_outlives_a_ledger_that_is_away() -> None:
    tasks, calls, enough = Tasks(), 0, asyncio.Event()

    async def tick() -> None:
        nonlocal calls
        calls += 1
        if calls > 2 * FAILURES:
            enough.set()
        raise LedgerUnavailable(retry_after_s=1)

    tasks.every("tick", 0.0, tick)
    async with asyncio.timeout(5):
        await enough.wait()
    assert not tasks.failed.is_set()
    await tasks.close()
