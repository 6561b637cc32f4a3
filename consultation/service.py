"""Sessions, committed: every command reads the session from the ledger, decides, writes it with its events, then tells
the media node. The node follows the ledger; `Upkeep.tick` mends what it missed."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Iterable

import msgspec

from consultation import core, home_core, home_store, identity_core, officials_core, store, workstation_core
from consultation.acts import Acts, entry
from consultation.authorisation import Tries, code_of, hash_code, redeem
from consultation.core import Outcome
from consultation.enrolment_store import device_of
from consultation.media_port import MediaPort
from consultation.model import (
    ActingFor,
    Authorisation,
    MediaKind,
    Participant,
    ParticipantState,
    PersonRole,
    Session,
    SessionState,
    Via,
)
from consultation.obey import obey
from consultation.rights import Action, check
from consultation.store import SessionMoved
from consultation.upkeep import Upkeep
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import Clock
from kernel.consumer import hears
from kernel.errors import (
    KlatieneError,
    NotAllowed,
    SessionUnknown,
    WorkstationNotAuthorised,
    WorkstationUnknown,
)
from kernel.identity import Principal
from kernel.ids import ConsultationId, PointId, WorkstationId
from kernel.ledger import Ledger, Transaction
from kernel.messages import AnyEvent, AuthorisationOffered, OfferAccepted, Role
from kernel.private import Private
from kernel.session_errors import ParticipantHeld, SessionLocked
from kernel.tokens import MAX_JOIN_TTL_S, MediaGrant, mint_media_grant
from kernel.vault import Vault

#: who sits where the client does
CLIENTS = frozenset({Role.WORKSTATION, Role.AT_HOME})
_LETTERS = {
    PersonRole.CLERK: "c",
    PersonRole.OFFICER: "o",
    PersonRole.SPECIALIST: "s",
    PersonRole.CITIZEN: "w",
}


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


class OfferedCode(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time code that was pushed to its workstation and is not yet used."""

    session_id: ConsultationId
    code: str
    expires_at_ms: int


