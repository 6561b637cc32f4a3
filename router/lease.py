"""The one lease of an officer, for all queues together (DESIGN: router semantics).

`REST` stands for the state the officer's standing asks for: available when ready, away when online, else offline.
"""

from __future__ import annotations

import enum

from kernel.messages import LeaseState

S = LeaseState


class Trigger(enum.StrEnum):
    STANDING = "standing"  # presence says: online/ready changed
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
    FINISHED = "finished"


REST = None

TRANSITIONS: dict[tuple[LeaseState, Trigger], LeaseState | None] = {
    (S.OFFLINE, Trigger.STANDING): REST,
    (S.AVAILABLE, Trigger.STANDING): REST,
    (S.AWAY, Trigger.STANDING): REST,
    # a console that vanished while ringing: the offer is withdrawn first, then this
    (S.RINGING, Trigger.STANDING): S.RINGING,
    # a conversation and its wrap-up outlive the console
    (S.BUSY, Trigger.STANDING): S.BUSY,
    (S.WRAP_UP, Trigger.STANDING): S.WRAP_UP,
    (S.AVAILABLE, Trigger.OFFERED): S.RINGING,
    (S.RINGING, Trigger.ACCEPTED): S.BUSY,
    (S.RINGING, Trigger.DECLINED): REST,
    (S.RINGING, Trigger.NO_ANSWER): S.AWAY,
    (S.RINGING, Trigger.WITHDRAWN): REST,
    (S.BUSY, Trigger.RELEASED): S.WRAP_UP,
    (S.WRAP_UP, Trigger.FINISHED): REST,
}


class IllegalMove(Exception):
    """A bug of ours: the lease does not move that way."""


def move(state: LeaseState, trigger: Trigger, *, online: bool, ready: bool) -> LeaseState:
    if (state, trigger) not in TRANSITIONS:
        raise IllegalMove(f"{state} does not know {trigger}")
    target = TRANSITIONS[state, trigger]
    if target is not REST:
        return target
    if not online:
        return S.OFFLINE
    return S.AVAILABLE if ready else S.AWAY
