"""A small directory: two groups of one agency, three officers."""

from __future__ import annotations

from kernel.ids import AgencyId, GroupId, OfficerId
from kernel.messages import Bilingual
from router.model import Agency, ChoicePolicy, Directory, FlowRule, Group, Officer

VSAA = AgencyId("vsaa")
BENEFITS, PENSIONS = GroupId("vsaa-pabalsti"), GroupId("vsaa-pensijas")
ONE, TWO, THREE = OfficerId("vsaa-1"), OfficerId("vsaa-2"), OfficerId("vsaa-3")

AGENCY = Agency(VSAA, "VSAA", Bilingual("VSAA", "VSAA"))
GROUPS = (
    Group(BENEFITS, VSAA, Bilingual("Pabalsti ģimenēm", "Family benefits"), ("PAK_01", "PAK_02")),
    Group(PENSIONS, VSAA, Bilingual("Pensijas", "Pensions"), ("PAK_02",), policy=ChoicePolicy.BEST_LEVEL),
)
OFFICERS = (
    Officer(ONE, VSAA, "VSAA speciālists 1", ("lv",), levels={BENEFITS: 1, PENSIONS: 1}),
    Officer(TWO, VSAA, "VSAA speciālists 2", ("lv", "ru"), levels={BENEFITS: 1, PENSIONS: 3}),
    Officer(THREE, VSAA, "VSAA speciālists 3", ("lv",), levels={PENSIONS: 2}),
)
RULES = (
    FlowRule(VSAA, PENSIONS, 1, service="vecuma-pensija"),
    FlowRule(VSAA, BENEFITS, 9),
)

DIRECTORY = Directory(
    agency=AGENCY,
    groups={group.id: group for group in GROUPS},
    officers={officer.id: officer for officer in OFFICERS},
    rules=RULES,
)
