"""Events that close a consultation and its record; import these from `kernel.messages`."""

from __future__ import annotations

from kernel.event import Event
from kernel.facts import Lent, OfficialServed, RequestFacts
from kernel.ids import CaseId, ConsultationId, OfficerId, PointId


class SessionEnded(Event, frozen=True, kw_only=True, tag="session_ended"):
    """``connected`` is True when officer and client (or clerk on the client's behalf) really shared media."""

    facts: RequestFacts
    officer_id: OfficerId
    officer_name: str
    why: str
    waited_ms: int
    opened_at_ms: int
    live_at_ms: int | None
    connected: bool
    outcome: str | None
    acting_for: str | None
    officials: tuple[OfficialServed, ...] = ()
    trained: str | None = None  # PAK_03: the e-service, and whether the client can use it alone
    alone: bool | None = None
    #: what officials were lent of the client's workstation
    lent: tuple[Lent, ...] = ()
    #: how the client came: kiosk or link; empty: nobody did
    via: str = ""


class WrapUpFinished(Event, frozen=True, kw_only=True, tag="wrap_up_finished"):
    """``joins``: of a second official, the session in which they had their part."""

    consultation_id: ConsultationId
    officer_id: OfficerId
    outcome: str
    note: str | None
    joins: ConsultationId | None = None


class CaseRecorded(Event, frozen=True, kw_only=True, tag="case_recorded"):
    durable = False

    case_id: CaseId
    point_id: PointId
