"""What the media node reports, and what is done again and again: holds that run out, a node that missed something.

Every process may do all of it: a second decision on the same facts finds nothing left to decide. Only to spare the
node, one process at a time compares rooms with sessions (`leads`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from consultation import control, core, officials_core, store
from consultation.media_port import MediaPort
from consultation.model import ParticipantState, Session
from consultation.obey import obey
from consultation.sessions import Sessions
from kernel.clock import Clock
from kernel.errors import MediaUnavailable, SessionUnknown
from kernel.ids import ConsultationId
from kernel.ledger import Ledger

#: a second official who is called is waited for so long
RING_MS = 90_000
#: every so many ticks the node's rooms are compared
RECONCILE_TICKS = 5


class Upkeep:
    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        sessions: Sessions,
        media: MediaPort,
        *,
        hold_ms: int,
        leads: Callable[[], bool],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._sessions = sessions
        self._media = media
        self._hold_ms = hold_ms
        self._leads = leads
        self._ticks = 0
        #: what becomes of the request of a call that nobody answered
        self.withdraw: Callable[[ConsultationId, str], Awaitable[None]] | None = None

    async def on_webhook(self, event: Any) -> None:
        """A signed WebhookEvent of the node; rooms that are not sessions of ours are ignored."""
        if event.event == "participant_joined":
            await self._reported(event.room.name, event.participant.identity, event.participant.sid, here=True)
        elif event.event == "participant_left":
            await self._reported(event.room.name, event.participant.identity, event.participant.sid, here=False)

    async def tick(self) -> None:
        """Every second: expire holds. Every fifth: compare with what the node says."""
        if not self._leads():
            return
        self._ticks += 1
        async with self._ledger.reading() as connection:
            running = await store.find_sessions(connection)
        for session in running:
            if core.expire(session, self._hold_ms, self._clock.wall_ms()).events:
                current, outcome = await self._sessions.change(
                    session.id, lambda each: core.expire(each, self._hold_ms, self._clock.wall_ms())
                )
                await obey(self._media, current, outcome.media)
                continue
            if control.expire(session, self._clock.wall_ms()).events:
                current, outcome = await self._sessions.change(
                    session.id, lambda each: control.expire(each, self._clock.wall_ms())
                )
                await obey(self._media, current, outcome.media)
            if session.call is not None:
                await self._call_expires(session)
            if self._ticks % RECONCILE_TICKS == 0:
                await self._reconcile(session)

    async def _call_expires(self, session: Session) -> None:
        unanswered: list[ConsultationId] = []

        def decide(each: Session) -> core.Outcome:
            outcome, request_id = officials_core.expire_call(each, RING_MS, self._hold_ms, self._clock.wall_ms())
            unanswered[:] = [] if request_id is None else [request_id]
            return outcome

        if not decide(session).events:
            return
        current, outcome = await self._sessions.change(session.id, decide)
        await obey(self._media, current, outcome.media)
        for request_id in unanswered:
            if self.withdraw is not None:
                await self.withdraw(request_id, "no_answer")

    async def _reconcile(self, session: Session) -> None:
        try:
            present = await self._media.present(session.id)
        except MediaUnavailable:
            return
        for identity, connection in present.items():
            await self._reported(session.id, identity, connection, here=True)
        for who in session.participants.values():
            if who.state is ParticipantState.JOINED and who.identity not in present:
                await self._reported(session.id, who.identity, who.connection, here=False)

    async def _reported(self, session_id: str, identity: str, connection: str, *, here: bool) -> None:
        def decide(each: Session) -> core.Outcome:
            wall_ms = self._clock.wall_ms()
            if not here:
                return core.left(each, identity, connection, wall_ms)
            outcome = core.joined(each, identity, connection, wall_ms)
            return core.both(outcome, officials_core.arrived(each, identity, wall_ms))

        try:
            session, outcome = await self._sessions.change(session_id, decide)
        except SessionUnknown:
            return
        await obey(self._media, session, outcome.media)
