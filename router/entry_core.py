"""Where a new request goes: its group by the flow rules, and what overflow does before it is queued. Pure."""

from __future__ import annotations

import msgspec

from kernel.errors import GroupClosed, GroupUnknown, OfficerUnknown
from kernel.ids import GroupId, OfficerId
from router.flow import route
from router.model import Directory, Group, OverflowAction, OverflowRule, OverflowWhen


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """A group as a new request finds it. ``opens_ms``: when it opens next, if that is known."""

    open: bool
    signed_in: int
    waiting: int
    longest_wait_s: float
    opens_ms: int | None = None


def group_for(
    directory: Directory,
    *,
    group_id: GroupId | None,
    officer_id: OfficerId | None,
    pak: str,
    service: str | None,
    language: str,
) -> Group:
    """The group that is named, that of the officer who is dialled, or the flow rules'. Raises what must be mended."""
    if officer_id is not None:
        officer = directory.officers.get(officer_id)
        if officer is None:
            raise OfficerUnknown(field="officer_id")
        group_id = group_id or next(iter(officer.levels), None)
    if group_id is None:
        group_id = route(directory.rules, directory.agency.id, pak=pak, service=service, language=language)
    group = directory.groups.get(group_id) if group_id is not None else None
    if group is None:
        raise GroupUnknown(field="group_id")
    return group


def admit(group: Group, now: Situation) -> GroupId | None:
    """None: queue it here; a group: try it there. Raises `GroupClosed` when it is refused.

    The first rule that applies decides. A closed group without a rule for that refuses.
    """
    for rule in group.rules.overflow:
        if _applies(rule, now):
            if rule.action is OverflowAction.GROUP and rule.group_id is not None:
                return rule.group_id
            raise _refusal(rule.when, now)
    if not now.open:
        raise _refusal(OverflowWhen.CLOSED, now)
    return None


def _applies(rule: OverflowRule, now: Situation) -> bool:
    match rule.when:
        case OverflowWhen.CLOSED:
            return not now.open
        case OverflowWhen.NOBODY_SIGNED_IN:
            return now.signed_in == 0
        case OverflowWhen.TOO_MANY:
            return rule.limit is not None and now.waiting >= rule.limit
        case OverflowWhen.TOO_LONG:
            return rule.limit is not None and now.longest_wait_s >= rule.limit
    return False


def _refusal(when: OverflowWhen, now: Situation) -> GroupClosed:
    return GroupClosed(field="group_id", why=when.value, opens_at_ms=now.opens_ms)
