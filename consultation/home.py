"""Personal links, committed: made, opened by the first device, taken back, over with the session."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection

import msgspec

from consultation import home_core, home_store
from consultation.acts import Acts, entry
from consultation.core import Outcome
from consultation.device_tokens import DeviceTokens
from consultation.home_core import Act, Link, State
from consultation.model import Participant, Session
from consultation.rights import Action
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import Clock
from kernel.consumer import hears
from kernel.device_errors import HomeNotOffered, LinkRevoked, LinkUnknown
from kernel.dpop import Proof
from kernel.errors import KlatieneError, SessionUnknown
from kernel.identity import Identity, Principal
from kernel.ids import AccountId, ConsultationId, at_home
from kernel.ledger import Ledger, Transaction
from kernel.messages import AnyEvent, AppointmentChanged, RequestLeft, Role, SessionEnded

#: no conversation lasts longer than the token of its client
TOKEN_S = 12 * 3600
#: what became of a link is told for so long after it ran out
KEEP_MS = 24 * 3_600_000
#: 160 bits: nobody guesses it
CODE_BYTES = 20
EVERY = "*"


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The code is shown once. ``opens_at_ms`` to ``expires_at_ms``: when it may be opened first."""

    code: str
    opens_at_ms: int
    expires_at_ms: int


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """``starts_at_ms``: of an appointment, or null when the conversation is now."""

    access_token: str
    token_type: str
    expires_in: int
    consultation_id: ConsultationId
    starts_at_ms: int | None


