"""Messages that travel between the packages: what happened, in words that need no look-up.

An event is a fact: it carries everything a handler needs, so that a consumer never asks its producer back.
Durable events are written to the ledger in the transaction that made them true; the others live in the
feed only. Times ending in ``_ms`` are wall-clock milliseconds; a personal code or a client's name never travels.
"""

from __future__ import annotations

import msgspec

from kernel.device_messages import ControlInput as ControlInput
from kernel.device_messages import ControlStopped as ControlStopped
from kernel.device_messages import RegisterChanged as RegisterChanged
from kernel.device_messages import StopChanged as StopChanged
from kernel.event import Event as Event
from kernel.facts import Bilingual as Bilingual
from kernel.facts import Lent as Lent
from kernel.facts import OfficialServed as OfficialServed
from kernel.facts import RequestFacts as RequestFacts
from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId, WorkstationId
from kernel.planned_messages import AppointmentChanged as AppointmentChanged
from kernel.planned_messages import CallbackChanged as CallbackChanged
from kernel.record_messages import CaseRecorded as CaseRecorded
from kernel.record_messages import SessionEnded as SessionEnded
from kernel.record_messages import WrapUpFinished as WrapUpFinished
from kernel.vocabulary import AwayReason as AwayReason
from kernel.vocabulary import Choice as Choice
from kernel.vocabulary import ClientKind as ClientKind
from kernel.vocabulary import Indicator as Indicator
from kernel.vocabulary import LeaseState as LeaseState
from kernel.vocabulary import Pak as Pak
from kernel.vocabulary import Priority as Priority
from kernel.vocabulary import Role as Role

# ── presence ─────────────────────────────────────────────────────────────────────────────────────


class StandingChanged(Event, frozen=True, kw_only=True, tag="standing_changed"):
    """What presence knows and the router needs: is the officer there (a live console) and willing (own choice)?"""

    durable = False
    travels = False

    officer_id: OfficerId
    online: bool
    ready: bool
    reason: AwayReason | None


class IndicatorChanged(Event, frozen=True, kw_only=True, tag="indicator_changed"):
    durable = False
    travels = False

    officer_id: OfficerId
    indicator: Indicator
    reason: AwayReason | None
    since_ms: int


class ChoiceMade(Event, frozen=True, kw_only=True, tag="choice_made"):
    """The ledger has it; of two choices of one officer the one with the higher version counts."""

    durable = False

    officer_id: OfficerId
    choice: Choice
    reason: AwayReason | None
    version: int


class ConsolesChanged(Event, frozen=True, kw_only=True, tag="consoles_changed"):
    """An officer's first console at ``process`` opened, or the last closed; ``number`` orders what a process says."""

    durable = False

    process: str
    number: int
    officer_id: OfficerId
    open: bool


class ConsolesHeld(Event, frozen=True, kw_only=True, tag="consoles_held"):
    """Every officer who has a console at ``process``, as of ``number``; said again and again, and when asked."""

    durable = False

    process: str
    number: int
    officer_ids: tuple[OfficerId, ...]


class PresenceWanted(Event, frozen=True, kw_only=True, tag="presence_wanted"):
    """``process`` is new, or has lost touch: the others say what they hold."""

    durable = False

    process: str


class WorkstationConnected(Event, frozen=True, kw_only=True, tag="workstation_connected"):
    """A workstation's page opened its live channel at ``process``, or the last one closed; numbered as consoles are."""

    durable = False

    process: str
    number: int
    workstation_id: WorkstationId
    open: bool


class WorkstationsHeld(Event, frozen=True, kw_only=True, tag="workstations_held"):
    """Every workstation with a page at ``process``, as of ``number``."""

    durable = False

    process: str
    number: int
    workstation_ids: tuple[WorkstationId, ...]


class SignedOut(Event, frozen=True, kw_only=True, tag="signed_out"):
    """A sign-in ended; whatever it had open is closed, wherever that is. ``session_hash`` opens nothing."""

    durable = False

    session_hash: str


# ── router ───────────────────────────────────────────────────────────────────────────────────────


class RequestQueued(Event, frozen=True, kw_only=True, tag="request_queued"):
    facts: RequestFacts


class RequestRequeued(Event, frozen=True, kw_only=True, tag="request_requeued"):
    """Back at its place after a decline, a timeout or a withdrawn offer."""

    durable = False

    facts: RequestFacts
    why: str  # declined | no_answer | officer_gone | direct_fallback | moved | paused


class OfferMade(Event, frozen=True, kw_only=True, tag="offer_made"):
    durable = False

    facts: RequestFacts
    officer_id: OfficerId
    version: int
    deadline_ms: int
    timeout_s: float
    direct: bool


class OfferClosed(Event, frozen=True, kw_only=True, tag="offer_closed"):
    """The ringing stopped. ``why``: accepted, declined, no_answer, withdrawn, taken, officer_gone, moved, paused."""

    durable = False

    facts: RequestFacts
    officer_id: OfficerId
    version: int
    why: str


class OfferAccepted(Event, frozen=True, kw_only=True, tag="offer_accepted"):
    """From this event alone the session is opened."""

    facts: RequestFacts
    officer_id: OfficerId
    officer_name: str
    version: int
    waited_ms: int


class RequestLeft(Event, frozen=True, kw_only=True, tag="request_left"):
    """Left the queue unserved. ``why``: clerk_cancelled, citizen_left, workstation_lost, unserved."""

    facts: RequestFacts
    why: str
    waited_ms: int


