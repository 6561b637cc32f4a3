"""Everything that is wrong with a change of an agency's directory, at once and by field. Pure.

The invariant: whatever has no problems can be routed by.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping

from kernel.ids import GroupId, OfficerId
from kernel.messages import Bilingual, Pak
from router.calendar_rules_core import calendar_problems
from router.changes import (
    ActivateOfficer,
    AgencyDocument,
    Change,
    Configured,
    GroupDocument,
    InUse,
    OfficerDocument,
    Problems,
    RetireGroup,
    SaveAgency,
    SaveGroup,
    SaveOfficer,
    SaveRules,
)
from router.configuration_core import slug
from router.model import Agency, Group, GroupRules, OverflowAction, OverflowWhen, Ring, Slots

NAME = 200
LEVELS = range(1, 6)
CAPACITY = range(1, 6)
CHANNELS = range(1, 501)
OFFER_TIMEOUT_S = (5.0, 300.0)
WRAP_UP_S = (0.0, 3_600.0)
HOLD_S = (0.0, 600.0)
RING_S = (0.0, 86_400.0)
#: what an officer can be asked for beyond a language
SKILLS = frozenset({"sign"})
LIMITED = frozenset({OverflowWhen.TOO_MANY, OverflowWhen.TOO_LONG, OverflowWhen.MAX_WAIT})
_LANGUAGE = re.compile(r"[a-z]{2}")
_ID = 64


def problems(now: Configured, then: Configured, change: Change, use: InUse) -> Problems:
    """Everything that is wrong with the change, by field; empty: it can be made."""
    match change:
        case SaveGroup(document=document):
            return dict(_of_group(then, GroupId(_target(now, then, change)), document))
        case RetireGroup(id=group_id, retire=True):
            return dict(_of_retiring(now, group_id, use))
        case SaveOfficer(document=document):
            return dict(_of_officer(then, change.id, document))
        case ActivateOfficer(id=officer_id, active=False):
            return {"id": "officer_working"} if officer_id in use.working else {}
        case SaveRules():
            return dict(_of_rules(then))
        case SaveAgency(document=document):
            return dict(_of_agency(document))
    return {}


def _target(now: Configured, then: Configured, change: SaveGroup) -> str:
    return change.id or next(iter(then.groups.keys() - now.groups.keys()))


Found = Iterator[tuple[str, str]]


def _of_group(then: Configured, group_id: GroupId, document: GroupDocument) -> Found:
    if group_id in then.retired:
        yield "id", "retired"
        return
    yield from _of_name(document.name)
    if not document.paks:
        yield "paks", "required"
    elif not set(document.paks) <= set(Pak) or len(set(document.paks)) < len(document.paks):
        yield "paks", "unknown"
    for field, value, bounds in (
        ("offer_timeout_s", document.offer_timeout_s, OFFER_TIMEOUT_S),
        ("wrap_up_s", document.wrap_up_s, WRAP_UP_S),
    ):
        if value is not None and not bounds[0] <= value <= bounds[1]:
            yield field, "out_of_range"
    for officer_id, level in document.levels.items():
        if officer_id not in then.officers:
            yield f"levels.{officer_id}", "unknown"
        elif officer_id in then.inactive:
            yield f"levels.{officer_id}", "inactive"
        elif level not in LEVELS:
            yield f"levels.{officer_id}", "out_of_range"
    yield from _of_group_rules(then, group_id, document.rules)


def _of_group_rules(then: Configured, group_id: GroupId, rules: GroupRules) -> Found:
    if rules.channels is not None and rules.channels not in CHANNELS:
        yield "rules.channels", "out_of_range"
    if not HOLD_S[0] <= rules.preferred_hold_s <= HOLD_S[1]:
        yield "rules.preferred_hold_s", "out_of_range"
    yield from _of_rings(then, group_id, rules.rings)
    yield from _of_overflow(then, group_id, rules)
    if rules.calendar is not None:
        yield from calendar_problems(rules.calendar, "rules.calendar")
    if rules.slots is not None:
        yield from _of_slots(rules.slots)


def _of_name(name: Bilingual) -> Found:
    for language, text in (("lv", name.lv), ("en", name.en)):
        if not text.strip():
            yield f"name.{language}", "required"
        elif len(text.strip()) > NAME:
            yield f"name.{language}", "too_long"


def _of_rings(then: Configured, group_id: GroupId, rings: tuple[Ring, ...]) -> Found:
    """Each ring later than the one before it, and wider: a group more, or a lower level."""
    if not rings:
        yield "rules.rings", "required"
    reached: dict[GroupId, int] = {}
    after_s = -1.0
    for number, ring in enumerate(rings):
        here = f"rules.rings.{number}"
        if not RING_S[0] <= ring.after_s <= RING_S[1] or (number == 0 and ring.after_s != 0):
            yield f"{here}.after_s", "out_of_range" if number else "first_at_once"
        elif ring.after_s <= after_s:
            yield f"{here}.after_s", "not_increasing"
        after_s = max(after_s, ring.after_s)
        if ring.min_level not in range(6):
            yield f"{here}.min_level", "out_of_range"
        groups = ring.groups or (group_id,)
        if any(each not in then.groups or each in then.retired for each in groups):
            yield f"{here}.groups", "unknown"
        if number and all(each in reached and ring.min_level >= reached[each] for each in groups):
            yield here, "not_wider"
        for each in groups:
            reached[each] = min(ring.min_level, reached.get(each, ring.min_level))


def _of_overflow(then: Configured, group_id: GroupId, rules: GroupRules) -> Found:
    seen = set()
    for number, rule in enumerate(rules.overflow):
        here = f"rules.overflow.{number}"
        if rule.when in seen:
            yield f"{here}.when", "twice"
        seen.add(rule.when)
        late = rule.when is OverflowWhen.MAX_WAIT
        if rule.action is (OverflowAction.REFUSE if late else OverflowAction.LEAVE):
            yield f"{here}.action", "not_then"
        if (rule.when in LIMITED) != (rule.limit is not None) or (rule.limit is not None and rule.limit < 1):
            yield f"{here}.limit", "required" if rule.limit is None else "out_of_range"
        if rule.action is not OverflowAction.GROUP:
            if rule.group_id is not None:
                yield f"{here}.group_id", "not_then"
        elif rule.group_id is None:
            yield f"{here}.group_id", "required"
        elif rule.group_id not in then.groups or rule.group_id in then.retired:
            yield f"{here}.group_id", "unknown"
        elif group_id in _overflows_to(then.groups, rule.group_id):
            yield f"{here}.group_id", "cycle"


def _overflows_to(groups: Mapping[GroupId, Group], start: GroupId) -> set[GroupId]:
    """``start`` and every group that its requests may come to."""
    found: set[GroupId] = set()
    ahead = [start]
    while ahead:
        group_id = ahead.pop()
        if group_id in found or group_id not in groups:
            continue
        found.add(group_id)
        ahead += [rule.group_id for rule in groups[group_id].rules.overflow if rule.group_id is not None]
    return found


def _of_slots(slots: Slots) -> Found:
    for field, value, low, high in (
        ("minutes", slots.minutes, 5, 240),
        ("parallel", slots.parallel, 1, 100),
        ("days_ahead", slots.days_ahead, 1, 180),
        ("min_notice_minutes", slots.min_notice_minutes, 0, 10_080),
    ):
        if not low <= value <= high:
            yield f"rules.slots.{field}", "out_of_range"


def _of_retiring(now: Configured, group_id: GroupId, use: InUse) -> Found:
    """A group in use cannot vanish: first it is closed, then its queue runs empty, then nothing may lead to it."""
    group = now.groups[group_id]
    if group.open:
        yield "open", "still_open"
    if any(facts.group_id == group_id for facts in use.waiting) or use.running.get(group_id):
        yield "id", "in_use"
    if any(rule.group_id == group_id for rule in now.rules):
        yield "rules", "rule_leads_here"
    others = (other for other in now.groups.values() if other.id != group_id and other.id not in now.retired)
    if any(_leads_to(other, group_id) for other in others):
        yield "rules.overflow", "group_leads_here"


def _leads_to(group: Group, target: GroupId) -> bool:
    return any(target in ring.groups for ring in group.rules.rings) or any(
        rule.group_id == target for rule in group.rules.overflow
    )


def _of_officer(then: Configured, officer_id: OfficerId | None, document: OfficerDocument) -> Found:
    if not document.name.strip():
        yield "name", "required"
    elif len(document.name.strip()) > NAME:
        yield "name", "too_long"
    if officer_id in then.inactive:
        yield "id", "inactive"
    if not document.languages:
        yield "languages", "required"
    elif not all(_LANGUAGE.fullmatch(each) for each in document.languages) or len(document.languages) > 10:
        yield "languages", "unknown"
    if not set(document.skills) <= SKILLS:
        yield "skills", "unknown"
    if document.capacity not in CAPACITY:
        yield "capacity", "out_of_range"
    for group_id, level in document.levels.items():
        if group_id not in then.groups or group_id in then.retired:
            yield f"levels.{group_id}", "unknown"
        elif level not in LEVELS:
            yield f"levels.{group_id}", "out_of_range"


def _of_rules(then: Configured) -> Found:
    ranks = [rule.rank for rule in then.rules]
    if len(set(ranks)) < len(ranks):
        yield "rank", "twice"
    seen = set()
    for number, rule in enumerate(then.rules):
        if rule.group_id not in then.groups or rule.group_id in then.retired:
            yield f"{number}.group_id", "unknown"
        if rule.pak is not None and rule.pak not in set(Pak):
            yield f"{number}.pak", "unknown"
        if rule.service is not None and not 1 <= len(rule.service) <= _ID:
            yield f"{number}.service", "too_long" if rule.service else "required"
        if rule.language is not None and not _LANGUAGE.fullmatch(rule.language):
            yield f"{number}.language", "unknown"
        if (condition := (rule.pak, rule.service, rule.language)) in seen:
            yield f"{number}", "twice"
        seen.add(condition)


def agency_problems(agency: Agency, *, ids: Container[str], codes: Container[str]) -> Problems:
    """Of an agency that is to be added; ``ids`` and ``codes`` are taken."""
    found = dict(_of_name(agency.name))
    if agency.id != slug(agency.id) or not 2 <= len(agency.id) <= 32:
        found["id"] = "unknown"
    elif agency.id in ids:
        found["id"] = "taken"
    if not re.fullmatch(r"[A-Z0-9]{2,16}", agency.code):
        found["code"] = "unknown"
    elif agency.code in codes:
        found["code"] = "taken"
    return found


def _of_agency(document: AgencyDocument) -> Found:
    if document.channels is not None and document.channels not in CHANNELS:
        yield "channels", "out_of_range"
    if document.calendar is not None:
        yield from calendar_problems(document.calendar, "calendar")