class HomeLinks:
    def __init__(  # noqa: PLR0917  (what it is made of)
        self,
        acts: Acts,
        ledger: Ledger,
        clock: Clock,
        audit: Audit,
        identity: Identity,
        tokens: DeviceTokens,
        *,
        pepper: str,
        ttl_s: float,
        early_s: float,
        late_s: float,
        agencies: Collection[str],
    ) -> None:
        """``early_s``, ``late_s``: so long before and after an appointment's time its link may be opened first."""
        self._acts = acts
        self._ledger = ledger
        self._clock = clock
        self._audit = audit
        self._identity = identity
        self._tokens = tokens
        self._pepper = hashlib.sha256(b"klatiene home link\0" + pepper.encode()).digest()
        self._ttl_ms, self._early_ms, self._late_ms = (round(each * 1000) for each in (ttl_s, early_s, late_s))
        self._agencies = frozenset(agencies)

    # ── making ───────────────────────────────────────────────────────────────────────────────────

    def must_be_offered(self, agency_id: str) -> None:
        """Raises `HomeNotOffered`."""
        if self._agencies.isdisjoint((EVERY, agency_id)):
            raise HomeNotOffered

    async def for_session(self, who: Principal, session_id: ConsultationId) -> tuple[Made, str]:
        """(the link, the sign-in that it replaces or empty). Raises `ClientPresent` beside what acts raise."""
        wall_ms = self._clock.wall_ms()
        link = Link(session_id, who.id, opens_ms=wall_ms, expires_ms=wall_ms + self._ttl_ms)
        code, before = secrets.token_urlsafe(CODE_BYTES), [""]

        def decide(session: Session, _mine: Participant) -> Outcome:
            self.must_be_offered(session.facts.agency_id)
            return home_core.place(session, f"h-{secrets.token_hex(6)}", self._clock.wall_ms())

        async def within(tx: Transaction) -> None:
            before[0] = await self._keep(tx, link, code)

        await self._acts.act(who, session_id, Action.LINK, decide, name="home_link.make", within=within)
        return self._made(link, code), before[0]

    async def for_appointment(
        self, who: Principal, consultation_id: ConsultationId, agency_id: str, starts_ms: int
    ) -> tuple[Made, str]:
        """As `for_session`, for a consultation to come; whose appointment it is, is the caller's to see."""
        self.must_be_offered(agency_id)
        link = Link(
            consultation_id,
            who.id,
            opens_ms=starts_ms - self._early_ms,
            expires_ms=starts_ms + self._late_ms,
            starts_ms=starts_ms,
        )
        code = secrets.token_urlsafe(CODE_BYTES)
        async with self._ledger.transaction() as tx:
            before = await self._keep(tx, link, code)
            await self._audit.record(entry(who, consultation_id, "home_link.make"), tx)
        return self._made(link, code), before

    async def again(self, who: Principal, consultation_id: ConsultationId, agency_id: str) -> tuple[Made, str]:
        """As `for_session`, for the client who lost the link before, of one that waits or runs: that link ends.

        Whose consultation it is, is the caller's to see. Raises `HomeNotOffered`, `ClientPresent`, `LinkRevoked`.
        """
        self.must_be_offered(agency_id)
        wall_ms = self._clock.wall_ms()
        link = Link(consultation_id, who.id, opens_ms=wall_ms, expires_ms=wall_ms + self._ttl_ms)
        code, before = secrets.token_urlsafe(CODE_BYTES), [""]

        async def within(tx: Transaction) -> None:
            # taken back by an official: then it is for them to make another
            standing = await home_store.find(tx, consultation_id=consultation_id)
            if standing is not None and standing.state is State.REVOKED:
                raise LinkRevoked
            before[0] = await self._keep(tx, link, code)

        def decide(session: Session) -> Outcome:
            return home_core.again(session, f"h-{secrets.token_hex(6)}", self._clock.wall_ms())

        try:
            await self._acts.act_from_outside(who, consultation_id, decide, name="home_link.make", within=within)
        except SessionUnknown:
            # it still waits for an official
            async with self._ledger.transaction() as tx:
                await within(tx)
                await self._audit.record(entry(who, consultation_id, "home_link.make"), tx)
        return self._made(link, code), before[0]

    @staticmethod
    def _made(link: Link, code: str) -> Made:
        return Made(code=code, opens_at_ms=link.opens_ms, expires_at_ms=link.expires_ms)

    async def _keep(self, tx: Transaction, link: Link, code: str) -> str:
        """The new link in place of the one before, whose device is signed out: its sign-in, or empty."""
        before = await home_store.find(tx, consultation_id=link.consultation_id)
        if before is not None and before.session_hash:
            await self._identity.drop(tx, before.session_hash)
        await home_store.replace(tx, link, self._hash(code))
        place = at_home(ConsultationId(link.consultation_id))
        account = Principal(id=AccountId(place), role=Role.AT_HOME, name="", workstation_id=place)
        await self._identity.save_account(tx, account)
        return "" if before is None else before.session_hash

    # ── opening ──────────────────────────────────────────────────────────────────────────────────

    async def open(self, proof: Proof, code: str) -> Opened:
        """For the first device that asks, and for it again. Raises why it is refused, which is written down."""
        wall_ms = self._clock.wall_ms()
        refused: KlatieneError | None = None
        async with self._ledger.transaction() as tx:
            await self._tokens.use(tx, proof)
            link = await home_store.find(tx, code_hash=self._hash(code))
            try:
                home_core.open_link(link, proof.thumbprint, wall_ms)
            except KlatieneError as error:
                refused = error
            outcome = "ok" if refused is None else refused.code
            await self._audit.record(_by_client(link, "home_link.open", outcome=outcome), tx)
            if link is not None and refused is None:
                link.session_hash = link.session_hash or secrets.token_hex(32)
                await home_store.save(tx, link)
                account = AccountId(at_home(ConsultationId(link.consultation_id)))
                await self._identity.hold(tx, link.session_hash, account, until_ms=wall_ms + TOKEN_S * 1000)
        if refused is not None or link is None:
            raise refused or LinkUnknown
        return Opened(
            access_token=self._tokens.mint(
                at_home(ConsultationId(link.consultation_id)),
                thumbprint=link.thumbprint,
                session_hash=link.session_hash,
                ttl_s=TOKEN_S,
            ),
            token_type="DPoP",  # noqa: S106  (a word of RFC 9449)
            expires_in=TOKEN_S,
            consultation_id=ConsultationId(link.consultation_id),
            starts_at_ms=link.starts_ms or None,
        )

    # ── the end of it ────────────────────────────────────────────────────────────────────────────

    async def revoke(self, who: Principal, session_id: ConsultationId) -> str:
        """The client is put out at once; the sign-in that ended, or empty. Raises `LinkUnknown`."""
        before = [""]

        async def within(tx: Transaction) -> None:
            before[0] = await self._finish(tx, session_id, Act.REVOKE)

        await self._acts.act(
            who,
            session_id,
            Action.LINK,
            lambda session, _: home_core.withdraw(session, self._clock.wall_ms()),
            name="home_link.revoke",
            within=within,
        )
        return before[0]

    async def revoke_planned(self, who: Principal, consultation_id: ConsultationId) -> str:
        """Of an appointment. Raises `LinkUnknown`."""
        async with self._ledger.transaction() as tx:
            if not await home_store.stands(tx.connection, consultation_id):
                raise LinkUnknown
            before = await self._finish(tx, consultation_id, Act.REVOKE)
            await self._audit.record(entry(who, consultation_id, "home_link.revoke"), tx)
        return before

    @hears(SessionEnded, RequestLeft, AppointmentChanged)
    async def on_event(self, tx: Transaction, event: AnyEvent) -> None:
        """Durable consumer ``home-links``: with the consultation its client's device is forgotten."""
        match event:
            case SessionEnded(facts=facts):
                await self._finish(tx, facts.consultation_id, Act.END)
            case RequestLeft(facts=facts) if event.why != "callback":
                await self._finish(tx, facts.consultation_id, Act.END)
            case AppointmentChanged(state="cancelled" | "no_show", request_id=consultation_id):
                await self._finish(tx, consultation_id, Act.END)
            case AppointmentChanged(state="booked", request_id=consultation_id, starts_at_ms=starts_ms):
                await self._move(tx, consultation_id, starts_ms)

    async def _move(self, tx: Transaction, consultation_id: ConsultationId, starts_ms: int) -> None:
        """An appointment's link follows it to another time."""
        link = await home_store.find(tx, consultation_id=consultation_id)
        if link is None or not link.starts_ms:
            return
        link.starts_ms = starts_ms
        link.opens_ms, link.expires_ms = starts_ms - self._early_ms, starts_ms + self._late_ms
        await home_store.save(tx, link)

    async def _finish(self, tx: Transaction, consultation_id: ConsultationId, act: Act) -> str:
        link = await home_store.find(tx, consultation_id=consultation_id)
        if link is None or not home_core.move(link, act):
            return ""
        before, link.session_hash = link.session_hash, ""
        await home_store.save(tx, link)
        await self._identity.forget_account(tx, AccountId(at_home(consultation_id)))
        return before

    async def forget(self) -> None:
        """Now and then: what ran out long ago."""
        async with self._ledger.reading() as connection:
            old = await home_store.old(connection, self._clock.wall_ms() - KEEP_MS)
        for consultation_id in old:
            async with self._ledger.transaction() as tx:
                await home_store.forget(tx, consultation_id)
                await self._identity.forget_account(tx, AccountId(at_home(ConsultationId(consultation_id))))

    def _hash(self, code: str) -> str:
        return hmac.new(self._pepper, code.encode(), hashlib.sha256).hexdigest()


def _by_client(link: Link | None, action: str, *, outcome: str) -> AuditEntry:
    consultation_id = ConsultationId("" if link is None else link.consultation_id)
    return AuditEntry(
        actor=at_home(consultation_id),
        role=Role.AT_HOME.value,
        action=action,
        outcome=outcome,
        consultation_id=consultation_id,
    )
