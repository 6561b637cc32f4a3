"""The workstation's one-time code: six digits, one session, one workstation and its device, two minutes, once.

The code is short because a person reads it out; what makes it safe is the binding, the expiry and the lock after five
wrong tries. Only a keyed hash is kept.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from consultation.model import Authorisation
from kernel.device_errors import AuthorisationWrongDevice
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


def redeem(found: Authorisation | None, workstation_id: str, device: str, wall_ms: int) -> Authorisation:
    """The authorisation, now used. Raises why it is refused; a wrong workstation or device learns nothing else.

    ``device``: thumbprint of the key that the call proved, or empty.
    """
    if found is None:
        raise AuthorisationUnknown(field="code")
    if found.workstation_id != workstation_id:
        raise AuthorisationWrongWorkstation(field="code")
    if found.device != device:
        raise AuthorisationWrongDevice(field="code")
    if found.used:
        raise AuthorisationUsed(field="code")
    if wall_ms >= found.expires_ms:
        raise AuthorisationExpired(field="code")
    found.used, found.sealed = True, None
    return found


@dataclass(slots=True)
class Tries:
    """Wrong codes of one workstation, wall-clock milliseconds: they are counted by all processes together.

    A clock that jumps by more than the lock forgets them; it cannot lock a workstation for longer.
    """

    wrong_ms: list[int] = field(default_factory=list)

    def check(self, wall_ms: int) -> None:
        """Raises `AuthorisationLocked` after five wrong codes within five minutes."""
        self.wrong_ms = [at for at in self.wrong_ms if abs(wall_ms - at) < LOCK_S * 1000]
        if len(self.wrong_ms) >= WRONG_TRIES:
            since_s = (wall_ms - self.wrong_ms[0]) / 1000
            raise AuthorisationLocked(retry_after_s=min(round(LOCK_S), round(LOCK_S - since_s)) + 1)

    def failed(self, wall_ms: int) -> None:
        self.wrong_ms.append(wall_ms)
