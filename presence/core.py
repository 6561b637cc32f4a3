"""Presence, decided: who is there, who is willing, what others may see.

Three inputs meet here: device sessions (live consoles, two tabs are one officer), the officer's own choice, and the
router's lease. Two things come out: a *standing* for the router (online? ready?) and the *indicator* for people.
Times are monotonic seconds, except ``wall_ms`` which people see.

With several web processes each has the whole picture: its own consoles, and what the others say of theirs
(`presence.peers_core`). A standing is told by the process where its cause happened; the others only update their
picture. What got lost on the way is told anew by one of them (`PresenceCore.contradictions`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from kernel.ids import OfficerId
from kernel.messages import (
    AwayReason,
    Choice,
    ConsolesChanged,
    ConsolesHeld,
    Event,
    Indicator,
    IndicatorChanged,
    LeaseState,
    StandingChanged,
)
from presence.peers_core import Peers

__all__ = ["MOVE_S", "RELOAD_S", "SILENT_S", "Choice", "PresenceCore"]

#: A console silent for this long is gone; the server pings every five seconds.
SILENT_S = 12.0
#: A closed socket may be a reload; the officer is gone only after this.
RELOAD_S = 3.0
#: The consoles of a process that vanished come back at another one; whoever has not by then is gone.
MOVE_S = 7.0

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
    version: int = 0
    lease: LeaseState = LeaseState.OFFLINE
    #: this process' consoles: device → when last heard
    devices: dict[str, float] = field(default_factory=dict)
    gone_at: float | None = None
    #: whether the last console was ours, so that we tell of its end
    gone_here: bool = False
    online: bool = False
    shown: tuple[Indicator, AwayReason | None] = (Indicator.OFFLINE, None)
    since_ms: int = 0
    told: tuple[bool, bool, AwayReason | None] = (False, False, None)


class PresenceCore:
    """Every method returns the events that follow; unknown officers are ignored.

    ``process`` is the name that this process has among the others; empty when it is alone.
    """

    def __init__(self, process: str = "") -> None:
        self.process = process
        self._officers: dict[OfficerId, _Officer] = {}
        self._peers: Peers[OfficerId] = Peers()
        self._said = 0

    def add(self, officer_id: OfficerId, choice: Choice, reason: AwayReason | None, version: int = 0) -> None:
        self._officers.setdefault(officer_id, _Officer(choice, reason, version))

    # ── consoles of this process ─────────────────────────────────────────────────────────────────

    def connected(self, officer_id: OfficerId, device_id: str, now: float, wall_ms: int) -> list[Event]:
        officer = self._officers.get(officer_id)
        if officer is None:
            return []
        first = not officer.devices
        officer.devices[device_id] = now
        officer.gone_at = None
        officer.online = True
        said = self._say(officer_id, True, wall_ms) if first else []
        return said + self._settle(officer_id, officer, wall_ms, tells=True)

    def heard(self, officer_id: OfficerId, device_id: str, now: float) -> None:
        officer = self._officers.get(officer_id)
        if officer is not None and device_id in officer.devices:
            officer.devices[device_id] = now

    def disconnected(self, officer_id: OfficerId, device_id: str, now: float, wall_ms: int) -> list[Event]:
        """A socket closed; `tick` takes the officer off when no console comes back in time."""
        officer = self._officers.get(officer_id)
        if officer is None or officer.devices.pop(device_id, None) is None or officer.devices:
            return []
        self._left(officer_id, officer, now, here=True)
        return self._say(officer_id, False, wall_ms)

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
                self._left(officer_id, officer, now - RELOAD_S, here=True)
                events += self._say(officer_id, False, wall_ms)
            if officer.gone_at is not None and now - officer.gone_at >= RELOAD_S:
                officer.online, officer.gone_at = False, None
                events += self._settle(officer_id, officer, wall_ms, tells=officer.gone_here)
        return events

    # ── consoles of the other processes ──────────────────────────────────────────────────────────

    def consoles_changed(self, event: ConsolesChanged, now: float, wall_ms: int) -> list[Event]:
        if event.process == self.process:
            return []
        moved = self._peers.changed(event.process, event.number, event.officer_id, event.open, now)
        return self._moved(moved, now, wall_ms, here=False)

    def consoles_held(self, event: ConsolesHeld, now: float, wall_ms: int) -> list[Event]:
        if event.process == self.process:
            return []
        moved = self._peers.held(event.process, event.number, event.officer_ids, now)
        return self._moved(moved, now, wall_ms, here=False)

    def lost(self, process: str, now: float, wall_ms: int, *, leads: bool) -> list[Event]:
        """A process vanished. Its consoles have `MOVE_S` to come back; whoever ``leads`` tells of those who do not."""
        return self._moved(self._peers.lost(process), now + MOVE_S - RELOAD_S, wall_ms, here=leads)

    def reviewed(self, live: Collection[str], now: float, wall_ms: int, *, leads: bool) -> list[Event]:
        """Part from processes of whose end nobody told us."""
        events: list[Event] = []
        for process in self._peers.vanished(live, now):
            events += self.lost(process, now, wall_ms, leads=leads)
        return events

    def held(self, wall_ms: int) -> ConsolesHeld:
        """Everything this process holds."""
        mine = tuple(officer_id for officer_id, officer in self._officers.items() if officer.devices)
        return ConsolesHeld(at_ms=wall_ms, process=self.process, number=self._said, officer_ids=mine)

    # ── choice and lease ─────────────────────────────────────────────────────────────────────────

    def chosen(
        self,
        officer_id: OfficerId,
        choice: Choice,
        reason: AwayReason | None,
        version: int,
        wall_ms: int,
        *,
        here: bool,
    ) -> list[Event]:
        """The ledger says what the officer chose; an older version than the known one changes nothing."""
        officer = self._officers.get(officer_id)
        if officer is None or version < officer.version:
            return []
        officer.choice, officer.reason, officer.version = choice, reason_of(choice, reason), version
        return self._settle(officer_id, officer, wall_ms, tells=here)

    def leased(
        self,
        officer_id: OfficerId,
        state: LeaseState,
        reason: AwayReason | None,
        wall_ms: int,
        *,
        here: bool = True,
    ) -> list[Event]:
        """The router moved the officer. Not answering becomes the officer's choice, undone by choosing anew."""
        officer = self._officers.get(officer_id)
        if officer is None:
            return []
        officer.lease = state
        if state is LeaseState.AWAY and reason is AwayReason.NOT_ANSWERING:
            officer.choice, officer.reason = Choice.AWAY, reason
        return self._settle(officer_id, officer, wall_ms, tells=here)

    def lease_is(self, officer_id: OfficerId, state: LeaseState, wall_ms: int) -> list[Event]:
        """What the router's index says of the lease: for a process that is new, or has lost touch."""
        officer = self._officers.get(officer_id)
        if officer is None:
            return []
        officer.lease = state
        return self._settle(officer_id, officer, wall_ms, tells=False)

    def contradictions(
        self, followed: Iterable[tuple[OfficerId, bool, bool]], live: Collection[str], wall_ms: int
    ) -> list[Event]:
        """Standings that the router does not follow, because what told of them was lost; empty while in doubt.

        ``followed``: (officer, online, ready) as the router believes. For one process at a time, and only once every
        other one was heard completely: a half-filled picture would take people off who are there.
        """
        if not self._peers.complete(process for process in live if process != self.process):
            return []
        return [
            _standing(officer_id, officer, wall_ms)
            for officer_id, online, ready in followed
            if (officer := self._officers.get(officer_id)) is not None and _standing_of(officer)[:2] != (online, ready)
        ]

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    def indicator(self, officer_id: OfficerId) -> tuple[Indicator, AwayReason | None, int]:
        """(indicator, reason of being away, since when)."""
        officer = self._officers.get(officer_id)
        return (Indicator.OFFLINE, None, 0) if officer is None else (*officer.shown, officer.since_ms)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    def _say(self, officer_id: OfficerId, is_open: bool, wall_ms: int) -> list[Event]:
        if not self.process:
            return []
        self._said += 1
        return [
            ConsolesChanged(at_ms=wall_ms, process=self.process, number=self._said, officer_id=officer_id, open=is_open)
        ]

    def _left(self, officer_id: OfficerId, officer: _Officer, gone_at: float, *, here: bool) -> None:
        if not self._peers.elsewhere(officer_id):
            officer.gone_at, officer.gone_here = gone_at, here

    def _moved(self, moved: Iterable[OfficerId], gone_at: float, wall_ms: int, *, here: bool) -> list[Event]:
        events: list[Event] = []
        for officer_id in moved:
            officer = self._officers.get(officer_id)
            if officer is None or officer.devices:
                continue
            if self._peers.elsewhere(officer_id):
                officer.gone_at, officer.online = None, True
                events += self._settle(officer_id, officer, wall_ms, tells=False)
            elif officer.online:
                officer.gone_at, officer.gone_here = gone_at, here
        return events

    def _settle(self, officer_id: OfficerId, officer: _Officer, wall_ms: int, *, tells: bool) -> list[Event]:
        """What must be said now that something moved; nothing when nothing is different."""
        events: list[Event] = []
        standing = _standing_of(officer)
        if standing != officer.told:
            officer.told = standing
            if tells:
                events.append(_standing(officer_id, officer, wall_ms))
        shown = _shown(officer)
        if shown != officer.shown:
            officer.shown, officer.since_ms = shown, wall_ms
            events.append(
                IndicatorChanged(
                    at_ms=wall_ms, officer_id=officer_id, indicator=shown[0], reason=shown[1], since_ms=wall_ms
                )
            )
        return events


def reason_of(choice: Choice, reason: AwayReason | None) -> AwayReason | None:
    """Away always has a reason, anything else has none."""
    return (reason or AwayReason.OTHER) if choice is Choice.AWAY else None


def _standing_of(officer: _Officer) -> tuple[bool, bool, AwayReason | None]:
    online = officer.online and officer.choice is not Choice.OFFLINE
    ready = officer.online and officer.choice is Choice.AVAILABLE
    return online, ready, officer.reason


def _standing(officer_id: OfficerId, officer: _Officer, wall_ms: int) -> StandingChanged:
    online, ready, reason = _standing_of(officer)
    return StandingChanged(at_ms=wall_ms, officer_id=officer_id, online=online, ready=ready, reason=reason)


def _shown(officer: _Officer) -> tuple[Indicator, AwayReason | None]:
    if officer.lease in _BY_LEASE and (officer.online or officer.lease is not LeaseState.RINGING):
        return _BY_LEASE[officer.lease], None
    if not officer.online:
        return Indicator.OFFLINE, None
    return _BY_CHOICE[officer.choice], officer.reason
