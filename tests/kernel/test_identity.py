import pytest
import sqlalchemy as sa

from kernel.clock import ManualClock
from kernel.errors import IdempotencyMismatch, NotAllowed, NotSignedIn
from kernel.idempotency import Idempotency
from kernel.identity import Identity, Principal, csrf_matches, web_sessions
from kernel.ids import AccountId, PointId
from kernel.ledger import Ledger
from kernel.messages import Role

CLERK = Principal(id=AccountId("clerk-1"), role=Role.CLERK, name="Darbinieks", point_id=PointId("grobina"))


@pytest.fixture
async def identity(ledger: Ledger, clock: ManualClock) -> Identity:
    identity = Identity(ledger, clock, pepper="p" * 32, session_hours=1)
    async with ledger.transaction() as tx:
        await identity.save_account(tx, CLERK)
    return identity


async def test_sign_in_and_out(identity: Identity) -> None:
    key, signed_in = await identity.sign_in(CLERK.id)
    assert signed_in.principal == CLERK
    assert (await identity.who(key)) == signed_in
    assert csrf_matches(signed_in, signed_in.csrf_token)
    assert not csrf_matches(signed_in, None)
    assert not csrf_matches(signed_in, "other")
    await identity.sign_out(key)
    with pytest.raises(NotSignedIn):
        await identity.who(key)


@pytest.mark.parametrize("key", [None, "", "guess"])
async def test_no_cookie_no_session(identity: Identity, key: str | None) -> None:
    with pytest.raises(NotSignedIn):
        await identity.who(key)


async def test_unknown_accounts_do_not_sign_in(identity: Identity) -> None:
    with pytest.raises(NotSignedIn):
        await identity.sign_in(AccountId("nobody"))


async def test_a_session_ends_when_unused_and_lives_while_used(identity: Identity, clock: ManualClock) -> None:
    key, _ = await identity.sign_in(CLERK.id)
    for _ in range(4):
        clock.advance(2_000)
        await identity.who(key)
    clock.advance(3_601)
    with pytest.raises(NotSignedIn):
        await identity.who(key)


async def test_the_ledger_holds_no_key_that_signs_in(identity: Identity, ledger: Ledger) -> None:
    key, _ = await identity.sign_in(CLERK.id)
    async with ledger.reading() as connection:
        stored = (await connection.execute(sa.select(web_sessions))).one()
    assert key not in [str(value) for value in stored]
    with pytest.raises(NotSignedIn):
        await identity.who(stored.key_hash)


def test_roles_are_denied_by_default() -> None:
    CLERK.must_be(Role.CLERK, Role.OFFICER)
    with pytest.raises(NotAllowed):
        CLERK.must_be(Role.SUPERVISOR)


async def test_one_key_one_result(ledger: Ledger, clock: ManualClock) -> None:
    idempotency = Idempotency(ledger, clock)
    assert await idempotency.claim("a", "k", b"body", "id-1") == ("id-1", True)
    assert await idempotency.claim("a", "k", b"body", "id-2") == ("id-1", False)
    assert await idempotency.claim("b", "k", b"other", "id-3") == ("id-3", True)
    with pytest.raises(IdempotencyMismatch):
        await idempotency.claim("a", "k", b"other", "id-4")
