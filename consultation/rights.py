"""Who may do what in a session: one table. Whatever is not here is refused."""

from __future__ import annotations

import enum

from consultation.model import Participant, ParticipantState, PersonRole, Session
from kernel.errors import NotAllowed, NotModerator


class Action(enum.StrEnum):
    JOIN = "join"
    LEAVE = "leave"
    ANSWER = "answer"  # to the moderator who asked for a microphone or a camera
    KNOCK = "knock"
    # the moderator's
    ADMIT = "admit"
    HOLD = "hold"
    MUTE = "mute"
    ASK = "ask"
    SPOTLIGHT = "spotlight"
    LOCK = "lock"
    REMOVE = "remove"
    RENAME = "rename"
    HAND_OVER = "hand_over"
    LOBBY_MESSAGE = "lobby_message"
    # the clerk's, whose session it is
    AUTHORISE = "authorise"
    REVOKE = "revoke"
    END = "end"
    TAKE_BACK = "take_back"
    MICROPHONE = "microphone"
    IDENTIFY = "identify"
    LEND = "lend"  # the workstation, to an official
    LINK = "link"  # lets a client come from home
    # the officials'
    CALL_OFFICIAL = "call_official"
    TRANSFER = "transfer"
    CONFER = "confer"
    HAND_BACK = "hand_back"
    RESUME = "resume"
    SHARE = "share"
    TRAIN = "train"
    STEER = "steer"  # the workstation that one was lent
    WISH_CONTROL = "wish_control"  # asks to be lent it
    STOP_CONTROL = "stop_control"


_A = Action
MODERATOR = frozenset(
    {_A.ADMIT, _A.HOLD, _A.MUTE, _A.ASK, _A.SPOTLIGHT, _A.LOCK, _A.REMOVE, _A.RENAME, _A.HAND_OVER, _A.LOBBY_MESSAGE}
)
CLERK = frozenset({_A.AUTHORISE, _A.REVOKE, _A.END, _A.TAKE_BACK, _A.MICROPHONE, _A.IDENTIFY, _A.LEND})
EVERYBODY = frozenset({_A.LEAVE, _A.ANSWER, _A.SHARE, _A.STOP_CONTROL})
OFFICIALS = frozenset({_A.JOIN, _A.CONFER, _A.TRAIN})
STEERING = frozenset({_A.STEER, _A.WISH_CONTROL})
LEADING = frozenset({_A.CALL_OFFICIAL, _A.TRANSFER, _A.HAND_BACK, _A.RESUME, _A.LINK})

#: what a role may do by itself; the moderator may do what is in `MODERATOR` besides
RIGHTS: dict[PersonRole, frozenset[Action]] = {
    PersonRole.CLERK: EVERYBODY | OFFICIALS | CLERK | LEADING,
    PersonRole.OFFICER: EVERYBODY | OFFICIALS | STEERING | LEADING,
    PersonRole.SPECIALIST: EVERYBODY | OFFICIALS | STEERING,
    # a citizen joins by redeeming an authorisation or when they are admitted, never by asking
    PersonRole.CITIZEN: EVERYBODY | {_A.KNOCK},
}
#: refusals of these are called "the moderator's", the others are simply not allowed
_MODERATING = MODERATOR | CLERK

#: what those may do who are not in: not yet, put back before the door, put out, gone
_OUTSIDE: dict[ParticipantState, frozenset[Action]] = {
    ParticipantState.WAITING: frozenset({_A.LEAVE, _A.KNOCK}),
    ParticipantState.HELD: frozenset({_A.LEAVE, _A.KNOCK, _A.RESUME}),
    ParticipantState.REMOVED: frozenset({_A.LEAVE}),
    ParticipantState.GONE: frozenset(),
}


def moderates(session: Session, who: Participant) -> bool:
    return session.moderator_identity == who.identity


def check(session: Session, who: Participant, action: Action) -> None:
    """Raises `NotModerator` for a moderator's action, `NotAllowed` for any other that this participant lacks."""
    inside = action in _OUTSIDE.get(who.state, {action})
    if inside and (action in RIGHTS[who.role] or (action in MODERATOR and moderates(session, who))):
        return
    raise NotModerator if action in _MODERATING else NotAllowed
