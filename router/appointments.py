"""Appointments, committed (`router.kept`).

Overbooking is impossible by the table `cells`: a booking occupies cells of time in one lane of its group, and no cell
is there twice. Two who book the last place at once meet there, and one of them looks again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from kernel.clock import Clock
from kernel.errors import AppointmentsOff, AppointmentUnknown, PeerFault, SlotTaken
from kernel.ids import ClerkId, ConsultationId, GroupId, PointId, WorkstationId, at_home
from kernel.ledger import Ledger, Transaction, metadata
from kernel.messages import AppointmentChanged, Priority
from router import appointments_core as core
from router.appointments_core import FINAL, Appointment, AppointmentState, Due, Slot, Timing
from router.calendar_core import OFFICE_HOURS
from router.hours import calendar_for, group_of, must_be_open, place_of
from router.kept import LATELY_MS, TRIES, Kept, OvertakenError
from router.model import Calendar, Slots
from router.service import RouterService
from router.wanted_core import Wanted

log = structlog.get_logger("appointments")

appointments = sa.Table(
    "appointments",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("group_id", sa.String(64), nullable=False),
    sa.Column("point_id", sa.String(64), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("starts_ms", sa.BigInteger, nullable=False),
    sa.Column("ends_ms", sa.BigInteger, nullable=False),
    sa.Column("request_id", sa.String(36), nullable=False, unique=True),
    #: the identified client's pseudonym, who may look at the own ones
    sa.Column("client_ref", sa.String(64), index=True),
    sa.Column("version", sa.Integer, nullable=False),
    #: the Appointment, JSON
    sa.Column("body", sa.Text, nullable=False),
)
sa.Index("ix_appointments_group_starts", appointments.c.group_id, appointments.c.starts_ms)
sa.Index("ix_appointments_point_starts", appointments.c.point_id, appointments.c.starts_ms)
sa.Index("ix_appointments_state_starts", appointments.c.state, appointments.c.starts_ms)

cells = sa.Table(
    "appointment_cells",
    metadata,
    sa.Column("group_id", sa.String(64), primary_key=True),
    sa.Column("lane", sa.Integer, primary_key=True),
    sa.Column("cell", sa.BigInteger, primary_key=True),
    sa.Column("appointment_id", sa.String(36), nullable=False, index=True),
)

_OPEN = [state.value for state in AppointmentState if state not in FINAL]


class AppointmentService:
    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        router: RouterService,
        timing: Timing,
        *,
        workstation_on: Callable[[WorkstationId], bool],
    ) -> None:
        """``workstation_on``: is a workstation's page open?"""
        self._ledger = ledger
        self._clock = clock
        self._router = router
        self._timing = timing
        self._workstation_on = workstation_on
        self._kept = Kept(
            ledger,
            appointments,
            Appointment,
            more=_columns,
            order=lambda each: (each.starts_ms, each.id),
            shown=self._shown,
            written=self._written,
            unknown=AppointmentUnknown,
        )

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def takes(self, group_id: GroupId) -> bool:
        """Does the group take appointments? Raises `GroupUnknown`."""
        return group_of(self._router, group_id).rules.slots is not None

    async def free(self, group_id: GroupId, from_ms: int, to_ms: int) -> list[Slot]:
        """Raises `GroupUnknown` or `AppointmentsOff`."""
        calendar, slots = self._rules(group_id)
        async with self._ledger.reading() as connection:
            booked = [
                (row.starts_ms, row.ends_ms) for row in await connection.execute(_booked(group_id, from_ms, to_ms))
            ]
        now_ms = self._clock.wall_ms()
        return core.free_slots(calendar, slots, booked, from_ms=from_ms, to_ms=to_ms, now_ms=now_ms)

    async def get(self, appointment_id: str) -> Appointment:
        """Raises `AppointmentUnknown`."""
        return await self._kept.get(appointment_id)

    async def of_points(self, points: Iterable[PointId], from_ms: int, to_ms: int) -> list[Appointment]:
        """In the order of their times."""
        mine = appointments.c.point_id.in_(list(points)), appointments.c.starts_ms.between(from_ms, to_ms - 1)
        return await self._kept.select(*mine)

    async def of_client(self, client_ref: str, from_ms: int) -> list[Appointment]:
        """The client's own, whoever booked them, that begin from ``from_ms`` on."""
        mine = appointments.c.client_ref == client_ref, appointments.c.starts_ms >= from_ms
        return await self._kept.select(*mine)

    async def open_of(self, points: Iterable[PointId]) -> list[Appointment]:
        """Those that something may still become of, and those to which nobody came lately."""
        return await self._kept.shown_at(points)

    # ── commands ─────────────────────────────────────────────────────────────────────────────────

    async def book(
        self, appointment_id: str, wanted: Wanted, starts_ms: int, request_id: ConsultationId
    ) -> Appointment:
        """The same id again is the same booking. Raises `AppointmentsOff`, `SlotTaken` or `SlotUnavailable`."""
        for _ in range(TRIES):
            if (known := await self._kept.find(appointment_id)) is not None:
                return known
            try:
                async with self._ledger.transaction() as tx:
                    slot, lane = await self._take(tx, wanted.group_id, starts_ms)
                    booked = Appointment(
                        id=appointment_id,
                        wanted=wanted,
                        starts_ms=slot.starts_ms,
                        ends_ms=slot.ends_ms,
                        request_id=request_id,
                        created_ms=self._clock.wall_ms(),
                    )
                    await tx.execute(sa.insert(appointments).values(self._kept.row(booked)))
                    await _occupy(tx, booked, lane)
                    tx.record(self._changed(booked))
                return booked
            except IntegrityError:
                continue
        raise SlotTaken(field="starts_at_ms")

    async def move(self, appointment_id: str, starts_ms: int) -> Appointment:
        """To another time of the same group. Raises as `book`, `AppointmentUnknown` or `AppointmentClosed`."""
        for _ in range(TRIES):
            before = await self.get(appointment_id)
            if before.starts_ms == starts_ms and before.state in core.AWAITED:
                return before
            try:
                async with self._ledger.transaction() as tx:
                    await tx.execute(sa.delete(cells).where(cells.c.appointment_id == before.id))
                    slot, lane = await self._take(tx, before.wanted.group_id, starts_ms, moving=before.id)
                    after = core.move(before, slot)
                    await _occupy(tx, after, lane)
                    await self._kept.write(tx, before, after)
                return after
            except (IntegrityError, OvertakenError):
                continue
        raise SlotTaken(field="starts_at_ms")

    async def cancel(self, appointment_id: str, reason: str) -> Appointment:
        """Raises `AppointmentUnknown` or `AppointmentClosed`; cancelled again it stays cancelled."""

        def cancelled(before: Appointment) -> Appointment:
            if before.state is AppointmentState.CANCELLED:
                return before
            return msgspec.structs.replace(core.step(before, AppointmentState.CANCELLED), end_reason=reason)

        return (await self._kept.change(appointment_id, cancelled))[0]

    async def seen(self, appointment_id: str, clerk_id: ClerkId, clerk_name: str) -> Appointment:
        """The clerk handled the reminder: it rings no more. What a client booked alone is that clerk's now."""

        def handled(before: Appointment) -> Appointment:
            if before.state is not AppointmentState.REMINDED:
                return before
            wanted = before.wanted if before.wanted.clerk_id else before.wanted.by(clerk_id, clerk_name)
            return msgspec.structs.replace(core.step(before, AppointmentState.EXPECTED), wanted=wanted)

        return (await self._kept.change(appointment_id, handled))[0]

    async def arrived(self, appointment_id: str, clerk_id: ClerkId, clerk_name: str) -> Appointment:
        """The client is there: a request at once when its time has come, else at its time."""
        now_ms = self._clock.wall_ms()
        there, _ = await self._kept.change(
            appointment_id, lambda before: core.arrive(before, clerk_id, clerk_name, now_ms)
        )
        if there.state is AppointmentState.ARRIVED and there.starts_ms <= now_ms and there.tried_ms is None:
            await self._convert(there)
        return await self.get(appointment_id)

    async def tick(self) -> None:
        """What time brings about; every process may call it."""
        now_ms = self._clock.wall_ms()
        soon_ms = now_ms + round(self._timing.reminder_s * 1000)
        for appointment in await self._kept.select(
            appointments.c.state.in_(_OPEN), appointments.c.starts_ms <= soon_ms
        ):
            # the client may be at a workstation, or at home with a personal link open
            places = (appointment.wanted.workstation_id, at_home(appointment.request_id))
            on = any(place is not None and self._workstation_on(place) for place in places)
            # without a clerk who will moderate it nothing begins by itself
            on = on and appointment.wanted.clerk_id != ""
            match core.due(appointment, self._timing, now_ms, workstation_on=on):
                case Due.REMIND:
                    await self._kept.cas(appointment, core.step(appointment, AppointmentState.REMINDED))
                case Due.NO_SHOW:
                    await self._kept.cas(appointment, core.step(appointment, AppointmentState.NO_SHOW))
                case Due.CONVERT:
                    await self._convert(appointment)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _convert(self, appointment: Appointment) -> None:
        """Into its request, once: whoever wins the first compare-and-set asks the router, under an id that is fixed."""
        begun = core.begin(appointment, self._clock.wall_ms())
        if not await self._kept.cas(appointment, begun):
            return
        try:
            now_ms = self._clock.wall_ms()
            must_be_open(self._router, begun.wanted.group_id, now_ms)
            # the time was promised: in the most urgent class, and however many wait
            place = place_of(Priority.URGENT, now_ms)
            command = begun.wanted.request(begun.request_id, priority=Priority.URGENT, score=place)
            await self._router.create_request(command)
        except PeerFault as refusal:
            log.warning("appointment_refused", appointment_id=begun.id, code=refusal.code)
            await self._kept.cas(begun, core.refused(begun, refusal.code, self._clock.wall_ms()))
            return
        await self._kept.cas(begun, core.step(begun, AppointmentState.CONVERTED))

    async def _take(
        self, tx: Transaction, group_id: GroupId, starts_ms: int, *, moving: str | None = None
    ) -> tuple[Slot, int]:
        """The slot, and the first lane whose cells are free in it."""
        calendar, slots = self._rules(group_id)
        rows = await tx.execute(_booked(group_id, starts_ms, starts_ms + 1))
        booked = [(row.starts_ms, row.ends_ms) for row in rows if row.id != moving]
        slot = core.take(calendar, slots, booked, starts_ms=starts_ms, now_ms=self._clock.wall_ms())
        wanted = core.cells(slot.starts_ms, slot.ends_ms)
        there = sa.select(cells.c.lane).where(
            cells.c.group_id == group_id, cells.c.cell >= wanted.start, cells.c.cell < wanted.stop
        )
        taken = {row.lane for row in await tx.execute(there)}
        lane = next((lane for lane in range(slots.parallel) if lane not in taken), None)
        if lane is None:
            raise SlotTaken(field="starts_at_ms")
        return slot, lane

    def _rules(self, group_id: GroupId) -> tuple[Calendar, Slots]:
        group = group_of(self._router, group_id)
        if group.rules.slots is None:
            raise AppointmentsOff(field="group_id")
        return calendar_for(self._router, group) or OFFICE_HOURS, group.rules.slots

    def _shown(self) -> sa.ColumnElement[bool]:
        """Open, or nobody came lately."""
        lately = appointments.c.starts_ms >= self._clock.wall_ms() - LATELY_MS
        return appointments.c.state.in_(_OPEN) | ((appointments.c.state == AppointmentState.NO_SHOW.value) & lately)

    async def _written(self, tx: Transaction, after: Appointment) -> None:
        if after.state in FINAL:
            await tx.execute(sa.delete(cells).where(cells.c.appointment_id == after.id))
        tx.record(self._changed(after))

    def _changed(self, appointment: Appointment) -> AppointmentChanged:
        return AppointmentChanged(
            at_ms=self._clock.wall_ms(),
            appointment_id=appointment.id,
            group_id=appointment.wanted.group_id,
            point_id=appointment.wanted.point_id,
            state=appointment.state.value,
            starts_at_ms=appointment.starts_ms,
            request_id=appointment.request_id,
        )


def _columns(appointment: Appointment) -> dict[str, Any]:
    return {
        "starts_ms": appointment.starts_ms,
        "ends_ms": appointment.ends_ms,
        "client_ref": appointment.wanted.client_ref,
    }


def _booked(group_id: GroupId, from_ms: int, to_ms: int) -> sa.Select[Any]:
    """What stands in the slots that begin in ``from_ms`` … ``to_ms``, and a day around them."""
    return sa.select(appointments.c.id, appointments.c.starts_ms, appointments.c.ends_ms).where(
        appointments.c.group_id == group_id,
        appointments.c.state.in_(_OPEN),
        appointments.c.starts_ms.between(from_ms - core.DAY_MS, to_ms + core.DAY_MS),
    )


async def _occupy(tx: Transaction, appointment: Appointment, lane: int) -> None:
    """Raises `IntegrityError` when somebody else has one of the cells."""
    group_id = appointment.wanted.group_id
    await tx.execute(
        sa.insert(cells),
        [
            {"group_id": group_id, "lane": lane, "cell": cell, "appointment_id": appointment.id}
            for cell in core.cells(appointment.starts_ms, appointment.ends_ms)
        ],
    )
