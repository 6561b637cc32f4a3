"""The register as the live channel needs it: who belongs where. Rebuilt when the register changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from consultation.store import Workstation
from kernel.ids import AgencyId, GroupId, OfficerId, PointId, WorkstationId
from router.model import Group, Officer


class Register:
    def __init__(self) -> None:
        self._officers: dict[OfficerId, Officer] = {}
        self._groups: dict[GroupId, Group] = {}
        self._hosted: dict[PointId, list[PointId]] = {}
        self._workstations: dict[WorkstationId, Workstation] = {}
        #: with the number that each has in the order of all
        self._at_point: dict[PointId, list[tuple[int, Workstation]]] = {}
        self._versions: dict[AgencyId, int] = {}

    def load(
        self,
        *,
        officers: Iterable[Officer],
        groups: Iterable[Group],
        hosts: Iterable[tuple[PointId, PointId | None]],
        workstations: Iterable[Workstation],
        versions: Mapping[AgencyId, int],
    ) -> None:
        """``hosts``: every point with the point that serves it, or None."""
        self._officers = {officer.id: officer for officer in officers}
        self._groups = {group.id: group for group in groups}
        self._versions = dict(versions)
        self._hosted = {}
        for point, host in hosts:
            if host is not None:
                self._hosted.setdefault(host, []).append(point)
        self.load_workstations(workstations)

    def load_workstations(self, workstations: Iterable[Workstation]) -> None:
        self._workstations = {workstation.id: workstation for workstation in workstations}
        self._at_point = {}
        for numbered in enumerate(self._workstations.values()):
            self._at_point.setdefault(numbered[1].point_id, []).append(numbered)

    def load_hosts(self, hosts: Iterable[tuple[PointId, PointId | None]]) -> None:
        """As in `load`, when contact points alone have changed."""
        self._hosted = {}
        for point, host in hosts:
            if host is not None:
                self._hosted.setdefault(host, []).append(point)

    def version_of(self, agency_id: AgencyId) -> int:
        """How often the agency's directory has changed."""
        return self._versions.get(agency_id, 0)

    def agency_of(self, officer_id: OfficerId) -> AgencyId | None:
        officer = self._officers.get(officer_id)
        return officer.agency_id if officer else None

    def officers_of(self, agency_id: AgencyId) -> Iterable[OfficerId]:
        return [officer.id for officer in self._officers.values() if officer.agency_id == agency_id]

    def groups_of(self, officer_id: OfficerId) -> Iterable[GroupId]:
        officer = self._officers.get(officer_id)
        return tuple(officer.levels) if officer else ()

    def agency_of_group(self, group_id: GroupId) -> AgencyId | None:
        group = self._groups.get(group_id)
        return group.agency_id if group else None

    def points_of(self, point_id: PointId) -> Iterable[PointId]:
        return (point_id, *self._hosted.get(point_id, ()))

    def point_of(self, workstation_id: WorkstationId) -> PointId | None:
        found = self._workstations.get(workstation_id)
        return found.point_id if found else None

    def workstations_of(self, point_id: PointId) -> Iterable[WorkstationId]:
        return [found.id for found in self.workstations_at((point_id,))]

    def workstation(self, workstation_id: WorkstationId) -> Workstation | None:
        return self._workstations.get(workstation_id)

    def workstations_at(self, points: Iterable[PointId]) -> list[Workstation]:
        found = [numbered for point in set(points) for numbered in self._at_point.get(point, ())]
        return [workstation for _, workstation in sorted(found, key=lambda numbered: numbered[0])]
