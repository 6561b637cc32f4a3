"""The history of offers that came to nothing: declined, not answered, withdrawn; for the officers' day and reports.

An offer lives in the index alone; what became of it goes to the ledger afterwards. A process that is alone writes it
from its own list (`RouterService.write_history`). Where several share the index, the agency's log *is* the list: a
consumer group shares its steps out, a step whose writer died is taken over by another process, and a step that nobody
can write is set aside after five tries. Writing one twice changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from kernel.clock import Clock
from kernel.ids import AgencyId
from kernel.keys import agency_key
from kernel.ledger import Ledger
from kernel.messages import OfferRecorded
from kernel.redis import RedisDoor
from kernel.stream_group import Fields, StreamGroup
from router import store
from router.index import RouterIndex
from router.step import ClosedOffer
from router.wire import decode_step

GROUP = "history"
#: how soon an agency that is added is written too
LOOK_S = 1.0


async def write_closed(ledger: Ledger, clock: Clock, closed: Sequence[ClosedOffer]) -> None:
    failed = [offer for offer in closed if offer.why != "accepted"]
    if not failed:
        return
    async with ledger.transaction() as tx:
        await store.write_history(tx, failed)
        officers = sorted({offer.officer_id for offer in failed})
        tx.record(*(OfferRecorded(at_ms=clock.wall_ms(), officer_id=each) for each in officers))


class OfferHistory:
    """This process' part in writing what the agencies' logs say."""

    def __init__(
        self, ledger: Ledger, clock: Clock, index: RouterIndex, *, door: RedisDoor, prefix: str, process: str
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._index = index
        self._door = door
        self._prefix = prefix
        self._process = process
        self._writers: dict[AgencyId, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled; a writer that failed is started again, an agency that is new gets one."""
        try:
            while True:
                for agency_id in self._index.cores:
                    writer = self._writers.get(agency_id)
                    if writer is None or writer.done():
                        self._writers[agency_id] = asyncio.create_task(self.group(agency_id).run())
                await asyncio.sleep(LOOK_S)
        finally:
            for writer in self._writers.values():
                writer.cancel()
            await asyncio.gather(*self._writers.values(), return_exceptions=True)
            self._writers.clear()

    def group(self, agency_id: AgencyId) -> StreamGroup:
        return StreamGroup(
            self._door,
            self._clock,
            self._write,
            stream=agency_key(self._prefix, agency_id, "log"),
            group=GROUP,
            consumer=self._process,
            dead_letters=agency_key(self._prefix, agency_id, "dead"),
        )

    async def _write(self, _entry_id: str, fields: Fields) -> None:
        # an installation writes entries that are no steps
        if payload := fields.get(b"p"):
            await write_closed(self._ledger, self._clock, decode_step(payload).closed)
