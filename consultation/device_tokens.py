"""Access tokens that are good beside a proof of one key only (RFC 9449): of workstations, and of clients at home."""

from __future__ import annotations

import secrets

import msgspec

from consultation.enrolment_store import use_proof
from kernel.clock import Clock
from kernel.device_errors import EnrolmentRevoked, ProofInvalid
from kernel.dpop import Proof
from kernel.errors import NotSignedIn, TokenInvalid
from kernel.identity import Identity, SignedIn
from kernel.ids import AT_HOME
from kernel.ledger import Ledger, Transaction
from kernel.tokens import OwnTokens, own_key_from

ISSUER, AUDIENCE, TOKEN_TYPE = "klatiene", "klatiene-workstation", "workstation"


class DeviceTokens:
    def __init__(self, ledger: Ledger, clock: Clock, identity: Identity, *, pepper: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._identity = identity
        self._tokens = OwnTokens(ISSUER, (own_key_from(pepper),))

    def mint(self, subject: str, *, thumbprint: str, session_hash: str, ttl_s: int) -> str:
        """``session_hash``: of the sign-in that the token opens, for as long as that stands."""
        return self._tokens.mint(
            subject=subject,
            audience=AUDIENCE,
            token_type=TOKEN_TYPE,
            now_s=self._clock.wall_ms() // 1000,
            ttl_s=ttl_s,
            jti=secrets.token_hex(8),
            more={"cnf": {"jkt": thumbprint}, "sid": session_hash},
        )

    async def use(self, tx: Transaction, proof: Proof) -> None:
        """Once, at whichever process. Raises `ProofInvalid`."""
        if not await use_proof(tx, proof.once, self._clock.wall_ms()):
            raise ProofInvalid(server_time_ms=self._clock.wall_ms())

    async def who(self, proof: Proof, token: str) -> SignedIn:
        """Whoever is behind a token and a proof of its key. Raises `NotSignedIn` in one of its kinds."""
        claims = self._tokens.verify(
            token, audience=AUDIENCE, token_type=TOKEN_TYPE, now_s=self._clock.wall_ms() / 1000
        )
        if claims.get("cnf", {}).get("jkt") != proof.thumbprint:
            raise TokenInvalid
        async with self._ledger.transaction() as tx:
            await self.use(tx, proof)
        try:
            found = await self._identity.of_hash(str(claims.get("sid")))
        except NotSignedIn:
            if str(claims.get("sub", "")).startswith(AT_HOME):
                raise
            raise EnrolmentRevoked from None
        replaced: SignedIn = msgspec.structs.replace(
            found, principal=msgspec.structs.replace(found.principal, device=proof.thumbprint)
        )
        return replaced
