"""The moderator's acts, committed. Each is one decision of `moderator_core` under one right of `rights`."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from consultation import identity_core, moderator_core
from consultation.acts import Acts
from consultation.core import Outcome
from consultation.model import MediaKind, Session, Via
from consultation.rights import Action
from kernel.clock import Clock
from kernel.identity import Principal
from kernel.ids import ConsultationId
from kernel.messages import ClientKind


class Moderation:
    def __init__(self, acts: Acts, clock: Clock) -> None:
        self._acts = acts
        self._clock = clock

    async def hold(self, who: Principal, session_id: ConsultationId, identity: str) -> None:
        await self._act(
            who, session_id, Action.HOLD, lambda session, at: moderator_core.hold(session, identity, at), strict=True
        )

    async def admit(self, who: Principal, session_id: ConsultationId, identity: str) -> None:
        await self._act(who, session_id, Action.ADMIT, lambda session, at: moderator_core.admit(session, identity, at))

    async def ask(self, who: Principal, session_id: ConsultationId, identity: str, kind: MediaKind) -> None:
        await self._act(
            who, session_id, Action.ASK, lambda session, at: moderator_core.ask(session, identity, kind, at)
        )

    async def answer(self, who: Principal, session_id: ConsultationId, kind: MediaKind) -> None:
        await self._acts.act(
            who,
            session_id,
            Action.ANSWER,
            lambda session, mine: moderator_core.answer(session, mine.identity, kind, self._clock.wall_ms()),
        )

    async def spotlight(self, who: Principal, session_id: ConsultationId, identity: str | None) -> None:
        await self._act(
            who, session_id, Action.SPOTLIGHT, lambda session, at: moderator_core.spotlight(session, identity, at)
        )

    async def lock(self, who: Principal, session_id: ConsultationId, locked: bool) -> None:
        await self._act(who, session_id, Action.LOCK, lambda session, at: moderator_core.lock(session, locked, at))

    async def rename(self, who: Principal, session_id: ConsultationId, identity: str, name: str) -> None:
        await self._act(
            who, session_id, Action.RENAME, lambda session, at: moderator_core.rename(session, identity, name, at)
        )

    async def hand_over(self, who: Principal, session_id: ConsultationId, identity: str) -> None:
        await self._act(
            who, session_id, Action.HAND_OVER, lambda session, at: moderator_core.hand_over(session, identity, at)
        )

    async def take_back(self, who: Principal, session_id: ConsultationId) -> None:
        await self._act(who, session_id, Action.TAKE_BACK, moderator_core.take_back)

    async def tell_lobby(self, who: Principal, session_id: ConsultationId, message: str) -> None:
        await self._act(
            who, session_id, Action.LOBBY_MESSAGE, lambda session, at: moderator_core.tell_lobby(session, message, at)
        )

    async def own_microphone(self, who: Principal, session_id: ConsultationId, identity: str | None) -> None:
        await self._act(
            who, session_id, Action.MICROPHONE, lambda session, at: moderator_core.own_microphone(session, identity, at)
        )

    async def identify(self, who: Principal, session_id: ConsultationId, client_ref: str, method: str) -> None:
        """``client_ref`` is the pseudonym; the code itself is the caller's to keep."""

        def decide(session: Session, at: int) -> Outcome:
            facts = replace(
                session.facts, client_kind=ClientKind.IDENTIFIED, client_ref=client_ref, client_method=method
            )
            return identity_core.identify(session, facts, at)

        await self._act(who, session_id, Action.IDENTIFY, decide)

    async def knock(self, who: Principal, session_id: ConsultationId, via: Via, here: bool) -> None:
        await self._acts.act(
            who,
            session_id,
            Action.KNOCK,
            lambda session, mine: (
                moderator_core.knock(session, mine.identity, via, self._clock.wall_ms())
                if here
                else moderator_core.step_away(session, mine.identity, self._clock.wall_ms())
            ),
        )

    async def _act(
        self,
        who: Principal,
        session_id: ConsultationId,
        action: Action,
        decide: Callable[[Session, int], Outcome],
        *,
        strict: bool = False,
    ) -> None:
        await self._acts.act(
            who, session_id, action, lambda session, _: decide(session, self._clock.wall_ms()), strict=strict
        )
