"""What happens to workstations; import these from `kernel.messages`."""

from __future__ import annotations

from kernel.event import Event
from kernel.ids import WorkstationId


class RegisterChanged(Event, frozen=True, kw_only=True, tag="register_changed"):
    """A workstation was enrolled or let go; every process takes the register of workstations anew.

    ``let_go``: no device may be it any more; whatever it had open is closed.
    """

    durable = False

    workstation_id: WorkstationId
    let_go: bool = False
