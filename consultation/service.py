"""Sessions, committed: every command reads the session from the ledger, decides, writes it with its events, then tells
the media node. The node follows the ledger; `tick` mends what it missed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable
from typing import Any

import msgspec
import structlog

from consultation import core, store
from consultation.authorisation import Tries, code_of, hash_code, redeem
from consultation.core import MediaCommand, Outcome
from consultation.media_port import MediaPort
from consultation.model import (
    ActingFor,
    Authorisation,
    MediaKind,
    Participant,
    ParticipantState,
    PersonRole,
    Session,
)
from consultation.rights import Action, check
from consultation.store import Workstation
from consultation.views import session_view
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import Clock
from kernel.errors import (
    KlatieneError,
    MediaUnavailable,
    NotAllowed,
    SessionUnknown,
    WorkstationNotAuthorised,
    WorkstationUnknown,
)
from kernel.identity import Principal
from kernel.ids import ConsultationId, PointId, WorkstationId
from kernel.ledger import Ledger, Transaction
from kernel.messages import AnyEvent, OfferAccepted, Role
from kernel.tokens import MAX_JOIN_TTL_S, MediaGrant, mint_media_grant

log = structlog.get_logger("consultation")

_PERSONS = {Role.CLERK: PersonRole.CLERK, Role.OFFICER: PersonRole.OFFICER, Role.WORKSTATION: PersonRole.CITIZEN}
_LETTERS = {PersonRole.CLERK: "c", PersonRole.OFFICER: "o", PersonRole.CITIZEN: "w"}


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """What a page needs to enter the room; the token is good for ``expires_in_s`` seconds."""

    url: str
    token: str
    identity: str
    room: str
    expires_in_s: int


class MediaAccess(msgspec.Struct, frozen=True, kw_only=True):
    """Where browsers find the media node, and the key that signs their grants."""

    url: str
    api_key: str
    secret: str


class ConsultationService:
    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        media: MediaPort,
        access: MediaAccess,
        audit: Audit,
        *,
        pepper: str,
        authorisation_ttl_s: float = 120.0,
        hold_s: float = 60.0,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._media = media
        self._access = access
        self._audit = audit
        self._pepper = pepper.encode()
        self._ttl_ms = round(authorisation_ttl_s * 1000)
        self._hold_ms = round(hold_s * 1000)
        self._lock = asyncio.Lock()
        self._tries: dict[WorkstationId, Tries] = {}
        self._online: dict[WorkstationId, int] = {}
        self._ticks = 0

    # ── opening ──────────────────────────────────────────────────────────────────────────────────

    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """The durable consumer's handler: a session follows from OfferAccepted alone."""
        if not isinstance(event, OfferAccepted):
            return
        if await store.load_session(tx.connection, event.facts.consultation_id) is not None:
            return
        identities = {role: _new_identity(role) for role in PersonRole}
        session, outcome = core.open_session(event, identities, self._clock.wall_ms())
        await store.save_session(tx, session)
        tx.record(*outcome.events)

    # ── joining ──────────────────────────────────────────────────────────────────────────────────

    async def join(self, who: Principal, session_id: ConsultationId) -> Join:
        """A grant for somebody who belongs to the session. A workstation needs a redeemed authorisation."""
        session, mine = await self._place(who, session_id)
        core.must_run(session)
        if mine.state is ParticipantState.REMOVED:
            raise NotAllowed
        if mine.role is PersonRole.CITIZEN:
            if mine.state is ParticipantState.WAITING:
                raise WorkstationNotAuthorised
        else:
            check(mine.role, Action.JOIN)
        return await self._grant(session, mine)

    async def authorise(
        self, who: Principal, session_id: ConsultationId, workstation_id: WorkstationId, points: Iterable[PointId]
    ) -> tuple[str, int]:
        """(code, expiry) for a workstation of one of the clerk's ``points``; shown once, kept as a hash."""
        code = code_of(secrets.randbits(64))
        expires_ms = self._clock.wall_ms() + self._ttl_ms
        known = {workstation.id for workstation in await self.workstations(points)}
        async with self._lock:
            session = await self._moderated(who, session_id, Action.AUTHORISE)
            if workstation_id not in known:
                raise WorkstationUnknown(field="workstation_id")
            fresh = Authorisation(hash_code(code, self._pepper), workstation_id, expires_ms)
            outcome = core.authorise(
                session, fresh, identity=_new_identity(PersonRole.CITIZEN), wall_ms=self._clock.wall_ms()
            )
            await self._commit(session, outcome, self._entry(who, session_id, "workstation.authorise"))
        return code, expires_ms

    async def redeem(self, who: Principal, code: str) -> Join:
        """The workstation's own act; raises why the code is refused, and counts wrong ones."""
        if who.workstation_id is None:
            raise NotAllowed
        tries = self._tries.setdefault(who.workstation_id, Tries())
        async with self._lock:
            # inside, so that many guesses at once are counted one by one
            tries.check(self._clock.mono())
            session = await self._by_code(code, who.workstation_id)
            try:
                redeem(None if session is None else session.authorisation, who.workstation_id, self._clock.wall_ms())
                assert session is not None
            except KlatieneError as error:
                tries.failed(self._clock.mono())
                found = ConsultationId("") if session is None else session.id
                await self._audit.record(self._entry(who, found, "workstation.redeem", outcome=error.code))
                raise
            outcome = core.admit(session, self._clock.wall_ms())
            await self._commit(session, outcome, self._entry(who, session.id, "workstation.redeem"))
        citizen = session.of_role(PersonRole.CITIZEN)
        assert citizen is not None
        return await self._grant(session, citizen)

    # ── the moderator ────────────────────────────────────────────────────────────────────────────

    async def revoke(self, who: Principal, session_id: ConsultationId) -> None:
        async with self._lock:
            session = await self._moderated(who, session_id, Action.REVOKE)
            outcome = core.revoke(session, self._clock.wall_ms())
            await self._commit(session, outcome, self._entry(who, session_id, "workstation.revoke"))
        await self._obey(session, outcome.media)

    async def mute(
        self, who: Principal, session_id: ConsultationId, identity: str, kind: MediaKind, muted: bool
    ) -> None:
        """Muting lasts: the node refuses that source until the moderator gives it back."""
        async with self._lock:
            session = await self._moderated(who, session_id, Action.MUTE)
            outcome = core.mute(session, identity, kind, muted, self._clock.wall_ms())
            action = f"participant.{'mute' if muted else 'unmute'}.{kind}"
            await self._commit(session, outcome, self._entry(who, session_id, action))
        await self._obey(session, outcome.media, strict=True)

    async def remove(self, who: Principal, session_id: ConsultationId, identity: str) -> None:
        async with self._lock:
            session = await self._moderated(who, session_id, Action.REMOVE)
            outcome = core.remove(session, identity, self._clock.wall_ms())
            await self._commit(session, outcome, self._entry(who, session_id, "participant.remove"))
        await self._obey(session, outcome.media)

    async def end(self, who: Principal, session_id: ConsultationId, word: str | None = None) -> Session:
        async with self._lock:
            session = await self._moderated(who, session_id, Action.END)
            core.must_run(session)
            outcome = core.end(session, "clerk_ended", self._clock.wall_ms(), word)
            await self._commit(session, outcome, self._entry(who, session_id, "session.end"))
        await self._obey(session, outcome.media)
        return session

    async def leave(self, who: Principal, session_id: ConsultationId) -> None:
        async with self._lock:
            session, mine = await self._place(who, session_id)
            check(mine.role, Action.LEAVE)
            outcome = core.leave(session, mine.identity, self._clock.wall_ms())
            await self._commit(session, outcome, self._entry(who, session_id, "session.leave"))
        await self._obey(session, outcome.media)

    async def act_for(self, session_id: ConsultationId, checked: ActingFor | None) -> None:
        """What the caller's check said of the client acting for a company; None: as a private person again."""
        async with self._lock:
            session = await self.session(session_id)
            core.must_run(session)
            session.acting_for = checked
            await self._commit(session, core.touched(session, self._clock.wall_ms()))

    # ── the media node's reports ─────────────────────────────────────────────────────────────────

    async def on_webhook(self, event: Any) -> None:
        """A signed WebhookEvent of the node; rooms that are not sessions of ours are ignored."""
        if event.event == "participant_joined":
            await self._reported(event.room.name, event.participant.identity, event.participant.sid, here=True)
        elif event.event == "participant_left":
            await self._reported(event.room.name, event.participant.identity, event.participant.sid, here=False)

    async def tick(self) -> None:
        """Every second: expire holds. Every fifth: compare with what the node says."""
        self._ticks += 1
        async with self._ledger.reading() as connection:
            running = await store.find_sessions(connection)
        for session in running:
            async with self._lock:
                current = await self.session(session.id)
                outcome = core.expire(current, self._hold_ms, self._clock.wall_ms())
                if outcome.events:
                    await self._commit(current, outcome)
            await self._obey(session, outcome.media)
            if self._ticks % 5 == 0 and not outcome.events:
                await self._reconcile(session)

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
        async with self._lock:
            async with self._ledger.reading() as reading:
                session = await store.load_session(reading, session_id)
            if session is None:
                return
            decide = core.joined if here else core.left
            outcome = decide(session, identity, connection, self._clock.wall_ms())
            if outcome.events:
                await self._commit(session, outcome)
        await self._obey(session, outcome.media)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────

    async def session(self, session_id: ConsultationId) -> Session:
        """Raises `SessionUnknown`."""
        async with self._ledger.reading() as connection:
            session = await store.load_session(connection, session_id)
        if session is None:
            raise SessionUnknown
        return session

    async def current(self, who: Principal) -> Session | None:
        """The running session that somebody belongs to, the newest when there are several."""
        column, value = {
            Role.CLERK: ("clerk_id", who.id),
            Role.OFFICER: ("officer_id", who.officer_id),
            Role.WORKSTATION: ("workstation_id", who.workstation_id),
        }.get(who.role, ("id", ""))
        async with self._ledger.reading() as connection:
            found = await store.find_sessions(connection, {column: value})
        return found[0] if found else None

    def place_of(self, who: Principal, session: Session) -> Participant | None:
        """The participant that somebody is in a session, if any."""
        account = {
            Role.CLERK: who.id,
            Role.OFFICER: who.officer_id,
            Role.WORKSTATION: who.workstation_id,
        }.get(who.role)
        mine = None if account is None else session.of_account(account)
        return mine if mine is not None and mine.role is _PERSONS[who.role] else None

    async def view(self, who: Principal, session: Session) -> dict[str, Any] | None:
        """The SessionView that somebody may see; None when the session is not theirs."""
        mine = self.place_of(who, session)
        if mine is None:
            return None
        kiosk = session.workstation_id
        known = {each.id: each for each in await self.workstations()} if kiosk is not None else {}
        return session_view(session, mine, known.get(kiosk) if kiosk is not None else None, self._clock.wall_ms())

    # ── workstations ─────────────────────────────────────────────────────────────────────────────

    async def workstations(self, points: Iterable[PointId] | None = None) -> list[Workstation]:
        async with self._ledger.reading() as connection:
            return await store.load_workstations(connection, points)

    async def session_at(self, workstation_id: WorkstationId) -> Session | None:
        async with self._ledger.reading() as connection:
            found = await store.find_sessions(connection, {"workstation_id": workstation_id})
        return found[0] if found else None

    def workstation_connected(self, workstation_id: WorkstationId) -> None:
        self._online[workstation_id] = self._online.get(workstation_id, 0) + 1

    def workstation_disconnected(self, workstation_id: WorkstationId) -> None:
        self._online[workstation_id] = max(0, self._online.get(workstation_id, 0) - 1)

    def is_online(self, workstation_id: WorkstationId) -> bool:
        return self._online.get(workstation_id, 0) > 0

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _place(self, who: Principal, session_id: ConsultationId) -> tuple[Session, Participant]:
        session = await self.session(session_id)
        mine = self.place_of(who, session)
        if mine is None:
            # Whether it exists is nobody else's business.
            raise SessionUnknown
        return session, mine

    async def _moderated(self, who: Principal, session_id: ConsultationId, action: Action) -> Session:
        session, mine = await self._place(who, session_id)
        try:
            check(mine.role, action)
        except NotAllowed as error:
            await self._audit.record(self._entry(who, session_id, f"session.{action}", outcome=error.code))
            raise
        core.must_run(session)
        return session

    async def _by_code(self, code: str, workstation_id: WorkstationId) -> Session | None:
        async with self._ledger.reading() as connection:
            found = await store.find_sessions(connection, {"code_hash": hash_code(code, self._pepper)})
        mine = [s for s in found if s.authorisation and s.authorisation.workstation_id == workstation_id]
        return next(iter(mine or found), None)

    async def _grant(self, session: Session, who: Participant) -> Join:
        await self._media.open_room(session.id)
        sources = core.allowed_sources(who)
        grant = MediaGrant(
            identity=who.identity,
            room=session.id,
            room_join=True,
            can_publish=bool(sources),
            can_publish_sources=sources,
            attributes={"role": who.role.value},
        )
        token = mint_media_grant(
            grant,
            api_key=self._access.api_key,
            secret=self._access.secret,
            now_s=self._clock.wall_ms() // 1000,
            ttl_s=MAX_JOIN_TTL_S,
            jti=secrets.token_hex(8),
        )
        return Join(
            url=self._access.url,
            token=token,
            identity=who.identity,
            room=session.id,
            expires_in_s=MAX_JOIN_TTL_S,
        )

    async def _commit(self, session: Session, outcome: Outcome, entry: AuditEntry | None = None) -> None:
        async with self._ledger.transaction() as tx:
            if entry is not None:
                await self._audit.record(entry, tx)
            await store.save_session(tx, session)
            tx.record(*outcome.events)

    async def _obey(self, session: Session, commands: list[MediaCommand], *, strict: bool = False) -> None:
        """Tell the node. It may be down: what the ledger says is mended later, unless the caller must know."""
        for command in commands:
            try:
                match command.act:
                    case "remove":
                        await self._media.remove(session.id, command.identity)
                    case "permit":
                        await self._media.permit(session.id, command.identity, command.sources, mute=command.muted)
                    case "close":
                        await self._media.close_room(session.id)
            except MediaUnavailable:
                if strict:
                    raise
                log.warning("media_unreachable", act=command.act, consultation_id=session.id)

    def _entry(self, who: Principal, session_id: ConsultationId, action: str, *, outcome: str = "ok") -> AuditEntry:
        return AuditEntry(
            actor=who.id,
            role=who.role.value,
            action=action,
            outcome=outcome,
            unit=who.agency_id or who.point_id or "",
            consultation_id=session_id,
        )


def _new_identity(role: PersonRole) -> str:
    return f"{_LETTERS[role]}-{secrets.token_hex(6)}"
