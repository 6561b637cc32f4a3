"""Numbers for Prometheus that are taken when somebody looks: queues, officers, sessions, what waits to be handled.

Labels are bounded by what an installation sets up: agencies, states, consumers. Never a person or an id of a request.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from kernel.ledger import cursors, dead_letters, events
from kernel.messages import Indicator
from web.board import seconds_since

if TYPE_CHECKING:
    from web.metrics import Metrics
    from web.wiring import House


async def take(house: House, metrics: Metrics) -> None:
    """Set every gauge anew. What the ledger cannot say now is left out, rather than told as it was."""
    now = house.clock.wall_ms()
    groups = list(house.router.groups())
    for agency in house.router.agencies():
        lives = [house.router.group_live(group.id) for group in groups if group.agency_id == agency.id]
        oldest = min((live.oldest_ms for live in lives if live.oldest_ms is not None), default=None)
        metrics.waiting.labels(agency.id).set(sum(live.waiting for live in lives))
        metrics.longest_wait.labels(agency.id).set(seconds_since(oldest, now))
        found = Counter(
            house.presence.indicator(officer.id)[0]
            for officer in house.router.officers()
            if officer.agency_id == agency.id
        )
        for state in Indicator:
            metrics.officers.labels(agency.id, state.value).set(found[state])
    async with house.ledger.reading() as connection:
        last = (await connection.execute(sa.select(sa.func.max(events.c.id)))).scalar() or 0
        behind = (await connection.execute(sa.select(cursors))).all()
        dead = (
            await connection.execute(
                sa.select(dead_letters.c.consumer, sa.func.count()).group_by(dead_letters.c.consumer)
            )
        ).all()
    counted = {row[0]: int(row[1]) for row in dead}
    for row in behind:
        metrics.consumer_lag.labels(row.consumer).set(max(0, last - row.event_id))
        metrics.dead_letters.labels(row.consumer).set(counted.get(row.consumer, 0))
