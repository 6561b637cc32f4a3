"""Which workstations' pages are open, at this process or another. Pure.

The others' are known as officers' consoles are (`presence.peers_core`).
"""

from __future__ import annotations

from collections.abc import Collection

from kernel.ids import WorkstationId
from kernel.messages import Event, WorkstationConnected, WorkstationsHeld
from presence.peers_core import Peers


class Workstations:
    """Methods that hear something return the workstations whose `is_online` may now be different."""

    def __init__(self, process: str = "") -> None:
        self._process = process
        self._here: set[WorkstationId] = set()
        self._elsewhere: Peers[WorkstationId] = Peers()
        self._said = 0

    def is_online(self, workstation_id: WorkstationId) -> bool:
        return workstation_id in self._here or self._elsewhere.elsewhere(workstation_id)

    def moved(self, workstation_id: WorkstationId, is_open: bool, wall_ms: int) -> list[Event]:
        """The first page of a workstation opened here, or the last one closed; what that tells everybody."""
        if is_open == (workstation_id in self._here):
            return []
        (self._here.add if is_open else self._here.discard)(workstation_id)
        self._said += 1
        return [
            WorkstationConnected(
                at_ms=wall_ms,
                process=self._process,
                number=self._said,
                workstation_id=workstation_id,
                open=is_open,
            )
        ]

    def held(self, wall_ms: int) -> WorkstationsHeld:
        return WorkstationsHeld(
            at_ms=wall_ms, process=self._process, number=self._said, workstation_ids=tuple(sorted(self._here))
        )

    def hear(self, event: Event, now: float) -> set[WorkstationId]:
        match event:
            case WorkstationConnected():
                return self._elsewhere.changed(event.process, event.number, event.workstation_id, event.open, now)
            case WorkstationsHeld():
                return self._elsewhere.held(event.process, event.number, event.workstation_ids, now)
        return set()

    def lost(self, process: str) -> set[WorkstationId]:
        return self._elsewhere.lost(process)

    def reviewed(self, live: Collection[str], now: float) -> set[WorkstationId]:
        moved: set[WorkstationId] = set()
        for process in self._elsewhere.vanished(live, now):
            moved |= self.lost(process)
        return moved
