"""How much dearer is an acknowledged request than the one row that SQLite must write for it anyway?

Both are measured side by side in one run, turn by turn, so that the ratio holds on a slow machine too.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from kernel.clock import SystemClock
from kernel.feed import MemoryFeed
from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, PointId, new_id
from kernel.ledger import metadata, open_ledger
from kernel.messages import Bilingual, Pak
from router import directory
from router.commands import CreateRequest
from router.model import Agency, Group
from router.opening import local_router

TURNS = 400
GROUP = GroupId("group")
ROWS = sa.Table("bench_rows", metadata, sa.Column("id", sa.String(36), primary_key=True), sa.Column("text", sa.Text))


async def main() -> None:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(f"sqlite:///{folder}/bench.db", MemoryFeed("bench"))
        await ledger.create_all()
        async with ledger.transaction() as tx:
            await directory.save_agency(tx, Agency(AgencyId("a"), "A", Bilingual("A", "A")))
            await directory.save_group(tx, Group(GROUP, AgencyId("a"), Bilingual("G", "G"), ("PAK_02",)))
        router = local_router(ledger, clock)
        await router.start()

        async def request() -> None:
            await router.create_request(
                CreateRequest(
                    consultation_id=ConsultationId(new_id(clock.wall_ms())),
                    pak=Pak.PAK_02,
                    clerk_id=ClerkId("clerk"),
                    clerk_name="clerk",
                    point_id=PointId("point"),
                    point_name="point",
                    group_id=GROUP,
                )
            )

        async def insert() -> None:
            async with ledger.transaction() as tx:
                await tx.execute(sa.insert(ROWS).values(id=new_id(clock.wall_ms()), text="x" * 400))

        took: dict[str, list[float]] = {"request": [], "insert": []}
        for _ in range(TURNS):
            took["insert"].append(await timed(insert))
            took["request"].append(await timed(request))
        await ledger.close()
    medians = {name: statistics.median(times) * 1000 for name, times in took.items()}
    print(f"acknowledged request  {medians['request']:.2f} ms")
    print(f"bare INSERT           {medians['insert']:.2f} ms")
    print(f"ratio                 {medians['request'] / medians['insert']:.2f}")


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


if __name__ == "__main__":
    asyncio.run(main())
