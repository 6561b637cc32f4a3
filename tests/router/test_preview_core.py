"""What a change of the directory would mean, said before it is made."""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.messages import Bilingual
from router.changes import (
    ActivateOfficer,
    AgencyDocument,
    Change,
    Configured,
    InUse,
    RuleDocument,
    SaveAgency,
    SaveGroup,
    SaveOfficer,
    SaveRules,
)
from router.configuration_checks_core import problems
from router.configuration_core import group_document, propose
from router.model import (
    GroupRules,
    Ring,
)
from router.preview_core import consequences, could_answer, in_ring
from tests.facts import facts_of
from tests.router.configured import WEEK, configured, group_of, officer_of
from tests.router.directory import BENEFITS, ONE, PENSIONS, THREE, TWO


def means(change: Change, now: Configured | None = None, **use: Any) -> dict[str, dict[str, Any]]:
    now = now or configured()
    then, target = propose(now, change)
    assert problems(now, then, change, InUse(**use)) == {}
    found = consequences(now, then, change, target, InUse(**use))
    return {each.code: {**each.values, **({"names": each.names} if each.names else {})} for each in found}


def test_rings_and_members_are_counted() -> None:
    document = group_of(levels={ONE: 3, TWO: 1}, rules=GroupRules(rings=(Ring(min_level=2), Ring(after_s=30))))
    found = means(SaveGroup(document=document), signed_in=frozenset({TWO}))
    assert found["ring"] == {"n": 2, "after_s": 30, "officers": 2, "signed_in": 1}
    assert found["joins"]["names"] == ("VSAA speciālists 1", "VSAA speciālists 2")
    assert "always_open" in found
    assert "nobody_in_group" in means(SaveGroup(document=group_of()))


def test_a_ring_includes_the_narrower_ones() -> None:
    rings = (Ring(min_level=3), Ring(after_s=30, min_level=1), Ring(after_s=60, groups=(BENEFITS,)))
    document = msgspec.structs.replace(group_document(configured(), PENSIONS), rules=GroupRules(rings=rings))
    now = propose(configured(), SaveGroup(id=PENSIONS, document=document))[0]
    reached = [{officer.id for officer in in_ring(now, PENSIONS, number)} for number in range(3)]
    assert reached == [{TWO}, {ONE, TWO, THREE}, {ONE, TWO, THREE}]


def test_who_waits_is_not_left_without_anybody() -> None:
    russian, latvian = facts_of(1, language="ru"), facts_of(2)
    waiting = (russian, latvian, facts_of(3, group_id=PENSIONS))
    assert could_answer(configured(), russian) == {TWO}
    document = msgspec.structs.replace(group_document(configured(), BENEFITS), levels={ONE: 2})
    change = SaveGroup(id=BENEFITS, document=document)
    found = means(change, waiting=waiting, running={BENEFITS: 1})
    assert found["nobody_could_answer"] == {"n": 1}
    assert found["leaves"]["names"] == ("VSAA speciālists 2",)
    assert found["levels"]["names"] == ("VSAA speciālists 1",)
    assert (found["waiting"], found["running"]) == ({"n": 2}, {"n": 1})
    now = configured()
    then, target = propose(now, change)
    first = consequences(now, then, change, target, InUse(waiting=waiting))[0]
    assert (first.code, first.warning) == ("nobody_could_answer", True), "what to think about comes first"
    gone = means(ActivateOfficer(id=TWO, etag="", active=False), waiting=waiting)
    assert gone["nobody_could_answer"] == {"n": 1}
    assert gone["quits"]["names"] == (
        Bilingual("Pabalsti ģimenēm", "Family benefits"),
        Bilingual("Pensijas", "Pensions"),
    )


def test_skills_and_levels_that_are_asked_for() -> None:
    assert could_answer(configured(), facts_of(group_id=PENSIONS, level=3)) == {TWO}
    assert could_answer(configured(), facts_of(skills=("sign",))) == frozenset()
    signing = propose(configured(), SaveOfficer(id=ONE, document=officer_of(skills=("sign",), levels={BENEFITS: 1})))[0]
    assert could_answer(signing, facts_of(skills=("sign",))) == {ONE}


def test_closing_a_group_is_said() -> None:
    document = msgspec.structs.replace(group_document(configured(), BENEFITS), open=False)
    assert "closes" in means(SaveGroup(id=BENEFITS, document=document))
    assert means(SaveAgency(document=AgencyDocument(calendar=WEEK), etag=""))["hours"] == {"hours": 40.0}


def test_rules_that_never_come_to_pass() -> None:
    rules = (
        RuleDocument(group_id=PENSIONS, pak="PAK_02"),
        RuleDocument(group_id=BENEFITS, pak="PAK_02", language="ru"),
    )
    found = means(SaveRules(document=rules, etag=""))
    assert found["never_reached"] == {"n": 2, "by": 1}
    assert "not_all_matched" in found
    assert means(SaveRules(document=(rules[1], rules[0], RuleDocument(group_id=BENEFITS)), etag="")) == {}


def test_a_new_officer_learns_how_to_sign_in() -> None:
    found = means(SaveOfficer(document=officer_of(levels={PENSIONS: 1})))
    assert found["account"] == {"id": "officer-vsaa-4"}
    assert "no_groups" in means(SaveOfficer(document=officer_of()))
