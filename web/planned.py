"""Appointments and callbacks as a clerk's console sees them: those of the clerk's point and of the points it hosts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kernel.clock import Clock
from kernel.errors import AppointmentUnknown, CallbackUnknown
from kernel.ids import ConsultationId, GroupId, PointId, WorkstationId
from kernel.ledger import Ledger
from kernel.settings import Settings
from router.appointments import AppointmentService
from router.appointments_core import Appointment, Timing
from router.callbacks import CallbackService, Carry
from router.callbacks_core import Callback, Patience
from router.hours import hours_of
from router.service import RouterService
from router.wanted_core import Wanted
from web import session_view


class Planned:
    def __init__(self, router: RouterService, appointments: AppointmentService, callbacks: CallbackService) -> None:
        self._router = router
        self.appointments = appointments
        self.callbacks = callbacks

    async def appointment_at(self, points: Sequence[PointId], appointment_id: str) -> Appointment:
        """Raises `AppointmentUnknown` also for one of another point."""
        found = await self.appointments.get(appointment_id)
        if found.wanted.point_id not in points:
            raise AppointmentUnknown
        return found

    async def callback_at(self, points: Sequence[PointId], callback_id: ConsultationId) -> Callback:
        """Raises `CallbackUnknown` also for one of another point."""
        found = await self.callbacks.get(callback_id)
        if found.wanted.point_id not in points:
            raise CallbackUnknown
        return found

    async def show(self, kind: str, key: str) -> dict[str, Any] | None:
        if kind == "appointment.changed":
            return appointment_view(await self.appointments.get(key))
        return callback_view(await self.callbacks.get(ConsultationId(key)))

    async def snapshot(self, points: Sequence[PointId]) -> dict[str, Any]:
        return {
            "appointments": [appointment_view(each) for each in await self.appointments.open_of(points)],
            "callbacks": [callback_view(each) for each in await self.callbacks.open_of(points)],
        }

    def hours(self, group_id: GroupId, now_ms: int) -> dict[str, Any]:
        """Raises `GroupUnknown`."""
        hours = hours_of(self._router, group_id, now_ms)
        return {
            "open": hours.open,
            "opens_at_ms": hours.opens_ms,
            "closes_at_ms": hours.closes_ms,
            "appointments": self.appointments.takes(group_id),
            "callbacks": self.callbacks.offers(group_id),
        }


def plan(
    settings: Settings,
    ledger: Ledger,
    clock: Clock,
    router: RouterService,
    *,
    carry: Carry,
    workstation_on: Callable[[WorkstationId], bool],
) -> Planned:
    timing = Timing(reminder_s=settings.appointment_reminder_s, no_show_s=settings.appointment_no_show_s)
    patience = Patience(
        tries=settings.callback_tries,
        ring_s=settings.callback_ring_s,
        rest_s=settings.callback_rest_s,
        lifetime_s=settings.callback_hours * 3600,
    )
    appointments = AppointmentService(ledger, clock, router, timing, workstation_on=workstation_on)
    return Planned(router, appointments, CallbackService(ledger, clock, router, patience, carry=carry))


def appointment_view(appointment: Appointment) -> dict[str, Any]:
    return {
        "id": appointment.id,
        "state": appointment.state,
        "starts_at_ms": appointment.starts_ms,
        "ends_at_ms": appointment.ends_ms,
        "request_id": appointment.request_id,
        "problem": appointment.problem,
        "end_reason": appointment.end_reason,
        **_wanted(appointment.wanted),
    }


def callback_view(callback: Callback) -> dict[str, Any]:
    return {
        "id": callback.id,
        "state": callback.state,
        "ticket": callback.ticket,
        "tries": callback.tries,
        "created_at_ms": callback.created_ms,
        "rests_until_ms": callback.rests_until_ms or None,
        "request_id": callback.request_id,
        "problem": callback.problem,
        "end_reason": callback.end_reason,
        **_wanted(callback.wanted),
    }


def _wanted(wanted: Wanted) -> dict[str, Any]:
    return {
        "agency_id": wanted.agency_id,
        "group_id": wanted.group_id,
        "pak": wanted.pak,
        "service": wanted.service,
        "language": wanted.language,
        "officer_id": wanted.preferred_officer_id,
        "workstation_id": wanted.workstation_id,
        "client": session_view.client_label(wanted.client_kind, wanted.client_ref),
        "point_id": wanted.point_id,
        "point_name": wanted.point_name,
        "clerk_name": wanted.clerk_name,
    }
