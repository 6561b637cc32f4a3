"""Accept races between real processes on one PostgreSQL and one Redis: never two who have it, never nobody."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import pytest
import sqlalchemy as sa

from kernel.clock import SystemClock
from kernel.errors import KlatieneError
from kernel.feed import MemoryFeed
from kernel.ids import ClerkId, ConsultationId, OfficerId, PointId, new_id
from kernel.ledger import Ledger, open_ledger
from kernel.messages import ClaimReleased, OfficerReleased, Pak, StandingChanged
from kernel.redis import open_redis
from router import directory
from router.commands import CreateRequest
from router.model import Officer
from router.opening import replicated_index
from router.service import RouterService
from router.shared_redis import RedisIndex
from router.tables import claims, requests
from tests.redis_servers import RedisServer
from tests.router.directory import AGENCY, BENEFITS, GROUPS, VSAA

#: races at once
OFFICERS = 20
CLOCK = SystemClock()

Offer = tuple[OfficerId, ConsultationId, int]


@pytest.mark.torture
@pytest.mark.postgres
@pytest.mark.timeout(7200)
def test_of_all_who_accept_one_has_it(
    postgres_url: str, redis_alone: RedisServer, redis_prefix: str, amount: Callable[[int, int], int]
) -> None:
    rounds = amount(400, 100_000) // OFFICERS
    asyncio.run(_fill(postgres_url))
    context = multiprocessing.get_context("spawn")
    pipes, workers = [], []
    for name in ("one", "two"):
        ours, theirs = context.Pipe()
        arguments = (postgres_url, redis_alone.url, redis_prefix, name, theirs)
        workers.append(context.Process(target=_work, args=arguments, daemon=True))
        workers[-1].start()
        pipes.append(ours)
    try:
        assert [pipe.recv() for pipe in pipes] == ["ready", "ready"]
        for turn in range(rounds):
            pipes[turn % 2].send(("offer", None))
            offers: list[Offer] = pipes[turn % 2].recv()
            assert len(offers) == OFFICERS
            for pipe in pipes:
                pipe.send(("accept", offers))
            first, second = (pipe.recv() for pipe in pipes)
            won = [a + b for a, b in zip(first, second, strict=True)]
            assert won == [1] * OFFICERS, "somebody has it twice, or nobody"
            pipes[(turn + 1) % 2].send(("end", offers))
            assert pipes[(turn + 1) % 2].recv() == "ended"
    finally:
        for pipe in pipes:
            pipe.send(("stop", None))
        for worker in workers:
            worker.join(20)
            worker.kill()
    asyncio.run(_check(postgres_url, rounds * OFFICERS))


async def _fill(url: str) -> None:
    ledger = open_ledger(url, MemoryFeed("filler"))
    await ledger.create_all()
    async with ledger.transaction() as tx:
        await directory.save_agency(tx, AGENCY)
        for group in GROUPS:
            await directory.save_group(tx, group)
        for number in range(OFFICERS):
            officer = Officer(OfficerId(f"racer-{number}"), VSAA, f"{number}", ("lv",), levels={BENEFITS: 1})
            await directory.save_officer(tx, officer)
    await ledger.close()


async def _check(url: str, served: int) -> None:
    ledger = open_ledger(url, MemoryFeed("checker"))
    async with ledger.reading() as connection:
        states = dict((await connection.execute(sa.select(requests.c.state, sa.func.count()).group_by("state"))).all())
        assert states == {"ended": served}
        taken = sa.select(sa.func.count()).where(claims.c.accepted_ms.is_not(None)).group_by(claims.c.consultation_id)
        assert {count for (count,) in await connection.execute(taken)} == {1}
    await ledger.close()


# ── in the other processes ───────────────────────────────────────────────────────────────────────


def _work(postgres: str, redis: str, prefix: str, name: str, pipe: Connection) -> None:
    asyncio.run(_serve(postgres, redis, prefix, name, pipe))


async def _serve(postgres: str, redis: str, prefix: str, name: str, pipe: Connection) -> None:
    ledger = open_ledger(postgres, MemoryFeed(name))
    door = open_redis(redis, CLOCK, timeout_s=10.0)
    shared = RedisIndex(door, prefix)
    index = replicated_index(ledger, CLOCK, shared, name, offer_timeout_s=600.0, wrap_up_s=600.0)
    router = RouterService(ledger, CLOCK, index)
    await router.start()
    following = asyncio.create_task(index.run())
    pipe.send("ready")
    while True:
        command, offers = await asyncio.to_thread(pipe.recv)
        if command == "stop":
            break
        pipe.send(await {"offer": _offer, "accept": _accept, "end": _end}[command](router, ledger, offers))
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await door.close()
    await ledger.close()


async def _offer(router: RouterService, _ledger: Ledger, _offers: Any) -> list[Offer]:
    officers = [OfficerId(f"racer-{number}") for number in range(OFFICERS)]
    for officer_id in officers:
        event = StandingChanged(at_ms=0, officer_id=officer_id, online=True, ready=True, reason=None)
        await router.on_standing(event)
    for _ in officers:
        await router.create_request(
            CreateRequest(
                consultation_id=ConsultationId(new_id(CLOCK.wall_ms())),
                pak=Pak.PAK_02,
                clerk_id=ClerkId("clerk"),
                clerk_name="Darbinieks",
                point_id=PointId("point"),
                point_name="Kontaktpunkts",
                group_id=BENEFITS,
            )
        )
    found = [(officer_id, router.officer_offer(officer_id)) for officer_id in officers]
    return [(officer_id, offer.facts.consultation_id, offer.version) for officer_id, offer in found if offer]


async def _accept(router: RouterService, _ledger: Ledger, offers: list[Offer]) -> list[int]:
    """How often each was accepted here; every one is tried twice at once."""
    results = await asyncio.gather(*(router.accept(*offer) for offer in offers * 2), return_exceptions=True)
    for result in results:
        assert result is None or isinstance(result, KlatieneError), result
    return [(results[n] is None) + (results[n + len(offers)] is None) for n in range(len(offers))]


async def _end(router: RouterService, ledger: Ledger, offers: list[Offer]) -> str:
    for officer_id, consultation_id, _ in offers:
        async with ledger.transaction() as tx:
            event = OfficerReleased(at_ms=0, consultation_id=consultation_id, officer_id=officer_id)
            await router.on_event(tx, event)
        await router.on_claim_released(ClaimReleased(at_ms=0, consultation_id=consultation_id, officer_id=officer_id))
        await router.finish_wrap_up(officer_id, consultation_id, "solved", None)
    return "ended"
