"""A client who comes from home by a personal link, decided. Pure.

```
made ──opened by the first device──▶ opened ──the same device──▶ opened …
  └──────────────┬──────────────────────┘
                 ├── taken back, or another one made ──▶ revoked
                 └── the session ended, the appointment fell through ──▶ over
```

A link names one consultation. Whoever opens it first proves a key, and from then on it is good for that key alone. It
lets nobody in: its client stands before the same door as everybody and is let in by the moderator.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from consultation.core import Outcome, must_run, touched, unlent
from consultation.model import Participant, ParticipantState, PersonRole, Session, Via
from consultation.workstation_core import revoke as put_out
from kernel.device_errors import ClientPresent, LinkEarly, LinkExpired, LinkOver, LinkRevoked, LinkUnknown, LinkUsed
from kernel.ids import at_home
from kernel.session_errors import SessionLocked


class State(enum.StrEnum):
    MADE = "made"
    OPENED = "opened"
    REVOKED = "revoked"
    OVER = "over"


class Act(enum.StrEnum):
    OPEN = "open"
    REVOKE = "revoke"
    END = "end"


#: what may happen to a link in each state; whatever is not here changes nothing
TRANSITIONS: dict[tuple[State, Act], State] = {
    (State.MADE, Act.OPEN): State.OPENED,
    (State.OPENED, Act.OPEN): State.OPENED,
    (State.MADE, Act.REVOKE): State.REVOKED,
    (State.OPENED, Act.REVOKE): State.REVOKED,
    (State.MADE, Act.END): State.OVER,
    (State.OPENED, Act.END): State.OVER,
}
STANDING = frozenset({State.MADE, State.OPENED})


@dataclass(slots=True)
class Link:
    """``opens_ms`` ≤ first opening < ``expires_ms``. ``starts_ms``: of an appointment; 0: the session runs now."""

    consultation_id: str
    made_by: str
    opens_ms: int
    expires_ms: int
    starts_ms: int = 0
    state: State = State.MADE
    #: of the key of the first device that opened it
    thumbprint: str = ""
    #: names that device's sign-in
    session_hash: str = ""


def move(link: Link, act: Act) -> bool:
    """Whether anything changed."""
    after = TRANSITIONS.get((link.state, act))
    if after is None:
        return False
    changed, link.state = after is not link.state, after
    return changed


def open_link(link: Link | None, thumbprint: str, wall_ms: int) -> Link:
    """The link, now this device's. Raises why it is refused; another device learns nothing else."""
    match link:
        case None:
            raise LinkUnknown
        case Link(state=State.REVOKED):
            raise LinkRevoked
        case Link(state=State.OVER):
            raise LinkOver
        case Link(state=State.OPENED, thumbprint=bound) if bound != thumbprint:
            raise LinkUsed
        case Link(state=State.MADE) if wall_ms < link.opens_ms:
            raise LinkEarly(starts_at_ms=link.starts_ms, opens_at_ms=link.opens_ms)
        case Link(state=State.MADE) if wall_ms >= link.expires_ms:
            raise LinkExpired
    move(link, Act.OPEN)
    link.thumbprint = thumbprint
    return link


def place(session: Session, identity: str, wall_ms: int) -> Outcome:
    """A place before the door for the client at home. Raises `ClientPresent` while the client is in another way."""
    must_run(session)
    who = session.of_role(PersonRole.CITIZEN)
    inside = who is not None and who.state not in (ParticipantState.WAITING, ParticipantState.REMOVED)
    if inside:
        raise ClientPresent
    if session.locked:
        raise SessionLocked
    session.authorisation = None
    if who is not None and who.via is Via.LINK:
        who.to(ParticipantState.WAITING)
        who.knocked_ms = None
        return touched(session, wall_ms)
    if who is not None:
        # the workstation that was named for them waits for nobody now
        who.to(ParticipantState.GONE)
        who.knocked_ms = None
    session.participants[identity] = Participant(
        identity,
        PersonRole.CITIZEN,
        at_home(session.id),
        "",
        ParticipantState.WAITING,
        banned=unlent(PersonRole.CITIZEN),
        via=Via.LINK,
    )
    return touched(session, wall_ms)


def again(session: Session, identity: str, wall_ms: int) -> Outcome:
    """The client's own next link: whoever came by the one before is put out first, and waits before the door anew.

    Raises `ClientPresent` while the client is there in another way, and `LinkRevoked` after the moderator put them out.
    """
    must_run(session)
    who = session.of_role(PersonRole.CITIZEN)
    if who is not None and who.via is Via.LINK and who.state is ParticipantState.REMOVED:
        raise LinkRevoked
    if who is None or who.via is not Via.LINK or who.state in (ParticipantState.WAITING, ParticipantState.GONE):
        return place(session, identity, wall_ms)
    if session.locked:
        raise SessionLocked
    out = put_out(session, wall_ms)
    placed = place(session, identity, wall_ms)
    return Outcome(events=[*out.events, *placed.events], media=[*out.media, *placed.media])


def withdraw(session: Session, wall_ms: int) -> Outcome:
    """The link is taken back: its client is put out and has no place any more. Raises `LinkUnknown`."""
    must_run(session)
    who = session.of_role(PersonRole.CITIZEN)
    if who is None or who.via is not Via.LINK:
        raise LinkUnknown
    outcome = put_out(session, wall_ms)
    who.to(ParticipantState.GONE)
    return outcome