class ConsultationService(Acts):
    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        media: MediaPort,
        access: MediaAccess,
        audit: Audit,
        *,
        vault: Vault,
        pepper: str,
        authorisation_ttl_s: float = 120.0,
        hold_s: float = 60.0,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """``leads`` tells whether this process is the one that keeps rooms and sessions in step."""
        super().__init__(ledger, clock, media, audit)
        self._access = access
        self._vault = vault
        self._pepper = pepper.encode()
        self._ttl_ms = round(authorisation_ttl_s * 1000)
        upkeep = Upkeep(ledger, clock, self, media, hold_ms=round(hold_s * 1000), leads=leads)
        self.upkeep = upkeep
        self.tick = upkeep.tick
        self.on_webhook = upkeep.on_webhook

    # ── opening ──────────────────────────────────────────────────────────────────────────────────

    @hears(OfferAccepted)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """The durable consumer's handler: a session follows from OfferAccepted alone."""
        if not isinstance(event, OfferAccepted):
            return
        if event.facts.joins is not None:
            await self._second_official(tx, event, event.facts.joins)
            return
        if await store.load_session(tx.connection, event.facts.consultation_id) is not None:
            return
        identities = {role: _new_identity(role) for role in PersonRole}
        session, outcome = core.open_session(event, identities, self._clock.wall_ms())
        session.verified = identity_core.verified_by(event.facts)
        if await home_store.stands(tx.connection, session.id):
            home_core.place(session, _new_identity(PersonRole.CITIZEN), self._clock.wall_ms())
        await store.insert_session(tx, session)
        tx.record(*outcome.events)

    async def _second_official(self, tx: Transaction, event: OfferAccepted, session_id: ConsultationId) -> None:
        session = await store.load_session(tx.connection, session_id)
        if session is None:
            return
        outcome = officials_core.accepted(session, event, _new_identity(PersonRole.SPECIALIST), self._clock.wall_ms())
        if outcome.events:
            # the consumer tries again when somebody else wrote meanwhile
            await store.save_session(tx, session)
            tx.record(*outcome.events)

    # ── joining ──────────────────────────────────────────────────────────────────────────────────

    async def join(self, who: Principal, session_id: ConsultationId) -> Join:
        """A grant for somebody who belongs to the session. A workstation needs a redeemed authorisation."""
        session = await self.session(session_id)
        try:
            mine = self._may_join(who, session)
        except (NotAllowed, SessionUnknown) as error:
            if who.role in CLIENTS:
                # whoever tries a place that was not opened to them is found again
                await self._audit.record(entry(who, session_id, "session.join", outcome=error.code))
            raise
        return await self._grant(session, mine)

    def _may_join(self, who: Principal, session: Session) -> Participant:
        mine = self.place(who, session)
        core.must_run(session)
        if mine.state is ParticipantState.REMOVED:
            raise NotAllowed
        if mine.state is ParticipantState.WAITING and mine.via is Via.KIOSK:
            raise WorkstationNotAuthorised
        if mine.state in (ParticipantState.WAITING, ParticipantState.HELD):
            raise ParticipantHeld(retry_after_s=2)
        if mine.role is not PersonRole.CITIZEN:
            check(session, mine, Action.JOIN)
        return mine

    async def authorise(
        self,
        who: Principal,
        session_id: ConsultationId,
        workstation_id: WorkstationId,
        points: Iterable[PointId],
        *,
        push: bool = False,
    ) -> tuple[str, int]:
        """(code, expiry) for a workstation of one of the clerk's ``points``; shown once, kept as a hash.

        With ``push`` it is also kept sealed while it can be redeemed, so that whichever process the workstation is
        connected to can hand it over.
        """
        code = code_of(secrets.randbits(64))
        wall_ms = self._clock.wall_ms()
        expires_ms = wall_ms + self._ttl_ms
        sealed = base64.b64encode(self._vault.seal(Private(code), _purpose(session_id))).decode() if push else None
        known = {workstation.id for workstation in await self.workstations(points)}
        async with self._ledger.reading() as connection:
            device = await device_of(connection, workstation_id)

        def decide(session: Session, _mine: Participant) -> Outcome:
            core.must_run(session)
            if workstation_id not in known:
                raise WorkstationUnknown(field="workstation_id")
            fresh = Authorisation(
                hash_code(code, self._pepper), workstation_id, expires_ms, sealed=sealed, device=device
            )
            outcome = workstation_core.authorise(
                session, fresh, identity=_new_identity(PersonRole.CITIZEN), wall_ms=self._clock.wall_ms()
            )
            if push:
                outcome.events.append(
                    AuthorisationOffered(at_ms=wall_ms, consultation_id=session_id, workstation_id=workstation_id)
                )
            return outcome

        await self.act(who, session_id, Action.AUTHORISE, decide, name="workstation.authorise")
        return code, expires_ms

    async def offered_code(self, workstation_id: WorkstationId) -> OfferedCode | None:
        """The code that was pushed to a workstation, while it can be redeemed."""
        session = await self.session_at(workstation_id)
        code = None if session is None else session.authorisation
        if session is None or code is None or code.sealed is None or self._clock.wall_ms() >= code.expires_ms:
            return None
        opened = self._vault.open(base64.b64decode(code.sealed), _purpose(session.id))
        return OfferedCode(session_id=session.id, code=opened.reveal(), expires_at_ms=code.expires_ms)

    async def redeem(self, who: Principal, code: str) -> Join:
        """The workstation's own act; raises why the code is refused, and counts wrong ones."""
        if who.workstation_id is None:
            raise NotAllowed
        while True:
            try:
                session = await self._redeem(who, who.workstation_id, code)
                break
            except SessionMoved:
                continue
        citizen = session.of_role(PersonRole.CITIZEN)
        assert citizen is not None
        return await self._grant(session, citizen)

    async def _redeem(self, who: Principal, workstation_id: WorkstationId, code: str) -> Session:
        refused: KlatieneError | None = None
        wall_ms = self._clock.wall_ms()
        async with self._ledger.transaction() as tx:
            # held until the end, so that many guesses at once are counted one by one, whichever process they reach
            tries = Tries(await store.lock_tries(tx, workstation_id))
            tries.check(wall_ms)
            session = await store.find_by_code(tx.connection, hash_code(code, self._pepper), workstation_id)
            try:
                redeem(None if session is None else session.authorisation, workstation_id, who.device, wall_ms)
                assert session is not None
                outcome = workstation_core.admit(session, wall_ms)
            except KlatieneError as error:
                refused = error
                # a right code before a locked door is no guess
                if not isinstance(error, SessionLocked):
                    tries.failed(wall_ms)
                    await store.save_tries(tx, workstation_id, tries.wrong_ms)
                found = ConsultationId("") if session is None else session.id
                await self._audit.record(entry(who, found, "workstation.redeem", outcome=error.code), tx)
            else:
                await self.write(tx, session, outcome, entry(who, session.id, "workstation.redeem"))
        if refused is not None:
            raise refused
        assert session is not None
        return session

    # ── the moderator ────────────────────────────────────────────────────────────────────────────

    async def revoke(self, who: Principal, session_id: ConsultationId) -> None:
        await self.act(
            who,
            session_id,
            Action.REVOKE,
            lambda session, _: workstation_core.revoke(session, self._clock.wall_ms()),
            name="workstation.revoke",
        )

    async def shut_out(self, workstation_id: WorkstationId) -> None:
        """The workstation was let go: out of the session that it is in."""
        running = await self.session_at(workstation_id)
        if running is None:
            return
        let_go = AuditEntry(
            actor=workstation_id, role="workstation", action="workstation.let_go", consultation_id=running.id
        )

        def decide(session: Session) -> Outcome:
            ended = session.state is SessionState.ENDED
            return Outcome() if ended else workstation_core.revoke(session, self._clock.wall_ms())

        session, outcome = await self.change(running.id, decide, let_go)
        await obey(self._media, session, outcome.media)

    async def mute(
        self, who: Principal, session_id: ConsultationId, identity: str, kind: MediaKind, muted: bool
    ) -> None:
        """Muting lasts: the node refuses that source until the moderator gives it back."""
        await self.act(
            who,
            session_id,
            Action.MUTE,
            lambda session, _: core.mute(session, identity, kind, muted, self._clock.wall_ms()),
            name=f"participant.{'mute' if muted else 'unmute'}.{kind}",
            strict=True,
        )

    async def remove(self, who: Principal, session_id: ConsultationId, identity: str) -> None:
        await self.act(
            who,
            session_id,
            Action.REMOVE,
            lambda session, _: core.remove(session, identity, self._clock.wall_ms()),
            name="participant.remove",
        )

    async def end(self, who: Principal, session_id: ConsultationId, word: str | None = None) -> Session:
        def decide(session: Session, _mine: Participant) -> Outcome:
            core.must_run(session)
            return core.end(session, "clerk_ended", self._clock.wall_ms(), word)

        return await self.act(who, session_id, Action.END, decide)

    async def leave(self, who: Principal, session_id: ConsultationId) -> None:
        await self.act(
            who,
            session_id,
            Action.LEAVE,
            lambda session, mine: core.leave(session, mine.identity, self._clock.wall_ms()),
        )

    async def act_for(self, session_id: ConsultationId, checked: ActingFor | None) -> None:
        """What the caller's check said of the client acting for a company; None: as a private person again."""

        def decide(session: Session) -> Outcome:
            core.must_run(session)
            session.acting_for = checked
            return core.touched(session, self._clock.wall_ms())

        await self.change(session_id, decide)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _grant(self, session: Session, who: Participant) -> Join:
        url = await self._media.open_room(session.id)
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
            url=url or self._access.url,
            token=token,
            identity=who.identity,
            room=session.id,
            expires_in_s=MAX_JOIN_TTL_S,
        )


def _new_identity(role: PersonRole) -> str:
    return f"{_LETTERS[role]}-{secrets.token_hex(6)}"


def _purpose(session_id: ConsultationId) -> str:
    """A sealed code can be opened for its own session only."""
    return f"authorisation {session_id}"
