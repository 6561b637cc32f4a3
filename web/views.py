"""The views of docs/api.md, composed from router, presence, consultation and casework."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from casework.service import CaseworkService
from consultation.model import Participant, PersonRole, Session
from consultation.service import ConsultationService
from consultation.store import Workstation, find_sessions
from kernel.clock import Clock
from kernel.errors import PeerFault, SessionUnknown
from kernel.identity import Principal, SignedIn
from kernel.ids import AgencyId, CaseId, ConsultationId, GroupId, OfficerId, PointId, WorkstationId
from kernel.ledger import Ledger
from kernel.messages import ControlInput, Role, SupervisorActed
from presence.service import PresenceService
from router.commands import Offer, RequestStatus
from router.model import Agency, Group, Officer
from router.service import RouterService
from web import board, case_view, request_view, session_view
from web.live.core import Show, for_agency, for_clerk, for_officer, for_workstation
from web.live.pieces import FOREVER, Piece, Pieces
from web.planned import Planned
from web.register import Register

#: how many of each queue are shown to a supervisor, from its head
QUEUE_SHOWN = 100


class Views:
    def __init__(
        self,
        *,
        ledger: Ledger,
        router: RouterService,
        presence: PresenceService,
        consultation: ConsultationService,
        casework: CaseworkService,
        planned: Planned,
        register: Register,
        clock: Clock,
        is_online: Callable[[WorkstationId], bool],
        open_input: Callable[[ControlInput], dict[str, Any]],
        stop_of: Callable[[PointId], dict[str, Any] | None],
    ) -> None:
        self._ledger = ledger
        self._router = router
        self._presence = presence
        self._consultation = consultation
        self._casework = casework
        self._planned = planned
        self._register = register
        self._clock = clock
        self._is_online = is_online
        self._open_input = open_input
        self._stop_of = stop_of
        self._pieces = Pieces()

    # ── the register, live ───────────────────────────────────────────────────────────────────────

    @staticmethod
    def agency(agency: Agency) -> dict[str, Any]:
        return {"id": agency.id, "code": agency.code, "name": agency.name}

    def group(self, group_id: GroupId) -> dict[str, Any] | None:
        group = self._router.group(group_id)
        return None if group is None else self._group(group)

    def group_moves(self, group_id: GroupId) -> dict[str, Any] | None:
        group = self._router.group(group_id)
        return None if group is None else self._group_moves(group)

    def _group(self, group: Group) -> dict[str, Any]:
        fixed = {
            "agency_id": group.agency_id,
            "name": group.name,
            "paks": group.paks,
            "callbacks": group.rules.callbacks,
        }
        return fixed | self._group_moves(group)

    def _group_moves(self, group: Group) -> dict[str, Any]:
        live = self._router.group_live(group.id)
        return {
            "id": group.id,
            "open": group.open,
            "waiting": live.waiting,
            "longest_wait_s": board.seconds_since(live.oldest_ms, self._clock.wall_ms()),
            "available": live.available,
            "signed_in": live.signed_in,
        }

    def officer(self, officer_id: OfficerId) -> dict[str, Any] | None:
        officer = self._router.officer(officer_id)
        return None if officer is None else self._officer(officer)

    def officer_moves(self, officer_id: OfficerId) -> dict[str, Any] | None:
        return None if self._router.officer(officer_id) is None else self._officer_moves(officer_id)

    def _officer(self, officer: Officer) -> dict[str, Any]:
        return {
            "name": officer.name,
            "agency_id": officer.agency_id,
            "groups": [{"id": group, "level": level} for group, level in officer.levels.items()],
            "languages": officer.languages,
            "simulated": officer.simulated,
        } | self._officer_moves(officer.id)

    def _officer_moves(self, officer_id: OfficerId) -> dict[str, Any]:
        indicator, reason, since_ms = self._presence.indicator(officer_id)
        return {"id": officer_id, "indicator": indicator, "reason": reason, "since_ms": since_ms}

    def directory(self, agency_id: AgencyId) -> dict[str, Any] | None:
        """One agency whole, as those may see it who ask for its officers or watch over them."""
        found = next((each for each in self._router.agencies() if each.id == agency_id), None)
        if found is None:
            return None
        return {
            "version": self._register.version_of(agency_id),
            "agency": self.agency(found),
            "groups": [self._group(group) for group in self._router.groups() if group.agency_id == agency_id],
            "officers": [self._officer(each) for each in self._listed() if each.agency_id == agency_id],
        }

    def membership(self, officer_id: OfficerId) -> dict[str, Any] | None:
        card = self.officer(officer_id)
        return None if card is None else {"officer": card, "groups": self._groups("", self._groups_of(officer_id))}

    def _listed(self) -> list[Officer]:
        """Without those who are in no group: they serve nobody."""
        return [officer for officer in self._router.officers() if officer.levels]

    def _groups_of(self, officer_id: OfficerId) -> list[Group]:
        mine = set(self._register.groups_of(officer_id))
        return [group for group in self._router.groups() if group.id in mine]

    async def workstation(self, workstation_id: WorkstationId) -> dict[str, Any] | None:
        found = self._register.workstation(workstation_id)
        return None if found is None else (await self._workstations([found]))[0]

    async def _workstations(self, found: list[Workstation]) -> list[dict[str, Any]]:
        sessions = await self._consultation.sessions_at(each.id for each in found)
        return [self._workstation(each, session) for each, session in zip(found, sessions, strict=True)]

    def _workstation(self, found: Workstation, session: Session | None) -> dict[str, Any]:
        return {
            "id": found.id,
            "name": found.name,
            "point_id": found.point_id,
            "point_name": found.point_name,
            "stop": self._stop_of(found.point_id),
            "online": self._is_online(found.id),
            "state": session_view.workstation_state(session),
            "session_id": None if session is None else session.id,
        }

    # ── sessions ─────────────────────────────────────────────────────────────────────────────────

    def session(self, session: Session, mine: Participant) -> dict[str, Any]:
        """The session as one of its participants may see it."""
        citizen = session.of_role(PersonRole.CITIZEN)
        workstation = None if citizen is None else self._register.workstation(WorkstationId(citizen.account))
        return session_view.view(session, mine, workstation)

    async def session_for(self, who: Principal, session_id: ConsultationId) -> dict[str, Any]:
        """Raises `SessionUnknown` for everybody who does not belong to it."""
        session = await self._consultation.session(session_id)
        return self.session(session, self._consultation.place(who, session))

    async def _current_session(self, who: Principal) -> dict[str, Any] | None:
        return next(iter(await self._running_sessions(who)), None)

    async def _running_sessions(self, who: Principal) -> list[dict[str, Any]]:
        """The newest first."""
        places = [(each, self._consultation.place_of(who, each)) for each in await self._consultation.running(who)]
        return [self.session(session, mine) for session, mine in places if mine is not None]

    # ── requests and offers ──────────────────────────────────────────────────────────────────────

    @staticmethod
    def request(status: RequestStatus) -> dict[str, Any]:
        return request_view.view(status)

    def offer(self, offer: Offer) -> dict[str, Any]:
        return request_view.offer(offer, self._clock.wall_ms())

    async def queue(self, group_id: GroupId) -> list[dict[str, Any]]:
        """The first who wait for a group, as a supervisor sees them."""
        return [request_view.queued(status) for status in await self._router.queue(group_id, QUEUE_SHOWN)]

    async def queues(self, agency_id: AgencyId) -> list[dict[str, Any]]:
        mine = [group.id for group in self._router.groups() if group.agency_id == agency_id]
        return [each for group_id in mine for each in await self.queue(group_id)]

    async def wrap_up(self, officer_id: OfficerId) -> dict[str, Any] | None:
        found = self._router.wrap_up_of(officer_id)
        if found is None:
            return None
        facts = (await self._router.status(found.consultation_id)).facts
        return {
            "session_id": found.consultation_id,
            "since_ms": found.since_ms,
            "until_ms": found.until_ms,
            "pak": facts.pak,
            "ticket": facts.ticket,
        }

    def case(self, row: Mapping[str, Any]) -> dict[str, Any]:
        codes: dict[str, str] = {agency.id: agency.code for agency in self._router.agencies()}

        def workstation_name(workstation_id: WorkstationId) -> str | None:
            found = self._register.workstation(workstation_id)
            return found.name if found else None

        return case_view.view(row, lambda agency_id: codes.get(agency_id, agency_id), workstation_name)

    async def board(self, agency_id: AgencyId) -> dict[str, Any]:
        return board.view(
            agency_id,
            groups=[group for group in self._router.groups() if group.agency_id == agency_id],
            officers=[officer for officer in self._router.officers() if officer.agency_id == agency_id],
            indicator=lambda officer_id: self._presence.indicator(officer_id)[0],
            live=self._router.group_live,
            day=await self._router.day(agency_id),
            in_session=await self._running_by_group(),
            service_level_s=self._router.service_level_s,
            now_ms=self._clock.wall_ms(),
            channels=next((each.channels for each in self._router.agencies() if each.id == agency_id), None),
        )

    async def _running_by_group(self) -> Mapping[GroupId, int]:
        async with self._ledger.reading() as connection:
            return Counter(session.facts.group_id for session in await find_sessions(connection))

    # ── what the hub asks for ────────────────────────────────────────────────────────────────────

    async def show(self, show: Show) -> Any:
        try:
            return await self._show(show)
        except PeerFault:
            return None

    async def _show(self, show: Show) -> Any:
        match show.type:
            case "officer.changed":
                return self.officer(OfficerId(show.key))
            case "group.changed":
                return self.group(GroupId(show.key))
            case "request.changed":
                return self.request(await self._router.status(ConsultationId(show.key)))
            case "queued.changed":
                return request_view.queued(await self._router.status(ConsultationId(show.key)))
            case "supervisor.acted" if isinstance(show.event, SupervisorActed):
                return request_view.acted(show.event)
            case "control.input" if isinstance(show.event, ControlInput):
                return self._open_input(show.event)
            case "control.stopped":
                return {"workstation_id": show.key}
            case "offer.changed":
                offer = self._router.officer_offer(OfficerId(show.key))
                if offer is not None:
                    return {"offer": self.offer(offer)}
                return {"offer": None, "reason": show.reason or "withdrawn"}
            case "wrap_up.changed":
                return {"wrap_up": await self.wrap_up(OfficerId(show.key))}
            case "load.changed":
                return await self._router.load_today(OfficerId(show.key))
            case "workstation.changed":
                return await self.workstation(WorkstationId(show.key))
            case "authorisation.offered":
                return await self._consultation.offered_code(WorkstationId(show.key))
            case "case.changed":
                points = [PointId(audience.removeprefix("point:")) for audience in show.audiences]
                return self.case(await self._casework.case(CaseId(show.key), points))
            case "directory.changed":
                return self.directory(AgencyId(show.key))
            case "membership.changed":
                return self.membership(OfficerId(show.key))
            case "appointment.changed" | "callback.changed":
                return await self._planned.show(show.type, show.key)
            case "board.changed":
                return await self.board(AgencyId(show.key))
        raise ValueError(f"no view for {show.type}")

    async def session_parties(self, consultation_id: ConsultationId) -> list[tuple[str, Any]]:
        try:
            session = await self._consultation.session(consultation_id)
        except SessionUnknown:
            return []
        # of several places of one account, the one that still counts
        places = {who.account: session.of_account(who.account) or who for who in session.participants.values()}
        return [(_AUDIENCE[who.role](who.account), self.session(session, who)) for who in places.values()]

    async def waiting_in(self, group_id: GroupId) -> list[Show]:
        shows = []
        for number, consultation_id in enumerate(self._router.waiting_ids(group_id)):
            facts = (await self._router.status(consultation_id)).facts
            shows.append(Show("request.changed", consultation_id, (for_clerk(facts.clerk_id),)))
            if number < QUEUE_SHOWN:
                shows.append(Show("queued.changed", consultation_id, (for_agency(facts.agency_id),)))
        return shows

    # ── whole states ─────────────────────────────────────────────────────────────────────────────

    async def snapshot(self, signed_in: SignedIn) -> dict[str, Any]:
        principal = signed_in.principal
        match principal.role:
            case Role.CLERK:
                points = tuple(self._register.points_of(principal.point_id)) if principal.point_id else ()
                # one after the other: those who come together ask together, and a task for each reading costs more
                workstations = await self._workstations(self._register.workstations_at(points))
                requests = await self._requests_of(principal.id)
                sessions = await self._running_sessions(principal)
                planned = await self._planned.snapshot(points)
                return {
                    "agencies": self._agencies("all", self._router.agencies()),
                    "groups": self._groups("all", self._router.groups()),
                    "officers": self._officers("all", self._listed()),
                    "workstations": workstations,
                    "requests": requests,
                    "session": sessions[0] if sessions else None,
                    "held": sessions[1:],
                    **planned,
                }
            case Role.OFFICER if principal.officer_id:
                officer_id = principal.officer_id
                offer = self._router.officer_offer(officer_id)
                sessions = await self._running_sessions(principal)
                wrap_up = await self.wrap_up(officer_id)
                load = await self._router.load_today(officer_id)
                return {
                    "officer": self.officer(officer_id),
                    "groups": self._groups("", self._groups_of(officer_id)),
                    "offer": None if offer is None else self.offer(offer),
                    "session": sessions[0] if sessions else None,
                    "held": sessions[1:],
                    "wrap_up": wrap_up,
                    "load": load,
                }
            case Role.WORKSTATION if principal.workstation_id:
                return {
                    "workstation": await self.workstation(principal.workstation_id),
                    "session": await self._current_session(principal),
                }
            case Role.AT_HOME:
                return {"session": await self._current_session(principal)}
            case Role.AGENT if principal.workstation_id:
                return {"workstation": await self.workstation(principal.workstation_id)}
            case Role.SUPERVISOR | Role.AGENCY_ADMINISTRATOR if principal.agency_id:
                own = principal.agency_id
                return {
                    "agencies": [self.agency(each) for each in self._router.agencies() if each.id == own],
                    "groups": self._groups(own, [group for group in self._router.groups() if group.agency_id == own]),
                    "officers": self._officers(own, [each for each in self._listed() if each.agency_id == own]),
                    "board": await self.board(own),
                    "queue": await self.queues(own),
                }
        return {}

    async def _requests_of(self, clerk_id: str) -> list[dict[str, Any]]:
        return [self.request(await self._router.status(each)) for each in await self._router.open_requests_of(clerk_id)]

    # ── what snapshots share ─────────────────────────────────────────────────────────────────────

    def _agencies(self, scope: str, agencies: list[Agency]) -> Piece:
        return self._pieces.of("agency", agencies, self.agency, now=self._clock.mono(), scope=scope)

    def _groups(self, scope: str, groups: list[Group]) -> Piece:
        return self._pieces.of(
            "group.changed",
            groups,
            self._group,
            now=self._clock.mono(),
            scope=scope,
            # the longest wait grows by itself
            keeps_s=lambda group: 1.0 if group["waiting"] else FOREVER,
        )

    def _officers(self, scope: str, officers: list[Officer]) -> Piece:
        return self._pieces.of("officer.changed", officers, self._officer, now=self._clock.mono(), scope=scope)

    def forget(self, kind: str, key: str) -> None:
        self._pieces.forget(kind, key)

    def forget_all(self) -> None:
        self._pieces.forget_all()


_AUDIENCE: dict[PersonRole, Callable[[str], str]] = {
    PersonRole.CLERK: for_clerk,
    PersonRole.OFFICER: for_officer,
    PersonRole.SPECIALIST: for_officer,
    PersonRole.CITIZEN: for_workstation,
}
