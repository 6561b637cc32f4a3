"""A workstation's enrolment, decided: a device shows a code, a clerk beside it confirms, a key is let in. Pure.

The shape is RFC 8628's device flow; every token is bound to the device's key (RFC 9449). What is added: whoever
confirms stands before the device. They type the code it shows and then the number it shows, which no other screen
tells; there is no address that approves by itself.

The invariant: refresh tokens of one enrolment form a line of generations. Only the newest is good, and using an older
one ends the enrolment, for then somebody else has one. The one exception is the same refresh sent again, named by its
``attempt``: an answer that was lost must not cost the device its enrolment.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
from dataclasses import dataclass

from kernel.device_errors import (
    AuthorizationPending,
    EnrolmentChanged,
    EnrolmentExpired,
    EnrolmentRefused,
    EnrolmentRevoked,
    NumberWrong,
    SlowDown,
)
from kernel.errors import TokenInvalid

#: RFC 8628 §6.1: no vowels, so that no word arises; nothing that looks like something else
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
CODE_LENGTH = 8
#: how often a device may ask, in seconds
INTERVAL_S = 2
#: what accounts of enrolled workstations are called; nobody signs in to one by choosing it from a list
PREFIX = "ws-"


class State(enum.StrEnum):
    PENDING = "pending"  # the device shows its code
    APPROVED = "approved"  # a clerk confirmed; the device has yet to fetch its tokens
    ACTIVE = "active"  # the device has tokens
    DENIED = "denied"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Act(enum.StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    COLLECT = "collect"
    REFRESH = "refresh"
    REVOKE = "revoke"
    EXPIRE = "expire"


TABLE: dict[tuple[State, Act], State] = {
    (State.PENDING, Act.APPROVE): State.APPROVED,
    (State.PENDING, Act.DENY): State.DENIED,
    (State.PENDING, Act.EXPIRE): State.EXPIRED,
    (State.APPROVED, Act.COLLECT): State.ACTIVE,
    (State.APPROVED, Act.EXPIRE): State.EXPIRED,
    (State.APPROVED, Act.REVOKE): State.REVOKED,
    (State.ACTIVE, Act.REFRESH): State.ACTIVE,
    (State.ACTIVE, Act.REVOKE): State.REVOKED,
}
"""Whatever is not here does not happen."""


@dataclass(slots=True)
class Enrolment:
    """``thumbprint`` names the device's key. ``workstation_id`` and ``session_hash`` are there once it is approved."""

    id: str
    kind: str  # kiosk | agent
    thumbprint: str
    point_id: str
    name: str
    number: str
    created_ms: int
    expires_ms: int
    state: State = State.PENDING
    polled_ms: int = 0
    workstation_id: str = ""
    session_hash: str = ""
    approved_by: str = ""
    generation: int = 0
    attempt: str = ""
    seen_ms: int = 0
    end_reason: str = ""


def user_code_of(entropy: int) -> str:
    """Eight letters from a random number, in two groups: 34 bits."""
    letters = []
    for _ in range(CODE_LENGTH):
        entropy, at = divmod(entropy, len(ALPHABET))
        letters.append(ALPHABET[at])
    return f"{''.join(letters[:4])}-{''.join(letters[4:])}"


