"""The small directory as its administrator sees it, and documents that are in order."""

from __future__ import annotations

from typing import Any

from kernel.ids import GroupId
from kernel.messages import Bilingual
from router.changes import Configured, GroupDocument, OfficerDocument
from router.model import Calendar, Hours, OverflowAction, OverflowRule, OverflowWhen
from tests.router.directory import AGENCY, GROUPS, OFFICERS, RULES

WORKDAY = (Hours("08:30", "12:00"), Hours("12:30", "17:00"))
WEEK = Calendar(week=(WORKDAY,) * 5 + ((),) * 2)


def configured(**changed: Any) -> Configured:
    values: dict[str, Any] = {
        "agency": AGENCY,
        "groups": {group.id: group for group in GROUPS},
        "officers": {officer.id: officer for officer in OFFICERS},
        "rules": RULES,
    }
    return Configured(**(values | changed))


def group_of(**changed: Any) -> GroupDocument:
    values: dict[str, Any] = {"name": Bilingual("Slimība", "Sickness"), "paks": ("PAK_02",)}
    return GroupDocument(**(values | changed))


def officer_of(**changed: Any) -> OfficerDocument:
    values: dict[str, Any] = {"name": "VSAA speciālists 4"}
    return OfficerDocument(**(values | changed))


def overflow_to(group_id: GroupId, when: OverflowWhen = OverflowWhen.CLOSED) -> OverflowRule:
    return OverflowRule(when=when, action=OverflowAction.GROUP, group_id=group_id)
