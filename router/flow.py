"""Flow rules: which group serves a request that names none (DESIGN: router semantics)."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.ids import AgencyId, GroupId
from router.model import FlowRule


def route(
    rules: Iterable[FlowRule], agency_id: AgencyId, *, pak: str, service: str | None, language: str
) -> GroupId | None:
    """The group of the agency's lowest-ranked rule that matches; None when no rule does."""
    matching = [
        rule
        for rule in rules
        if rule.agency_id == agency_id
        and rule.pak in (None, pak)
        and rule.service in (None, service)
        and rule.language in (None, language)
    ]
    return min(matching, key=lambda rule: rule.rank).group_id if matching else None
