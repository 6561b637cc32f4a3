"""A participant's act in a session: checked against the one table of rights, decided, written down, then obeyed."""

from __future__ import annotations

from collections.abc import Callable

from consultation.core import Outcome
from consultation.media_port import MediaPort
from consultation.model import Participant, Session
from consultation.obey import obey
from consultation.rights import Action, check
from consultation.sessions import Decide, Sessions, Within
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import Clock
from kernel.device_errors import AuthorisationWrongDevice
from kernel.errors import NotAllowed, SessionUnknown
from kernel.identity import Principal
from kernel.ids import ConsultationId
from kernel.ledger import Ledger

DecideAs = Callable[[Session, Participant], Outcome]


class Acts(Sessions):
    def __init__(self, ledger: Ledger, clock: Clock, media: MediaPort, audit: Audit) -> None:
        super().__init__(ledger, audit)
        self._clock = clock
        self._media = media

    def place(self, who: Principal, session: Session) -> Participant:
        """Raises `SessionUnknown` for whoever does not belong to it: whether it exists is nobody else's business; and
        `AuthorisationWrongDevice` for another device that says it is the same workstation."""
        mine = self.place_of(who, session)
        if mine is None:
            raise SessionUnknown
        if mine.device and mine.device != who.device:
            raise AuthorisationWrongDevice
        return mine

    async def act(
        self,
        who: Principal,
        session_id: ConsultationId,
        action: Action,
        decide: DecideAs,
        *,
        name: str | None = None,
        strict: bool = False,
        within: Within | None = None,
    ) -> Session:
        """``decide`` (session, the one who acts) once they may. The audit log has the act, and the try of somebody who
        may not; ``name`` is what it is called there. ``strict``: raises `MediaUnavailable` when the node did not obey.
        """
        name = name or f"session.{action}"

        def checked(session: Session) -> Outcome:
            mine = self.place(who, session)
            check(session, mine, action)
            return decide(session, mine)

        try:
            session, outcome = await self.change(session_id, checked, entry(who, session_id, name), within=within)
        except NotAllowed as error:
            await self._audit.record(entry(who, session_id, f"session.{action}", outcome=error.code))
            raise
        await obey(self._media, session, outcome.media, strict=strict)
        return session

    async def act_from_outside(
        self, who: Principal, session_id: ConsultationId, decide: Decide, *, name: str, within: Within | None = None
    ) -> None:
        """The act of somebody who has no place in the session; that they may, is the caller's to see."""
        session, outcome = await self.change(session_id, decide, entry(who, session_id, name), within=within)
        await obey(self._media, session, outcome.media)


def entry(who: Principal, session_id: ConsultationId, action: str, *, outcome: str = "ok") -> AuditEntry:
    return AuditEntry(
        actor=who.id,
        role=who.role.value,
        action=action,
        outcome=outcome,
        unit=who.agency_id or who.point_id or "",
        consultation_id=session_id,
    )
