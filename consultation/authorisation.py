"""The workstation's one-time code: six digits, one session, one workstation, two minutes, once.

The code is short because a person reads it out; what makes it safe is the binding, the expiry and the lock after five
wrong tries. Only a keyed hash is kept.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from consultation.model import Authorisation
from kernel.errors import (
    AuthorisationExpired,
    AuthorisationLocked,
    AuthorisationUnknown,
    AuthorisationUsed,
    AuthorisationWrongWorkstation,
)

DIGITS = 6
WRONG_TRIES = 5
LOCK_S = 300.0


def code_of(entropy: int) -> str:
    """Six digits from a random number."""
    return f"{entropy % 10**DIGITS:0{DIGITS}d}"


def hash_code(code: str, pepper: bytes) -> str:
    digits = "".join(character for character in code if character.isdigit())
    return hmac.new(pepper, digits.encode(), hashlib.sha256).hexdigest()


def redeem(found: Authorisation | None, workstation_id: str, wall_ms: int) -> Authorisation:
    """The authorisation, now used. Raises why it is refused; a wrong workstation learns nothing else."""
    if found is None:
        raise AuthorisationUnknown(field="code")
    if found.workstation_id != workstation_id:
        raise AuthorisationWrongWorkstation(field="code")
    if found.used:
        raise AuthorisationUsed(field="code")
    if wall_ms >= found.expires_ms:
        raise AuthorisationExpired(field="code")
    found.used = True
    return found


@dataclass(slots=True)
class Tries:
    """Wrong codes of one workstation; ``now`` is monotonic seconds."""

    wrong: list[float] = field(default_factory=list)

    def check(self, now: float) -> None:
        """Raises `AuthorisationLocked` after five wrong codes within five minutes."""
        self.wrong = [at for at in self.wrong if now - at < LOCK_S]
        if len(self.wrong) >= WRONG_TRIES:
            raise AuthorisationLocked(retry_after_s=round(LOCK_S - (now - self.wrong[0])) + 1)

    def failed(self, now: float) -> None:
        self.wrong.append(now)
