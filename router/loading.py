"""Reading an agency's open requests and working officers from the ledger, for a rebuild of its index."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from kernel.clock import Clock
from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId
from kernel.ledger import Ledger
from router import store
from router.model import DECLINE_REST_S
from router.restore_core import Ledgered, Working

#: wrap-ups released longer ago are over, whatever their group allows
WRAP_UP_AT_MOST_MS = 3_600_000


def loader(ledger: Ledger, clock: Clock) -> Callable[[AgencyId], Awaitable[Ledgered]]:
    async def load(agency_id: AgencyId) -> Ledgered:
        """The epoch is taken first: whatever is written later is written by those who will see it."""
        async with ledger.transaction() as tx:
            epoch = await store.next_epoch(tx, agency_id)
        async with ledger.reading() as connection:
            requests = await store.load_open(connection, agency_id)
            working = await store.load_working(connection, agency_id, clock.wall_ms() - WRAP_UP_AT_MOST_MS)
            busy = await store.load_busy_visits(connection)
            waits = await store.load_waits(connection, agency_id)
            rested_ms = clock.wall_ms() - round(DECLINE_REST_S * 1000)
            declined = await store.load_declines(connection, agency_id, rested_ms)
        return Ledgered(
            epoch=epoch,
            requests=requests,
            working=[
                Working(
                    officer_id=OfficerId(row.officer_id),
                    consultation_id=ConsultationId(row.consultation_id),
                    group_id=GroupId(row.group_id),
                    since_ms=row.accepted_ms or row.offered_ms,
                    released_ms=row.released_ms,
                )
                for row in working
            ],
            busy_visits=busy,
            waits=waits,
            declined=declined,
        )

    return load
