"""Control of the client's workstation, committed: lent, used, stopped, and every bit of it in the audit log."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from typing import Any

import msgspec

from consultation import control_core, core
from consultation.acts import Acts, entry
from consultation.control_core import Control, Desktop, Input, Level, Open
from consultation.core import MediaCommand, Outcome
from consultation.model import (
    OFFICIALS,
    LentPart,
    MediaKind,
    Participant,
    ParticipantState,
    PersonRole,
    Session,
    Via,
    Wish,
)
from consultation.rights import Action, check
from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import Clock
from kernel.device_errors import ControlNotGranted
from kernel.errors import KlatieneError, ParticipantUnknown, WorkstationNotAuthorised
from kernel.feed import EventFeed
from kernel.identity import Principal
from kernel.ids import ConsultationId, WorkstationId
from kernel.messages import ControlInput, ControlStopped
from kernel.private import Private
from kernel.vault import Vault


def in_force(session: Session, wall_ms: int) -> Control | None:
    """What an official may do with the workstation at this moment."""
    control = session.control
    official = _in_room(session.participants.get(control.identity)) if control else None
    return control if control_core.stands(session, official, _in_room(_client(session)), wall_ms) else None


def lend(session: Session, identity: str, level: Level, seconds: int, *, by: str, wall_ms: int) -> Outcome:
    core.must_run(session)
    official = _in_room(core.participant(session, identity))
    if official is None or official.role not in OFFICIALS:
        raise ParticipantUnknown(field="identity")
    client = _in_room(_client(session))
    session.control = control_core.make(official, client, level, seconds, by=by, wall_ms=wall_ms)
    session.wish = None
    _close(session, wall_ms)
    session.lent.append(LentPart(official.account, official.name, level.value, wall_ms))
    return Outcome([core.changed(session, wall_ms)], _share(client, allowed=True))


def wish(session: Session, identity: str, level: Level, wall_ms: int) -> Outcome:
    """An official in the room asks for it. Raises `WorkstationNotAuthorised` while no client is in at a workstation."""
    core.must_run(session)
    if _in_room(_client(session)) is None:
        raise WorkstationNotAuthorised
    session.wish = Wish(identity, level.value, wall_ms)
    return core.touched(session, wall_ms)


def dismiss(session: Session, wall_ms: int) -> Outcome:
    """Not now: what was asked for is not lent."""
    core.must_run(session)
    if session.wish is None:
        return Outcome()
    session.wish = None
    return core.touched(session, wall_ms)


def _close(session: Session, wall_ms: int) -> None:
    for part in session.lent:
        part.to_ms = part.to_ms or wall_ms


def stop(session: Session, wall_ms: int) -> Outcome:
    """Nothing of the workstation is seen or moved any more; the node itself sees to the picture."""
    if session.control is None:
        return Outcome()
    session.control = None
    _close(session, wall_ms)
    client = _client(session)
    where = WorkstationId("" if client is None else client.account)
    return Outcome(
        [
            ControlStopped(at_ms=wall_ms, consultation_id=session.id, workstation_id=where),
            core.changed(session, wall_ms),
        ],
        _share(client, allowed=False),
    )


def expire(session: Session, wall_ms: int) -> Outcome:
    """What is not in force any more ends for good."""
    over = session.control is not None and in_force(session, wall_ms) is None
    return stop(session, wall_ms) if over else Outcome()


def _share(client: Participant | None, *, allowed: bool) -> list[MediaCommand]:
    if client is None:
        return []
    (client.banned.discard if allowed else client.banned.add)(MediaKind.SCREEN)
    if not client.connection:
        return []
    return [MediaCommand("permit", client.identity, core.allowed_sources(client), muted=not allowed)]


def _client(session: Session) -> Participant | None:
    """The client at a workstation; what somebody has at home is not ours to lend."""
    client = session.of_role(PersonRole.CITIZEN)
    return None if client is None or client.via is Via.LINK else client


def _in_room(who: Participant | None) -> Participant | None:
    return who if who is not None and who.state is ParticipantState.JOINED else None


class ControlService:
    def __init__(
        self, acts: Acts, audit: Audit, feed: EventFeed, clock: Clock, vault: Vault, *, addresses: Iterable[str]
    ) -> None:
        """``addresses``: what may be opened at a workstation."""
        self._acts = acts
        self._audit = audit
        self._feed = feed
        self._clock = clock
        self._vault = vault
        self._addresses = tuple(addresses)

    async def lend(self, who: Principal, session_id: ConsultationId, identity: str, level: Level, seconds: int) -> None:
        await self._acts.act(
            who,
            session_id,
            Action.LEND,
            lambda session, mine: lend(
                session, identity, level, seconds, by=mine.account, wall_ms=self._clock.wall_ms()
            ),
            name=f"control.lend.{level}",
        )

    async def wish(self, who: Principal, session_id: ConsultationId, level: Level) -> None:
        await self._acts.act(
            who,
            session_id,
            Action.WISH_CONTROL,
            lambda session, mine: wish(session, mine.identity, level, self._clock.wall_ms()),
            name=f"control.wish.{level}",
        )

    async def dismiss(self, who: Principal, session_id: ConsultationId) -> None:
        await self._acts.act(
            who,
            session_id,
            Action.LEND,
            lambda session, _: dismiss(session, self._clock.wall_ms()),
            name="control.dismiss",
        )

    async def stop(self, who: Principal, session_id: ConsultationId) -> None:
        """The client's own button, the clerk's, or the official who has finished."""
        await self._acts.act(
            who,
            session_id,
            Action.STOP_CONTROL,
            lambda session, _: stop(session, self._clock.wall_ms()),
            name="control.stop",
        )

    async def steer(self, who: Principal, session_id: ConsultationId, given: Input) -> None:
        """Hands an input to the workstation, once it is written down. Raises `ControlNotGranted`, which is, too."""
        session = await self._acts.session(session_id)
        mine = self._acts.place(who, session)
        try:
            check(session, mine, Action.STEER)
            control_core.must_allow(in_force(session, self._clock.wall_ms()), mine.identity, given)
            if isinstance(given, Open):
                control_core.must_be_allowed(given.address, self._addresses)
        except KlatieneError as error:
            await self._audit.record(entry(who, session_id, "control.input", outcome=error.code))
            raise
        await self._audit.record(_written(who, session, given))
        self._feed.publish([self._sealed(session, given)])

    def open(self, event: ControlInput) -> dict[str, Any]:
        """For the page or the program it is meant for."""
        opened = self._vault.open(base64.b64decode(event.sealed), _purpose(event.consultation_id))
        return {
            "session_id": event.consultation_id,
            "at_ms": event.at_ms,
            "input": msgspec.json.decode(opened.reveal().encode()),
        }

    def _sealed(self, session: Session, given: Input) -> ControlInput:
        client = _client(session)
        if client is None:
            raise ControlNotGranted
        text = Private(msgspec.json.encode(given).decode())
        return ControlInput(
            at_ms=self._clock.wall_ms(),
            consultation_id=session.id,
            workstation_id=WorkstationId(client.account),
            number=secrets.token_hex(8),
            target="agent" if isinstance(given, Desktop) else "kiosk",
            sealed=base64.b64encode(self._vault.seal(text, _purpose(session.id))).decode(),
        )


def _written(who: Principal, session: Session, given: Input) -> AuditEntry:
    """What kind of input it was; which key or where is nobody's business later."""
    tag = str(type(given).__struct_config__.tag)
    acts = sorted({str(type(act).__struct_config__.tag) for act in given.acts}) if isinstance(given, Desktop) else ()
    written = entry(who, session.id, f"control.input.{tag}")
    return msgspec.structs.replace(written, fields=tuple(acts))


def _purpose(session_id: ConsultationId) -> str:
    return f"control {session_id}"
