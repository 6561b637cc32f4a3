"""Who waits where, and who may take it: the order of an agency's queues and of its idle officers. Pure.

A *lane* is what requests have in common that decides who may take them: group, language, skills, level and how far the
circle has widened. A request stands in one lane at a time; widening moves it to the lane's successor. A lane in which
nobody could answer is skipped, which needs no move: whoever may take from its successor may then take from it
(`Lanes.effective`). What an officer may take from is a handful of lanes, whatever waits in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sortedcontainers import SortedList

from kernel.ids import ConsultationId, GroupId, OfficerId
from kernel.messages import LeaseState, RequestFacts
from router.lease import PRESENT
from router.model import ChoicePolicy, Directory, GroupRules, Lease, Officer, Ring

_ANY_RING = (Ring(),)
Key = tuple[int, str]


class Lane(NamedTuple):
    group_id: GroupId
    language: str
    skills: tuple[str, ...]
    level: int
    #: index into the group's rings
    ring: int
    #: while a request waits for its preferred officer alone
    only: OfficerId | None = None


class Lanes:
    """``lease_of`` reads the officers' leases as they are now."""

    def __init__(self, directory: Directory, lease_of: Callable[[OfficerId], Lease]) -> None:
        self.directory = directory
        self._lease_of = lease_of
        self._queues: dict[Lane, SortedList[Key]] = {}
        self._idle: dict[Lane, SortedList[tuple[int, int, str]]] = {}
        self._able: dict[Lane, frozenset[OfficerId]] = {}

    # ── what a lane asks for ─────────────────────────────────────────────────────────────────────

    def rules(self, group_id: GroupId) -> GroupRules:
        group = self.directory.groups.get(group_id)
        return group.rules if group is not None else GroupRules()

    def stages(self, facts: RequestFacts) -> list[tuple[float, Lane]]:
        """(seconds of waiting from which it holds, lane), in order; at least one."""
        rules = self.rules(facts.group_id)
        first = Lane(facts.group_id, facts.language, facts.skills, facts.level, 0)
        found: list[tuple[float, Lane]] = []
        hold_s = 0.0
        if facts.preferred_officer_id in self.directory.officers:
            hold_s = rules.preferred_hold_s
            found.append((0.0, first._replace(only=facts.preferred_officer_id)))
        for index, ring in enumerate(rules.rings or _ANY_RING):
            found.append((hold_s + (ring.after_s if index else 0.0), first._replace(ring=index)))
        return found

    def successor(self, lane: Lane) -> Lane | None:
        if lane.only is not None:
            return lane._replace(only=None)
        rings = self.rules(lane.group_id).rings
        return lane._replace(ring=lane.ring + 1) if lane.ring + 1 < len(rings) else None

    def able(self, lane: Lane) -> frozenset[OfficerId]:
        """The officers who may take from a lane as far as the directory goes."""
        known = self._able.get(lane)
        if known is None:
            known = frozenset(each.id for each in self.directory.officers.values() if self.lacks(each, lane) is None)
            self._able[lane] = known
        return known

    def lacks(self, officer: Officer, lane: Lane) -> str | None:
        """What this officer lacks for a lane: group, level, language, skill or preferred; None when nothing."""
        if lane.only is not None:
            return None if officer.id == lane.only else "preferred"
        rings = self.rules(lane.group_id).rings or _ANY_RING
        circles = rings[: lane.ring + 1]
        levels = [
            (officer.levels[group_id], max(ring.min_level, lane.level))
            for ring in circles
            for group_id in ring.groups or (lane.group_id,)
            if group_id in officer.levels
        ]
        if not levels:
            return "group"
        if not any(has >= needs for has, needs in levels):
            return "level"
        if lane.language not in officer.languages:
            return "language"
        if not set(lane.skills) <= set(officer.skills):
            return "skill"
        return None

    def could_answer(self, lane: Lane) -> bool:
        return any(self._lease_of(officer_id).state in PRESENT for officer_id in self.able(lane))

    def effective(self, lane: Lane) -> Lane:
        """The lane itself, or the first wider one in which somebody could answer; the widest when nobody could."""
        while not self.could_answer(lane):
            wider = self.successor(lane)
            if wider is None:
                return lane
            lane = wider
        return lane

    # ── waiting requests ─────────────────────────────────────────────────────────────────────────

    def add(self, lane: Lane, key: Key) -> None:
        self._queues.setdefault(lane, SortedList()).add(key)

    def remove(self, lane: Lane, key: Key) -> None:
        queue = self._queues[lane]
        queue.remove(key)
        if not queue:
            del self._queues[lane]

    def waiting_lanes(self) -> list[Lane]:
        """The lanes in which somebody waits."""
        return list(self._queues)

    def in_order(self, lane: Lane) -> Iterator[ConsultationId]:
        for key in self._queues.get(lane, ()):
            yield ConsultationId(key[1])

    def first_key(self, lane: Lane) -> Key | None:
        queue = self._queues.get(lane)
        return queue[0] if queue else None

    def position(self, group_id: GroupId, key: Key) -> int:
        """Place in the group's queue, counted from one."""
        queues = (queue for lane, queue in self._queues.items() if lane.group_id == group_id)
        return 1 + sum(int(queue.bisect_left(key)) for queue in queues)

    def of_group(self, group_id: GroupId) -> list[Key]:
        return sorted(key for lane, queue in self._queues.items() if lane.group_id == group_id for key in queue)

    def heads(self, group_id: GroupId) -> list[ConsultationId]:
        """The first of each of the group's lanes."""
        return [ConsultationId(queue[0][1]) for lane, queue in self._queues.items() if lane.group_id == group_id]

    def count(self, group_id: GroupId) -> int:
        return sum(len(queue) for lane, queue in self._queues.items() if lane.group_id == group_id)

    # ── idle officers ────────────────────────────────────────────────────────────────────────────

    def idle(self, lane: Lane) -> Iterator[OfficerId]:
        """Officers who could be rung from ``lane`` now, in the order of its group's policy."""
        if lane.only is not None:
            if self._lease_of(lane.only).state is LeaseState.AVAILABLE:
                yield lane.only
            return
        known = self._idle.get(lane)
        if known is None:
            known = self._idle[lane] = SortedList(
                self._idle_key(lane, officer_id)
                for officer_id in self.able(lane)
                if self._lease_of(officer_id).state is LeaseState.AVAILABLE
            )
        for key in known:
            yield OfficerId(key[2])

    def became_idle(self, officer_id: OfficerId) -> None:
        for lane, idle in self._idle.items():
            if officer_id in self.able(lane):
                idle.add(self._idle_key(lane, officer_id))

    def no_longer_idle(self, officer_id: OfficerId) -> None:
        """To be called while the lease still is as it was when the officer became idle."""
        for lane, idle in self._idle.items():
            if officer_id in self.able(lane):
                idle.discard(self._idle_key(lane, officer_id))

    def _idle_key(self, lane: Lane, officer_id: OfficerId) -> tuple[int, int, str]:
        group, lease = self.directory.groups.get(lane.group_id), self._lease_of(officer_id)
        policy = group.policy if group is not None else ChoicePolicy.LONGEST_IDLE
        match policy:
            case ChoicePolicy.BEST_LEVEL:
                level = self.directory.officers[officer_id].levels.get(lane.group_id, 0)
                return (-level, lease.idle_since_ms, officer_id)
            case ChoicePolicy.ROUND_ROBIN:
                return (lease.offered_ms, lease.idle_since_ms, officer_id)
        return (lease.idle_since_ms, 0, officer_id)

    # ── the directory changed ────────────────────────────────────────────────────────────────────

    def direct(self, directory: Directory) -> None:
        """A new directory; the caller puts the waiting requests in anew."""
        self.directory = directory
        self._queues.clear()
        self._idle.clear()
        self._able.clear()


def lane_at(stages: list[tuple[float, Lane]], waited_s: float) -> tuple[int, Lane]:
    """(index, lane) that holds after ``waited_s`` seconds."""
    index = max(index for index, (after_s, _) in enumerate(stages) if index == 0 or after_s <= waited_s)
    return index, stages[index][1]
