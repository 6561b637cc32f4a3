"""Events of what was put off: appointments and callbacks."""

from __future__ import annotations

from kernel.event import Event
from kernel.ids import ConsultationId, GroupId, PointId


class AppointmentChanged(Event, frozen=True, kw_only=True, tag="appointment_changed"):
    """Booked, moved, its reminder rings, became a request … ``request_id``: of the request it is to become, or is."""

    appointment_id: str
    group_id: GroupId
    point_id: PointId
    state: str  # router.appointments_core.AppointmentState
    starts_at_ms: int
    request_id: ConsultationId


class CallbackChanged(Event, frozen=True, kw_only=True, tag="callback_changed"):
    """Waits, rings, became a request … ``callback_id``: of the request that left the queue for it."""

    callback_id: ConsultationId
    group_id: GroupId
    point_id: PointId
    state: str  # router.callbacks_core.CallbackState
    request_id: ConsultationId
    #: lives no longer
    until_ms: int
