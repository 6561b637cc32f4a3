"""What the hub shows at its own pace: groups, boards, places in a queue, and officers to the many who watch them all.

A hundred officers who come in the same second are one frame for each clerk, not a hundred. Only what really changed is
shown, and it is remembered with the number at which it was, for those who resume.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from kernel.ids import GroupId, OfficerId
from web.live import core, frames
from web.live.core import Changes, Directory, Show

#: aggregates are shown at most so often
GROUPS_EVERY_S = 0.2
BOARDS_EVERY_S = 1.0
#: remembered numbers of aggregate frames
REMEMBER = 20_000

Key = tuple[str, str]
Body = tuple[Key, str]
Built = tuple[Key, list[tuple[str, str]]]
"""An entity with the encoded body for each audience."""


@dataclass(frozen=True, slots=True)
class _Shown:
    seq: int
    audiences: frozenset[str]
    body: str


class Stage(Protocol):
    """The hub, as far as it is needed here."""

    seq: int

    def hears(self, audience: str) -> bool: ...

    async def bodies(self, show: Show) -> list[tuple[str, str]]: ...

    def deliver(self, built: Iterable[Built], seq: int) -> None: ...


class Views(Protocol):
    async def show(self, show: Show) -> Any: ...

    async def waiting_in(self, group_id: GroupId) -> list[Show]: ...

    def forget(self, kind: str, key: str) -> None: ...


class Aggregates:
    def __init__(self, stage: Stage, views: Views, directory: Directory) -> None:
        self._stage = stage
        self._views = views
        self._directory = directory
        self._groups: set[GroupId] = set()
        self._agencies: set[str] = set()
        self._officers: dict[OfficerId, None] = {}
        self._shown: OrderedDict[Key, _Shown] = OrderedDict()
        self._batches = 0

    def take(self, found: Changes) -> list[Show]:
        """Keep what has time; what is left is to be shown at once."""
        self._groups |= found.groups
        self._agencies |= found.agencies
        now = []
        for show in found.shows:
            if show.type == "officer.changed" and core.CLERKS in show.audiences:
                self._officers[OfficerId(show.key)] = None
                now.append(replace(show, audiences=tuple(each for each in show.audiences if each != core.CLERKS)))
            else:
                now.append(show)
        return now

    def stale(self, agencies: Iterable[str]) -> None:
        self._agencies |= set(agencies)

    async def flush_groups(self) -> None:
        """Show the groups that went stale, the places in their queues that really moved, and officers to clerks."""
        await self._flush_officers()
        stale, self._groups = self._groups, set()
        shows: list[Show] = []
        for group_id in stale:
            self._views.forget("group.changed", group_id)
            agency = self._directory.agency_of_group(group_id)
            audiences = [core.CLERKS, core.for_group(group_id), *([core.for_agency(agency)] if agency else [])]
            shows.append(Show("group.changed", group_id, tuple(audiences)))
            shows += await self._views.waiting_in(group_id)
        await self.send(shows)

    async def flush_boards(self, watched: Iterable[str]) -> None:
        """Also of agencies where nothing happened: longest waits grow by themselves."""
        stale, self._agencies = self._agencies | set(watched), set()
        await self.send([Show("board.changed", agency, (core.for_agency(agency),)) for agency in sorted(stale)])

    async def send(self, shows: Iterable[Show]) -> None:
        changed: list[Built] = []
        for show in shows:
            key = (show.type, show.key)
            bodies = await self._stage.bodies(show)
            known = self._shown.get(key)
            of = bodies[0][1] if bodies else ""
            if known is not None and of and known.body == of:
                continue
            self._remember(key, frozenset(show.audiences), of)
            changed.append((key, bodies))
        self._stage.deliver(changed, self._stage.seq)

    async def missed(self, audiences: frozenset[str], after: int) -> list[Body]:
        """Aggregates shown at or after ``after``: those at that very number may or may not have arrived."""
        bodies: list[Body] = []
        for (kind, key), shown in tuple(self._shown.items()):
            heard = shown.audiences & audiences
            if shown.seq < after or not heard:
                continue
            view = await self._views.show(Show(kind, key, tuple(heard)))
            if view is not None:
                bodies.append(((kind, key), frames.body(kind, view)))
        return bodies

    async def _flush_officers(self) -> None:
        stale, self._officers = self._officers, {}
        if not self._stage.hears(core.CLERKS):
            return
        cards = []
        for officer_id in stale:
            card = await self._views.show(Show("officer.changed", officer_id, (core.CLERKS,)))
            if card is not None:
                cards.append(card)
                self._remember(("officer.changed", officer_id), frozenset({core.CLERKS}), "")
        if len(cards) == 1:
            key, body = ("officer.changed", str(cards[0]["id"])), frames.body("officer.changed", cards[0])
        elif cards:
            # a batch replaces none that still waits: the other one holds other officers
            self._batches += 1
            key, body = ("officers.changed", str(self._batches)), frames.body("officers.changed", cards)
        else:
            return
        self._stage.deliver([(key, [(core.CLERKS, body)])], self._stage.seq)

    def _remember(self, key: Key, audiences: frozenset[str], body: str) -> None:
        self._shown[key] = _Shown(self._stage.seq, audiences, body)
        self._shown.move_to_end(key)
        if len(self._shown) > REMEMBER:
            self._shown.popitem(last=False)
