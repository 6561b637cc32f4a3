"""Presence, decided: who is there, who is willing, what others may see.

Three inputs meet here: device sessions (live consoles, two tabs are one officer), the officer's own choice, and the
router's lease. Two things come out: a *standing* for the router (online? ready?) and the *indicator* for people.
Times are monotonic seconds, except ``wall_ms`` which people see.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from kernel.ids import OfficerId
from kernel.messages import AwayReason, Event, Indicator, IndicatorChanged, LeaseState, StandingChanged

#: A console silent for this long is gone; the server pings every five seconds.
SILENT_S = 12.0
#: A closed socket may be a reload; the officer is gone only after this.
RELOAD_S = 3.0


class Choice(enum.StrEnum):
    """What the officer last chose by hand."""

    AVAILABLE = "available"
    AWAY = "away"
    OFFLINE = "offline"


#: The lease decides while the officer works; at rest the choice does.
_BY_LEASE = {
    LeaseState.RINGING: Indicator.RINGING,
    LeaseState.BUSY: Indicator.BUSY,
    LeaseState.WRAP_UP: Indicator.WRAP_UP,
}
_BY_CHOICE = {
    Choice.AVAILABLE: Indicator.AVAILABLE,
    Choice.AWAY: Indicator.AWAY,
    Choice.OFFLINE: Indicator.OFFLINE,
}


@dataclass(slots=True)
class _Officer:
    choice: Choice = Choice.OFFLINE
    reason: AwayReason | None = None
    lease: LeaseState = LeaseState.OFFLINE
    #: device → when last heard
    devices: dict[str, float] = field(default_factory=dict)
    gone_at: float | None = None
    online: bool = False
    shown: tuple[Indicator, AwayReason | None] = (Indicator.OFFLINE, None)
    since_ms: int = 0
    told: tuple[bool, bool, AwayReason | None] = (False, False, None)


class PresenceCore:
    """Every method returns the events that follow; unknown officers are ignored."""

    def __init__(self) -> None:
        self._officers: dict[OfficerId, _Officer] = {}

    def add(self, officer_id: OfficerId, choice: Choice, reason: AwayReason | None) -> None:
        self._officers.setdefault(officer_id, _Officer(choice, reason))

    def connected(self, officer_id: OfficerId, device_id: str, now: float, wall_ms: int) -> list[Event]:
        officer = self._officers.get(officer_id)
        if officer is None:
            return []
        officer.devices[device_id] = now
        officer.gone_at = None
        officer.online = True
        return self._settle(officer_id, officer, wall_ms)

    def heard(self, officer_id: OfficerId, device_id: str, now: float) -> None:
        officer = self._officers.get(officer_id)
        if officer is not None and device_id in officer.devices:
            officer.devices[device_id] = now

    def disconnected(self, officer_id: OfficerId, device_id: str, now: float) -> None:
        """A socket closed; `tick` takes the officer off when no console comes back in time."""
        officer = self._officers.get(officer_id)
        if officer is not None and officer.devices.pop(device_id, None) is not None and not officer.devices:
            officer.gone_at = now

    def choose(self, officer_id: OfficerId, choice: Choice, reason: AwayReason | None, wall_ms: int) -> list[Event]:
        officer = self._officers.get(officer_id)
        if officer is None:
            return []
        officer.choice = choice
        officer.reason = (reason or AwayReason.OTHER) if choice is Choice.AWAY else None
        return self._settle(officer_id, officer, wall_ms)

    def leased(self, officer_id: OfficerId, state: LeaseState, reason: AwayReason | None, wall_ms: int) -> list[Event]:
        """The router moved the officer. Not answering becomes the officer's choice, undone by choosing anew."""
        officer = self._officers.get(officer_id)
        if officer is None:
            return []
        officer.lease = state
        if state is LeaseState.AWAY and reason is AwayReason.NOT_ANSWERING:
            officer.choice, officer.reason = Choice.AWAY, reason
        return self._settle(officer_id, officer, wall_ms)

    def tick(self, now: float, wall_ms: int) -> list[Event]:
        """Take off whoever fell silent."""
        events: list[Event] = []
        for officer_id, officer in self._officers.items():
            if not officer.online:
                continue
            silent = [device for device, heard in officer.devices.items() if now - heard > SILENT_S]
            for device in silent:
                del officer.devices[device]
            if silent and not officer.devices:
                officer.gone_at = now - RELOAD_S
            if not officer.devices and officer.gone_at is not None and now - officer.gone_at >= RELOAD_S:
                officer.online = False
                events += self._settle(officer_id, officer, wall_ms)
        return events

    def indicator(self, officer_id: OfficerId) -> tuple[Indicator, AwayReason | None, int]:
        """(indicator, reason of being away, since when)."""
        officer = self._officers.get(officer_id)
        return (Indicator.OFFLINE, None, 0) if officer is None else (*officer.shown, officer.since_ms)

    def choice(self, officer_id: OfficerId) -> tuple[Choice, AwayReason | None]:
        officer = self._officers[officer_id]
        return officer.choice, officer.reason

    def _settle(self, officer_id: OfficerId, officer: _Officer, wall_ms: int) -> list[Event]:
        """What must be said now that something moved; nothing when nothing is different."""
        events: list[Event] = []
        ready = officer.online and officer.choice is Choice.AVAILABLE
        online = officer.online and officer.choice is not Choice.OFFLINE
        standing = (online, ready, officer.reason)
        if standing != officer.told:
            officer.told = standing
            events.append(
                StandingChanged(at_ms=wall_ms, officer_id=officer_id, online=online, ready=ready, reason=officer.reason)
            )
        shown = self._shown(officer)
        if shown != officer.shown:
            officer.shown, officer.since_ms = shown, wall_ms
            events.append(
                IndicatorChanged(
                    at_ms=wall_ms, officer_id=officer_id, indicator=shown[0], reason=shown[1], since_ms=wall_ms
                )
            )
        return events

    @staticmethod
    def _shown(officer: _Officer) -> tuple[Indicator, AwayReason | None]:
        if officer.lease in _BY_LEASE and (officer.online or officer.lease is not LeaseState.RINGING):
            return _BY_LEASE[officer.lease], None
        if not officer.online:
            return Indicator.OFFLINE, None
        return _BY_CHOICE[officer.choice], officer.reason
