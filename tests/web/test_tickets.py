"""Tickets of the live channel: once, for thirty seconds, at any process. One behaviour on both twins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.clock import ManualClock, SystemClock
from kernel.errors import TokenExpired, TokenInvalid
from kernel.feed import MemoryFeed
from kernel.identity import Identity, Principal, SignedIn
from kernel.ids import AccountId
from kernel.ledger import Ledger, open_ledger
from kernel.messages import Role
from kernel.redis import open_redis
from tests.redis_servers import RedisServer
from web.live.tickets import KEPT_S, TTL_S, MemoryTickets, RedisTickets, Tickets


@pytest.fixture
async def identity(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Identity]:
    ledger: Ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", MemoryFeed("e"))
    await ledger.create_all()
    made = Identity(ledger, clock, pepper="p" * 32, session_hours=10)
    async with ledger.transaction() as tx:
        await made.save_account(tx, Principal(id=AccountId("clerk"), role=Role.CLERK, name="Darbinieks"))
    yield made
    await ledger.close()


@pytest.fixture
async def signed_in(identity: Identity) -> tuple[str, SignedIn]:
    return await identity.sign_in(AccountId("clerk"))


@pytest.fixture(params=["memory", "redis"])
async def processes(
    request: pytest.FixtureRequest, clock: ManualClock, identity: Identity, redis_prefix: str
) -> AsyncIterator[tuple[Tickets, Tickets]]:
    """Where a ticket is issued and where it is redeemed; in memory that is the same process."""
    if request.param == "memory":
        alone = MemoryTickets(clock)
        yield alone, alone
        return
    server: RedisServer = request.getfixturevalue("redis_alone")
    doors = [open_redis(server.url, SystemClock(), timeout_s=5.0) for _ in range(2)]
    one, two = (RedisTickets(clock, identity, door, redis_prefix) for door in doors)
    yield one, two
    for door in doors:
        await door.close()


async def test_a_ticket_opens_once(processes: tuple[Tickets, Tickets], signed_in: tuple[str, SignedIn]) -> None:
    issues, redeems = processes
    ticket = await issues.issue(signed_in[1])
    assert await redeems.redeem(ticket) == signed_in[1]
    for tickets in processes:
        with pytest.raises(TokenInvalid):
            await tickets.redeem(ticket)


async def test_a_ticket_opens_for_thirty_seconds(
    processes: tuple[Tickets, Tickets], signed_in: tuple[str, SignedIn], clock: ManualClock
) -> None:
    issues, redeems = processes
    in_time, too_late = await issues.issue(signed_in[1]), await issues.issue(signed_in[1])
    clock.advance(TTL_S)
    await redeems.redeem(in_time)
    clock.advance(0.1)
    with pytest.raises(TokenExpired):
        await redeems.redeem(too_late)
    assert KEPT_S > TTL_S, "too late can be told from never was"


async def test_whoever_signs_out_takes_the_tickets_along(
    processes: tuple[Tickets, Tickets], signed_in: tuple[str, SignedIn], identity: Identity
) -> None:
    issues, redeems = processes
    key, who = signed_in
    ticket = await issues.issue(who)
    await identity.sign_out(key)
    issues.forget(who.session_hash)
    with pytest.raises(TokenInvalid):
        await redeems.redeem(ticket)


async def test_while_redis_is_away_tickets_open_where_they_were_issued(
    signed_in: tuple[str, SignedIn], identity: Identity, clock: ManualClock
) -> None:
    door = open_redis("redis://127.0.0.1:1", SystemClock(), timeout_s=0.5)
    tickets = RedisTickets(clock, identity, door, "t")
    ticket = await tickets.issue(signed_in[1])
    assert await tickets.redeem(ticket) == signed_in[1]
    await door.close()


async def test_what_lies_in_redis_opens_nothing(
    signed_in: tuple[str, SignedIn], identity: Identity, clock: ManualClock, redis_alone: RedisServer, redis_prefix: str
) -> None:
    door = open_redis(redis_alone.url, SystemClock(), timeout_s=5.0)
    ticket = await RedisTickets(clock, identity, door, redis_prefix).issue(signed_in[1])
    with redis_alone.admin() as admin:
        kept = [(key, admin.get(key)) for key in admin.scan_iter(f"*{redis_prefix}*")]
    assert len(kept) == 1
    assert ticket not in str(kept)
    assert signed_in[0] not in str(kept)
    assert signed_in[1].csrf_token not in str(kept)
    await door.close()
