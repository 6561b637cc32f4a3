"""What a change of the directory would mean for people, said before it is made. Pure.

The codes, with what fills their texts: ``ring`` (n, after_s, officers, signed_in), ``nobody_in_group``, ``joins``,
``leaves`` and ``levels`` (names), ``closes``, ``opens``, ``waiting`` (n), ``running`` (n), ``nobody_could_answer`` (n),
``hours`` (hours), ``always_open``, ``account`` (id), ``enters``, ``quits`` and ``relevels`` (names of groups),
``no_groups``, ``signed_out``, ``in_session``, ``never_reached`` (n, by), ``not_all_matched``, ``group_hidden``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kernel.ids import GroupId, OfficerId
from kernel.messages import Bilingual, RequestFacts
from router.calendar_rules_core import open_minutes
from router.changes import (
    ActivateOfficer,
    Change,
    Configured,
    Consequence,
    InUse,
    RetireGroup,
    SaveAgency,
    SaveGroup,
    SaveOfficer,
    SaveRules,
)
from router.model import Calendar, FlowRule, Officer


def consequences(now: Configured, then: Configured, change: Change, target: str, use: InUse) -> list[Consequence]:
    """``target``: the id of what the change is about, as `router.configuration_core.propose` gave it."""
    found: list[Consequence] = []
    match change:
        case SaveGroup():
            found += _of_group(now, then, GroupId(target), use)
        case RetireGroup(retire=True):
            found.append(Consequence(code="group_hidden"))
        case SaveOfficer():
            found += _of_officer(now, then, OfficerId(target), use)
        case ActivateOfficer(active=False):
            found += _of_officer(now, then, OfficerId(target), use)
            found.append(Consequence(code="signed_out"))
        case SaveRules():
            found += _of_rules(then.rules)
        case SaveAgency():
            found += _of_calendar(then.agency.calendar)
    lost = [facts for facts in use.waiting if could_answer(now, facts) and not could_answer(then, facts)]
    if lost:
        found.append(Consequence(code="nobody_could_answer", warning=True, values={"n": len(lost)}))
    # what somebody must think about comes first
    return sorted(found, key=lambda each: not each.warning)


def could_answer(now: Configured, facts: RequestFacts) -> frozenset[OfficerId]:
    """Everybody who may be offered the request in some ring, were they signed in and free."""
    group = now.groups.get(facts.group_id)
    rings = range(len(group.rules.rings)) if group else range(0)
    return frozenset(
        officer.id
        for number in rings
        for officer in in_ring(now, facts.group_id, number)
        if facts.language in officer.languages
        and set(facts.skills) <= set(officer.skills)
        and (not facts.level or officer.levels.get(facts.group_id, 0) >= facts.level)
    )


def in_ring(now: Configured, group_id: GroupId, number: int) -> list[Officer]:
    """Who may answer from this ring on: a ring includes all narrower ones."""
    wanted = [
        (each, max(1, ring.min_level))
        for ring in now.groups[group_id].rules.rings[: number + 1]
        for each in (ring.groups or (group_id,))
    ]
    return [
        officer
        for officer in now.officers.values()
        if officer.id not in now.inactive and any(officer.levels.get(each, 0) >= level for each, level in wanted)
    ]


def _of_group(now: Configured, then: Configured, group_id: GroupId, use: InUse) -> Iterator[Consequence]:
    before = {officer.id: officer.levels.get(group_id) for officer in now.officers.values()}
    after = {officer.id: officer.levels.get(group_id) for officer in then.officers.values()}
    for number, ring in enumerate(then.groups[group_id].rules.rings):
        officers = in_ring(then, group_id, number)
        signed_in = sum(officer.id in use.signed_in for officer in officers)
        yield Consequence(
            code="ring",
            values={"n": number + 1, "after_s": ring.after_s, "officers": len(officers), "signed_in": signed_in},
        )
    if not in_ring(then, group_id, len(then.groups[group_id].rules.rings) - 1):
        yield Consequence(code="nobody_in_group", warning=True)
    names = {officer.id: officer.name for officer in then.officers.values()}
    for code, chosen in (
        ("joins", [each for each in after if after[each] and not before.get(each)]),
        ("leaves", [each for each in after if before.get(each) and not after[each]]),
        ("levels", [each for each in after if after[each] and before.get(each) and after[each] != before[each]]),
    ):
        if chosen:
            yield Consequence(code=code, names=tuple(names[each] for each in chosen))
    known = now.groups.get(group_id)
    waiting = sum(facts.group_id == group_id for facts in use.waiting)
    if known is not None and known.open != then.groups[group_id].open:
        yield Consequence(code="closes" if known.open else "opens", warning=known.open)
    if waiting:
        yield Consequence(code="waiting", values={"n": waiting})
    if running := use.running.get(group_id):
        yield Consequence(code="running", values={"n": running})
    calendar = then.groups[group_id].rules.calendar
    if known is None or known.rules.calendar != calendar:
        yield from _of_calendar(calendar or then.agency.calendar)


def _of_calendar(calendar: Calendar | None) -> Iterator[Consequence]:
    if calendar is None:
        yield Consequence(code="always_open")
        return
    hours = round(open_minutes(calendar) / 60, 1)
    yield Consequence(code="hours", warning=not hours, values={"hours": hours})


def _of_officer(now: Configured, then: Configured, officer_id: OfficerId, use: InUse) -> Iterator[Consequence]:
    known = now.officers.get(officer_id)
    before = known.levels if known else {}
    after = then.officers[officer_id].levels
    if known is None:
        yield Consequence(code="account", values={"id": account_of(officer_id)})
    for code, chosen in (
        ("enters", [each for each in after if each not in before]),
        ("quits", [each for each in before if each not in after]),
        ("relevels", [each for each in after if each in before and before[each] != after[each]]),
    ):
        if chosen:
            yield Consequence(code=code, names=tuple(_name(then, each) for each in chosen))
    if not after and officer_id not in then.inactive:
        yield Consequence(code="no_groups", warning=True)
    if officer_id in use.working:
        yield Consequence(code="in_session")


def _name(then: Configured, group_id: GroupId) -> str | Bilingual:
    group = then.groups.get(group_id)
    return group.name if group else group_id


def account_of(officer_id: str) -> str:
    """The account with which an officer that was made here signs in."""
    return f"officer-{officer_id}"


def _of_rules(rules: Sequence[FlowRule]) -> Iterator[Consequence]:
    for number, rule in enumerate(rules):
        by = next((earlier for earlier in range(number) if _covers(rules[earlier], rule)), None)
        if by is not None:
            yield Consequence(code="never_reached", warning=True, values={"n": number + 1, "by": by + 1})
    if not any(rule.pak is None and rule.service is None and rule.language is None for rule in rules):
        yield Consequence(code="not_all_matched", warning=True)


def _covers(earlier: FlowRule, later: FlowRule) -> bool:
    """Whatever the later rule would match, the earlier one has taken already."""
    return all(getattr(earlier, name) in (None, getattr(later, name)) for name in ("pak", "service", "language"))
