"""What a session is: its participants, its workstation, its one-time authorisation."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from consultation.control_core import Control
from kernel.ids import ConsultationId, OfficerId, WorkstationId
from kernel.messages import RequestFacts


class SessionState(enum.StrEnum):
    OPENING = "opening"  # open, nobody in the room yet
    LOBBY = "lobby"  # officials talk, the workstation waits unseen
    LIVE = "live"  # the client is in
    HANDED_BACK = "handed_back"  # the clerk has the client: paper, signature, printing; the officer is out of the room
    ENDED = "ended"


class ParticipantState(enum.StrEnum):
    INVITED = "invited"
    WAITING = "waiting"
    JOINED = "joined"
    LEFT = "left"
    HELD = "held"  # put back before the door by the moderator, with the place kept
    REMOVED = "removed"
    GONE = "gone"  # an official whose part is over while the session goes on


_P = ParticipantState
#: from → where a participant may go from there; whatever is not here is a mistake of ours
PARTICIPANT_TRANSITIONS: dict[ParticipantState, frozenset[ParticipantState]] = {
    _P.INVITED: frozenset({_P.JOINED, _P.WAITING, _P.HELD, _P.REMOVED, _P.GONE}),
    _P.WAITING: frozenset({_P.INVITED, _P.REMOVED, _P.GONE}),
    _P.JOINED: frozenset({_P.LEFT, _P.WAITING, _P.HELD, _P.REMOVED, _P.GONE}),
    _P.LEFT: frozenset({_P.JOINED, _P.INVITED, _P.WAITING, _P.HELD, _P.REMOVED, _P.GONE}),
    _P.HELD: frozenset({_P.INVITED, _P.WAITING, _P.REMOVED, _P.GONE}),
    _P.REMOVED: frozenset({_P.WAITING, _P.GONE}),
    _P.GONE: frozenset(),
}
#: out of the room, and put out again should the node see them there
OUTSIDE = frozenset({_P.WAITING, _P.HELD, _P.REMOVED, _P.GONE})
#: have no part in the session any more, for whatever is asked in its name
OVER = frozenset({_P.REMOVED, _P.GONE})


class PersonRole(enum.StrEnum):
    CLERK = "clerk"
    OFFICER = "officer"
    SPECIALIST = "specialist"  # a second official, called into the session
    CITIZEN = "citizen"


#: who acts for an agency
OFFICIALS = frozenset({PersonRole.OFFICER, PersonRole.SPECIALIST})


class Via(enum.StrEnum):
    """How somebody comes to the door; there is one door for all."""

    KIOSK = "kiosk"
    LINK = "link"  # a personal link, from home
    OFFICER = "officer"
    SPECIALIST = "specialist"


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
    #: since when somebody stands before the door; orders the lobby
    knocked_ms: int | None = None
    via: Via | None = None
    #: what the moderator asked to be switched on, until it is answered
    asked: set[MediaKind] = field(default_factory=set)
    #: of a second official: the request by which they came, to be released when their part ends
    request_id: ConsultationId | None = None
    agency_id: str | None = None
    #: thumbprint of the key that alone is this client; empty: the account has no key
    device: str = ""

    def to(self, state: ParticipantState) -> None:
        if state is not self.state:
            assert state in PARTICIPANT_TRANSITIONS[self.state], (self.state, state)
            self.state = state


@dataclass(slots=True)
class Authorisation:
    """A one-time code, kept as a hash, bound to one workstation and to the key of the device enrolled there.

    ``sealed``: the code itself, encrypted, while it waits to be handed to the workstation's page. ``device``:
    thumbprint of the key; empty: a workstation without one.
    """

    code_hash: str
    workstation_id: WorkstationId
    expires_ms: int
    used: bool = False
    sealed: str | None = None
    device: str = ""


@dataclass(frozen=True, slots=True)
class ActingFor:
    """What the register of powers of attorney said, with time and source.

    ``revoked``: it was allowed in this session and is no more; the client goes on as a private person.
    """

    reg_no: str
    allowed: bool
    reason: str
    checked_at_ms: int
    source: str
    scope: str = ""
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Verified:
    """The clerk looked at who it is: how, and how much that is worth (`identity_core`). ``by`` is a name on screens."""

    method: str
    level: str
    by: str
    at_ms: int


class CallKind(enum.StrEnum):
    """Why a second official is called."""

    SPECIALIST = "specialist"  # joins, everybody stays
    TRANSFER = "transfer"  # takes over, the officer goes


class CallState(enum.StrEnum):
    CALLING = "calling"  # a request of its own is with the router
    COMING = "coming"  # accepted; not yet in the room
    JOINED = "joined"
    FAILED = "failed"  # refused, not answered, taken back


#: from → where a call for a second official may go from there
CALL_TRANSITIONS: dict[CallState, frozenset[CallState]] = {
    CallState.CALLING: frozenset({CallState.COMING, CallState.FAILED}),
    CallState.COMING: frozenset({CallState.JOINED, CallState.FAILED}),
    CallState.JOINED: frozenset(),
    CallState.FAILED: frozenset(),
}


@dataclass(slots=True)
class OfficialCall:
    """A second official who is called into the session through the router, by a request tied to it."""

    request_id: ConsultationId
    kind: CallKind
    by: str  # the identity that asked
    topic: str
    at_ms: int
    state: CallState = CallState.CALLING
    #: why it failed: declined, no_answer, unserved, taken_back, session_over
    why: str | None = None
    #: what the one who comes has to know; gone with the session
    note: str = ""

    @property
    def open(self) -> bool:
        return self.state in (CallState.CALLING, CallState.COMING)

    def to(self, state: CallState) -> None:
        assert state in CALL_TRANSITIONS[self.state], (self.state, state)
        self.state = state


@dataclass(slots=True)
class OfficialPart:
    """One official's part of the consultation, as the record keeps it."""

    officer_id: str
    name: str
    agency_id: str
    kind: str  # first | specialist | transfer
    from_ms: int
    to_ms: int | None = None
    #: the request by which they came: somebody may have two parts, each with a result of its own
    request_id: ConsultationId | None = None


