"""Appointments: free slots, what may become of a booking, what is due when. Pure. See docs/appointments.md."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from kernel.errors import AppointmentClosed, SlotTaken, SlotUnavailable
from kernel.ids import ClerkId, ConsultationId
from router.calendar_core import open_intervals
from router.model import Calendar, Slots
from router.wanted_core import Wanted

MINUTE_MS = 60_000
DAY_MS = 86_400_000
#: a booking occupies whole cells of time; no two bookings share a cell of one lane (`router.appointments`)
CELL_MS = 5 * MINUTE_MS
#: a conversion that was begun and not finished is taken up anew, by whoever lives
CONVERTING_S = 10.0
#: a refused conversion is tried again
REFUSED_S = 30.0


class AppointmentState(enum.StrEnum):
    BOOKED = "booked"
    REMINDED = "reminded"  # rings at the clerk's console until handled
    EXPECTED = "expected"  # handled; the client is waited for
    ARRIVED = "arrived"  # the client is there; becomes a request at its time
    CONVERTING = "converting"
    CONVERTED = "converted"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


_S = AppointmentState

#: (from, to): everything else is refused. The last three states are final.
TRANSITIONS = frozenset(
    {
        (_S.BOOKED, _S.BOOKED),  # moved
        (_S.REMINDED, _S.BOOKED),
        (_S.EXPECTED, _S.BOOKED),
        (_S.ARRIVED, _S.BOOKED),
        (_S.BOOKED, _S.REMINDED),
        (_S.REMINDED, _S.EXPECTED),
        (_S.BOOKED, _S.ARRIVED),
        (_S.REMINDED, _S.ARRIVED),
        (_S.EXPECTED, _S.ARRIVED),
        # with a workstation that is on, nobody has to say that the client is there
        (_S.BOOKED, _S.CONVERTING),
        (_S.REMINDED, _S.CONVERTING),
        (_S.EXPECTED, _S.CONVERTING),
        (_S.ARRIVED, _S.CONVERTING),
        (_S.CONVERTING, _S.CONVERTING),  # taken up after a crash
        (_S.CONVERTING, _S.ARRIVED),  # refused
        (_S.CONVERTING, _S.CONVERTED),
        (_S.BOOKED, _S.CANCELLED),
        (_S.REMINDED, _S.CANCELLED),
        (_S.EXPECTED, _S.CANCELLED),
        (_S.ARRIVED, _S.CANCELLED),
        (_S.BOOKED, _S.NO_SHOW),
        (_S.REMINDED, _S.NO_SHOW),
        (_S.EXPECTED, _S.NO_SHOW),
        (_S.ARRIVED, _S.NO_SHOW),
    }
)
FINAL = frozenset({_S.CONVERTED, _S.CANCELLED, _S.NO_SHOW})
#: the clerk has not said that the client is there
AWAITED = frozenset({_S.BOOKED, _S.REMINDED, _S.EXPECTED})


class Appointment(msgspec.Struct, frozen=True, kw_only=True):
    """``request_id`` is fixed at booking: however often the conversion is tried, it makes one request."""

    id: str
    wanted: Wanted
    state: AppointmentState = AppointmentState.BOOKED
    starts_ms: int
    ends_ms: int
    request_id: ConsultationId
    version: int = 0
    created_ms: int = 0
    arrived_ms: int | None = None
    #: when the conversion was last begun, or refused
    tried_ms: int | None = None
    #: the refusal's code
    problem: str | None = None
    end_reason: str | None = None


class Slot(msgspec.Struct, frozen=True):
    """A time that can be booked; ``free``: how many more bookings fit."""

    starts_ms: int
    ends_ms: int
    free: int


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """``reminder_s``: the console rings so long before; ``no_show_s``: the client is waited for so long after."""

    reminder_s: float = 600.0
    no_show_s: float = 900.0


class Due(enum.StrEnum):
    REMIND = "remind"
    CONVERT = "convert"
    NO_SHOW = "no_show"


# ── slots ────────────────────────────────────────────────────────────────────────────────────────


def length_ms(slots: Slots) -> int:
    """A slot fills whole cells."""
    return -(-slots.minutes * MINUTE_MS // CELL_MS) * CELL_MS


def bookable(slots: Slots, now_ms: int) -> tuple[int, int]:
    """(earliest, latest) start that may be booked now."""
    return now_ms + slots.min_notice_minutes * MINUTE_MS, now_ms + slots.days_ahead * DAY_MS


def free_slots(
    calendar: Calendar, slots: Slots, booked: Iterable[tuple[int, int]], *, from_ms: int, to_ms: int, now_ms: int
) -> list[Slot]:
    """Slots that begin in ``from_ms`` … ``to_ms`` and take a booking still; ``booked``: (start, end) of what there is.

    Slots follow one another from each opening; what does not fit before the closing is none.
    """
    taken = sorted(booked)
    earliest, latest = bookable(slots, now_ms)
    length = length_ms(slots)
    found = []
    # an interval must be seen whole: its slots are counted from its beginning
    for opens_ms, closes_ms in open_intervals(calendar, from_ms - DAY_MS, to_ms + DAY_MS):
        starts_ms = -(-opens_ms // CELL_MS) * CELL_MS
        while starts_ms + length <= closes_ms:
            if max(from_ms, earliest) <= starts_ms < to_ms and starts_ms <= latest:
                there = sum(one < starts_ms + length and starts_ms < other for one, other in taken)
                if there < slots.parallel:
                    found.append(Slot(starts_ms, starts_ms + length, slots.parallel - there))
            starts_ms += length
    return found


def take(calendar: Calendar, slots: Slots, booked: Iterable[tuple[int, int]], *, starts_ms: int, now_ms: int) -> Slot:
    """The slot beginning at ``starts_ms``; raises `SlotTaken` when it is full, `SlotUnavailable` when there is none."""

    def at(taken: Iterable[tuple[int, int]]) -> list[Slot]:
        return free_slots(calendar, slots, taken, from_ms=starts_ms, to_ms=starts_ms + 1, now_ms=now_ms)

    if found := at(booked):
        return found[0]
    if at(()):
        raise SlotTaken(field="starts_at_ms")
    raise SlotUnavailable(field="starts_at_ms")


def cells(starts_ms: int, ends_ms: int) -> range:
    """The cells that a booking occupies."""
    return range(starts_ms // CELL_MS, -(-ends_ms // CELL_MS))


# ── a booking's life ─────────────────────────────────────────────────────────────────────────────


def step(appointment: Appointment, to: AppointmentState) -> Appointment:
    """In state ``to``, one version on. Raises `AppointmentClosed` when it cannot come there any more."""
    if (appointment.state, to) not in TRANSITIONS:
        raise AppointmentClosed(state=appointment.state.value)
    return msgspec.structs.replace(appointment, state=to, version=appointment.version + 1)


def move(appointment: Appointment, slot: Slot) -> Appointment:
    moved = step(appointment, AppointmentState.BOOKED)
    return msgspec.structs.replace(
        moved, starts_ms=slot.starts_ms, ends_ms=slot.ends_ms, arrived_ms=None, tried_ms=None, problem=None
    )


def arrive(appointment: Appointment, clerk_id: ClerkId, clerk_name: str, now_ms: int) -> Appointment:
    """The client is there; whoever says so serves them. Said again it changes nothing."""
    if appointment.state in (_S.ARRIVED, _S.CONVERTING, _S.CONVERTED):
        return appointment
    there = step(appointment, AppointmentState.ARRIVED)
    wanted = appointment.wanted.by(clerk_id, clerk_name)
    return msgspec.structs.replace(there, wanted=wanted, arrived_ms=now_ms, problem=None, tried_ms=None)


def begin(appointment: Appointment, now_ms: int) -> Appointment:
    return msgspec.structs.replace(step(appointment, AppointmentState.CONVERTING), tried_ms=now_ms)


def refused(appointment: Appointment, code: str, now_ms: int) -> Appointment:
    """The router took no request: it is tried again for as long as the client is waited for."""
    back = step(appointment, AppointmentState.ARRIVED)
    arrived_ms = appointment.arrived_ms if appointment.arrived_ms is not None else now_ms
    return msgspec.structs.replace(back, problem=code, tried_ms=now_ms, arrived_ms=arrived_ms)


def due(appointment: Appointment, timing: Timing, now_ms: int, *, workstation_on: bool) -> Due | None:
    """What must happen to it now, if anything.

    A request is never made before its time. It is made at its time when the clerk has said that the client is there, or
    when the booked workstation is on: then nobody has to say so.
    """
    state, starts_ms = appointment.state, appointment.starts_ms
    if state is _S.CONVERTING:
        return Due.CONVERT if _since(appointment.tried_ms, now_ms) >= CONVERTING_S else None
    if state not in AWAITED and state is not _S.ARRIVED:
        return None
    waited_from = max(starts_ms, appointment.arrived_ms or 0)
    if now_ms >= waited_from + timing.no_show_s * 1000:
        return Due.NO_SHOW
    if now_ms >= starts_ms:
        if state is _S.ARRIVED:
            return Due.CONVERT if _since(appointment.tried_ms, now_ms) >= REFUSED_S else None
        if workstation_on:
            return Due.CONVERT
    if state is _S.BOOKED and now_ms >= starts_ms - timing.reminder_s * 1000:
        return Due.REMIND
    return None


def _since(moment_ms: int | None, now_ms: int) -> float:
    return float("inf") if moment_ms is None else (now_ms - moment_ms) / 1000
