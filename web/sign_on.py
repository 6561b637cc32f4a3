"""Signing in by the state's sign-on (VPM): from the browser's first step to an account of the directory, or a refusal.

What a sign-in has to remember meanwhile (state, nonce, verifier) is sealed in a cookie of the browser that began it, so
that any web process can finish it and nobody else's answer fits. Deny by default: an identifier that the directory does
not know signs nobody in. Residents may be let in to their own panel by a setting.

A sign-in that lives at the sign-on already is good for getting in, and counts from when the person signed in there. A
step that needs a fresh one asks for it (``fresh``), and does not believe an answer without it.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from contextlib import AsyncExitStack
from typing import Literal

import msgspec
import sqlalchemy as sa

from kernel.clock import Clock
from kernel.identity import Identity, Marks, Principal, SignedIn
from kernel.ids import AccountId, new_id
from kernel.ledger import Ledger
from kernel.messages import Role
from kernel.personal_code_core import masked
from kernel.private import Private
from kernel.settings import Settings
from kernel.sign_on_errors import (
    SignOnExpired,
    SignOnNoRole,
    SignOnNotFresh,
    SignOnOff,
    SignOnRefused,
    SignOnState,
)
from kernel.vault import Vault, VaultSealBroken
from portal_bridge.vpm_core import Subject
from portal_bridge.vpm_oidc import Oidc, challenge_of
from portal_bridge.vpm_wsfed import WsFed
from web.citizens import Citizens, citizens
from web.sign_on_store import Identifiers

Way = Literal["oidc", "wsfed"]
#: how long somebody may take at the sign-on
BEGUN_S = 600
#: how far the sign-on's clock may be from ours
SKEW_S = 30
_PURPOSE = "sign-on"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in under way; only its own browser holds it, and cannot read it."""

    way: Way
    state: str
    nonce: str
    verifier: str
    answer_url: str
    to: str
    at_ms: int
    fresh: bool = False
    #: of the session that the browser had when it began: a new sign-in ends it
    before: str = ""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed in, when, where they go in the application, and by what the sign-on may end the session.

    ``cleanup``: what the browser keeps to say that WS-Federation's sign-out ended its session.
    """

    account_id: AccountId
    to: str
    proved_ms: int
    marks: Marks
    before: str
    cleanup: str = ""


class SignOn:
    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        vault: Vault,
        identity: Identity,
        citizens: Citizens,
        *,
        oidc: Oidc | None,
        wsfed: WsFed | None,
        residents: bool,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._vault = vault
        self._identity = identity
        self._citizens = citizens
        self._oidc = oidc
        self._wsfed = wsfed
        self._residents = residents
        self.identifiers = Identifiers(ledger, vault)

    @property
    def ways(self) -> list[Way]:
        """How one can sign in here."""
        found: list[tuple[Way, object]] = [("oidc", self._oidc), ("wsfed", self._wsfed)]
        return [way for way, adapter in found if adapter is not None]

    async def begin(
        self, way: Way, *, answer_url: str, to: str, fresh: bool = False, before: str = ""
    ) -> tuple[str, str]:
        """(where the browser is to go, what it is to keep). Raises `SignOnOff`, `SignOnUnavailable`."""
        begun = Begun(
            way=way,
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            answer_url=answer_url,
            to=to,
            at_ms=self._clock.wall_ms(),
            fresh=fresh,
            before=before,
        )
        if way == "oidc" and self._oidc is not None:
            challenge = challenge_of(begun.verifier)
            url = await self._oidc.begin(
                redirect_uri=answer_url, state=begun.state, nonce=begun.nonce, challenge=challenge, fresh=fresh
            )
        elif way == "wsfed" and self._wsfed is not None:
            url = await self._wsfed.begin(reply=answer_url, context=begun.state, fresh=fresh)
        else:
            raise SignOnOff
        sealed = self._vault.seal_bytes(msgspec.json.encode(begun), _PURPOSE)
        return url, base64.urlsafe_b64encode(sealed).decode()

    async def finish_oidc(self, kept: str, query: dict[str, str]) -> Finished:
        """``query``: what the provider sent the browser back with."""
        if self._oidc is None:
            raise SignOnOff
        begun = self._begun("oidc", kept, query.get("state", ""))
        # one answer for each beginning: the provider refuses a code the second time, and so do we
        await self._use_once(begun.state)
        if "error" in query or not query.get("code"):
            raise SignOnRefused
        subject, proof = await self._oidc.finish(
            query["code"],
            redirect_uri=begun.answer_url,
            verifier=begun.verifier,
            nonce=begun.nonce,
            issuer=query.get("iss", ""),
        )
        marks = Marks(
            subject=self._subject_mark(proof.subject),
            session=self._session_mark(proof.session) if proof.session else None,
        )
        return await self._finished(begun, subject, proof.proved_s, marks)

    async def finish_wsfed(self, kept: str, form: dict[str, str]) -> Finished:
        if self._wsfed is None:
            raise SignOnOff
        begun = self._begun("wsfed", kept, form.get("wctx", ""))
        await self._use_once(begun.state)
        if form.get("wa") != "wsignin1.0" or not form.get("wresult"):
            raise SignOnRefused
        subject, assertion = await self._wsfed.finish(form["wresult"], reply=begun.answer_url)
        await self.identifiers.use_once(
            f"assertion {assertion.id}", until_ms=round(assertion.until_s * 1000), now_ms=self._clock.wall_ms()
        )
        cleanup = secrets.token_urlsafe(24)
        marks = Marks(session=self.identifiers.mark(f"cleanup {cleanup}"))
        return await self._finished(begun, subject, assertion.proved_s, marks, cleanup)

    async def _finished(
        self, begun: Begun, subject: Subject, proved_s: float, marks: Marks, cleanup: str = ""
    ) -> Finished:
        if begun.fresh and proved_s < begun.at_ms / 1000 - SKEW_S:
            raise SignOnNotFresh
        return Finished(
            account_id=await self._account_of(subject),
            to=begun.to,
            proved_ms=round(proved_s * 1000),
            marks=marks,
            before=begun.before,
            cleanup=cleanup,
        )

    # ── signing out that begins at the sign-on ───────────────────────────────────────────────────

    async def ended_oidc(self, token: str) -> list[SignedIn]:
        """End what the provider's logout token names; the sessions that there were. Raises `kernel.sign_on_errors`."""
        if self._oidc is None:
            raise SignOnOff
        found = await self._oidc.ended(token)
        await self.identifiers.use_once(
            f"logout {found.id}", until_ms=round(found.until_s * 1000), now_ms=self._clock.wall_ms()
        )
        marks = Marks(
            subject=self._subject_mark(found.subject) if found.subject is not None else None,
            session=self._session_mark(found.session) if found.session else None,
        )
        return await self._identity.end_marked(marks)

    async def ended_wsfed(self, cleanup: str) -> list[SignedIn]:
        """End the session of the browser that keeps this."""
        if self._wsfed is None or not cleanup:
            return []
        return await self._identity.end_marked(Marks(session=self.identifiers.mark(f"cleanup {cleanup}")))

    def _subject_mark(self, subject: Private[str]) -> str:
        return self.identifiers.mark(f"subject {subject.reveal()}")

    def _session_mark(self, session: str) -> str:
        return self.identifiers.mark(f"session {session}")

    async def end(self, way: str, after: str) -> str:
        """Where the browser is to go to be signed out at the sign-on, too; empty when nowhere."""
        if way == "oidc" and self._oidc is not None:
            return await self._oidc.end(after)
        if way == "wsfed" and self._wsfed is not None:
            return await self._wsfed.end(after)
        return ""

    def back_to(self, kept: str) -> str:
        """Where somebody was who asked for a fresh sign-in and did not get it; empty for everybody else."""
        try:
            begun = self._opened(kept)
        except SignOnState:
            return ""
        return begun.to if begun.fresh else ""

    def _opened(self, kept: str) -> Begun:
        try:
            opened = self._vault.open_bytes(base64.urlsafe_b64decode(kept.encode()), _PURPOSE)
            return msgspec.json.decode(opened, type=Begun)
        except (ValueError, VaultSealBroken, msgspec.DecodeError):
            raise SignOnState from None

    def _begun(self, way: Way, kept: str, state: str) -> Begun:
        begun = self._opened(kept)
        if begun.way != way or not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise SignOnState
        if self._clock.wall_ms() - begun.at_ms > BEGUN_S * 1000:
            raise SignOnExpired
        return begun

    async def _use_once(self, state: str) -> None:
        now_ms = self._clock.wall_ms()
        await self.identifiers.use_once(f"state {state}", until_ms=now_ms + BEGUN_S * 1000, now_ms=now_ms)

    async def _account_of(self, subject: Subject) -> AccountId:
        """Raises `SignOnNoRole`."""
        known = await self.identifiers.account_of(subject.identifier)
        if known is not None:
            return known
        if subject.capacity != "resident" or subject.person is None or not self._residents:
            raise SignOnNoRole
        return await self._resident(subject.person)

    async def _resident(self, code: Private[str]) -> AccountId:
        """The resident's own account, made at the first sign-in; it opens the own panel and nothing else."""
        person = self._vault.pseudonym(code)
        async with self._ledger.transaction() as tx:
            found = await tx.connection.scalar(sa.select(citizens.c.account_id).where(citizens.c.person == person))
            if found is not None:
                return AccountId(found)
            account_id = AccountId(f"citizen-{new_id(self._clock.wall_ms())}")
            await self._identity.save_account(tx, Principal(id=account_id, role=Role.CITIZEN, name=masked(code)))
            await self._citizens.save(tx, account_id, code)
        return account_id


def sign_on_of(  # noqa: PLR0917
    settings: Settings,
    ledger: Ledger,
    clock: Clock,
    vault: Vault,
    identity: Identity,
    citizens: Citizens,
    stack: AsyncExitStack,
) -> SignOn:
    """With whichever of the two ways the settings name; with none of them it signs nobody in."""
    oidc = wsfed = None
    timeout_s = settings.bridge_timeout_s
    if settings.oidc_issuer:
        oidc = Oidc(
            settings.oidc_issuer,
            settings.oidc_client,
            settings.oidc_secret,
            clock,
            claim=settings.oidc_claim,
            timeout_s=timeout_s,
        )
        stack.push_async_callback(oidc.close)
    if settings.wsfed_metadata_url:
        wsfed = WsFed(
            settings.wsfed_metadata_url,
            settings.wsfed_realm,
            clock,
            claim=settings.wsfed_claim,
            timeout_s=timeout_s,
        )
        stack.push_async_callback(wsfed.close)
    return SignOn(ledger, clock, vault, identity, citizens, oidc=oidc, wsfed=wsfed, residents=settings.resident_sign_in)
