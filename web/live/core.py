"""What each role may see of an event, and which views it makes stale. Pure.

An event is turned into *shows*: "entity X of kind K, for these audiences". Kinds whose every change is news
(an offer, a session) are shown at once; aggregates (a group's waiting numbers, a board) only become *stale* and are
shown by the hub at a bounded rate. Building a view is the shell's business, so a view is built and encoded once per
audience, not once per socket.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from kernel.identity import Principal
from kernel.ids import AgencyId, ConsultationId, GroupId, OfficerId, PointId, WorkstationId
from kernel.messages import (
    AppointmentChanged,
    AuthorisationOffered,
    CallbackChanged,
    CaseRecorded,
    ControlInput,
    ControlStopped,
    Event,
    IndicatorChanged,
    LeaseChanged,
    OfferAccepted,
    OfferClosed,
    OfferMade,
    OfferRecorded,
    QueueChanged,
    RegisterChanged,
    RequestAmended,
    RequestFacts,
    RequestLeft,
    RequestQueued,
    RequestRequeued,
    RequestReturned,
    Role,
    SessionChanged,
    SessionEnded,
    SessionOpened,
    StopChanged,
    SupervisorActed,
    WorkstationAuthorised,
    WorkstationConnected,
    WorkstationRevoked,
    WrapUpFinished,
)

CLERKS = "clerks"


def for_clerk(account_id: str) -> str:
    return f"clerk:{account_id}"


def for_officer(officer_id: str) -> str:
    return f"officer:{officer_id}"


def for_group(group_id: str) -> str:
    """The officers of a group."""
    return f"group:{group_id}"


def for_agency(agency_id: str) -> str:
    """The supervisors and administrators of an agency."""
    return f"agency:{agency_id}"


def for_point(point_id: str) -> str:
    """The clerks who work at a point or host it."""
    return f"point:{point_id}"


def for_workstation(workstation_id: str) -> str:
    """Where a client sits, be it at home."""
    return f"workstation:{workstation_id}"


def for_agent(workstation_id: str) -> str:
    """The program that moves a workstation's mouse and keys."""
    return f"agent:{workstation_id}"


class Directory(Protocol):
    """The little that must be known of the register to tell who may see what."""

    def agency_of(self, officer_id: OfficerId) -> AgencyId | None: ...

    def officers_of(self, agency_id: AgencyId) -> Iterable[OfficerId]: ...

    def groups_of(self, officer_id: OfficerId) -> Iterable[GroupId]: ...

    def agency_of_group(self, group_id: GroupId) -> AgencyId | None: ...

    def points_of(self, point_id: PointId) -> Iterable[PointId]:
        """The point itself and the points it hosts."""

    def point_of(self, workstation_id: WorkstationId) -> PointId | None: ...

    def workstations_of(self, point_id: PointId) -> Iterable[WorkstationId]: ...


def audiences_of(principal: Principal, directory: Directory) -> frozenset[str]:
    """Everything this principal may hear; a role that is not named hears nothing."""
    match principal.role:
        case Role.CLERK:
            points = directory.points_of(principal.point_id) if principal.point_id else ()
            return frozenset({CLERKS, for_clerk(principal.id), *(for_point(point) for point in points)})
        case Role.OFFICER if principal.officer_id:
            groups = directory.groups_of(principal.officer_id)
            return frozenset({for_officer(principal.officer_id), *(for_group(group) for group in groups)})
        case Role.SUPERVISOR | Role.AGENCY_ADMINISTRATOR if principal.agency_id:
            return frozenset({for_agency(principal.agency_id)})
        case Role.WORKSTATION | Role.AT_HOME if principal.workstation_id:
            return frozenset({for_workstation(principal.workstation_id)})
        case Role.AGENT if principal.workstation_id:
            return frozenset({for_agent(principal.workstation_id)})
    return frozenset()


@dataclass(frozen=True, slots=True)
class Show:
    """``key`` names the entity; of two shows of one (type, key) only the later matters.

    No audiences means: those who take part in the session ``key``, each with a view of their own.
    """

    type: str
    key: str
    audiences: tuple[str, ...] = ()
    reason: str | None = None
    #: what is shown is the event itself, not how things stand
    event: SupervisorActed | ControlInput | None = None


@dataclass(slots=True)
class Changes:
    shows: list[Show] = field(default_factory=list)
    groups: set[GroupId] = field(default_factory=set)
    agencies: set[AgencyId] = field(default_factory=set)
    #: their page was opened or closed
    workstations: set[WorkstationId] = field(default_factory=set)


