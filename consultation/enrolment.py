"""Enrolling workstations, committed: codes, confirmation, tokens, revocation. `enrolment_core` decides."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable

import msgspec
import sqlalchemy as sa

from consultation import enrolment_core as core
from consultation import enrolment_store as store
from consultation.authorisation import Tries
from consultation.device_tokens import DeviceTokens
from consultation.enrolment_core import Enrolment
from consultation.store import Workstation, load_workstations, lock_tries, save_tries, save_workstation
from consultation.tables import workstations
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import Clock
from kernel.device_errors import EnrolmentRevoked, NumberWrong, SignInStale, UserCodeUnknown
from kernel.dpop import REMEMBER_S, Proof
from kernel.errors import KlatieneError, WorkstationUnknown
from kernel.identity import Identity, Principal, SignedIn
from kernel.ids import AccountId, PointId, WorkstationId, new_id
from kernel.ledger import Ledger, Transaction
from kernel.messages import RegisterChanged, Role

DAY_MS = 86_400_000


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 8628 §3.2, and the number to compare. There is no ``verification_uri_complete``, on purpose."""

    device_code: str
    user_code: str
    number: str
    verification_uri: str
    expires_in: int
    interval: int


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolment that stands, as clerks see it."""

    kind: str
    workstation_id: str
    enrolled_at_ms: int
    seen_at_ms: int


class EnrolmentService:
    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        audit: Audit,
        identity: Identity,
        tokens: DeviceTokens,
        *,
        pepper: str,
        fresh_s: float,
        code_ttl_s: float,
        token_s: float,
        idle_days: float,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._audit = audit
        self._identity = identity
        self._pepper = hashlib.sha256(b"klatiene enrolment\0" + pepper.encode()).digest()
        self._tokens = tokens
        self._fresh_ms = round(fresh_s * 1000)
        self._code_ttl_ms = round(code_ttl_s * 1000)
        self._token_s = round(token_s)
        self._idle_ms = round(idle_days * DAY_MS)

    # ── the device ───────────────────────────────────────────────────────────────────────────────

    async def start(self, proof: Proof, *, point_id: PointId, name: str, kind: str, address: str) -> Started:
        """A device that has proved its key asks to be enrolled at a point. ``address``: where clerks type the code."""
        wall_ms = self._clock.wall_ms()
        user_code, device_code = core.user_code_of(secrets.randbits(96)), secrets.token_urlsafe(32)
        asked = Enrolment(
            id=new_id(wall_ms),
            kind=kind,
            thumbprint=proof.thumbprint,
            point_id=point_id,
            name=name,
            number=core.number_of(secrets.randbits(64)),
            created_ms=wall_ms,
            expires_ms=wall_ms + self._code_ttl_ms,
        )
        async with self._ledger.transaction() as tx:
            await self._tokens.use(tx, proof)
            await store.insert(
                tx,
                asked,
                user_code_hash=self._hash(core.plain_code(user_code)),
                device_code_hash=self._hash(device_code),
            )
        return Started(
            device_code=device_code,
            user_code=user_code,
            number=asked.number,
            verification_uri=address,
            expires_in=self._code_ttl_ms // 1000,
            interval=core.INTERVAL_S,
        )

    async def collect(self, proof: Proof, device_code: str) -> Tokens:
        """The first tokens, once a clerk has confirmed; raises what RFC 8628 §3.5 says until then."""
        wall_ms = self._clock.wall_ms()
        refused: KlatieneError | None = None
        async with self._ledger.transaction() as tx:
            await self._tokens.use(tx, proof)
            found = await store.find(tx, device_code_hash=self._hash(device_code))
            try:
                core.poll(found, proof.thumbprint, wall_ms)
            except KlatieneError as error:
                refused = error
            if found is not None:
                await store.save(tx, found)
                if refused is None:
                    await self._hold(tx, found)
                    await self._audit.record(_by_device(found, "enrolment.collect"), tx)
        if refused is not None:
            raise refused
        assert found is not None
        return self._mint(found)

    async def refresh(self, proof: Proof, token: str, attempt: str) -> Tokens:
        """The next tokens. Raises `TokenInvalid` or `EnrolmentRevoked`; a token used twice ends the enrolment."""
        enrolment_id, generation = core.read_refresh_token(token, self._pepper)
        async with self._ledger.transaction() as tx:
            await self._tokens.use(tx, proof)
            found = await store.find(tx, id=enrolment_id)
            outcome = core.refresh(found, generation, attempt, proof.thumbprint, self._clock.wall_ms())
            assert found is not None
            await store.save(tx, found)
            if outcome.reused:
                await self._identity.drop(tx, found.session_hash)
                tx.record(self._changed(found.workstation_id, let_go=True))
                await self._audit.record(_by_device(found, "enrolment.refresh", outcome="token_reused"), tx)
            else:
                await self._hold(tx, found)
        if outcome.reused:
            raise EnrolmentRevoked
        return self._mint(found)

    # ── the clerk ────────────────────────────────────────────────────────────────────────────────

    def must_be_fresh(self, who: SignedIn) -> None:
        """Raises `SignInStale`: a screen that was left open enrols nothing."""
        if self._clock.wall_ms() - who.proved_ms > self._fresh_ms:
            raise SignInStale(within_s=self._fresh_ms // 1000)

    async def look(self, who: SignedIn, user_code: str, points: Iterable[PointId]) -> tuple[Enrolment, str | None]:
        """(what waits under a code, the workstation that it would replace). Wrong codes are counted and lock.

        A code of another point is as unknown as one that never was.
        """
        self.must_be_fresh(who)
        wall_ms = self._clock.wall_ms()
        refused: KlatieneError | None = None
        replaces = None
        async with self._ledger.transaction() as tx:
            key = self._tries_of(who.principal)
            tries = Tries(await lock_tries(tx, key))
            tries.check(wall_ms)
            found = await store.find(tx, user_code_hash=self._hash(core.plain_code(user_code)))
            try:
                if found is None or found.point_id not in set(points):
                    raise UserCodeUnknown(field="user_code")
                core.must_be_pending(found, wall_ms)
                replaces = await self._same_name(tx, found)
                if found.kind == "agent" and replaces is None:
                    # it moves the mouse of a workstation that is there already
                    raise WorkstationUnknown(field="name")
            except KlatieneError as error:
                refused = error
                tries.failed(wall_ms)
                await save_tries(tx, key, tries.wrong_ms)
                await self._audit.record(_by_clerk(who.principal, "enrolment.look", outcome=error.code), tx)
        if refused is not None:
            raise refused
        assert found is not None
        return found, replaces

    async def confirm(
        self, who: SignedIn, enrolment_id: str, number: str, points: Iterable[PointId], place: Callable[[PointId], str]
    ) -> WorkstationId:
        """The workstation that now may fetch its tokens; ``place`` names a point. A device it replaces is let go."""
        self.must_be_fresh(who)
        refused: KlatieneError | None = None
        workstation_id = WorkstationId("")
        async with self._ledger.transaction() as tx:
            found = await self._waiting(tx, enrolment_id, points)
            workstation_id = WorkstationId(await self._same_name(tx, found) or f"{core.PREFIX}{secrets.token_hex(6)}")
            try:
                core.confirm(
                    found,
                    number,
                    clerk_id=who.principal.id,
                    workstation_id=workstation_id,
                    session_hash=secrets.token_hex(32),
                    wall_ms=self._clock.wall_ms(),
                )
            except NumberWrong as error:
                refused = error
            else:
                replaced = await self._replace(tx, found)
                await self._register(tx, found, place(PointId(found.point_id)))
                tx.record(self._changed(workstation_id, let_go=replaced))
            await store.save(tx, found)
            outcome = "ok" if refused is None else refused.code
            await self._audit.record(
                _by_clerk(who.principal, "enrolment.confirm", device=found.workstation_id, outcome=outcome), tx
            )
        if refused is not None:
            raise refused
        return workstation_id

    async def deny(self, who: SignedIn, enrolment_id: str, points: Iterable[PointId]) -> None:
        async with self._ledger.transaction() as tx:
            found = await self._waiting(tx, enrolment_id, points)
            core.deny(found, self._clock.wall_ms())
            await store.save(tx, found)
            await self._audit.record(_by_clerk(who.principal, "enrolment.deny"), tx)

    async def revoke(self, who: SignedIn, workstation_id: WorkstationId, points: Iterable[PointId]) -> None:
        """Ends every enrolment of a workstation."""
        self.must_be_fresh(who)
        async with self._ledger.transaction() as tx:
            known = {each.id for each in await load_workstations(tx.connection, points)}
            standing = await store.of_workstations(tx.connection, [workstation_id])
            if workstation_id not in known or not standing:
                raise WorkstationUnknown(field="workstation_id")
            await self._end(tx, standing[workstation_id], "clerk")
            await self._audit.record(_by_clerk(who.principal, "enrolment.revoke", device=workstation_id), tx)
            tx.record(self._changed(workstation_id, let_go=True))

    async def devices(self, workstation_ids: Iterable[str]) -> list[Device]:
        async with self._ledger.reading() as connection:
            found = await store.of_workstations(connection, workstation_ids)
        return [
            Device(
                kind=each.kind,
                workstation_id=each.workstation_id,
                enrolled_at_ms=each.created_ms,
                seen_at_ms=each.seen_ms,
            )
            for many in found.values()
            for each in many
        ]

    async def tick(self) -> None:
        """Now and then: forget what ran out."""
        wall_ms = self._clock.wall_ms()
        async with self._ledger.transaction() as tx:
            await store.forget(tx, wall_ms, wall_ms - round(REMEMBER_S * 1000))

    # ── inside ───────────────────────────────────────────────────────────────────────────────────

    async def _waiting(self, tx: Transaction, enrolment_id: str, points: Iterable[PointId]) -> Enrolment:
        found = await store.find(tx, id=enrolment_id)
        if found is None or found.point_id not in set(points):
            raise UserCodeUnknown
        core.must_be_pending(found, self._clock.wall_ms())
        return found

    async def _same_name(self, tx: Transaction, found: Enrolment) -> str | None:
        """The workstation of the register that the device says it is."""
        known = await load_workstations(tx.connection, [found.point_id])
        return next((each.id for each in known if each.name.casefold() == found.name.casefold()), None)

    async def _replace(self, tx: Transaction, found: Enrolment) -> bool:
        """Whether there was a device of the same kind, which is let go."""
        standing = await store.of_workstations(tx.connection, [found.workstation_id])
        same_kind = [each for each in standing.get(found.workstation_id, []) if each.kind == found.kind]
        await self._end(tx, same_kind, "replaced")
        return bool(same_kind)

    async def _end(self, tx: Transaction, standing: Iterable[Enrolment], why: str) -> None:
        for each in standing:
            if core.revoke(each, why):
                await store.save(tx, each)
                await self._identity.drop(tx, each.session_hash)

    async def _register(self, tx: Transaction, found: Enrolment, place: str) -> None:
        """The workstation and its account, unless the register has them."""
        workstation_id = WorkstationId(found.workstation_id)
        known = await tx.connection.scalar(sa.select(workstations.c.id).where(workstations.c.id == workstation_id))
        if known is None:
            point_id = PointId(found.point_id)
            await save_workstation(
                tx, Workstation(id=workstation_id, name=found.name, point_id=point_id, point_name=place)
            )
        account = Principal(
            id=_account_of(found),
            role=Role.AGENT if found.kind == "agent" else Role.WORKSTATION,
            name=found.name,
            point_id=PointId(found.point_id),
            point_name=place,
            workstation_id=workstation_id,
        )
        await self._identity.save_account(tx, account)

    async def _hold(self, tx: Transaction, found: Enrolment) -> None:
        until_ms = self._clock.wall_ms() + self._idle_ms
        await self._identity.hold(tx, found.session_hash, _account_of(found), until_ms=until_ms)

    def _changed(self, workstation_id: str, *, let_go: bool = False) -> RegisterChanged:
        return RegisterChanged(at_ms=self._clock.wall_ms(), workstation_id=WorkstationId(workstation_id), let_go=let_go)

    def _mint(self, found: Enrolment) -> Tokens:
        access = self._tokens.mint(
            found.workstation_id,
            thumbprint=found.thumbprint,
            session_hash=found.session_hash,
            ttl_s=self._token_s,
        )
        return Tokens(
            access_token=access,
            token_type="DPoP",  # noqa: S106  (a word of RFC 9449)
            expires_in=self._token_s,
            refresh_token=core.refresh_token(found.id, found.generation, self._pepper),
        )

    def _hash(self, text: str) -> str:
        return core.hash_secret(text, self._pepper)

    def _tries_of(self, who: Principal) -> str:
        return self._hash(f"tries {who.id}")


def _account_of(found: Enrolment) -> AccountId:
    """An account of its own, beside the one that the demo's sign-in offers for a workstation of the same name."""
    name = found.workstation_id.removeprefix(core.PREFIX)
    return AccountId(f"{core.PREFIX}{name}" if found.kind == "kiosk" else f"{core.PREFIX}{found.kind}-{name}")


def _by_device(found: Enrolment, action: str, *, outcome: str = "ok") -> AuditEntry:
    return AuditEntry(
        actor=found.workstation_id,
        role=Role.WORKSTATION.value,
        action=action,
        outcome=outcome,
        unit=found.point_id,
        device=found.workstation_id,
    )


def _by_clerk(who: Principal, action: str, *, device: str = "", outcome: str = "ok") -> AuditEntry:
    return AuditEntry(
        actor=who.id, role=who.role.value, action=action, outcome=outcome, unit=who.point_id or "", device=device
    )
