"""The session's state machine, decided. Every function changes the `Session` given and returns `Outcome`.

``opening`` → ``lobby`` when the first official is in → ``live`` when the client is in → back to ``lobby`` when the
client is out → ``ended``; ``handed_back`` is entered and left by `officials_core`. The invariant: whoever is outside
(`model.OUTSIDE`) has no place in the room, so nothing in it can reach them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from consultation.model import (
    OFFICIALS,
    OUTSIDE,
    OVER,
    SOURCES,
    MediaKind,
    OfficialPart,
    Participant,
    ParticipantState,
    PersonRole,
    Session,
    SessionState,
    Via,
)
from kernel.errors import ParticipantUnknown, SessionEnded
from kernel.ids import AgencyId, OfficerId
from kernel.messages import (
    Event,
    Lent,
    OfferAccepted,
    OfficerReleased,
    OfficialServed,
    ParticipantConnected,
    ParticipantDisconnected,
    SessionChanged,
    SessionOpened,
)
from kernel.messages import SessionEnded as SessionEndedEvent

S = SessionState


@dataclass(slots=True)
class MediaCommand:
    """What the media node must do: ``remove``, ``permit`` or ``close``."""

    act: str
    identity: str = ""
    sources: tuple[str, ...] = ()
    muted: bool = False


@dataclass(slots=True)
class Outcome:
    events: list[Event] = field(default_factory=list)
    media: list[MediaCommand] = field(default_factory=list)


def open_session(event: OfferAccepted, identities: dict[PersonRole, str], wall_ms: int) -> tuple[Session, Outcome]:
    """A session from the event alone; ``identities`` are opaque names in the room."""
    facts = event.facts
    session = Session(facts, event.officer_id, event.officer_name, wall_ms, waited_ms=event.waited_ms)
    people = [
        (PersonRole.CLERK, facts.clerk_id, facts.clerk_name),
        (PersonRole.OFFICER, event.officer_id, event.officer_name),
    ]
    if facts.workstation_id is not None:
        people.append((PersonRole.CITIZEN, facts.workstation_id, ""))
    for role, account, name in people:
        state = ParticipantState.WAITING if role is PersonRole.CITIZEN else ParticipantState.INVITED
        via = {PersonRole.OFFICER: Via.OFFICER, PersonRole.CITIZEN: Via.KIOSK}.get(role)
        session.participants[identities[role]] = Participant(
            identities[role], role, account, name, state, banned=unlent(role), via=via
        )
    first = OfficialPart(event.officer_id, event.officer_name, facts.agency_id, "first", wall_ms, request_id=session.id)
    session.officials.append(first)
    opened = SessionOpened(
        at_ms=wall_ms,
        facts=facts,
        officer_id=event.officer_id,
        officer_name=event.officer_name,
        waited_ms=event.waited_ms,
    )
    return session, Outcome([opened, changed(session, wall_ms)])


def unlent(role: PersonRole) -> set[MediaKind]:
    """A workstation's screen is shown only while it is lent to an official (`consultation.control`)."""
    return {MediaKind.SCREEN} if role is PersonRole.CITIZEN else set()


def must_run(session: Session) -> None:
    if session.state is S.ENDED:
        raise SessionEnded


def participant(session: Session, identity: str) -> Participant:
    found = session.participants.get(identity)
    if found is None:
        raise ParticipantUnknown(field="identity")
    return found


def allowed_sources(who: Participant) -> tuple[str, ...]:
    """What this participant may publish now: everything but what the moderator took away."""
    return tuple(source for kind, sources in SOURCES.items() if kind not in who.banned for source in sources)


# ── who is in the room ───────────────────────────────────────────────────────────────────────────


def joined(session: Session, identity: str, connection: str, wall_ms: int) -> Outcome:
    """The media node reports a participant; one that was removed is put out again at once."""
    who = session.participants.get(identity)
    if session.state is S.ENDED or who is None or who.state in OUTSIDE:
        return Outcome(media=[MediaCommand("remove", identity)])
    if who.connection == connection and who.state is ParticipantState.JOINED:
        return Outcome()
    who.connection, who.lost_at_ms = connection, None
    outcome = Outcome()
    if who.state is not ParticipantState.JOINED:
        who.to(ParticipantState.JOINED)
        outcome.events.append(
            ParticipantConnected(at_ms=wall_ms, consultation_id=session.id, identity=identity, role=who.role.value)
        )
    settle(session, wall_ms)
    outcome.events.append(changed(session, wall_ms))
    return outcome


