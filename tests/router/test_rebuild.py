"""What a new process, or a second click, finds in the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from kernel.clock import ManualClock
from kernel.errors import RequestClosed, RequestUnknown
from kernel.ids import ClerkId, ConsultationId, PointId
from kernel.ledger import Ledger
from kernel.messages import OfficerReleased, Pak, StandingChanged
from router import directory
from router.commands import CreateRequest
from router.model import DECLINE_REST_S
from router.opening import local_router
from router.service import RouterService
from tests.directories import save_directory
from tests.router.directory import AGENCY, BENEFITS, GROUPS, OFFICERS, ONE, PENSIONS, RULES, VSAA

WRAP_UP_S = 60.0


@pytest.fixture
async def router(ledger: Ledger, clock: ManualClock) -> RouterService:
    async with ledger.transaction() as tx:
        await save_directory(tx, [AGENCY], GROUPS, OFFICERS, RULES)
    return await started(ledger, clock)


async def started(ledger: Ledger, clock: ManualClock) -> RouterService:
    made = local_router(ledger, clock, wrap_up_s=WRAP_UP_S)
    await made.start()
    return made


def command(number: int, **target: Any) -> CreateRequest:
    return CreateRequest(
        consultation_id=ConsultationId(f"00000000-0000-7000-8000-{number:012d}"),
        pak=Pak.PAK_02,
        clerk_id=ClerkId("clerk-grobina"),
        clerk_name="Grobiņas VPVKAC darbinieks",
        point_id=PointId("grobina"),
        point_name="Grobiņas VPVKAC",
        **(target or {"group_id": BENEFITS}),
    )


async def test_a_second_withdrawal_finds_the_request_closed(router: RouterService) -> None:
    request = (await router.create_request(command(1))).facts.consultation_id
    await router.withdraw(request, "clerk_cancelled")
    with pytest.raises(RequestClosed):
        await router.withdraw(request, "clerk_cancelled")
    with pytest.raises(RequestUnknown):
        await router.withdraw(command(2).consultation_id, "clerk_cancelled")


@pytest.mark.parametrize("own_s", [None, 90.0])
async def test_a_wrap_up_keeps_its_end_through_a_restart(
    router: RouterService, ledger: Ledger, clock: ManualClock, own_s: float | None
) -> None:
    async with ledger.transaction() as tx:
        await directory.save_group(tx, replace(GROUPS[0], wrap_up_s=own_s))
    await router.reload_directory()
    await router.on_standing(StandingChanged(at_ms=0, officer_id=ONE, online=True, ready=True, reason=None))
    request = (await router.create_request(command(1))).facts.consultation_id
    await router.accept(ONE, request, 1)
    async with ledger.transaction() as tx:
        await router.on_event(tx, OfficerReleased(at_ms=0, consultation_id=request, officer_id=ONE))
    ends_ms = clock.wall_ms() + round((own_s or WRAP_UP_S) * 1000)
    clock.advance(25)
    wrap_up = (await started(ledger, clock)).wrap_up_of(ONE)
    assert wrap_up is not None
    assert (wrap_up.consultation_id, wrap_up.until_ms) == (request, ends_ms)


async def test_flow_rules_name_the_group_when_nobody_does(router: RouterService) -> None:
    benefits = await router.create_request(command(1, agency_id=VSAA))
    pension = await router.create_request(command(2, agency_id=VSAA, service="vecuma-pensija"))
    assert (benefits.facts.group_id, pension.facts.group_id) == (BENEFITS, PENSIONS)


async def test_who_declined_is_spared_through_a_restart(
    router: RouterService, ledger: Ledger, clock: ManualClock
) -> None:
    ready = StandingChanged(at_ms=0, officer_id=ONE, online=True, ready=True, reason=None)
    await router.on_standing(ready)
    request = (await router.create_request(command(1))).facts.consultation_id
    await router.decline(ONE, request, 1)
    await router.write_history()
    clock.advance(DECLINE_REST_S / 2)
    again = await started(ledger, clock)
    await again.on_standing(ready)
    assert again.officer_offer(ONE) is None
    clock.advance(DECLINE_REST_S / 2 - 1)
    await again.tick()
    assert again.officer_offer(ONE) is None
    clock.advance(1)
    await again.tick()
    offer = again.officer_offer(ONE)
    assert offer is not None
    assert offer.facts.consultation_id == request
