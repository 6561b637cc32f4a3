from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from casework.fold import Parts, case_of, fold, read_parts, result_of
from kernel.facts import Lent, OfficialServed
from kernel.ids import AgencyId, ConsultationId, OfficerId
from kernel.messages import AnyEvent, WrapUpFinished
from tests.facts import ended, facts_of, opened

FACTS = facts_of()
FINISHED = WrapUpFinished(
    at_ms=70_000,
    consultation_id=FACTS.consultation_id,
    officer_id=OfficerId("vsaa-1"),
    outcome="partly",
    note="Jāatnes izziņa.",
)


def folded(*events: AnyEvent) -> dict[str, Any] | None:
    known: dict[str, Any] | None = None
    for event in events:
        values = fold(known, event)
        known = known if values is None else (known or {}) | values
    return known


def test_a_case_fills_itself_from_the_session() -> None:
    case = folded(opened(FACTS), ended(FACTS), FINISHED)
    assert case is not None
    assert case["duration_s"] == 60
    assert case["wait_s"] == 4
    assert case["pak"] == "PAK_02"
    assert case["connected"] is True
    assert (case["outcome"], case["officer_note"]) == ("partly", "Jāatnes izziņa.")


@pytest.mark.parametrize(
    "events", [(opened(FACTS),), (opened(FACTS), ended(FACTS)), (opened(FACTS), ended(FACTS), FINISHED)]
)
def test_an_event_twice_is_an_event_once(events: tuple[AnyEvent, ...]) -> None:
    assert folded(*events, events[-1]) == folded(*events)


def test_the_end_alone_is_enough_for_a_record() -> None:
    case = folded(ended(FACTS))
    assert case is not None
    assert (case["id"], case["started_ms"], case["duration_s"]) == (FACTS.consultation_id, 5_000, 60)


def test_nobody_was_connected_so_nothing_was_solved() -> None:
    case = folded(opened(FACTS), ended(FACTS, connected=False))
    assert case is not None
    assert case["outcome"] == "abandoned"


def test_the_clerks_word_stands_before_the_officers() -> None:
    case = folded(opened(FACTS), ended(FACTS, outcome="solved"), FINISHED)
    assert case is not None
    assert case["outcome"] == "solved"


def test_a_wrap_up_of_an_unknown_case_writes_nothing() -> None:
    assert fold(None, FINISHED) is None
    assert case_of(FINISHED) == FACTS.consultation_id


def test_duration_is_never_negative_when_clocks_jump() -> None:
    for first, second in permutations((1_000, 9_000)):
        case = folded(opened(FACTS, at_ms=first), ended(FACTS, at_ms=second, opened_at_ms=first))
        assert case is not None
        assert case["duration_s"] >= 0


CALLED = ConsultationId("0190f0e0-0000-7000-8000-00000000000b")


def test_who_comes_twice_has_two_results_and_older_entries_keep_theirs() -> None:
    came, took_over = (
        OfficialServed(
            officer_id=OfficerId("vid-1"),
            officer_name="vid-1",
            agency_id=AgencyId("vid"),
            kind=kind,
            from_ms=5_000,
            to_ms=9_000,
            request_id=request_id,
        )
        for kind, request_id in (("specialist", CALLED), ("transfer", FACTS.consultation_id))
    )
    parts = Parts(officials=(came, took_over), results={CALLED: "partly", FACTS.consultation_id: "solved"})
    assert [result_of(parts, each) for each in parts.officials] == ["partly", "solved"]
    before = msgspec.structs.replace(came, request_id=None)
    assert result_of(Parts(officials=(before,), results={"vid-1": "referred"}), before) == "referred"


def test_everybodys_part_and_result_is_in_the_record() -> None:
    """In whatever order they wrap up, also before the session ends; the record's own outcome stays the first one's."""
    first, second = (
        OfficialServed(
            officer_id=OfficerId(who),
            officer_name=who,
            agency_id=AgencyId(who[:3]),
            kind=kind,
            from_ms=5_000,
            to_ms=9_000,
            request_id=request_id,
        )
        for who, kind, request_id in (("vsaa-1", "first", FACTS.consultation_id), ("vid-1", "specialist", CALLED))
    )
    lent = Lent(officer_id=first.officer_id, officer_name="vsaa-1", level="view", from_ms=6_000, to_ms=7_000)
    end = ended(FACTS, officials=(first, second), trained="E-adrese", alone=True, lent=(lent,), via="link")
    theirs = WrapUpFinished(
        at_ms=60_000,
        consultation_id=CALLED,
        officer_id=OfficerId("vid-1"),
        outcome="solved",
        note="Sava piezīme.",
        joins=FACTS.consultation_id,
    )
    assert case_of(theirs) == FACTS.consultation_id
    for order in permutations((end, FINISHED, theirs)):
        case = folded(opened(FACTS), *order)
        assert case is not None
        parts = read_parts(case["parts"])
        assert (parts.officials, parts.lent, parts.via) == ((first, second), (lent,), "link")
        assert [result_of(parts, each) for each in parts.officials] == ["partly", "solved"]
        assert (parts.trained, parts.alone) == ("E-adrese", True)
        assert case["outcome"] == "partly"
        # what an official writes for the officials is not kept with the parts
        assert "piezīme" not in case["parts"]
