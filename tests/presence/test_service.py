from __future__ import annotations

import pytest

from kernel.clock import ManualClock
from kernel.errors import OfficerUnknown
from kernel.ids import OfficerId
from kernel.ledger import Ledger
from kernel.messages import AwayReason, Indicator, LeaseChanged, LeaseState
from presence.core import Choice
from presence.service import PresenceService

WHO = OfficerId("vsaa-1")


async def started(ledger: Ledger, clock: ManualClock) -> PresenceService:
    service = PresenceService(ledger, clock, [WHO])
    await service.start()
    return service


async def test_the_choice_outlives_the_process(ledger: Ledger, clock: ManualClock) -> None:
    first = await started(ledger, clock)
    first.connected(WHO, "a")
    await first.choose(WHO, Choice.AWAY, AwayReason.LUNCH)
    after = await started(ledger, clock)
    assert after.indicator(WHO)[0] is Indicator.OFFLINE, "nobody is online after a restart"
    after.connected(WHO, "a")
    assert after.indicator(WHO)[:2] == (Indicator.AWAY, AwayReason.LUNCH)


async def test_not_answering_outlives_the_process_too(ledger: Ledger, clock: ManualClock) -> None:
    first = await started(ledger, clock)
    first.connected(WHO, "a")
    await first.choose(WHO, Choice.AVAILABLE)
    await first.on_lease(
        LeaseChanged(
            at_ms=1,
            officer_id=WHO,
            state=LeaseState.AWAY,
            reason=AwayReason.NOT_ANSWERING,
            consultation_id=None,
            until_ms=None,
        )
    )
    after = await started(ledger, clock)
    after.connected(WHO, "a")
    assert after.indicator(WHO)[:2] == (Indicator.AWAY, AwayReason.NOT_ANSWERING)


async def test_a_stranger_has_no_presence(ledger: Ledger, clock: ManualClock) -> None:
    service = await started(ledger, clock)
    with pytest.raises(OfficerUnknown):
        await service.choose(OfficerId("nobody"), Choice.AVAILABLE)
    service.connected(OfficerId("nobody"), "a")
    assert service.indicator(OfficerId("nobody"))[0] is Indicator.OFFLINE


async def test_what_changed_is_told_on_the_feed(ledger: Ledger, clock: ManualClock) -> None:
    service = await started(ledger, clock)
    before = ledger.feed.last_seq
    service.connected(WHO, "a")
    await service.choose(WHO, Choice.AVAILABLE)
    clock.advance(20)
    service.tick()
    told = [numbered.event for numbered in ledger.feed.since(before) or ()]
    assert [getattr(event, "indicator", None) for event in told if hasattr(event, "indicator")] == [
        Indicator.AVAILABLE,
        Indicator.OFFLINE,
    ]
