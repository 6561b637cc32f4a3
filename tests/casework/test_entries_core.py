from __future__ import annotations

from typing import Any

import pytest

from casework.entries_core import entry_of, fold
from kernel.ids import OfficerId
from kernel.messages import AnyEvent, RequestLeft, RequestQueued, RequestReturned, WrapUpFinished
from tests.facts import accepted, ended, facts_of, opened

FACTS = facts_of(created_at_ms=1_790_000_000_000)
AT = FACTS.created_at_ms


def queued() -> RequestQueued:
    return RequestQueued(at_ms=AT, facts=FACTS)


def left(why: str, waited_ms: int = 9_000) -> RequestLeft:
    return RequestLeft(at_ms=AT + waited_ms, facts=FACTS, why=why, waited_ms=waited_ms)


def finished(at_ms: int) -> WrapUpFinished:
    return WrapUpFinished(
        at_ms=at_ms,
        consultation_id=FACTS.consultation_id,
        officer_id=OfficerId("vsaa-1"),
        outcome="solved",
        note=None,
    )


def folded(*events: AnyEvent) -> dict[str, Any]:
    known: dict[str, Any] | None = None
    for event in events:
        values = fold(known, event)
        known = known if values is None else (known or {}) | values
    assert known is not None
    return known


def test_from_the_queue_to_the_wrap_up() -> None:
    end = ended(FACTS, at_ms=AT + 65_000, opened_at_ms=AT + 5_000)
    entry = folded(queued(), accepted(FACTS, AT + 4_000), opened(FACTS, AT + 5_000), end, finished(AT + 80_000))
    # 1 790 000 000 s is 2026-09-21 17:13:20 in Riga
    assert (entry["day"], entry["hour"]) == ("2026-09-21", 17)
    assert (entry["state"], entry["connected"], entry["talk_ms"], entry["wrap_ms"]) == (
        "answered",
        True,
        60_000,
        15_000,
    )


@pytest.mark.parametrize(
    ("why", "state", "counted"),
    [
        ("citizen_left", "left", "citizen_left"),
        ("workstation_lost", "left", "workstation_lost"),
        ("something new", "left", "clerk_cancelled"),
        ("unserved", "unserved", None),
        ("callback", "kept", None),
    ],
)
def test_why_somebody_left(why: str, state: str, counted: str | None) -> None:
    entry = folded(queued(), left(why))
    assert (entry["state"], entry["left_why"]) == (state, counted)


def test_whoever_comes_back_waits_again() -> None:
    back = RequestReturned(at_ms=AT + 20_000, facts=FACTS)
    entry = folded(queued(), left("citizen_left"), back)
    assert (entry["state"], entry["left_why"], entry["waited_ms"]) == ("queued", None, 0)


def test_what_was_answered_stays_answered() -> None:
    answered = folded(queued(), accepted(FACTS, AT + 4_000))
    for late in (queued(), left("citizen_left"), RequestReturned(at_ms=AT, facts=FACTS)):
        assert fold(answered, late) is None


def test_an_event_twice_is_an_event_once() -> None:
    events = (
        queued(),
        accepted(FACTS, AT + 4_000),
        ended(FACTS, at_ms=AT + 65_000, opened_at_ms=AT),
        finished(AT + 70_000),
    )
    for n in range(1, len(events) + 1):
        assert folded(*events[:n], events[n - 1]) == folded(*events[:n])
    assert entry_of(events[0]) == entry_of(events[-1]) == FACTS.consultation_id