def left(session: Session, identity: str, connection: str, wall_ms: int, why: str = "left") -> Outcome:
    """The media node reports a departure; one of an older connection changes nothing."""
    who = session.participants.get(identity)
    if session.state is S.ENDED or who is None or who.state is not ParticipantState.JOINED:
        return Outcome()
    if connection and who.connection != connection:
        return Outcome()
    who.to(ParticipantState.LEFT)
    who.lost_at_ms, who.connection = wall_ms, ""
    who.asked.clear()
    settle(session, wall_ms)
    gone = ParticipantDisconnected(
        at_ms=wall_ms, consultation_id=session.id, identity=identity, role=who.role.value, why=why
    )
    return Outcome([gone, changed(session, wall_ms)])


def expire(session: Session, hold_ms: int, wall_ms: int) -> Outcome:
    """Ends a session whose officer or clerk did not come back, or never came, within the hold."""
    if session.state is S.ENDED:
        return Outcome()
    for role, why in ((PersonRole.OFFICER, "officer_lost"), (PersonRole.CLERK, "clerk_lost")):
        who = session.of_role(role)
        if who is None or who.state in (ParticipantState.JOINED, ParticipantState.HELD):
            continue
        since = who.lost_at_ms if who.lost_at_ms is not None else session.opened_ms
        if wall_ms - since >= hold_ms:
            return end(session, why, wall_ms)
    return Outcome()


# ── the moderator ────────────────────────────────────────────────────────────────────────────────


def mute(session: Session, identity: str, kind: MediaKind, muted: bool, wall_ms: int) -> Outcome:
    """Take away or give back one kind of media; the node's permission enforces it."""
    must_run(session)
    who = participant(session, identity)
    if muted:
        who.banned.add(kind)
    else:
        who.banned.discard(kind)
    command = MediaCommand("permit", identity, allowed_sources(who), muted)
    return Outcome([changed(session, wall_ms)], [command])


def remove(session: Session, identity: str, wall_ms: int) -> Outcome:
    """Put a participant out; the client may wait again by a new authorisation. Without the officer the session ends."""
    must_run(session)
    who = participant(session, identity)
    if who.role is PersonRole.CLERK or who.state in OVER:
        # the session is the clerk's; it can be ended, not taken from them
        raise ParticipantUnknown(field="identity")
    who.to(ParticipantState.REMOVED)
    who.connection, who.knocked_ms = "", None
    outcome = Outcome(
        [
            ParticipantDisconnected(
                at_ms=wall_ms,
                consultation_id=session.id,
                identity=identity,
                role=who.role.value,
                why="removed",
            )
        ],
        [MediaCommand("remove", identity)],
    )
    if who.role is PersonRole.OFFICER:
        return both(outcome, end(session, "officer_removed", wall_ms))
    if who.role is PersonRole.CITIZEN:
        session.authorisation = None
    outcome.events += part_over(session, who, wall_ms)
    settle(session, wall_ms)
    outcome.events.append(changed(session, wall_ms))
    return outcome


def part_over(session: Session, who: Participant, wall_ms: int) -> list[Event]:
    """What follows when an official's part ends: the record is closed and the router told. Others: nothing."""
    if who.role not in OFFICIALS:
        return []
    for part in session.officials:
        if part.officer_id == who.account and part.to_ms is None:
            part.to_ms = wall_ms
    if session.spotlight == who.identity:
        session.spotlight = None
    request_id = who.request_id or session.id
    return [OfficerReleased(at_ms=wall_ms, consultation_id=request_id, officer_id=OfficerId(who.account))]


def leave(session: Session, identity: str, wall_ms: int) -> Outcome:
    """Somebody goes by their own will. The officer's going ends the session."""
    must_run(session)
    who = participant(session, identity)
    if who.role is PersonRole.OFFICER and session.state is not S.HANDED_BACK:
        return end(session, "officer_left", wall_ms)
    if who.role in OFFICIALS:
        return go(session, who, wall_ms)
    outcome = left(session, identity, "", wall_ms)
    if who.role is PersonRole.CITIZEN and who.state is not ParticipantState.REMOVED:
        who.to(ParticipantState.WAITING)
        who.knocked_ms, session.authorisation, session.private = None, None, False
    outcome.events = outcome.events or [changed(session, wall_ms)]
    outcome.media.append(MediaCommand("remove", identity))
    return outcome


