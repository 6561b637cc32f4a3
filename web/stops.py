"""Where brigades stand today: a workstation that moves says so, to the client and to the clerk."""

from __future__ import annotations

from typing import Any

from casework.network import Network
from casework.network_core import Stop, stop_today
from kernel.clock import Clock
from kernel.errors import Unavailable
from kernel.feed import EventFeed
from kernel.ids import PointId
from kernel.messages import StopChanged

#: the register changes rarely, and the day once
EVERY_S = 30.0


class Stops:
    """A copy of the timetables, so that showing a workstation asks nobody."""

    def __init__(self, network: Network, feed: EventFeed, clock: Clock) -> None:
        self._network = network
        self._feed = feed
        self._clock = clock
        self._today: dict[PointId, Stop] = {}

    async def refresh(self) -> None:
        """Take the timetables anew; a screen that shows another stop than today's is told."""
        try:
            known = await self._network.points()
        except Unavailable:
            # what was true half a minute ago is the best there is
            return
        day = self._network.today()
        found = {
            PointId(each.point.id): stop
            for each in known.values()
            if (stop := stop_today(each.point.details, day)) is not None
        }
        before, self._today = self._today, found
        at_ms = self._clock.wall_ms()
        moved = sorted(each for each in before.keys() | found.keys() if before.get(each) != found.get(each))
        self._feed.publish([StopChanged(at_ms=at_ms, point_id=each) for each in moved])

    def of(self, point_id: PointId) -> dict[str, Any] | None:
        stop = self._today.get(point_id)
        return None if stop is None else {"place": stop.place, "opens": stop.opens, "closes": stop.closes}
