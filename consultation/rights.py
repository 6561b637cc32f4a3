"""Who may do what in a session: one table. Whatever is not here is refused."""

from __future__ import annotations

import enum

from consultation.model import PersonRole
from kernel.errors import NotAllowed, NotModerator


class Action(enum.StrEnum):
    JOIN = "join"
    LEAVE = "leave"
    MUTE = "mute"
    REMOVE = "remove"
    AUTHORISE = "authorise"
    REVOKE = "revoke"
    END = "end"


MODERATOR = frozenset({Action.MUTE, Action.REMOVE, Action.AUTHORISE, Action.REVOKE, Action.END})

RIGHTS: dict[PersonRole, frozenset[Action]] = {
    PersonRole.CLERK: MODERATOR | {Action.JOIN, Action.LEAVE},
    PersonRole.OFFICER: frozenset({Action.JOIN, Action.LEAVE}),
    # a citizen joins by redeeming an authorisation, never by asking
    PersonRole.CITIZEN: frozenset({Action.LEAVE}),
}


def check(role: PersonRole, action: Action) -> None:
    """Raises `NotModerator` for a moderator's action, `NotAllowed` for any other that the role lacks."""
    if action in RIGHTS[role]:
        return
    raise NotModerator if action in MODERATOR else NotAllowed