class RequestReturned(Event, frozen=True, kw_only=True, tag="request_returned"):
    """Whoever had left came back in time: the request is at its place again."""

    facts: RequestFacts


class RequestAmended(Event, frozen=True, kw_only=True, tag="request_amended"):
    """Other facts or another place. ``why``: moved, raised, lowered, overflow. ``by``: the account that did it, or
    None."""

    facts: RequestFacts
    from_agency_id: AgencyId
    from_group_id: GroupId
    why: str
    by: str | None


class OfferRecorded(Event, frozen=True, kw_only=True, tag="offer_recorded"):
    """The history of an officer's offers grew; the day's load is to be taken anew."""

    durable = False

    officer_id: OfficerId


class SupervisorActed(Event, frozen=True, kw_only=True, tag="supervisor_acted"):
    """Told to all whom it concerns. ``action``: queue_opened, queue_closed, moved, raised, lowered, forced,
    officer_state. ``agency_id`` is the supervisor's; ``facts`` are the request's as they are now."""

    action: str
    agency_id: AgencyId
    group_id: GroupId | None = None
    group_name: Bilingual | None = None
    facts: RequestFacts | None = None
    #: who is to answer, or whose state was changed
    officer_id: OfficerId | None = None
    officer_name: str | None = None
    choice: Choice | None = None
    #: whose console rang for the request until now
    rung_officer_id: OfficerId | None = None


class DirectoryChanged(Event, frozen=True, kw_only=True, tag="directory_changed"):
    """An agency's groups, officers, rules or calendars changed; ``version`` counts. Every process takes them anew."""

    agency_id: AgencyId
    version: int


class LeaseChanged(Event, frozen=True, kw_only=True, tag="lease_changed"):
    durable = False

    officer_id: OfficerId
    state: LeaseState
    reason: AwayReason | None
    consultation_id: ConsultationId | None
    until_ms: int | None


class ClaimReleased(Event, frozen=True, kw_only=True, tag="claim_released"):
    """The ledger knows that the officer's part ended; the index follows."""

    durable = False

    officer_id: OfficerId
    consultation_id: ConsultationId


class QueueChanged(Event, frozen=True, kw_only=True, tag="queue_changed"):
    """Waiting numbers or places of a group moved; views are to be taken anew from the router."""

    durable = False

    group_id: GroupId


# ── consultation ─────────────────────────────────────────────────────────────────────────────────


class SessionOpened(Event, frozen=True, kw_only=True, tag="session_opened"):
    facts: RequestFacts
    officer_id: OfficerId
    officer_name: str
    waited_ms: int


class SessionChanged(Event, frozen=True, kw_only=True, tag="session_changed"):
    """Participants, workstation or rights moved; views are to be taken anew from consultation."""

    durable = False

    consultation_id: ConsultationId


class ParticipantConnected(Event, frozen=True, kw_only=True, tag="participant_connected"):
    consultation_id: ConsultationId
    identity: str
    role: str


class ParticipantDisconnected(Event, frozen=True, kw_only=True, tag="participant_disconnected"):
    consultation_id: ConsultationId
    identity: str
    role: str
    why: str


class AuthorisationOffered(Event, frozen=True, kw_only=True, tag="authorisation_offered"):
    """A one-time code waits for its workstation; the code itself does not travel, it is fetched from the ledger."""

    durable = False

    consultation_id: ConsultationId
    workstation_id: WorkstationId


class WorkstationAuthorised(Event, frozen=True, kw_only=True, tag="workstation_authorised"):
    consultation_id: ConsultationId
    workstation_id: WorkstationId
    by_clerk_id: ClerkId


class WorkstationRevoked(Event, frozen=True, kw_only=True, tag="workstation_revoked"):
    consultation_id: ConsultationId
    workstation_id: WorkstationId


class OfficerReleased(Event, frozen=True, kw_only=True, tag="officer_released"):
    """The officer's part ended; the router moves the lease to wrap-up."""

    consultation_id: ConsultationId
    officer_id: OfficerId


AnyEvent = (
    StandingChanged
    | IndicatorChanged
    | ChoiceMade
    | ConsolesChanged
    | ConsolesHeld
    | PresenceWanted
    | WorkstationConnected
    | WorkstationsHeld
    | SignedOut
    | RequestQueued
    | RequestRequeued
    | OfferMade
    | OfferClosed
    | OfferAccepted
    | RequestLeft
    | RequestReturned
    | RequestAmended
    | OfferRecorded
    | SupervisorActed
    | DirectoryChanged
    | LeaseChanged
    | ClaimReleased
    | QueueChanged
    | AppointmentChanged
    | CallbackChanged
    | SessionOpened
    | SessionChanged
    | AuthorisationOffered
    | ParticipantConnected
    | ParticipantDisconnected
    | RegisterChanged
    | StopChanged
    | ControlInput
    | ControlStopped
    | WorkstationAuthorised
    | WorkstationRevoked
    | OfficerReleased
    | SessionEnded
    | WrapUpFinished
    | CaseRecorded
)

_ENCODER = msgspec.json.Encoder()
_DECODER: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode_event(event: Event) -> bytes:
    return _ENCODER.encode(event)


def decode_event(data: bytes | str) -> AnyEvent:
    """Raises `msgspec.ValidationError` for anything that is not an event of this list."""
    return _DECODER.decode(data)
