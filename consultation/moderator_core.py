"""What the moderator decides about people. Pure; each function changes the `Session` given and returns `Outcome`.

Who may do it is `consultation.rights`; that the node obeys is `consultation.obey`.
"""

from __future__ import annotations

from consultation.core import MediaCommand, Outcome, allowed_sources, changed, must_run, participant, settle, touched
from consultation.model import OFFICIALS, OVER, MediaKind, Participant, ParticipantState, PersonRole, Session, Via
from kernel.errors import ParticipantUnknown
from kernel.session_errors import ModeratorKept, NotInRoom, SessionLocked

P = ParticipantState


def present(session: Session, identity: str) -> Participant:
    """Raises `ParticipantUnknown`, or `NotInRoom` for somebody who is elsewhere now."""
    who = participant(session, identity)
    if who.state is not P.JOINED:
        raise NotInRoom(field="identity")
    return who


def hold(session: Session, identity: str, wall_ms: int) -> Outcome:
    """Out of the room and before the door, with the place kept. The moderator is never held."""
    must_run(session)
    who = participant(session, identity)
    if identity == session.moderator_identity or who.role is PersonRole.CLERK:
        raise NotInRoom(field="identity")
    if who.state in OVER or who.state is P.WAITING:
        raise NotInRoom(field="identity")
    if who.state is P.HELD:
        return Outcome()
    who.to(P.HELD)
    who.connection, who.lost_at_ms, who.knocked_ms = "", None, wall_ms
    who.asked.clear()
    settle(session, wall_ms)
    return Outcome([changed(session, wall_ms)], [MediaCommand("remove", identity)])


def admit(session: Session, identity: str, wall_ms: int) -> Outcome:
    """Whoever stands before the door comes in: held, by link, or a specialist. A workstation needs its code as well."""
    must_run(session)
    who = participant(session, identity)
    fresh = who.state is P.WAITING
    if who.state is P.INVITED:
        return Outcome()
    if who.state is not P.HELD and not fresh:
        raise NotInRoom(field="identity")
    if fresh and session.locked:
        raise SessionLocked
    if fresh and who.role is PersonRole.CITIZEN and who.via is not Via.LINK:
        raise ParticipantUnknown(field="identity")
    who.to(P.INVITED)
    # the time to come in begins now
    who.knocked_ms, who.lost_at_ms = None, wall_ms
    if who.role is PersonRole.CITIZEN:
        session.private = False
    return touched(session, wall_ms)


def ask(session: Session, identity: str, kind: MediaKind, wall_ms: int) -> Outcome:
    """Asks to switch a microphone or camera on. What was banned is permitted again; nobody is unmuted by others."""
    must_run(session)
    who = present(session, identity)
    who.asked.add(kind)
    outcome = touched(session, wall_ms)
    if kind in who.banned:
        who.banned.discard(kind)
        outcome.media.append(MediaCommand("permit", identity, allowed_sources(who)))
    return outcome


def answer(session: Session, identity: str, kind: MediaKind, wall_ms: int) -> Outcome:
    """The person has decided; whether they switched it on is their own console's business."""
    must_run(session)
    who = participant(session, identity)
    if kind not in who.asked:
        return Outcome()
    who.asked.discard(kind)
    return touched(session, wall_ms)


def spotlight(session: Session, identity: str | None, wall_ms: int) -> Outcome:
    """One face is large for all; None: as everybody likes it."""
    must_run(session)
    if identity is not None:
        present(session, identity)
    session.spotlight = identity
    return touched(session, wall_ms)


def lock(session: Session, locked: bool, wall_ms: int) -> Outcome:
    """Nobody new comes in; who is in, or comes back, stays."""
    must_run(session)
    if session.locked is locked:
        return Outcome()
    session.locked = locked
    return touched(session, wall_ms)


def rename(session: Session, identity: str, name: str, wall_ms: int) -> Outcome:
    """How a participant is called in this session; ``name`` is not empty. A client is never called by name."""
    must_run(session)
    who = participant(session, identity)
    if who.role is PersonRole.CITIZEN:
        raise ParticipantUnknown(field="identity")
    who.name = name
    return touched(session, wall_ms)


def hand_over(session: Session, identity: str, wall_ms: int) -> Outcome:
    """The moderator's role to a clerk or official in the room. Raises `ModeratorKept`."""
    must_run(session)
    who = participant(session, identity)
    if who.role is PersonRole.CITIZEN or who.state is not P.JOINED:
        raise ModeratorKept(field="identity")
    session.moderator = "" if who.role is PersonRole.CLERK else identity
    return touched(session, wall_ms)


def take_back(session: Session, wall_ms: int) -> Outcome:
    """The clerk, whose session it is, moderates again."""
    must_run(session)
    if not session.moderator:
        return Outcome()
    session.moderator = ""
    return touched(session, wall_ms)


def tell_lobby(session: Session, message: str, wall_ms: int) -> Outcome:
    must_run(session)
    session.lobby_message = message
    return touched(session, wall_ms)


def own_microphone(session: Session, identity: str | None, wall_ms: int) -> Outcome:
    """Clerk and client sit in one room: one microphone and one loudspeaker carry both. None: everybody's own."""
    must_run(session)
    if identity is not None:
        who = participant(session, identity)
        if who.role in OFFICIALS or who.via is Via.LINK:
            raise ParticipantUnknown(field="identity")
    session.room_microphone = identity
    return touched(session, wall_ms)


# ── the door ─────────────────────────────────────────────────────────────────────────────────────


def knock(session: Session, identity: str, via: Via, wall_ms: int) -> Outcome:
    """Somebody stands before the door; knocking again keeps the place. Who is in, or put out, does not knock."""
    must_run(session)
    who = participant(session, identity)
    if who.state is not P.WAITING or who.knocked_ms is not None:
        return Outcome()
    who.knocked_ms, who.via = wall_ms, via
    return touched(session, wall_ms)


def step_away(session: Session, identity: str, wall_ms: int) -> Outcome:
    """Whoever waited is not before the door any more (a workstation's page closed)."""
    who = session.participants.get(identity)
    if who is None or who.state is not P.WAITING or who.knocked_ms is None:
        return Outcome()
    who.knocked_ms = None
    return touched(session, wall_ms)


def lobby(session: Session) -> list[Participant]:
    """Whoever stands before the door, the first first."""
    waiting = (who for who in session.participants.values() if who.state in (P.WAITING, P.HELD) and who.knocked_ms)
    return sorted(waiting, key=lambda who: (who.knocked_ms or 0, who.identity))


def place_in_lobby(session: Session, identity: str) -> int | None:
    """From 1; None for somebody who does not stand there."""
    return next((n for n, who in enumerate(lobby(session), 1) if who.identity == identity), None)