def plain_code(typed: str) -> str:
    """As it is compared: whatever people type between the letters does not count."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


def number_of(entropy: int) -> str:
    return f"{10 + entropy % 90}"


def move(found: Enrolment, act: Act) -> None:
    """Raises `EnrolmentChanged` for what cannot happen in its state."""
    after = TABLE.get((found.state, act))
    if after is None:
        raise EnrolmentChanged
    found.state = after


def expire(found: Enrolment, wall_ms: int) -> bool:
    """Whether it has just run out."""
    if found.state not in (State.PENDING, State.APPROVED) or wall_ms < found.expires_ms:
        return False
    move(found, Act.EXPIRE)
    return True


# ── the clerk ────────────────────────────────────────────────────────────────────────────────────


def must_be_pending(found: Enrolment, wall_ms: int) -> None:
    if found.state is State.PENDING and wall_ms >= found.expires_ms:
        raise EnrolmentExpired
    if found.state is not State.PENDING:
        raise EnrolmentChanged


def confirm(
    found: Enrolment, number: str, *, clerk_id: str, workstation_id: str, session_hash: str, wall_ms: int
) -> None:
    """The clerk typed the number that the device shows. A wrong one ends the enrolment and raises `NumberWrong`."""
    must_be_pending(found, wall_ms)
    if not hmac.compare_digest(number.strip(), found.number):
        move(found, Act.DENY)
        found.end_reason = "number_wrong"
        raise NumberWrong
    move(found, Act.APPROVE)
    found.approved_by, found.workstation_id, found.session_hash = clerk_id, workstation_id, session_hash


def deny(found: Enrolment, wall_ms: int) -> None:
    must_be_pending(found, wall_ms)
    move(found, Act.DENY)
    found.end_reason = "refused"


def revoke(found: Enrolment, why: str) -> bool:
    """Whether there was something to end."""
    if (found.state, Act.REVOKE) not in TABLE:
        return False
    move(found, Act.REVOKE)
    found.end_reason = why
    return True


# ── the device ───────────────────────────────────────────────────────────────────────────────────


def poll(found: Enrolment | None, thumbprint: str, wall_ms: int) -> None:
    """The device asks for its tokens; it has them when this returns. Raises why not yet, or never (RFC 8628 §3.5)."""
    if found is None or found.thumbprint != thumbprint:
        raise EnrolmentExpired
    match found.state:
        case State.PENDING | State.APPROVED if wall_ms >= found.expires_ms:
            raise EnrolmentExpired
        case State.PENDING:
            early = wall_ms - found.polled_ms < INTERVAL_S * 1000 * 0.8
            found.polled_ms = wall_ms
            raise SlowDown if early else AuthorizationPending
        case State.APPROVED:
            move(found, Act.COLLECT)
            found.generation, found.seen_ms = 1, wall_ms
        case State.ACTIVE if found.generation == 1:
            # the answer with the first tokens was lost; the same key asks again
            pass
        case State.DENIED | State.REVOKED:
            raise EnrolmentRefused
        case _:
            raise EnrolmentExpired


@dataclass(frozen=True, slots=True)
class Refreshed:
    """``reused``: an old token was used, so that the enrolment has ended."""

    reused: bool = False


def refresh(found: Enrolment | None, generation: int, attempt: str, thumbprint: str, wall_ms: int) -> Refreshed:
    """The next generation. Raises `EnrolmentRevoked`; a token beside a foreign key changes nothing."""
    if found is None or found.state is not State.ACTIVE:
        raise EnrolmentRevoked
    if found.thumbprint != thumbprint:
        # not the device: whoever copied the token has not the key, and cannot end the enrolment either
        raise TokenInvalid
    if generation == found.generation:
        move(found, Act.REFRESH)
        found.generation += 1
        found.attempt, found.seen_ms = attempt, wall_ms
        return Refreshed()
    if generation == found.generation - 1 and attempt and hmac.compare_digest(attempt, found.attempt):
        return Refreshed()
    revoke(found, "token_reused")
    return Refreshed(reused=True)


def refresh_token(enrolment_id: str, generation: int, pepper: bytes) -> str:
    """Names its enrolment and generation, and proves that we made it."""
    named = f"{enrolment_id}.{generation}"
    return f"{named}.{_mac(named, pepper)}"


def read_refresh_token(token: str, pepper: bytes) -> tuple[str, int]:
    """(enrolment, generation). Raises `TokenInvalid`."""
    named, _, mac = token.rpartition(".")
    if not hmac.compare_digest(mac, _mac(named, pepper)):
        raise TokenInvalid
    enrolment_id, _, generation = named.rpartition(".")
    return enrolment_id, int(generation)


def _mac(named: str, pepper: bytes) -> str:
    return hmac.new(pepper, b"refresh\0" + named.encode(), hashlib.sha256).hexdigest()


def hash_secret(text: str, pepper: bytes) -> str:
    return hmac.new(pepper, b"enrolment\0" + text.encode(), hashlib.sha256).hexdigest()
