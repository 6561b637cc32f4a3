"""Second officials, committed: a call is a request of its own with the router, tied to the running session.

The session is told first, so that an answer never finds it unaware; the request is made after that commit, and one that
could not be made ends the call again.
"""

from __future__ import annotations

from collections.abc import Callable

from consultation import officials_core
from consultation.core import Outcome
from consultation.model import CallKind, CallState, OfficialCall, Participant, Session
from consultation.rights import Action
from consultation.service import ConsultationService
from kernel.clock import Clock
from kernel.errors import KlatieneError, RequestClosed, RequestUnknown, SessionUnknown
from kernel.identity import Principal
from kernel.ids import ConsultationId, GroupId, OfficerId, new_id
from kernel.messages import Event, OfferClosed, Priority, RequestLeft, SessionEnded
from router.commands import CreateRequest
from router.service import RouterService

#: a chosen official who does not come to the telephone is not replaced by another one
_NOT_COMING = frozenset({"declined", "no_answer", "officer_gone"})
_ACTION = {CallKind.SPECIALIST: Action.CALL_OFFICIAL, CallKind.TRANSFER: Action.TRANSFER}


class Officials:
    def __init__(self, consultation: ConsultationService, router: RouterService, clock: Clock) -> None:
        self._consultation = consultation
        self._router = router
        self._clock = clock
        consultation.upkeep.withdraw = self._withdraw

    # ── calling ──────────────────────────────────────────────────────────────────────────────────

    async def call(
        self,
        who: Principal,
        session_id: ConsultationId,
        kind: CallKind,
        *,
        group_id: GroupId | None,
        officer_id: OfficerId | None,
        level: int = 0,
        note: str = "",
    ) -> Session:
        """Rings a group or one official, of any agency. Raises `SessionLocked`, `OfficialCalled`, and what the router
        says of group and officer. The client's identity goes with the session, never with the request; so does
        ``note``, for the officials' eyes."""
        before = await self._consultation.session(session_id)
        self._consultation.place(who, before)
        facts = before.facts
        command = CreateRequest(
            consultation_id=ConsultationId(new_id(self._clock.wall_ms())),
            pak=facts.pak,
            group_id=group_id,
            officer_id=officer_id,
            language=facts.language,
            priority=Priority.URGENT,
            clerk_id=facts.clerk_id,
            clerk_name=facts.clerk_name,
            point_id=facts.point_id,
            point_name=facts.point_name,
            client_kind=facts.client_kind,
            client_ref=facts.client_ref,
            level=level,
            joins=session_id,
            joins_as=kind.value,
        )
        topic = self._router.group_for(command).name.lv
        request_id = command.consultation_id
        session = await self._consultation.act(
            who,
            session_id,
            _ACTION[kind],
            lambda each, mine: officials_core.call_official(
                each, OfficialCall(request_id, kind, mine.identity, topic, self._clock.wall_ms(), note=note)
            ),
            name=f"session.{kind}.call",
        )
        try:
            await self._router.create_request(command)
        except KlatieneError:
            await self._failed(session_id, request_id, "unserved")
            raise
        return session

    async def take_back(self, who: Principal, session_id: ConsultationId) -> Session:
        """Raises `NoOfficialCalled`."""
        rang: list[ConsultationId] = []

        def decide(session: Session, _mine: Participant) -> Outcome:
            ringing = session.call is not None and session.call.state is CallState.CALLING
            rang[:] = [session.call.request_id] if session.call is not None and ringing else []
            return officials_core.take_call_back(session, self._clock.wall_ms())

        session = await self._consultation.act(
            who, session_id, Action.CALL_OFFICIAL, decide, name="session.call.taken_back"
        )
        for request_id in rang:
            await self._withdraw(request_id, "clerk_cancelled")
        return session

    async def on_event(self, event: Event) -> None:
        """What the feed says here of requests that are tied to a session; what is lost, `Upkeep` mends by its time."""
        match event:
            case OfferClosed(facts=facts, why=why) if facts.joins and facts.direct_officer_id and why in _NOT_COMING:
                await self._failed(facts.joins, facts.consultation_id, "declined" if why == "declined" else "no_answer")
                await self._withdraw(facts.consultation_id, "unserved")
            case RequestLeft(facts=facts, why=why) if facts.joins:
                await self._failed(facts.joins, facts.consultation_id, why)
            case SessionEnded(facts=facts):
                session = await self._consultation.session(facts.consultation_id)
                if session.call is not None and session.call.state is CallState.CALLING:
                    await self._withdraw(session.call.request_id, "clerk_cancelled")

    # ── conferring, handing back ─────────────────────────────────────────────────────────────────

    async def confer(self, who: Principal, session_id: ConsultationId, on: bool) -> Session:
        return await self._act(
            who, session_id, Action.CONFER, lambda session, at: officials_core.confer(session, on, at)
        )

    async def hand_back(self, who: Principal, session_id: ConsultationId, what: str, note: str) -> Session:
        return await self._act(
            who, session_id, Action.HAND_BACK, lambda session, at: officials_core.hand_back(session, what, note, at)
        )

    async def train(self, who: Principal, session_id: ConsultationId, service: str, alone: bool) -> Session:
        return await self._act(
            who, session_id, Action.TRAIN, lambda session, at: officials_core.train(session, service, alone, at)
        )

    async def resume(self, who: Principal, session_id: ConsultationId) -> Session:
        return await self._act(who, session_id, Action.RESUME, officials_core.resume)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _act(
        self, who: Principal, session_id: ConsultationId, action: Action, decide: Callable[[Session, int], Outcome]
    ) -> Session:
        return await self._consultation.act(
            who, session_id, action, lambda session, _: decide(session, self._clock.wall_ms())
        )

    async def _failed(self, session_id: ConsultationId, request_id: ConsultationId, why: str) -> None:
        try:
            await self._consultation.change(
                session_id, lambda session: officials_core.failed(session, request_id, why, self._clock.wall_ms())
            )
        except SessionUnknown:
            return

    async def _withdraw(self, request_id: ConsultationId, why: str) -> None:
        """Answered meanwhile, or left already: whoever came is released when they find nobody waiting for them."""
        try:
            await self._router.withdraw(request_id, why)
        except (RequestClosed, RequestUnknown):
            return
