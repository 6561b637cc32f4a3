"""Why a request waits, in words: grammar, order, and what is said when."""

from __future__ import annotations

import re

import pytest

from kernel.ids import OfficerId
from router.commands import NextStep, Reason, RequestStatus
from router.model import Officer
from tests.facts import facts_of
from web import durations
from web.explain import explanation

NOW = 1_000_000
ONE, TWO = OfficerId("vsaa-1"), OfficerId("vsaa-2")


def told(code: str, reasons: list[Reason] | None = None, **step: object) -> dict[str, object]:
    status = RequestStatus(
        facts=facts_of(),
        state="queued",
        version=1,
        officer_id=None,
        position=1,
        estimate_s=None,
        next=NextStep(code=code, **step),  # type: ignore[arg-type]
        waited_ms=0,
        end_reason=None,
    )
    return explanation(status, reasons or [], officers, NOW)


def officers(officer_id: OfficerId) -> Officer | None:
    return Officer(officer_id, facts_of().agency_id, f"VSAA speciālists {officer_id[-1]}", ("lv",))


@pytest.mark.parametrize(
    ("seconds", "lv", "dative", "en"),
    [
        (1, "1 sekundi", "1 sekundes", "1 second"),
        (11, "11 sekundes", "11 sekundēm", "11 seconds"),
        (21, "21 sekundi", "21 sekundes", "21 seconds"),
        (89, "89 sekundes", "89 sekundēm", "89 seconds"),
        (90, "2 minūtes", "2 minūtēm", "2 minutes"),
        (1230, "21 minūti", "21 minūtes", "21 minutes"),
        (-5, "0 sekundes", "0 sekundēm", "0 seconds"),
    ],
)
def test_durations_as_one_says_them(seconds: int, lv: str, dative: str, en: str) -> None:
    assert (durations.lv(seconds), durations.lv_dative(seconds), durations.en(seconds)) == (lv, dative, en)


def test_what_happens_next_and_when() -> None:
    widens = told("widens", until_ms=NOW + 29_100)["then"]
    assert widens.lv == "Pēc 30 sekundēm jautāsim plašākam speciālistu lokam."  # type: ignore[attr-defined]
    again = told("asks_again", until_ms=NOW + 21_000)["then"]
    assert again.lv.startswith("Pēc 21 sekundes jautāsim viņiem vēlreiz")  # type: ignore[attr-defined]
    preferred = told("waits_for_preferred", officer_name="VSAA speciālists 1", until_ms=NOW + 21_000)["then"]
    assert preferred.lv.startswith("Vēl 21 sekundi gaidām tikai viņu (VSAA speciālists 1)")  # type: ignore[attr-defined]
    assert preferred.en.startswith("For another 21 seconds only VSAA speciālists 1")  # type: ignore[attr-defined]


def test_nothing_is_promised_for_a_time_that_is_not_known() -> None:
    assert told("waits_for_preferred", officer_name="VSAA speciālists 1")["then"] is None
    assert told("join")["then"] is None


def test_officers_by_reason_those_who_could_first() -> None:
    reasons = [
        Reason(officer_id=TWO, could=False, why="offline"),
        Reason(officer_id=OfficerId("vsaa-3"), could=False, why="ring", from_ms=NOW + 60_000),
        Reason(officer_id=ONE, could=True, why="available"),
        Reason(officer_id=OfficerId("vsaa-4"), could=False, why="offline"),
    ]
    found = told("in_queue", reasons)
    groups: list[dict[str, object]] = found["groups"]  # type: ignore[assignment]
    assert [(each["why"], len(each["officers"])) for each in groups] == [  # type: ignore[arg-type]
        ("available", 1),
        ("ring", 1),
        ("offline", 2),
    ]
    assert groups[1]["officers"] == [
        {
            "officer_id": "vsaa-3",
            "name": "VSAA speciālists 3",
            "could": False,
            "why": "ring",
            "from_ms": NOW + 60_000,
        }
    ]


def test_every_step_that_the_router_knows_has_words() -> None:
    codes = re.findall(r"``(\w+)``", NextStep.__doc__ or "")
    assert len(codes) == 13
    for code in codes:
        assert told(code, officer_name="X", until_ms=NOW)["summary"]
