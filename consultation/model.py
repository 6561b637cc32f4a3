"""What a session is: its participants, its workstation, its one-time authorisation."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from kernel.ids import ConsultationId, OfficerId, WorkstationId
from kernel.messages import RequestFacts


class SessionState(enum.StrEnum):
    OPENING = "opening"  # open, nobody in the room yet
    LOBBY = "lobby"  # officials talk, the workstation waits unseen
    LIVE = "live"  # the client is in
    ENDED = "ended"


class ParticipantState(enum.StrEnum):
    INVITED = "invited"
    WAITING = "waiting"
    JOINED = "joined"
    LEFT = "left"
    REMOVED = "removed"


class PersonRole(enum.StrEnum):
    CLERK = "clerk"
    OFFICER = "officer"
    CITIZEN = "citizen"


class MediaKind(enum.StrEnum):
    """What a moderator mutes; the value's sources are LiveKit's words."""

    AUDIO = "audio"
    VIDEO = "video"
    SCREEN = "screen"


SOURCES: dict[MediaKind, tuple[str, ...]] = {
    MediaKind.AUDIO: ("microphone",),
    MediaKind.VIDEO: ("camera",),
    MediaKind.SCREEN: ("screen_share", "screen_share_audio"),
}


@dataclass(slots=True)
class Participant:
    """``account`` is who may take this place: a clerk, an officer or a workstation id."""

    identity: str
    role: PersonRole
    account: str
    name: str
    state: ParticipantState = ParticipantState.INVITED
    banned: set[MediaKind] = field(default_factory=set)
    #: the media node's name of the running connection; events of an older one change nothing
    connection: str = ""
    lost_at_ms: int | None = None


@dataclass(slots=True)
class Authorisation:
    """A one-time code, kept as a hash, bound to one workstation.

    ``sealed``: the code itself, encrypted, while it waits to be handed to the workstation's page.
    """

    code_hash: str
    workstation_id: WorkstationId
    expires_ms: int
    used: bool = False
    sealed: str | None = None


@dataclass(frozen=True, slots=True)
class ActingFor:
    """What the register of powers of attorney said, with time and source."""

    reg_no: str
    allowed: bool
    reason: str
    checked_at_ms: int
    source: str


@dataclass(slots=True)
class Session:
    facts: RequestFacts
    officer_id: OfficerId
    officer_name: str
    opened_ms: int
    waited_ms: int = 0
    state: SessionState = SessionState.OPENING
    participants: dict[str, Participant] = field(default_factory=dict)
    authorisation: Authorisation | None = None
    live_ms: int | None = None
    ended_ms: int | None = None
    end_reason: str | None = None
    outcome: str | None = None
    connected: bool = False
    acting_for: ActingFor | None = None
    #: how often it was written
    revision: int = 0

    @property
    def id(self) -> ConsultationId:
        return self.facts.consultation_id

    @property
    def workstation_id(self) -> WorkstationId | None:
        """The kiosk of this session: named with the request or when it was authorised."""
        citizen = self.of_role(PersonRole.CITIZEN)
        return None if citizen is None else WorkstationId(citizen.account)

    def of_role(self, role: PersonRole) -> Participant | None:
        return next((p for p in self.participants.values() if p.role is role), None)

    def of_account(self, account: str) -> Participant | None:
        return next((p for p in self.participants.values() if p.account == account), None)
