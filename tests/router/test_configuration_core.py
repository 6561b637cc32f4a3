"""A change of the directory: what it makes, everything that is wrong with it, what it would mean."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import GroupId, OfficerId, parse_slug
from kernel.messages import Bilingual
from router.calendar_rules_core import calendar_problems
from router.changes import (
    ActivateOfficer,
    AgencyDocument,
    Change,
    Configured,
    InUse,
    RetireGroup,
    RuleDocument,
    SaveAgency,
    SaveGroup,
    SaveOfficer,
    SaveRules,
)
from router.configuration_checks_core import agency_problems, problems
from router.configuration_core import changed_fields, document_of, etag_now, etag_of, group_document, propose, slug
from router.model import (
    Agency,
    Calendar,
    FlowRule,
    Group,
    GroupRules,
    Hours,
    OverflowAction,
    OverflowRule,
    OverflowWhen,
    Ring,
    Slots,
)
from tests.facts import facts_of
from tests.router.configured import WEEK, configured, group_of, officer_of, overflow_to
from tests.router.directory import AGENCY, BENEFITS, ONE, PENSIONS, THREE, TWO

SICKNESS = GroupId("vsaa-slimiba")


def wrong(change: Change, now: Configured | None = None, **use: Any) -> dict[str, str]:
    now = now or configured()
    return problems(now, propose(now, change)[0], change, InUse(**use))


def of_group(**changed: Any) -> dict[str, str]:
    return wrong(SaveGroup(document=group_of(**changed)))


def of_rules(**changed: Any) -> dict[str, str]:
    return of_group(rules=GroupRules(**changed))


# ── applying ─────────────────────────────────────────────────────────────────────────────────────


def test_a_new_group_gets_a_name_of_its_own() -> None:
    now = configured(taken=frozenset({"vsaa-slimiba-2"}))
    once, first = propose(now, SaveGroup(document=group_of()))
    twice, second = propose(once, SaveGroup(document=group_of(levels={ONE: 2})))
    assert (first, second) == (SICKNESS, "vsaa-slimiba-3"), "what another agency uses is taken"
    assert twice.officers[ONE].levels[GroupId(second)] == 2
    assert group_document(twice, GroupId(second)).levels == {ONE: 2}


def test_saving_a_group_replaces_its_members() -> None:
    document = msgspec.structs.replace(group_document(configured(), PENSIONS), levels={THREE: 5})
    then, _ = propose(configured(), SaveGroup(id=PENSIONS, document=document))
    assert {officer.id: officer.levels for officer in then.officers.values()} == {
        ONE: {BENEFITS: 1},
        TWO: {BENEFITS: 1},
        THREE: {PENSIONS: 5},
    }


def test_officers_are_numbered() -> None:
    then, made = propose(configured(), SaveOfficer(document=officer_of(levels={PENSIONS: 2})))
    assert made == "vsaa-4"
    assert then.officers[OfficerId(made)].levels == {PENSIONS: 2}


def test_who_leaves_is_in_no_group() -> None:
    then, _ = propose(configured(), ActivateOfficer(id=TWO, etag="", active=False))
    assert then.officers[TWO].levels == {}
    assert then.inactive == {TWO}
    back, _ = propose(then, ActivateOfficer(id=TWO, etag="", active=True))
    assert back.inactive == frozenset()


def test_order_is_rank() -> None:
    rules = (RuleDocument(group_id=PENSIONS, pak="PAK_02"), RuleDocument(group_id=BENEFITS))
    then, _ = propose(configured(), SaveRules(document=rules, etag=""))
    assert [(rule.rank, rule.group_id) for rule in then.rules] == [(1, PENSIONS), (2, BENEFITS)]
    assert document_of(then, SaveRules(document=(), etag="")) == rules


@given(st.text(max_size=80))
def test_any_name_makes_an_address(name: str) -> None:
    _, made = propose(configured(), SaveGroup(document=group_of(name=Bilingual(name, ""))))
    assert parse_slug(made) == made
    assert slug(slug(name)) == slug(name)


def test_the_tag_names_the_content() -> None:
    now = configured()
    save = SaveGroup(id=PENSIONS, document=group_document(now, PENSIONS))
    assert etag_now(now, save) == etag_now(propose(now, save)[0], save)
    levelled = propose(now, SaveOfficer(id=ONE, document=officer_of(levels={PENSIONS: 4})))[0]
    assert etag_now(now, save) != etag_now(levelled, save), "members are part of the group"
    other = SaveGroup(id=BENEFITS, document=group_of())
    assert etag_now(now, other) != etag_now(levelled, other), "who left it as well"
    assert etag_of(group_of(levels={ONE: 1, TWO: 2})) == etag_of(group_of(levels={TWO: 2, ONE: 1}))
    assert etag_of(group_of()) != etag_of(group_of(), gone=True)


def test_names_of_what_changed() -> None:
    before = group_of(rules=GroupRules(channels=2))
    after = msgspec.structs.replace(before, rules=GroupRules(calendar=WEEK, channels=2), levels={ONE: 1})
    assert changed_fields(before, after) == ("rules.calendar", "levels")
    assert changed_fields(None, AgencyDocument(channels=3)) == ("channels",)
    assert changed_fields((), (RuleDocument(group_id=PENSIONS),)) == ("rules",)


# ── checking ─────────────────────────────────────────────────────────────────────────────────────


def test_everything_wrong_is_said_at_once() -> None:
    assert of_group(
        name=Bilingual(" ", "x" * 201),
        paks=("PAK_77",),
        offer_timeout_s=1.0,
        wrap_up_s=-1.0,
        levels={ONE: 6, OfficerId("vid-1"): 1},
        rules=GroupRules(channels=0, preferred_hold_s=-1, slots=Slots(minutes=1)),
    ) == {
        "name.lv": "required",
        "name.en": "too_long",
        "paks": "unknown",
        "offer_timeout_s": "out_of_range",
        "wrap_up_s": "out_of_range",
        "levels.vsaa-1": "out_of_range",
        "levels.vid-1": "unknown",
        "rules.channels": "out_of_range",
        "rules.preferred_hold_s": "out_of_range",
        "rules.slots.minutes": "out_of_range",
    }
    assert of_group(paks=()) == {"paks": "required"}
    assert of_group() == {}


def test_rings_grow_later_and_wider() -> None:
    wide = Ring(after_s=60, groups=(SICKNESS, PENSIONS))
    assert of_rules(rings=(Ring(min_level=3), Ring(after_s=30, min_level=1), wide)) == {}
    assert of_rules(rings=()) == {"rules.rings": "required"}
    assert of_rules(rings=(Ring(after_s=5),)) == {"rules.rings.0.after_s": "first_at_once"}
    assert of_rules(rings=(Ring(min_level=3), Ring(after_s=30), Ring(after_s=30, groups=(BENEFITS,)))) == {
        "rules.rings.2.after_s": "not_increasing"
    }
    assert of_rules(rings=(Ring(min_level=2), Ring(after_s=30, min_level=2))) == {"rules.rings.1": "not_wider"}
    assert of_rules(rings=(Ring(), Ring(after_s=9, groups=(GroupId("vid-iin"),)))) == {
        "rules.rings.1.groups": "unknown"
    }
    assert of_rules(rings=(Ring(min_level=6),)) == {"rules.rings.0.min_level": "out_of_range"}


def test_overflow_says_what_and_when() -> None:
    late, full = OverflowWhen.MAX_WAIT, OverflowWhen.TOO_MANY

    def rule(when: OverflowWhen, action: str, **more: Any) -> OverflowRule:
        return OverflowRule(when=when, action=OverflowAction(action), **more)

    assert of_rules(overflow=(rule(late, "leave", limit=600), rule(full, "group", limit=9, group_id=PENSIONS))) == {}
    assert of_rules(overflow=(rule(late, "refuse", limit=600), rule(full, "leave", limit=1))) == {
        "rules.overflow.0.action": "not_then",
        "rules.overflow.1.action": "not_then",
    }
    assert of_rules(overflow=(rule(full, "refuse"), rule(OverflowWhen.CLOSED, "refuse", limit=3))) == {
        "rules.overflow.0.limit": "required",
        "rules.overflow.1.limit": "out_of_range",
    }
    assert of_rules(overflow=(rule(full, "group", limit=9), rule(full, "refuse", limit=0, group_id=PENSIONS))) == {
        "rules.overflow.0.group_id": "required",
        "rules.overflow.1.when": "twice",
        "rules.overflow.1.limit": "out_of_range",
        "rules.overflow.1.group_id": "not_then",
    }
    assert of_rules(overflow=(overflow_to(GroupId("vid-iin")),)) == {"rules.overflow.0.group_id": "unknown"}


def test_overflow_never_comes_back() -> None:
    now, _ = propose(configured(), SaveGroup(document=group_of(rules=GroupRules(overflow=(overflow_to(BENEFITS),)))))
    document = group_document(now, BENEFITS)
    for back in (SICKNESS, BENEFITS):
        round_trip = msgspec.structs.replace(document, rules=GroupRules(overflow=(overflow_to(back),)))
        assert wrong(SaveGroup(id=BENEFITS, document=round_trip), now) == {"rules.overflow.0.group_id": "cycle"}
    onward = msgspec.structs.replace(document, rules=GroupRules(overflow=(overflow_to(PENSIONS),)))
    assert wrong(SaveGroup(id=BENEFITS, document=onward), now) == {}


GROUP_IDS = [GroupId(f"vsaa-{letter}") for letter in "abcde"]
EDGES = st.lists(st.tuples(st.sampled_from(GROUP_IDS), st.sampled_from(GROUP_IDS)), max_size=12)


@given(EDGES)
def test_whatever_is_accepted_has_no_circle(edges: list[tuple[GroupId, GroupId]]) -> None:
    name = Bilingual("Grupa", "Group")
    now = configured(groups={each: Group(each, AGENCY.id, name, ("PAK_02",)) for each in GROUP_IDS}, rules=())
    leads: dict[GroupId, GroupId] = {}
    for start, end in edges:
        document = group_of(rules=GroupRules(overflow=(overflow_to(end),)))
        then, _ = propose(now, change := SaveGroup(id=start, document=document))
        if not problems(now, then, change, InUse()):
            now, leads[start] = then, end
    for start in leads:
        seen = [start]
        while seen[-1] in leads:
            seen.append(leads[seen[-1]])
            assert seen[-1] not in seen[:-1]


def test_a_group_in_use_does_not_vanish() -> None:
    retire = RetireGroup(id=PENSIONS, etag="")
    now = configured()
    assert wrong(retire, now, waiting=(facts_of(group_id=PENSIONS),)) == {
        "open": "still_open",
        "id": "in_use",
        "rules": "rule_leads_here",
    }
    closed = propose(now, SaveGroup(id=PENSIONS, document=group_of(open=False)))[0]
    assert wrong(retire, configured(groups=closed.groups, rules=()), running={PENSIONS: 1}) == {"id": "in_use"}
    leading = msgspec.structs.replace(
        group_document(now, BENEFITS), rules=GroupRules(rings=(Ring(), Ring(after_s=9, groups=(PENSIONS,))))
    )
    led = propose(configured(groups=closed.groups, rules=()), SaveGroup(id=BENEFITS, document=leading))[0]
    assert wrong(retire, led) == {"rules.overflow": "group_leads_here"}
    assert wrong(retire, configured(groups=closed.groups, rules=()), waiting=(facts_of(),)) == {}


def test_what_is_gone_takes_nobody_in() -> None:
    closed = propose(configured(rules=()), RetireGroup(id=PENSIONS, etag=""))[0]
    assert closed.officers[THREE].levels == {}
    assert wrong(SaveOfficer(document=officer_of(levels={PENSIONS: 1})), closed) == {"levels.vsaa-pensijas": "unknown"}
    assert wrong(SaveRules(document=(RuleDocument(group_id=PENSIONS),), etag=""), closed) == {"0.group_id": "unknown"}
    assert wrong(SaveGroup(id=PENSIONS, document=group_of()), closed) == {"id": "retired"}
    left = propose(configured(), ActivateOfficer(id=TWO, etag="", active=False))[0]
    assert wrong(SaveGroup(document=group_of(levels={TWO: 1})), left) == {"levels.vsaa-2": "inactive"}
    assert wrong(SaveOfficer(id=TWO, document=officer_of()), left) == {"id": "inactive"}


def test_an_officer_at_work_stays() -> None:
    leave = ActivateOfficer(id=ONE, etag="", active=False)
    assert wrong(leave, working=frozenset({ONE})) == {"id": "officer_working"}
    assert wrong(leave, working=frozenset({TWO})) == {}


def test_officers() -> None:
    assert wrong(
        SaveOfficer(
            document=officer_of(
                name="",
                languages=("latviešu",),
                skills=("juggling",),
                capacity=6,
                levels={BENEFITS: 0, GroupId("vid-iin"): 1},
            )
        )
    ) == {
        "name": "required",
        "languages": "unknown",
        "skills": "unknown",
        "capacity": "out_of_range",
        "levels.vsaa-pabalsti": "out_of_range",
        "levels.vid-iin": "unknown",
    }
    assert wrong(SaveOfficer(document=officer_of(languages=()))) == {"languages": "required"}
    assert wrong(SaveOfficer(document=officer_of(languages=("lv", "ru"), skills=("sign",), capacity=5))) == {}


def test_flow_rules() -> None:
    rules = (
        RuleDocument(group_id=PENSIONS, pak="PAK_9", language="latv", service="x" * 65),
        RuleDocument(group_id=BENEFITS),
        RuleDocument(group_id=PENSIONS),
    )
    assert wrong(SaveRules(document=rules, etag="")) == {
        "0.pak": "unknown",
        "0.service": "too_long",
        "0.language": "unknown",
        "2": "twice",
    }
    same = FlowRule(AGENCY.id, BENEFITS, 1, pak="PAK_01"), FlowRule(AGENCY.id, PENSIONS, 1)
    kept = configured(rules=same)
    assert problems(kept, kept, SaveRules(document=(), etag=""), InUse()) == {"rank": "twice"}


@pytest.mark.parametrize(
    ("week", "found"),
    [
        (WEEK.week[:6], {"c.week": "required"}),
        (((Hours("8:30", "12:00"),), *WEEK.week[1:]), {"c.week.0.0.opens": "not_a_time"}),
        (((Hours("12:00", "12:00"),), *WEEK.week[1:]), {"c.week.0.0.closes": "not_after"}),
        (((Hours("09:00", "24:00"),), *WEEK.week[1:]), {}),
        (((Hours("09:00", "24:01"),), *WEEK.week[1:]), {"c.week.0.0.closes": "not_a_time"}),
        (((Hours("09:00", "13:00"), Hours("12:59", "14:00")), *WEEK.week[1:]), {"c.week.0.1.opens": "overlaps"}),
        (((Hours("13:00", "14:00"), Hours("09:00", "10:00")), *WEEK.week[1:]), {"c.week.0.1.opens": "overlaps"}),
        (((Hours("09:00", "13:00"), Hours("13:00", "14:00")), *WEEK.week[1:]), {}),
    ],
)
def test_weeks(week: tuple[tuple[Hours, ...], ...], found: dict[str, str]) -> None:
    assert dict(calendar_problems(Calendar(week=week), "c")) == found


def test_exceptions_of_a_calendar() -> None:
    calendar = Calendar(
        week=WEEK.week,
        exceptions={"2026-12-23": (Hours("09:00", "12:00"),), "2026-02-30": (), "2026-06-22": (Hours("9", "12:00"),)},
        time_zone="Mars/Olympus",
    )
    assert wrong(SaveAgency(document=AgencyDocument(channels=501, calendar=calendar), etag="")) == {
        "channels": "out_of_range",
        "calendar.exceptions.2026-02-30": "not_a_date",
        "calendar.exceptions.2026-06-22.0.opens": "not_a_time",
        "calendar.time_zone": "unknown",
    }


TIMES = st.builds("{:02}:{:02}".format, st.integers(0, 24), st.integers(0, 59))


@given(st.lists(st.builds(Hours, TIMES, TIMES), max_size=4))
def test_an_accepted_day_is_in_order(day: list[Hours]) -> None:
    found = dict(calendar_problems(Calendar(week=(tuple(day),) + ((),) * 6), "c"))
    times = [time for hours in day for time in (hours.opens, hours.closes)]
    if not found:
        assert times == sorted(times)
        assert all(hours.opens < hours.closes for hours in day)


def test_a_new_agency() -> None:
    vdi = Agency(AGENCY.id, "VSAA", Bilingual("Valsts darba inspekcija", ""))
    assert agency_problems(vdi, ids={"vsaa"}, codes={"VSAA"}) == {
        "name.en": "required",
        "id": "taken",
        "code": "taken",
    }
    odd = msgspec.structs.replace(vdi, id="Vdi!", code="vdi", name=Bilingual("a", "b"))
    assert agency_problems(odd, ids=(), codes=()) == {"id": "unknown", "code": "unknown"}
