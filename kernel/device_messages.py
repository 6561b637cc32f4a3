"""What happens to workstations; import these from `kernel.messages`."""

from __future__ import annotations

from kernel.event import Event
from kernel.ids import ConsultationId, PointId, WorkstationId


class RegisterChanged(Event, frozen=True, kw_only=True, tag="register_changed"):
    """A workstation was enrolled or let go; every process takes the register of workstations anew.

    ``let_go``: no device may be it any more; whatever it had open is closed.
    """

    durable = False

    workstation_id: WorkstationId
    let_go: bool = False


class StopChanged(Event, frozen=True, kw_only=True, tag="stop_changed"):
    """A brigade stands somewhere else from now on: the day turned, or its timetable was changed."""

    durable = False

    point_id: PointId


class ControlInput(Event, frozen=True, kw_only=True, tag="control_input"):
    """An official's input for a workstation. What it is travels sealed: a key may be a digit of somebody's code.

    ``target``: kiosk (its page) or agent (its desktop).
    """

    durable = False

    consultation_id: ConsultationId
    workstation_id: WorkstationId
    number: str
    target: str
    sealed: str


class ControlStopped(Event, frozen=True, kw_only=True, tag="control_stopped"):
    """Whatever was lent of a workstation is over; what is held down is let go."""

    durable = False

    consultation_id: ConsultationId
    workstation_id: WorkstationId
