"""Every message of the live channel × everybody of another agency, point or session: who hears it must be in the table.

Deny is the default: a message that nobody has put into `HEARD_ELSEWHERE` may reach none of them; an event that makes a
new kind of message fails here until somebody says who may hear it.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable

import pytest

from kernel.identity import Principal
from kernel.ids import AccountId, AgencyId, GroupId, OfficerId, PointId, WorkstationId
from kernel.messages import AnyEvent, Event, Role
from tests.web.examples import made
from web.live import core

#: whatever an event names is of this agency, point and session
HERE = {
    "agency_id": "vsaa",
    "from_agency_id": "vsaa",
    "group_id": "vsaa-pabalsti",
    "from_group_id": "vsaa-pabalsti",
    "officer_id": "vsaa-1",
    "rung_officer_id": "vsaa-1",
    "clerk_id": "clerk-grobina",
    "by_clerk_id": "clerk-grobina",
    "point_id": "zeltini",
    "workstation_id": "zeltini-1",
    "consultation_id": "0190f0e0-0000-7000-8000-000000000001",
}

INSIDERS = {
    "clerk": Principal(id=AccountId("clerk-grobina"), role=Role.CLERK, name="", point_id=PointId("grobina")),
    "officer": Principal(id=AccountId("o1"), role=Role.OFFICER, name="", officer_id=OfficerId("vsaa-1")),
    "kiosk": Principal(id=AccountId("k1"), role=Role.WORKSTATION, name="", workstation_id=WorkstationId("zeltini-1")),
    "supervisor": Principal(id=AccountId("s1"), role=Role.SUPERVISOR, name="", agency_id=AgencyId("vsaa")),
}
OUTSIDERS = {
    "clerk2": Principal(id=AccountId("clerk-adazi"), role=Role.CLERK, name="", point_id=PointId("adazi")),
    "officer2": Principal(id=AccountId("o2"), role=Role.OFFICER, name="", officer_id=OfficerId("vid-1")),
    "colleague": Principal(id=AccountId("o3"), role=Role.OFFICER, name="", officer_id=OfficerId("vsaa-2")),
    "kiosk2": Principal(id=AccountId("k2"), role=Role.WORKSTATION, name="", workstation_id=WorkstationId("adazi-1")),
    "supervisor2": Principal(id=AccountId("s2"), role=Role.SUPERVISOR, name="", agency_id=AgencyId("vid")),
    "admin2": Principal(id=AccountId("a2"), role=Role.AGENCY_ADMINISTRATOR, name="", agency_id=AgencyId("vid")),
    "network": Principal(id=AccountId("n1"), role=Role.NETWORK_MANAGER, name=""),
    "citizen": Principal(id=AccountId("c1"), role=Role.CITIZEN, name=""),
}

#: message → who may hear it although it is none of theirs: every clerk sees whom they could call
HEARD_ELSEWHERE: dict[str, set[str]] = {
    "officer.changed": {"clerk2"},
    "group.changed": {"clerk2", "colleague"},
    "directory.changed": {"clerk2"},
    # a queue that opens or closes concerns all who look at it
    "supervisor.acted": {"clerk2", "colleague"},
}


class Register:
    """The demo's register as far as the channel asks for it."""

    def agency_of(self, officer_id: OfficerId) -> AgencyId | None:
        return AgencyId(officer_id.split("-")[0])

    def officers_of(self, agency_id: AgencyId) -> Iterable[OfficerId]:
        return [OfficerId(f"{agency_id}-1"), OfficerId(f"{agency_id}-2")]

    def groups_of(self, officer_id: OfficerId) -> Iterable[GroupId]:
        return [GroupId("vsaa-pabalsti" if officer_id.startswith("vsaa") else "vid-iin")]

    def agency_of_group(self, group_id: GroupId) -> AgencyId | None:
        return AgencyId(group_id.split("-")[0])

    def points_of(self, point_id: PointId) -> Iterable[PointId]:
        return [point_id, *([PointId("zeltini")] if point_id == "grobina" else [])]

    def point_of(self, workstation_id: WorkstationId) -> PointId | None:
        return PointId(workstation_id.rsplit("-", 1)[0])

    def workstations_of(self, point_id: PointId) -> Iterable[WorkstationId]:
        return [WorkstationId(f"{point_id}-1")]


EVENTS = typing.get_args(AnyEvent)


def shows_of(kind: type[Event]) -> list[core.Show]:
    return core.changes(made(kind, HERE), Register()).shows


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_nothing_of_ours_is_heard_elsewhere(kind: type[Event]) -> None:
    for show in shows_of(kind):
        heard = {
            name
            for name, who in OUTSIDERS.items()
            # a show without audiences goes to the parties of its session, each by name
            if set(show.audiences) & core.audiences_of(who, Register())
        }
        assert heard <= HEARD_ELSEWHERE.get(show.type, set()), show


def test_whom_it_concerns_hears_it() -> None:
    heard: dict[str, set[str]] = {}
    for kind in EVENTS:
        for show in shows_of(kind):
            for name, who in INSIDERS.items():
                if set(show.audiences) & core.audiences_of(who, Register()):
                    heard.setdefault(show.type, set()).add(name)
    assert heard["request.changed"] == {"clerk"}
    assert heard["offer.changed"] == {"officer"}
    assert heard["workstation.changed"] == {"clerk", "kiosk"}
    assert heard["authorisation.offered"] == {"kiosk"}
    assert heard["case.changed"] == {"clerk"}
    assert heard["queued.changed"] == {"supervisor"}


def test_whoever_has_no_role_that_is_named_hears_nothing() -> None:
    for name in ("network", "citizen"):
        assert core.audiences_of(OUTSIDERS[name], Register()) == frozenset()
