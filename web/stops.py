"""Where brigades stand today: a workstation that moves says so, to the client and to the clerk."""

from __future__ import annotations

from typing import Any

from casework.network import Network
from casework.network_core import Stop, stop_today
from kernel.errors import Unavailable
from kernel.ids import PointId

#: the register changes rarely, and the day once
EVERY_S = 30.0


class Stops:
    """A copy of the timetables, so that showing a workstation asks nobody."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._today: dict[str, Stop] = {}

    async def refresh(self) -> None:
        try:
            known = await self._network.points()
        except Unavailable:
            # what was true half a minute ago is the best there is
            return
        day = self._network.today()
        found = {
            each.point.id: stop_today(each.point.details, day) for each in known.values() if each.point.details.stops
        }
        self._today = {point_id: stop for point_id, stop in found.items() if stop is not None}

    def of(self, point_id: PointId) -> dict[str, Any] | None:
        stop = self._today.get(point_id)
        return None if stop is None else {"place": stop.place, "opens": stop.opens, "closes": stop.closes}
