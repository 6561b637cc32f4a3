"""When a group is open, and the place in its queue of somebody who comes now."""

from __future__ import annotations

from kernel.errors import GroupClosed, GroupUnknown
from kernel.ids import GroupId
from kernel.messages import Priority
from router.calendar_core import GroupHours, calendar_of, group_hours
from router.model import Agency, Calendar, Group, head_start_us
from router.reading import Reading


def group_of(router: Reading, group_id: GroupId) -> Group:
    """Raises `GroupUnknown`."""
    group = router.group(group_id)
    if group is None:
        raise GroupUnknown(field="group_id")
    return group


def calendar_for(router: Reading, group: Group) -> Calendar | None:
    return calendar_of(group, _agency_of(router, group))


def hours_of(router: Reading, group_id: GroupId, now_ms: int) -> GroupHours:
    """Raises `GroupUnknown`."""
    group = group_of(router, group_id)
    return group_hours(group, _agency_of(router, group), now_ms)


def must_be_open(router: Reading, group_id: GroupId, now_ms: int) -> None:
    """Raises `GroupUnknown` or `GroupClosed`."""
    hours = hours_of(router, group_id, now_ms)
    if not hours.open:
        raise GroupClosed(field="group_id", why="closed", opens_at_ms=hours.opens_ms)


def place_of(priority: Priority, now_ms: int) -> int:
    """The score of a request that is made now, as `router.records_core` counts it."""
    return now_ms * 1000 - head_start_us(priority)


def _agency_of(router: Reading, group: Group) -> Agency:
    return next(agency for agency in router.agencies() if agency.id == group.agency_id)