@dataclass(slots=True)
class LentPart:
    """One time that an official was lent the workstation, as the record keeps it."""

    officer_id: str
    name: str
    level: str
    from_ms: int
    to_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """An official asks to be lent the workstation; the clerk answers."""

    identity: str
    level: str
    at_ms: int


@dataclass(slots=True)
class HandBack:
    """The clerk has the client: what for, since when, and what was said about it."""

    what: str  # paper | signature | printing
    note: str
    at_ms: int


@dataclass(slots=True)
class Document:
    """``name`` is made by us: what a file was called on somebody's disk may hold a name. ``by``: an identity."""

    id: str
    name: str
    media_type: str
    size: int
    by: str
    at_ms: int
    #: stays with the case when the session is over
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Training:
    """What a client was taught (PAK_03): the e-service, and whether they can use it alone now."""

    service: str
    alone: bool
    at_ms: int


@dataclass(slots=True)
class Shown:
    """A document before everybody's eyes; whoever shows it leads where it is scrolled to."""

    document_id: str
    by: str


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
    #: what an official was lent of the workstation; `control_core.stands` says whether it is in force
    control: Control | None = None
    #: what an official asks to be lent, until the clerk answers
    wish: Wish | None = None
    lent: list[LentPart] = field(default_factory=list)
    #: how often it was written
    revision: int = 0
    #: the identity of who moderates; empty: the clerk, whose session it is
    moderator: str = ""
    locked: bool = False
    spotlight: str | None = None
    #: said to whoever stands before the door
    lobby_message: str = ""
    #: the officials confer, the client is outside
    private: bool = False
    call: OfficialCall | None = None
    handed_back: HandBack | None = None
    officials: list[OfficialPart] = field(default_factory=list)
    #: the request that the officer's claim is of; the session's own until it is handed on
    officer_request_id: ConsultationId | None = None
    #: whose microphone is the room's, when clerk and client sit side by side; None: everybody's own
    room_microphone: str | None = None
    verified: Verified | None = None
    documents: list[Document] = field(default_factory=list)
    shown: Shown | None = None
    training: Training | None = None

    @property
    def id(self) -> ConsultationId:
        return self.facts.consultation_id

    @property
    def workstation_id(self) -> WorkstationId | None:
        """The kiosk of this session: named with the request or when it was authorised."""
        citizen = self.of_role(PersonRole.CITIZEN)
        return None if citizen is None or citizen.via is Via.LINK else WorkstationId(citizen.account)

    @property
    def client_place(self) -> WorkstationId | None:
        """Where the client sits, be it at a contact point or at home."""
        citizen = self.of_role(PersonRole.CITIZEN)
        return None if citizen is None else WorkstationId(citizen.account)

    @property
    def guest_id(self) -> str | None:
        """The second official of this session."""
        guest = self.of_role(PersonRole.SPECIALIST)
        return None if guest is None else guest.account

    @property
    def moderator_identity(self) -> str:
        """Falls back to the clerk as soon as whoever it was handed to has no place any more."""
        given = self.participants.get(self.moderator)
        if given is not None and given.state not in OVER:
            return given.identity
        clerk = self.of_role(PersonRole.CLERK)
        return "" if clerk is None else clerk.identity

    def of_role(self, role: PersonRole) -> Participant | None:
        """Whoever has that part now, or was put out of it; not those whose part has passed to another."""
        return next((p for p in self.participants.values() if p.role is role and p.state is not _P.GONE), None)

    def of_account(self, account: str) -> Participant | None:
        """The account's place; of several the one that still counts."""
        mine = [p for p in self.participants.values() if p.account == account]
        return min(mine, key=lambda p: p.state in OVER, default=None)