def go(session: Session, who: Participant, wall_ms: int) -> Outcome:
    """An official's part is over while the session goes on without them."""
    if who.state in OVER:
        return Outcome()
    outcome = Outcome(media=[MediaCommand("remove", who.identity)])
    was_in = who.state is ParticipantState.JOINED
    who.to(ParticipantState.GONE)
    who.connection, who.knocked_ms = "", None
    if was_in:
        outcome.events.append(
            ParticipantDisconnected(
                at_ms=wall_ms, consultation_id=session.id, identity=who.identity, role=who.role.value, why="left"
            )
        )
    outcome.events += part_over(session, who, wall_ms)
    settle(session, wall_ms)
    outcome.events.append(changed(session, wall_ms))
    return outcome


def end(session: Session, why: str, wall_ms: int, outcome_word: str | None = None) -> Outcome:
    """Ends once; the officer is released and the record closed in the same step."""
    if session.state is S.ENDED:
        return Outcome()
    session.state, session.ended_ms, session.end_reason = S.ENDED, wall_ms, why
    session.outcome = outcome_word or session.outcome
    session.authorisation = None
    session.private, session.handed_back, session.wish = False, None, None
    if session.call is not None:
        session.call.note = ""
    citizen = session.of_role(PersonRole.CITIZEN)
    came = citizen is not None and session.live_ms is not None
    released: list[Event] = []
    for who in session.participants.values():
        if who.state is not ParticipantState.GONE and (who.role is PersonRole.OFFICER or who.state not in OVER):
            released += part_over(session, who, wall_ms)
        if who.state is ParticipantState.JOINED:
            who.to(ParticipantState.LEFT)
    return Outcome(
        [
            *released,
            SessionEndedEvent(
                at_ms=wall_ms,
                facts=session.facts,
                officer_id=session.officer_id,
                officer_name=session.officer_name,
                why=why,
                waited_ms=session.waited_ms,
                opened_at_ms=session.opened_ms,
                live_at_ms=session.live_ms,
                connected=session.connected,
                outcome=session.outcome,
                acting_for=session.acting_for.reg_no if session.acting_for and session.acting_for.allowed else None,
                officials=tuple(
                    OfficialServed(
                        officer_id=OfficerId(part.officer_id),
                        officer_name=part.name,
                        agency_id=AgencyId(part.agency_id),
                        kind=part.kind,
                        from_ms=part.from_ms,
                        to_ms=part.to_ms or wall_ms,
                        request_id=part.request_id,
                    )
                    for part in session.officials
                ),
                trained=session.training.service if session.training else None,
                alone=session.training.alone if session.training else None,
                lent=tuple(
                    Lent(
                        officer_id=OfficerId(each.officer_id),
                        officer_name=each.name,
                        level=each.level,
                        from_ms=each.from_ms,
                        to_ms=each.to_ms or wall_ms,
                    )
                    for each in session.lent
                ),
                via=citizen.via.value if came and citizen is not None and citizen.via is not None else "",
            ),
            changed(session, wall_ms),
        ],
        [MediaCommand("close")],
    )


# ── inside ───────────────────────────────────────────────────────────────────────────────────────


def settle(session: Session, wall_ms: int) -> None:
    """The state follows from who is in the room; handed back is left by a word, not by who comes or goes."""
    if session.state in (S.HANDED_BACK, S.ENDED):
        return
    present = {who.role for who in session.participants.values() if who.state is ParticipantState.JOINED}
    if present & OFFICIALS and present - OFFICIALS:
        session.connected = True
    if PersonRole.CITIZEN in present:
        session.state = S.LIVE
        session.live_ms = session.live_ms or wall_ms
    elif present or session.state is not S.OPENING:
        session.state = S.LOBBY


def changed(session: Session, wall_ms: int) -> SessionChanged:
    return SessionChanged(at_ms=wall_ms, consultation_id=session.id)


def both(first: Outcome, second: Outcome) -> Outcome:
    return Outcome(first.events + second.events, first.media + second.media)


def touched(session: Session, wall_ms: int) -> Outcome:
    """Something that no state depends on changed; views are taken anew."""
    return Outcome([changed(session, wall_ms)])
