"""The router on a real ledger: what was acknowledged outlives the process, and the fence has the last word."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kernel.clock import ManualClock
from kernel.errors import GroupUnknown, OfferGone, OfferStale, OfferTaken, RequestClosed
from kernel.ids import AgencyId, ClerkId, ConsultationId, GroupId, OfficerId, PointId
from kernel.ledger import Ledger
from kernel.messages import Bilingual, ClaimReleased, LeaseState, OfficerReleased, Pak, Priority, StandingChanged
from router import directory
from router.commands import CreateRequest
from router.model import Agency, Group, Officer
from router.opening import local_router
from router.service import RouterService

FAMILY, PENSIONS = GroupId("family"), GroupId("pensions")
FIRST, SECOND = OfficerId("vsaa-1"), OfficerId("vsaa-2")
VSAA = AgencyId("vsaa")


async def fill(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        await directory.save_agency(tx, Agency(VSAA, "VSAA", Bilingual("VSAA", "VSAA")))
        for group in (FAMILY, PENSIONS):
            await directory.save_group(tx, Group(group, VSAA, Bilingual(group, group), ("PAK_02", "PAK_06")))
        await directory.save_officer(tx, Officer(FIRST, VSAA, "VSAA 1", ("lv",), False, {FAMILY: 1, PENSIONS: 1}))
        await directory.save_officer(tx, Officer(SECOND, VSAA, "VSAA 2", ("lv",), False, {FAMILY: 1}))


@pytest.fixture
async def router(ledger: Ledger, clock: ManualClock) -> RouterService:
    await fill(ledger)
    return await started(ledger, clock)


async def started(ledger: Ledger, clock: ManualClock) -> RouterService:
    service = local_router(ledger, clock, offer_timeout_s=20, wrap_up_s=60)
    await service.start()
    return service


async def stands(router: RouterService, officer: OfficerId, *, ready: bool = True) -> None:
    event = StandingChanged(at_ms=0, officer_id=officer, online=True, ready=ready, reason=None)
    await router.on_standing(event)


async def released(router: RouterService, ledger: Ledger, request: ConsultationId, officer: OfficerId) -> None:
    """As the consumer and the reactions do it."""
    async with ledger.transaction() as tx:
        await router.on_event(tx, OfficerReleased(at_ms=0, consultation_id=request, officer_id=officer))
    await router.on_claim_released(ClaimReleased(at_ms=0, consultation_id=request, officer_id=officer))


def wanted(number: int, **changed: Any) -> CreateRequest:
    values: dict[str, Any] = {
        "consultation_id": ConsultationId(f"00000000-0000-7000-8000-{number:012d}"),
        "pak": Pak.PAK_02,
        "clerk_id": ClerkId("clerk-grobina"),
        "clerk_name": "Darbinieks",
        "point_id": PointId("grobina"),
        "point_name": "Grobiņas VPVKAC",
        "group_id": FAMILY,
    }
    return CreateRequest(**(values | changed))


async def test_first_come_first_served_but_urgent_before(router: RouterService, clock: ManualClock) -> None:
    for number, priority in ((1, Priority.NORMAL), (2, Priority.NORMAL), (3, Priority.URGENT)):
        await router.create_request(wanted(number, priority=priority))
        clock.advance(1)
    order = [each[-1] for each in router.waiting_ids(FAMILY)]
    assert order == ["3", "1", "2"]
    assert (await router.status(wanted(1).consultation_id)).position == 2
    await stands(router, FIRST)
    offer = router.officer_offer(FIRST)
    assert offer is not None
    assert offer.facts.consultation_id == wanted(3).consultation_id


async def test_the_same_id_again_is_the_same_request(router: RouterService) -> None:
    first, second = await asyncio.gather(router.create_request(wanted(1)), router.create_request(wanted(1)))
    assert first.facts == second.facts
    assert router.waiting_ids(FAMILY) == [wanted(1).consultation_id]


async def test_an_unknown_group_leaves_nothing_behind(router: RouterService) -> None:
    with pytest.raises(GroupUnknown):
        await router.create_request(wanted(1, group_id=GroupId("nowhere")))
    assert router.waiting_ids(FAMILY) == []


async def test_of_many_who_accept_one_has_it(router: RouterService) -> None:
    await stands(router, FIRST)
    await stands(router, SECOND)
    status = await router.create_request(wanted(1))
    assert status.next.code == "ringing"
    rung = FIRST if router.officer_offer(FIRST) else SECOND
    other = SECOND if rung is FIRST else FIRST
    calls = [router.accept(who, wanted(1).consultation_id, 1) for who in (rung, other, rung, other)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [each for each in results if each is None] == [None]
    assert all(each is None or isinstance(each, OfferTaken | OfferStale) for each in results)
    with pytest.raises(RequestClosed):
        await router.withdraw(wanted(1).consultation_id, "clerk_cancelled")


async def test_a_stale_version_is_refused_and_the_offer_stands(router: RouterService) -> None:
    await stands(router, FIRST)
    await router.create_request(wanted(1))
    with pytest.raises(OfferStale):
        await router.accept(FIRST, wanted(1).consultation_id, 7)
    await router.accept(FIRST, wanted(1).consultation_id, 1)


async def test_declined_goes_to_the_next_who_is_able(router: RouterService, clock: ManualClock) -> None:
    await stands(router, FIRST)
    clock.advance(1)
    await stands(router, SECOND)
    await router.create_request(wanted(1))
    assert router.officer_offer(FIRST), "the longest idle is rung first"
    await router.decline(FIRST, wanted(1).consultation_id, 1, "busy")
    offer = router.officer_offer(SECOND)
    assert offer is not None
    assert offer.version == 2
    with pytest.raises(OfferTaken):
        await router.accept(FIRST, wanted(1).consultation_id, 1)


async def test_no_answer_spares_the_officer_and_keeps_the_place(router: RouterService, clock: ManualClock) -> None:
    await stands(router, FIRST)
    await router.create_request(wanted(1))
    await router.create_request(wanted(2))
    clock.advance(20.1)
    await router.tick()
    assert router.lease(FIRST).state is LeaseState.AWAY
    assert router.waiting_ids(FAMILY) == [wanted(1).consultation_id, wanted(2).consultation_id]
    with pytest.raises(OfferGone):
        await router.accept(FIRST, wanted(1).consultation_id, 1)
    await stands(router, FIRST)
    offer = router.officer_offer(FIRST)
    assert offer is not None
    assert (offer.facts.consultation_id, offer.version) == (wanted(1).consultation_id, 2)


async def test_withdrawn_while_it_rings_falls_silent_at_once(router: RouterService) -> None:
    await stands(router, FIRST)
    await router.create_request(wanted(1))
    await router.withdraw(wanted(1).consultation_id, "citizen_left")
    assert router.officer_offer(FIRST) is None
    assert router.lease(FIRST).state is LeaseState.AVAILABLE
    assert (await router.status(wanted(1).consultation_id)).end_reason == "citizen_left"


async def test_a_direct_call_falls_back_to_the_group(router: RouterService, clock: ManualClock) -> None:
    await stands(router, SECOND)
    await router.create_request(wanted(9, officer_id=SECOND))
    await router.accept(SECOND, wanted(9).consultation_id, 1)
    await stands(router, FIRST)
    await router.create_request(wanted(1, officer_id=FIRST))
    offer = router.officer_offer(FIRST)
    assert offer is not None
    assert offer.direct
    clock.advance(21)
    await router.tick()
    assert (await router.status(wanted(1).consultation_id)).next.code == "direct_fallback"
    await stands(router, FIRST)
    offer = router.officer_offer(FIRST)
    assert offer is not None
    assert not offer.direct


async def test_wrap_up_ends_by_itself_and_the_next_is_offered(
    router: RouterService, ledger: Ledger, clock: ManualClock
) -> None:
    await stands(router, FIRST)
    for number in (1, 2):
        await router.create_request(wanted(number))
    await router.accept(FIRST, wanted(1).consultation_id, 1)
    await released(router, ledger, wanted(1).consultation_id, FIRST)
    wrap_up = router.wrap_up_of(FIRST)
    assert wrap_up is not None
    assert wrap_up.until_ms == clock.wall_ms() + 60_000
    clock.advance(60.1)
    await router.tick()
    offer = router.officer_offer(FIRST)
    assert offer is not None
    assert offer.facts.consultation_id == wanted(2).consultation_id
    load = await router.load_today(FIRST)
    assert (load.served, load.missed, load.declined) == (1, 0, 0)


async def test_a_new_process_finds_everything_as_it_was(
    router: RouterService, ledger: Ledger, clock: ManualClock
) -> None:
    await stands(router, FIRST)
    for number in range(1, 5):
        await router.create_request(wanted(number))
        clock.advance(1)
    await router.accept(FIRST, wanted(1).consultation_id, 1)
    await stands(router, SECOND)
    assert router.officer_offer(SECOND) is not None

    after = await started(ledger, clock)
    assert after.lease(FIRST).state is LeaseState.BUSY
    assert after.waiting_ids(FAMILY) == [wanted(number).consultation_id for number in (2, 3, 4)]
    assert (await after.status(wanted(1).consultation_id)).state == "accepted"
    # the old process's offer is worth nothing any more, in either process
    with pytest.raises((OfferGone, OfferTaken, OfferStale)):
        await after.accept(SECOND, wanted(2).consultation_id, 1)
    await stands(after, SECOND)
    offer = after.officer_offer(SECOND)
    assert offer is not None
    assert offer.facts.consultation_id == wanted(2).consultation_id
    assert offer.version > 1, "an answer to the old process's ringing must not be taken for one to this"


async def test_why_it_waits_and_who_could(router: RouterService) -> None:
    await stands(router, FIRST, ready=False)
    await router.create_request(wanted(1))
    status = await router.status(wanted(1).consultation_id)
    assert status.next.code == "nobody_available"
    reasons = {each.officer_id: (each.could, each.why) for each in router.explain(wanted(1).consultation_id)}
    assert reasons == {FIRST: (False, "away"), SECOND: (False, "offline")}
