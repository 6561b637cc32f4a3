"""Who is there, who is willing, and what others see of it."""

from __future__ import annotations

import pytest

from kernel.ids import OfficerId
from kernel.messages import AwayReason, Indicator, IndicatorChanged, LeaseState, StandingChanged
from presence.core import RELOAD_S, SILENT_S, Choice, PresenceCore

WHO = OfficerId("vsaa-1")


@pytest.fixture
def core() -> PresenceCore:
    made = PresenceCore()
    made.add(WHO, Choice.AVAILABLE, None)
    return made


def shown(core: PresenceCore) -> Indicator:
    return core.indicator(WHO)[0]


def test_the_choice_counts_only_with_a_console(core: PresenceCore) -> None:
    assert shown(core) is Indicator.OFFLINE
    events = core.connected(WHO, "tab", 0, 1)
    assert [type(event) for event in events] == [StandingChanged, IndicatorChanged]
    assert shown(core) is Indicator.AVAILABLE


def test_two_tabs_are_one_officer(core: PresenceCore) -> None:
    core.connected(WHO, "a", 0, 1)
    assert core.connected(WHO, "b", 1, 2) == []
    core.disconnected(WHO, "a", 2, 3)
    assert core.tick(2 + RELOAD_S + 1, 3) == []
    assert shown(core) is Indicator.AVAILABLE
    core.disconnected(WHO, "b", 10, 4)
    core.tick(10 + RELOAD_S, 4)
    assert shown(core) is Indicator.OFFLINE


def test_a_reload_does_not_flap(core: PresenceCore) -> None:
    core.connected(WHO, "a", 0, 1)
    core.disconnected(WHO, "a", 5, 2)
    assert core.tick(5 + RELOAD_S - 0.1, 2) == []
    assert core.connected(WHO, "a2", 5 + RELOAD_S - 0.05, 3) == []
    assert core.tick(20 - 5, 4) == []
    assert shown(core) is Indicator.AVAILABLE


def test_a_dead_browser_is_seen_within_fifteen_seconds(core: PresenceCore) -> None:
    core.connected(WHO, "a", 0, 1)
    seen_at = next(second for second in range(60) if core.tick(second, second) and shown(core) is Indicator.OFFLINE)
    assert SILENT_S < seen_at <= 15


def test_a_console_in_the_background_answers_pings_and_stays(core: PresenceCore) -> None:
    core.connected(WHO, "a", 0, 1)
    for second in range(5, 600, 5):
        core.heard(WHO, "a", second)
        assert core.tick(second, second) == []
    assert shown(core) is Indicator.AVAILABLE


@pytest.mark.parametrize(
    ("lease", "indicator"),
    [
        (LeaseState.RINGING, Indicator.RINGING),
        (LeaseState.BUSY, Indicator.BUSY),
        (LeaseState.WRAP_UP, Indicator.WRAP_UP),
        (LeaseState.AVAILABLE, Indicator.AVAILABLE),
    ],
)
def test_work_is_shown_before_the_choice(core: PresenceCore, lease: LeaseState, indicator: Indicator) -> None:
    core.connected(WHO, "a", 0, 1)
    core.leased(WHO, lease, None, 2)
    assert shown(core) is indicator


def test_a_conversation_outlives_the_console(core: PresenceCore) -> None:
    core.connected(WHO, "a", 0, 1)
    core.leased(WHO, LeaseState.BUSY, None, 2)
    core.disconnected(WHO, "a", 3, 3)
    core.tick(3 + RELOAD_S, 4)
    assert shown(core) is Indicator.BUSY


def test_not_answering_becomes_a_choice_that_one_click_undoes(core: PresenceCore) -> None:
    core.connected(WHO, "a", 0, 1)
    core.leased(WHO, LeaseState.RINGING, None, 2)
    core.leased(WHO, LeaseState.AWAY, AwayReason.NOT_ANSWERING, 3)
    assert core.indicator(WHO) == (Indicator.AWAY, AwayReason.NOT_ANSWERING, 3)
    core.chosen(WHO, Choice.AVAILABLE, None, 1, 4, here=True)
    core.leased(WHO, LeaseState.AVAILABLE, None, 5)
    assert shown(core) is Indicator.AVAILABLE


def test_away_always_has_a_reason(core: PresenceCore) -> None:
    core.connected(WHO, "a", 0, 1)
    core.chosen(WHO, Choice.AWAY, None, 1, 2, here=True)
    assert core.indicator(WHO)[1] is AwayReason.OTHER
    assert core.chosen(WHO, Choice.AWAY, AwayReason.OTHER, 2, 3, here=True) == []
