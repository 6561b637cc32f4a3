"""What the hub shows at its own pace: groups, boards, places in a queue, and the overview to the many who watch it all.

A clerk's overview is every group and every officer of the country. Of these only what moves is told, of all that moved
since the last time in one frame, and to a few clerks at a time: so the pace slows down by itself when there are many
clerks, and no call waits behind them. What was shown is remembered with its number, for those who resume.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from kernel.ids import GroupId, OfficerId, WorkstationId
from web.live import core, frames
from web.live.core import Changes, Directory, Show

#: aggregates are shown at most so often
GROUPS_EVERY_S = 0.2
BOARDS_EVERY_S = 1.0
PLACES_EVERY_S = 0.2
#: places told in one go
SLICE = 50
#: remembered numbers of aggregate frames
REMEMBER = 20_000

Key = tuple[str, str]
Body = tuple[Key, bytes]
Built = tuple[Key, list[tuple[str, bytes]]]
"""An entity with the encoded body for each audience."""


@dataclass(frozen=True, slots=True)
class _Shown:
    seq: int
    audiences: frozenset[str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Told:
    """A part of the overview; infinite as long as it is on its way to some."""

    seq: float
    part: dict[str, Any]


class Stage(Protocol):
    """The hub, as far as it is needed here."""

    seq: int

    def hears(self, audience: str) -> bool: ...

    async def bodies(self, show: Show) -> list[tuple[str, bytes]]: ...

    def deliver(self, built: Iterable[Built], seq: int) -> None: ...

    async def spread(self, audience: str, key: Key, of: bytes) -> None:
        """Deliver to many, a few at a time; returns when everybody who was there has it."""

    async def rest_after(self, work: Awaitable[None]) -> None:
        """Do a piece of work and leave time for others."""


class Views(Protocol):
    """Every answer is ready for JSON, None means: no such thing (any more)."""

    async def show(self, show: Show) -> Any: ...

    def group_moves(self, group_id: GroupId) -> dict[str, Any] | None:
        """Of a group what changes without its being configured anew; None: no such group."""

    def officer_moves(self, officer_id: OfficerId) -> dict[str, Any] | None: ...

    async def waiting_in(self, group_id: GroupId) -> list[Show]:
        """A ``request.changed`` for every request whose place in the group's queue may have moved."""

    def forget(self, kind: str, key: str) -> None:
        """What snapshots share of an entity is to be built anew."""


class Aggregates:
    def __init__(self, stage: Stage, views: Views, directory: Directory) -> None:
        self._stage = stage
        self._views = views
        self._directory = directory
        self._groups: set[GroupId] = set()
        self._queues: set[GroupId] = set()
        self._agencies: set[str] = set()
        self._workstations: set[WorkstationId] = set()
        self._officers: dict[OfficerId, None] = {}
        self._shown: OrderedDict[Key, _Shown] = OrderedDict()
        #: the overview's parts, by list and id
        self._told: dict[tuple[str, str], _Told] = {}
        self._overviews = 0
        #: one after another: an older overview must not reach anybody after a newer one
        self._flushing = asyncio.Lock()

    def take(self, found: Changes) -> list[Show]:
        """Keep what has time; what is left is to be shown at once."""
        self._groups |= found.groups
        self._agencies |= found.agencies
        self._workstations |= found.workstations
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
        """Show groups that went stale to those who belong to them, pages that opened to their points, and what moved to
        clerks."""
        async with self._flushing:
            groups, self._groups = self._groups, set()
            opened, self._workstations = self._workstations, set()
            officers, self._officers = self._officers, {}
            for group_id in groups:
                self._views.forget("group.changed", group_id)
            for group_id in groups:
                agency = self._directory.agency_of_group(group_id)
                audiences = [core.for_group(group_id), *([core.for_agency(agency)] if agency else [])]
                await self._stage.rest_after(self.send([Show("group.changed", group_id, tuple(audiences))]))
            moved = [show for each in opened for show in core.workstation_shows(each, self._directory)]
            # in one go, because each is read from the ledger
            self._deliver(zip(moved, await asyncio.gather(*map(self._stage.bodies, moved)), strict=True))
            await self._tell_overview(groups, officers)
            self._queues |= groups

    async def flush_places(self) -> None:
        """Tell those whose request's place in a queue really moved, some at a time, as long queues move often."""
        queues, self._queues = self._queues, set()
        for group_id in queues:
            shows = await self._views.waiting_in(group_id)
            for begin in range(0, len(shows), SLICE):
                await self._stage.rest_after(self.send(shows[begin : begin + SLICE]))

    async def flush_boards(self, watched: Iterable[str]) -> None:
        """Also of agencies where nothing happened: longest waits grow by themselves."""
        stale, self._agencies = self._agencies | set(watched), set()
        await self.send([Show("board.changed", agency, (core.for_agency(agency),)) for agency in sorted(stale)])

    async def send(self, shows: Iterable[Show]) -> None:
        self._deliver([(show, await self._stage.bodies(show)) for show in shows])

    def _deliver(self, built: Iterable[tuple[Show, list[tuple[str, bytes]]]]) -> None:
        changed: list[Built] = []
        for show, bodies in built:
            key = (show.type, show.key)
            known = self._shown.get(key)
            of = bodies[0][1] if bodies else b""
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
        if core.CLERKS in audiences:
            news = {name: told.part for name, told in self._told.items() if told.seq >= after}
            if news:
                bodies.append((("overview.changed", "missed"), _overview(news)))
        return bodies

    async def _tell_overview(self, groups: Iterable[GroupId], officers: Iterable[OfficerId]) -> None:
        parts = [
            *((("groups", each), self._views.group_moves(each)) for each in groups),
            *((("officers", each), self._views.officer_moves(each)) for each in officers),
        ]
        news = {name: part for name, part in parts if part is not None}
        if not news:
            return
        self._told.update({name: _Told(math.inf, part) for name, part in news.items()})
        # an overview replaces none that still waits: the other one holds other parts
        self._overviews += 1
        await self._stage.spread(core.CLERKS, ("overview.changed", str(self._overviews)), _overview(news))
        self._told.update({name: _Told(self._stage.seq, part) for name, part in news.items()})

    def _remember(self, key: Key, audiences: frozenset[str], body: bytes) -> None:
        self._shown[key] = _Shown(self._stage.seq, audiences, body)
        self._shown.move_to_end(key)
        if len(self._shown) > REMEMBER:
            self._shown.popitem(last=False)


def _overview(news: dict[tuple[str, str], dict[str, Any]]) -> bytes:
    data: dict[str, list[dict[str, Any]]] = {"groups": [], "officers": []}
    for (of, _), part in news.items():
        data[of].append(part)
    return frames.body("overview.changed", data)
