"""Callbacks: a place kept for somebody who cannot wait, and when its turn comes. Pure. See docs/callbacks.md."""

from __future__ import annotations

import enum
from collections.abc import Iterable

import msgspec

from kernel.errors import CallbackClosed
from kernel.ids import ClerkId, ConsultationId
from router.appointments_core import CONVERTING_S
from router.wanted_core import Wanted


class CallbackState(enum.StrEnum):
    WAITING = "waiting"
    RINGING = "ringing"  # its turn has come: the clerk's console rings until handled
    CONVERTING = "converting"
    CONVERTED = "converted"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_S = CallbackState

#: (from, to): everything else is refused. The last three states are final.
TRANSITIONS = frozenset(
    {
        (_S.WAITING, _S.RINGING),
        (_S.RINGING, _S.WAITING),  # nobody there: tried again after a while
        (_S.RINGING, _S.CONVERTING),
        (_S.WAITING, _S.CONVERTING),  # back before the turn came
        (_S.CONVERTING, _S.CONVERTING),  # taken up after a crash
        (_S.CONVERTING, _S.WAITING),  # refused
        (_S.CONVERTING, _S.CONVERTED),
        (_S.WAITING, _S.CANCELLED),
        (_S.RINGING, _S.CANCELLED),
        (_S.WAITING, _S.EXPIRED),
        (_S.RINGING, _S.EXPIRED),
    }
)
FINAL = frozenset({_S.CONVERTED, _S.CANCELLED, _S.EXPIRED})


class Callback(msgspec.Struct, frozen=True, kw_only=True):
    """``id`` is that of the request which left the queue, or was refused; ``request_id`` that of the one it becomes."""

    id: ConsultationId
    wanted: Wanted
    #: what to call it by: the ticket of the request that left the queue
    ticket: str | None = None
    #: the place in the queue
    score: int
    request_id: ConsultationId
    state: CallbackState = CallbackState.WAITING
    version: int = 0
    tries: int = 0
    created_ms: int = 0
    #: does not ring before
    rests_until_ms: int = 0
    #: when it last rang, or its conversion was begun
    tried_ms: int | None = None
    problem: str | None = None
    end_reason: str | None = None
    #: of one that expired: when
    ended_ms: int | None = None

    @property
    def key(self) -> tuple[int, str]:
        return (self.score, self.id)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """``ring_s``: how long the console rings before nobody counts as there; ``rest_s``: until it rings again."""

    tries: int = 3
    ring_s: float = 300.0
    rest_s: float = 900.0
    lifetime_s: float = 72 * 3600.0


class GroupNow(msgspec.Struct, frozen=True, kw_only=True):
    """``open``: by calendar and switch; ``first_score``: the place of the first who waits, None when nobody does."""

    open: bool
    signed_in: int
    available: int
    first_score: int | None


def whose_turn(callbacks: Iterable[Callback], group: GroupNow, now_ms: int) -> list[Callback]:
    """Callbacks of one group that ring now, in the order of their places.

    A turn has come when its place would be the first in the queue, or when an officer is available: nobody of those who
    wait can have that one then. No more ring at once than officers are available; one when none is.
    """
    if not group.open or not group.signed_in:
        return []
    mine = sorted(callbacks, key=lambda callback: callback.key)
    under_way = sum(callback.state in (_S.RINGING, _S.CONVERTING) for callback in mine)
    room = max(1, group.available) - under_way
    found = []
    for callback in mine:
        if callback.state is not _S.WAITING or callback.rests_until_ms > now_ms:
            continue
        first = group.first_score is None or callback.score < group.first_score
        if room > 0 and (first or group.available):
            found.append(callback)
            room -= 1
    return found


def step(callback: Callback, to: CallbackState) -> Callback:
    """In state ``to``, one version on. Raises `CallbackClosed` when it cannot come there any more."""
    if (callback.state, to) not in TRANSITIONS:
        raise CallbackClosed(state=callback.state.value)
    return msgspec.structs.replace(callback, state=to, version=callback.version + 1)


def ring(callback: Callback, now_ms: int) -> Callback:
    rings = step(callback, _S.RINGING)
    return msgspec.structs.replace(rings, tried_ms=now_ms, tries=callback.tries + 1, problem=None)


def not_there(callback: Callback, patience: Patience, now_ms: int) -> Callback:
    """Rests and rings again, or, after the last try, expires."""
    if callback.tries >= patience.tries:
        return expire(callback, "not_there", now_ms)
    rests = step(callback, _S.WAITING)
    return msgspec.structs.replace(rests, rests_until_ms=now_ms + round(patience.rest_s * 1000))


def expire(callback: Callback, why: str, now_ms: int) -> Callback:
    return msgspec.structs.replace(step(callback, _S.EXPIRED), end_reason=why, ended_ms=now_ms)


def begin(callback: Callback, now_ms: int, clerk_id: ClerkId, clerk_name: str) -> Callback:
    """Whoever says that the client is there serves them."""
    wanted = callback.wanted.by(clerk_id, clerk_name)
    return msgspec.structs.replace(step(callback, _S.CONVERTING), wanted=wanted, tried_ms=now_ms, problem=None)


def refused(callback: Callback, code: str, patience: Patience, now_ms: int) -> Callback:
    """The router took no request: the place is kept, the turn comes again."""
    back = step(callback, _S.WAITING)
    return msgspec.structs.replace(back, problem=code, rests_until_ms=now_ms + round(patience.rest_s * 1000))


class Due(enum.StrEnum):
    NOT_THERE = "not_there"
    CONVERT = "convert"
    EXPIRE = "expire"


def due(callback: Callback, patience: Patience, now_ms: int) -> Due | None:
    """What time alone brings about."""
    if callback.state in FINAL:
        return None
    if callback.state is _S.CONVERTING:
        return Due.CONVERT if _passed(callback.tried_ms, CONVERTING_S, now_ms) else None
    if _passed(callback.created_ms, patience.lifetime_s, now_ms):
        return Due.EXPIRE
    if callback.state is _S.RINGING and _passed(callback.tried_ms, patience.ring_s, now_ms):
        return Due.NOT_THERE
    return None


def _passed(from_ms: int | None, seconds: float, now_ms: int) -> bool:
    return from_ms is None or now_ms >= from_ms + seconds * 1000
