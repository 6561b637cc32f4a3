"""Accept races between real processes on one PostgreSQL and one Redis: never two who have it, never nobody."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine, Iterable
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa

from kernel.clock import SystemClock
from kernel.errors import IndexUnavailable, OfferGone, OfferStale, OfferTaken
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

#: races at once; in full amounts more of them share a commit
OFFICERS, MANY_OFFICERS = 20, 40
#: of one process in the ledger at once: fewer than it has connections
AT_ONCE = 16
CLOCK = SystemClock()

T = TypeVar("T")
Offer = tuple[OfficerId, ConsultationId, int]


@pytest.mark.torture
@pytest.mark.postgres
@pytest.mark.timeout(7200)
def test_of_all_who_accept_one_has_it(
    postgres_url: str, redis_alone: RedisServer, redis_prefix: str, amount: Callable[[int, int], int]
) -> None:
    officers = amount(OFFICERS, MANY_OFFICERS)
    rounds = amount(200, 100_000) // officers
    asyncio.run(_fill(postgres_url, officers))
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
            pipes[turn % 2].send(("offer", officers))
            offers: list[Offer] = pipes[turn % 2].recv()
            assert len(offers) == officers
            for pipe in pipes:
                pipe.send(("accept", offers))
            first, second = (pipe.recv() for pipe in pipes)
            won = [a + b for a, b in zip(first, second, strict=True)]
            assert won == [1] * officers, "somebody has it twice, or nobody"
            pipes[(turn + 1) % 2].send(("end", offers))
            assert pipes[(turn + 1) % 2].recv() == "ended"
    finally:
        for pipe in pipes:
            pipe.send(("stop", None))
        for worker in workers:
            worker.join(20)
            worker.kill()
    asyncio.run(_check(postgres_url, rounds * officers))


async def _fill(url: str, officers: int) -> None:
    ledger = open_ledger(url, MemoryFeed("filler"))
    await ledger.create_all()
    async with ledger.transaction() as tx:
        await directory.save_agency(tx, AGENCY)
        for group in GROUPS:
            await directory.save_group(tx, group)
        for number in range(officers):
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


async def _offer(router: RouterService, _ledger: Ledger, count: int) -> list[Offer]:
    officers = [OfficerId(f"racer-{number}") for number in range(count)]
    for officer_id in officers:
        event = StandingChanged(at_ms=0, officer_id=officer_id, online=True, ready=True, reason=None)
        await router.on_standing(event)
    commands = [
        CreateRequest(
            consultation_id=ConsultationId(new_id(CLOCK.wall_ms())),
            pak=Pak.PAK_02,
            clerk_id=ClerkId("clerk"),
            clerk_name="Darbinieks",
            point_id=PointId("point"),
            point_name="Kontaktpunkts",
            group_id=BENEFITS,
        )
        for _ in officers
    ]
    await _some_at_a_time(map(router.create_request, commands))
    found = [(officer_id, router.officer_offer(officer_id)) for officer_id in officers]
    return [(officer_id, offer.facts.consultation_id, offer.version) for officer_id, offer in found if offer]


async def _accept(router: RouterService, _ledger: Ledger, offers: list[Offer]) -> list[int]:
    """How often each was accepted here; each is tried twice at once, and by the other process in the same order."""

    async def attempt(offer: Offer) -> bool:
        while True:
            try:
                await router.accept(*offer)
                return True
            except (OfferGone, OfferStale, OfferTaken):
                return False
            except IndexUnavailable as error:
                if error.details["reason"] != "busy":
                    raise
                # nothing was decided: asked again, as a console does

    won = await _some_at_a_time(attempt(offer) for offer in offers for _ in range(2))
    return [sum(pair) for pair in zip(won[::2], won[1::2], strict=True)]


async def _end(router: RouterService, ledger: Ledger, offers: list[Offer]) -> str:
    async def end(officer_id: OfficerId, consultation_id: ConsultationId) -> None:
        async with ledger.transaction() as tx:
            event = OfficerReleased(at_ms=0, consultation_id=consultation_id, officer_id=officer_id)
            await router.on_event(tx, event)
        await router.on_claim_released(ClaimReleased(at_ms=0, consultation_id=consultation_id, officer_id=officer_id))
        await router.finish_wrap_up(officer_id, consultation_id, "solved", None)

    await _some_at_a_time(end(officer_id, consultation_id) for officer_id, consultation_id, _ in offers)
    return "ended"


async def _some_at_a_time(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: Coroutine[Any, Any, T]) -> T:
        async with gate:
            return await each

    return await asyncio.gather(*map(one, work))