def changes(event: Event, directory: Directory) -> Changes:
    """What ``event`` makes worth showing; an event that concerns no console gives nothing."""
    found = Changes()
    shows = found.shows
    match event:
        case IndicatorChanged(officer_id=officer_id):
            _officer(found, officer_id, directory)
        case LeaseChanged(officer_id=officer_id):
            shows.append(Show("wrap_up.changed", officer_id, (for_officer(officer_id),)))
            if agency := directory.agency_of(officer_id):
                found.agencies.add(agency)
        case QueueChanged(group_id=group_id):
            found.groups.add(group_id)
            if agency := directory.agency_of_group(group_id):
                found.agencies.add(agency)
        case RequestQueued() | RequestRequeued() | RequestLeft() | RequestReturned():
            _request(found, event.facts)
        case RequestAmended(facts=facts):
            # those whose queue it left take it out of there
            _request(found, facts, event.from_agency_id)
            found.groups.add(event.from_group_id)
            found.agencies.add(event.from_agency_id)
        case SupervisorActed():
            about = event.officer_id or event.group_id or ""
            request = "" if event.facts is None else event.facts.consultation_id
            key = f"{event.action}:{about}:{request}:{event.at_ms}"
            shows.append(Show("supervisor.acted", key, _told(event), event=event))
        case OfferMade(facts=facts, officer_id=officer_id):
            _request(found, facts)
            shows.append(Show("offer.changed", officer_id, (for_officer(officer_id),)))
        case OfferClosed(facts=facts, officer_id=officer_id, why=why):
            _request(found, facts)
            shows.append(Show("offer.changed", officer_id, (for_officer(officer_id),), reason=why))
        case OfferRecorded(officer_id=officer_id):
            shows.append(_load(officer_id))
        case OfferAccepted(facts=facts):
            _request(found, facts)
        case SessionOpened(facts=facts):
            _session(found, facts.consultation_id)
            _request(found, facts)
        case SessionChanged(consultation_id=consultation_id):
            _session(found, consultation_id)
        case WorkstationConnected(workstation_id=workstation_id):
            found.workstations.add(workstation_id)
        case RegisterChanged(workstation_id=workstation_id):
            shows += workstation_shows(workstation_id, directory)
        case StopChanged(point_id=point_id):
            for workstation_id in directory.workstations_of(point_id):
                shows += workstation_shows(workstation_id, directory)
        case ControlInput(target=target, workstation_id=workstation_id, number=number):
            whom = for_agent(workstation_id) if target == "agent" else for_workstation(workstation_id)
            shows.append(Show("control.input", number, (whom,), event=event))
        case ControlStopped(workstation_id=workstation_id):
            shows.append(Show("control.stopped", workstation_id, (for_agent(workstation_id),)))
        case AuthorisationOffered(workstation_id=workstation_id):
            shows.append(authorisation_show(workstation_id))
        case WorkstationAuthorised() | WorkstationRevoked():
            shows += workstation_shows(event.workstation_id, directory)
            _session(found, event.consultation_id)
        case SessionEnded(facts=facts, officer_id=officer_id):
            _session(found, facts.consultation_id)
            _request(found, facts)
            shows.append(_load(officer_id))
            if facts.workstation_id:
                shows += workstation_shows(facts.workstation_id, directory)
        case WrapUpFinished(officer_id=officer_id):
            shows.append(_load(officer_id))
        case AppointmentChanged(appointment_id=appointment_id, point_id=point_id):
            shows.append(Show("appointment.changed", appointment_id, (for_point(point_id),)))
        case CallbackChanged(callback_id=callback_id, point_id=point_id):
            shows.append(Show("callback.changed", callback_id, (for_point(point_id),)))
        case CaseRecorded(case_id=case_id, point_id=point_id):
            shows.append(Show("case.changed", case_id, (for_point(point_id),)))
    return found


def latest(shows: Iterable[Show]) -> list[Show]:
    """One show per entity, each at the place of its last: views are whole, so the earlier ones say nothing more."""
    kept: dict[tuple[str, str], Show] = {}
    for show in shows:
        kept.pop((show.type, show.key), None)
        kept[(show.type, show.key)] = show
    return list(kept.values())


def directory_shows(agency_id: AgencyId, directory: Directory) -> list[Show]:
    """An agency whole for whoever looks at it, and to each of its officers their own part."""
    return [
        Show("directory.changed", agency_id, (CLERKS, for_agency(agency_id))),
        *(Show("membership.changed", each, (for_officer(each),)) for each in directory.officers_of(agency_id)),
    ]


def workstation_shows(workstation_id: WorkstationId, directory: Directory) -> list[Show]:
    point = directory.point_of(workstation_id)
    audiences = (for_point(point), for_workstation(workstation_id)) if point else ()
    return [Show("workstation.changed", workstation_id, audiences)] if audiences else []


def authorisation_show(workstation_id: WorkstationId) -> Show:
    return Show("authorisation.offered", workstation_id, (for_workstation(workstation_id),))


def _load(officer_id: OfficerId) -> Show:
    return Show("load.changed", officer_id, (for_officer(officer_id),))


def _told(event: SupervisorActed) -> tuple[str, ...]:
    """Both parties of a request, an officer whose state was changed, everybody who looks at a queue."""
    told = [for_agency(event.agency_id)]
    if event.facts is not None:
        told.append(for_clerk(event.facts.clerk_id))
        if event.facts.agency_id != event.agency_id:
            told.append(for_agency(event.facts.agency_id))
    elif event.group_id is not None:
        told += [CLERKS, for_group(event.group_id)]
    told += [for_officer(each) for each in (event.officer_id, event.rung_officer_id) if each is not None]
    return tuple(told)


def _officer(found: Changes, officer_id: OfficerId, directory: Directory) -> None:
    # who is in no group serves nobody, and no clerk looks for them
    audiences = [*([CLERKS] if directory.groups_of(officer_id) else []), for_officer(officer_id)]
    if agency := directory.agency_of(officer_id):
        audiences.append(for_agency(agency))
        found.agencies.add(agency)
    found.shows.append(Show("officer.changed", officer_id, tuple(audiences)))
    found.groups.update(directory.groups_of(officer_id))


def _request(found: Changes, facts: RequestFacts, left: AgencyId | None = None) -> None:
    agencies = sorted({facts.agency_id, left or facts.agency_id})
    found.shows.append(Show("request.changed", facts.consultation_id, (for_clerk(facts.clerk_id),)))
    found.shows.append(Show("queued.changed", facts.consultation_id, tuple(map(for_agency, agencies))))
    found.groups.add(facts.group_id)
    found.agencies.add(facts.agency_id)


def _session(found: Changes, consultation_id: ConsultationId) -> None:
    found.shows.append(Show("session.changed", consultation_id))
