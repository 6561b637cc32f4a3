"""The hub: follows the feed, builds each view once per audience, and hands it to the sockets that may see it.

Exactness. A socket that comes back with ``(epoch, after)`` gets every change it has not seen: events come from the
feed's history; the aggregates that the hub shows at its own pace carry the number at which they were shown. When one
event makes several frames for a socket, all but the last carry the socket's previous number, so that a line that breaks
in between repeats views instead of losing one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence, Set
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog

from kernel.clock import Clock
from kernel.feed import EventFeed, Gap, Numbered
from kernel.identity import SignedIn
from kernel.ids import AgencyId, ConsultationId, OfficerId, WorkstationId
from kernel.messages import Event, PresenceWanted, Role, SignedOut
from web.live import aggregates, core, frames
from web.live.aggregates import Aggregates, Body, Built, Key
from web.live.convoy import Convoy
from web.live.core import Directory, Show
from web.live.socket import PING_S, REPLACED, SIGNED_OUT, Socket, Wire
from web.live.workstations_core import Workstations
from web.metrics import Metrics

log = structlog.get_logger("live")

#: whoever missed more than this gets the whole state instead
MOST_MISSED = 500
#: sockets that a spread frame is written to in one go: some milliseconds
SLICE = 100
#: spreading takes a quarter of the time at most
REST = 3.0
#: how often groups and the overview are shown while consoles wait at the door: who comes in sees them as they are
BUSY_EVERY_S = 1.0
#: consoles that come so close to each other are brought up to date together; whoever comes alone never waits for it
CONVOY_S = 0.1


class Views(aggregates.Views, Protocol):
    """What the hub asks for."""

    async def session_parties(self, consultation_id: ConsultationId) -> list[tuple[str, Any]]:
        """(audience, that party's own view) for everybody in the session."""

    async def snapshot(self, signed_in: SignedIn) -> dict[str, Any]: ...

    def forget_all(self) -> None: ...


class Presence(Protocol):
    def connected(self, officer_id: Any, device_id: str) -> None: ...

    def heard(self, officer_id: Any, device_id: str) -> None: ...

    def disconnected(self, officer_id: Any, device_id: str) -> None: ...


class Arrivals(Protocol):
    def is_busy(self) -> bool:
        """Whether consoles wait to be let in."""

    def came(self) -> None:
        """A console was brought up to date."""


class Hub:
    def __init__(
        self,
        feed: EventFeed,
        *,
        views: Views,
        directory: Directory,
        presence: Presence,
        workstations: Workstations,
        door: Arrivals,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._feed = feed
        self._views = views
        self._directory = directory
        self._presence = presence
        #: the workstations whose page is open; shared with the views
        self._workstations = workstations
        self._door = door
        self._clock = clock
        self._metrics = metrics
        self.seq = feed.last_seq
        self._sockets: set[Socket] = set()
        #: (account, tab) → the socket that has it
        self._tabs: dict[tuple[str, str], Socket] = {}
        self._hearing: dict[str, set[Socket]] = defaultdict(set)
        self._convoy = Convoy(CONVOY_S)
        self._aggregates = Aggregates(self, views, directory)
        self._groups_at = -BUSY_EVERY_S
        # from now on, so that nothing is lost between the snapshot and the first event
        self._subscription = feed.subscribe(keep=50_000)

    # ── following the feed ───────────────────────────────────────────────────────────────────────

    async def run(self) -> None:
        while True:
            try:
                async for numbered in self._subscription:
                    await self.handle(numbered)
                return
            except Gap:
                await self._start_anew()

    async def handle(self, numbered: Numbered) -> None:
        found = core.changes(numbered.event, self._directory)
        for show in found.shows:
            self._views.forget(show.type, show.key)
        if numbered.origin:
            found.workstations |= self._hear(numbered.event)
        await self._send(self._aggregates.take(found), numbered.seq)
        self.seq = numbered.seq
        self._metrics.feed_seq.set(numbered.seq)

    def _hear(self, event: Event) -> set[WorkstationId]:
        """What another process says of its pages and of sign-ins that ended there."""
        match event:
            case SignedOut(session_hash=session_hash):
                self._close(session_hash)
            case PresenceWanted():
                self._feed.publish([self._workstations.held(self._clock.wall_ms())])
        return self._workstations.hear(event, self._clock.mono())

    def _shows_of(self, workstation_ids: Iterable[WorkstationId]) -> list[Show]:
        return [show for each in workstation_ids for show in core.workstation_shows(each, self._directory)]

    async def on_vanished(self, process: str) -> None:
        """Another process ended, and its pages with it."""
        await self._send(self._shows_of(self._workstations.lost(process)), self.seq)

    async def sweep(self, live: Collection[str]) -> None:
        """Mend what was lost between the processes: say what is open here, part from those that are gone."""
        self._feed.publish([self._workstations.held(self._clock.wall_ms())])
        await self._send(self._shows_of(self._workstations.reviewed(live, self._clock.mono())), self.seq)

    async def close_revoked(self, valid: Callable[[Collection[str]], Awaitable[Collection[str]]]) -> None:
        """Close what belongs to sign-ins that are no more; ``valid`` picks those that still are."""
        hashes = {socket.session_hash for socket in self._sockets}
        for session_hash in hashes.difference(await valid(hashes)):
            self._close(session_hash)

    async def show_workstations(self, workstation_ids: Iterable[WorkstationId]) -> None:
        await self._send(self._shows_of(workstation_ids), self.seq)

    async def flush_groups(self) -> None:
        now = self._clock.mono()
        if self._door.is_busy() and now < self._groups_at + BUSY_EVERY_S:
            return
        self._groups_at = now
        await self._aggregates.flush_groups()

    async def flush_places(self) -> None:
        await self._aggregates.flush_places()

    async def flush_boards(self) -> None:
        watched = {audience.removeprefix("agency:") for audience in self._hearing if audience.startswith("agency:")}
        await self._aggregates.flush_boards(watched)

    async def _send(self, shows: Iterable[Show], seq: int) -> None:
        self.deliver([((show.type, show.key), await self.bodies(show)) for show in shows], seq)

    def deliver(self, built: Iterable[Built], seq: int) -> None:
        found: dict[Socket, list[Body]] = defaultdict(list)
        for key, bodies in built:
            for audience, of in bodies:
                for socket in self._hearing.get(audience, ()):
                    # one frame per entity, also for a socket in several of its audiences
                    if not found[socket] or found[socket][-1][0] != key:
                        found[socket].append((key, of))
        for socket, frames_of_socket in found.items():
            self._number(socket, frames_of_socket, seq)

    async def spread(self, audience: str, key: Key, of: bytes) -> None:
        """Deliver to an audience of thousands a few at a time, with rests in which others get their turn."""
        everybody = tuple(self._hearing.get(audience, ()))
        for begin in range(0, len(everybody), SLICE):
            await self.rest_after(self._deliver_to(everybody[begin : begin + SLICE], key, of))

    async def rest_after(self, work: Awaitable[None]) -> None:
        started = self._clock.mono()
        await work
        await asyncio.sleep(REST * (self._clock.mono() - started))

    async def _deliver_to(self, sockets: Sequence[Socket], key: Key, of: bytes) -> None:
        frame = frames.event(self.seq, of)
        framed = frames.framed(frame)
        seq, present, told = self.seq, self._sockets, 0
        for socket in sockets:
            # whoever parted meanwhile hears nothing
            if socket in present:
                socket.send(key, frame, framed)
                socket.position = max(socket.position, seq)
                told += 1
        self._metrics.frames.inc(told)

    def _number(self, socket: Socket, bodies: list[Body], seq: int) -> None:
        for index, (key, of) in enumerate(bodies):
            number = seq if index == len(bodies) - 1 else socket.position
            socket.send(key, frames.event(number, of))
        socket.position = max(socket.position, seq)
        self._metrics.frames.inc(len(bodies))

    async def bodies(self, show: Show) -> list[tuple[str, bytes]]:
        """(audience, encoded body) of a show, for audiences in which somebody listens."""
        if show.type == "session.changed":
            parties = await self._views.session_parties(ConsultationId(show.key))
            return [(audience, frames.body(show.type, view)) for audience, view in parties if self.hears(audience)]
        heard = [audience for audience in show.audiences if self.hears(audience)]
        if not heard:
            return []
        view = await self._views.show(show)
        if view is None:
            return []
        of = frames.body(show.type, view)
        return [(audience, of) for audience in heard]

    def _tune(self, socket: Socket, audiences: frozenset[str]) -> None:
        socket.audiences = audiences
        for audience in audiences:
            self._hearing[audience].add(socket)

    def _untune(self, socket: Socket) -> None:
        for audience in socket.audiences:
            self._hearing[audience].discard(socket)
            if not self._hearing[audience]:
                del self._hearing[audience]

    def hears(self, audience: str) -> bool:
        return bool(self._hearing.get(audience))

    async def _start_anew(self) -> None:
        log.warning("live_feed_gap", sockets=len(self._sockets))
        self._subscription.close()
        self._subscription = self._feed.subscribe(keep=50_000)
        self._views.forget_all()
        self.seq = self._feed.last_seq
        for socket in tuple(self._sockets):
            await self._send_snapshot(socket)

    # ── sockets ──────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def attach(
        self, signed_in: SignedIn, wire: Wire, *, tab: str, epoch: str = "", after: int | None = None
    ) -> AsyncIterator[Socket]:
        """A socket that hears everything from now on; its first frames (hello, what was missed) are on their way."""
        principal = signed_in.principal
        missed = None if after is None or epoch != self._feed.epoch else self._feed.since(after)
        resumed = missed is not None and len(missed) <= MOST_MISSED
        socket = Socket(
            signed_in,
            wire,
            device_id=tab,
            audiences=core.audiences_of(principal, self._directory),
            now=self._clock.mono(),
            position=after if resumed and after is not None else self.seq,
            on_heard=self.heard,
        )
        tab_of = (principal.id, socket.device_id)
        if (other := self._tabs.get(tab_of)) is not None:
            other.close(REPLACED)
        self._tabs[tab_of] = socket
        self._sockets.add(socket)
        self._tune(socket, socket.audiences)
        self._metrics.sockets.labels(principal.role.value).inc()
        if principal.role is Role.OFFICER and principal.officer_id:
            self._presence.connected(principal.officer_id, socket.device_id)
        self._workstation_moved(socket)
        try:
            async with self._convoy.joined():
                if resumed:
                    await self._resume(socket, socket.position)
                else:
                    await self._send_snapshot(socket)
            self._door.came()
            yield socket
        finally:
            self._sockets.discard(socket)
            self._untune(socket)
            if self._tabs.get(tab_of) is socket:
                del self._tabs[tab_of]
            self._metrics.sockets.labels(principal.role.value).dec()
            if socket.close_code is not None:
                self._metrics.closed.labels(str(socket.close_code)).inc()
            # the tab that took over is the same device: it is still there
            if principal.officer_id and socket.close_code != REPLACED:
                self._presence.disconnected(principal.officer_id, socket.device_id)
            self._workstation_moved(socket)

    def heard(self, socket: Socket) -> None:
        if socket.principal.officer_id and socket.principal.role is Role.OFFICER:
            self._presence.heard(socket.principal.officer_id, socket.device_id)

    async def tick(self) -> None:
        everybody, present = tuple(self._sockets), self._sockets
        for begin in range(0, len(everybody), SLICE):
            now = self._clock.mono()
            for socket in everybody[begin : begin + SLICE]:
                if socket in present:
                    socket.tick(now)
            await asyncio.sleep(0)

    async def follow_directory(self, agencies: Collection[AgencyId], *, arrived: Set[OfficerId]) -> None:
        """The register was read anew: who hears what follows without signing in again; ``arrived``: new officers."""
        self._views.forget_all()
        for socket in tuple(self._sockets):
            if socket.principal.officer_id in arrived:
                self._presence.connected(socket.principal.officer_id, socket.device_id)
            self._untune(socket)
            self._tune(socket, core.audiences_of(socket.principal, self._directory))
        self._aggregates.stale(agencies)
        # what waits goes first: it would show officers as they were to those who no longer see them
        await self._aggregates.flush_groups()
        await self._aggregates.send(
            show for agency_id in agencies for show in core.directory_shows(agency_id, self._directory)
        )

    def sign_out(self, session_hash: str) -> None:
        """Close everything that a sign-in had open, here and at the other processes."""
        self._close(session_hash)
        self._feed.publish([SignedOut(at_ms=self._clock.wall_ms(), session_hash=session_hash)])

    def _close(self, session_hash: str) -> None:
        for socket in self._sockets:
            if socket.session_hash == session_hash:
                socket.close(SIGNED_OUT)

    def __len__(self) -> int:
        return len(self._sockets)

    # ── beginnings ───────────────────────────────────────────────────────────────────────────────

    async def _send_snapshot(self, socket: Socket) -> None:
        if socket.held is None:
            socket.held = []
        seq = self.seq
        state = await self._views.snapshot(
            SignedIn(principal=socket.principal, csrf_token="", session_hash=socket.session_hash)
        )
        socket.position = max(socket.position, seq)
        self._metrics.snapshots.labels(socket.principal.role.value).inc()
        snapshot = (frames.packed_snapshot if socket.unpacks else frames.snapshot)(seq, state)
        first: list[Body] = [(("hello", ""), self._hello(seq)), (("snapshot", ""), snapshot)]
        socket.release(first + await self._held_authorisation(socket, seq))

    async def _resume(self, socket: Socket, after: int) -> None:
        upto = self.seq
        missed = [numbered for numbered in self._feed.since(after) or () if numbered.seq <= upto]
        shows = [show for numbered in missed for show in core.changes(numbered.event, self._directory).shows]
        bodies: list[Body] = []
        for show in core.latest(shows):
            for audience, of in await self.bodies(show):
                if audience in socket.audiences:
                    bodies.append(((show.type, show.key), of))
                    break
        bodies += await self._aggregates.missed(socket.audiences, after)
        first: list[Body] = [(("hello", ""), self._hello(after))]
        for index, (key, of) in enumerate(bodies):
            first.append((key, frames.event(upto if index == len(bodies) - 1 else after, of)))
        if bodies:
            socket.position = max(socket.position, upto)
        socket.release(first + await self._held_authorisation(socket, socket.position))

    async def _held_authorisation(self, socket: Socket, seq: int) -> list[Body]:
        """A code that was pushed while nobody listened."""
        workstation_id = socket.principal.workstation_id
        if socket.principal.role is not Role.WORKSTATION or not workstation_id:
            return []
        show = core.authorisation_show(workstation_id)
        view = await self._views.show(show)
        return [] if view is None else [((show.type, show.key), frames.event(seq, frames.body(show.type, view)))]

    def _hello(self, seq: int) -> bytes:
        return frames.hello(self._feed.epoch, seq, PING_S, self._clock.wall_ms())

    def _workstation_moved(self, socket: Socket) -> None:
        workstation_id = socket.principal.workstation_id
        if socket.principal.role in (Role.WORKSTATION, Role.AT_HOME) and workstation_id:
            is_open = self.hears(core.for_workstation(workstation_id))
            self._feed.publish(self._workstations.moved(workstation_id, is_open, self._clock.wall_ms()))
