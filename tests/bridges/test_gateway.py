"""The one client of state systems: when it tries again, and what is written before anything leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from kernel.audit import Audit, audit_log
from kernel.audit_core import GroundedEntry
from kernel.clock import ManualClock
from kernel.errors import AuditUnavailable
from kernel.gateway import Asking, Gateway, GatewayError, Grounds
from kernel.gateway_core import RETRIES, TABLE, Outcome, Then, Tries, next_step, retry_after
from kernel.ledger import Ledger
from tests.bridges.served import served

ASKING = Asking(purpose="consultation", session="00000000-0000-7000-8000-000000000001")
BASES = {"consultation": "GDPR 6(1)(e)"}

Answer = Callable[[Request], Awaitable[Response]]


@asynccontextmanager
async def system(
    clock: ManualClock, answer: Answer, **more: object
) -> AsyncIterator[tuple[Gateway, list[float], list[int]]]:
    """(gateway, the waits it took, tokens it fetched). Waiting moves the clock, not the wall."""
    tokens: list[int] = []

    async def token(_: Request) -> Response:
        tokens.append(len(tokens))
        return JSONResponse({"access_token": f"t{len(tokens)}", "expires_in": 100})

    waits: list[float] = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        clock.advance(seconds)

    app = Starlette(routes=[Route("/token", token, methods=["POST"]), Route("/{path:path}", answer, methods=["POST"])])
    async with served(app) as url:
        made = Gateway(url, "klatiene", "s", clock, sleep=wait, luck=lambda: 0.5, **more)  # type: ignore[arg-type]
        try:
            yield made, waits, tokens
        finally:
            await made.close()


def answers(*statuses: int, **headers: str) -> tuple[Answer, list[str]]:
    """One status after the other, then 200; and the bearer tokens that came."""
    left, seen = list(statuses), list[str]()

    async def answer(request: Request) -> Response:
        seen.append(request.headers["authorization"])
        status = left.pop(0) if left else 200
        named = {name.replace("_", "-"): value for name, value in headers.items()} if status >= 400 else {}
        return JSONResponse({"ok": status == 200}, status, headers=named)

    return answer, seen


# ── trying again ─────────────────────────────────────────────────────────────────────────────────


async def test_only_what_may_be_repeated_is_tried_again(clock: ManualClock) -> None:
    answer, seen = answers(503, 502)
    async with system(clock, answer) as (line, waits, _):
        assert await line.post("/x", {}, dict, idempotent=True) == {"ok": True}
    assert len(seen) == 3
    assert waits == [0.075, 0.15]
    answer, seen = answers(503)
    async with system(clock, answer) as (line, waits, _):
        with pytest.raises(GatewayError, match="refused"):
            await line.post("/x", {}, dict)
    assert (len(seen), waits) == (1, [])


async def test_it_gives_up_in_the_end(clock: ManualClock) -> None:
    answer, seen = answers(*[500] * 9)
    async with system(clock, answer) as (line, _, __):
        with pytest.raises(GatewayError):
            await line.post("/x", {}, dict, idempotent=True)
    assert len(seen) == 1 + RETRIES


async def test_a_retry_after_is_kept_when_there_is_time(clock: ManualClock) -> None:
    answer, seen = answers(429, retry_after="2")
    async with system(clock, answer) as (line, waits, _):
        assert await line.post("/x", {}, dict, idempotent=True) == {"ok": True}
    assert (len(seen), waits) == (2, [2.0])


async def test_a_longer_retry_after_leaves_the_system_in_peace(clock: ManualClock) -> None:
    answer, seen = answers(429, retry_after="30")
    async with system(clock, answer) as (line, waits, _):
        with pytest.raises(GatewayError, match="limited"):
            await line.post("/x", {}, dict, idempotent=True)
        clock.advance(29)
        with pytest.raises(GatewayError, match="resting"):
            await line.post("/x", {}, dict, idempotent=True)
        clock.advance(2)
        assert await line.post("/x", {}, dict) == {"ok": True}
    assert (len(seen), waits) == (2, [])


async def test_a_token_that_is_refused_is_fetched_once_anew(clock: ManualClock) -> None:
    answer, seen = answers(401)
    async with system(clock, answer) as (line, _, tokens):
        assert await line.post("/x", {}, dict) == {"ok": True}
        assert (seen, len(tokens)) == (["Bearer t1", "Bearer t2"], 2)
    answer, seen = answers(401, 401, 401)
    async with system(clock, answer) as (line, _, tokens):
        with pytest.raises(GatewayError, match="refused"):
            await line.post("/x", {}, dict, idempotent=True)
    assert (len(seen), len(tokens)) == (2, 2)


async def test_a_token_is_renewed_before_its_end_and_shared(clock: ManualClock) -> None:
    answer, seen = answers()
    async with system(clock, answer) as (line, _, tokens):
        await asyncio.gather(*(line.post("/x", {}, dict) for _ in range(8)))
        assert len(tokens) == 1
        clock.advance(79)
        await line.post("/x", {}, dict)
        assert len(tokens) == 1
        clock.advance(2)
        await asyncio.gather(*(line.post("/x", {}, dict) for _ in range(8)))
        assert len(tokens) == 2
    assert len(seen) == 17


async def test_so_many_calls_at_once_and_no_more(clock: ManualClock) -> None:
    under_way, most, full = 0, 0, asyncio.Event()

    async def answer(_: Request) -> Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way == 3:
            full.set()
        await full.wait()
        under_way -= 1
        return JSONResponse({})

    async with system(clock, answer, concurrent=3) as (line, _, __):
        await asyncio.gather(*(line.post("/x", {}, dict) for _ in range(12)))
    assert most == 3


@given(
    st.sampled_from(Outcome),
    st.booleans(),
    st.builds(Tries, st.integers(0, 5), st.booleans()),
    st.tuples(st.floats(0, 5), st.floats(0, 1), st.floats(0, 200)),
)
def test_nothing_is_repeated_that_may_not_be(
    outcome: Outcome, idempotent: bool, tries: Tries, times: tuple[float, float, float]
) -> None:
    left_s, luck, asked_s = times
    then, wait_s = next_step(outcome, tries, idempotent=idempotent, left_s=left_s, luck=luck, retry_after_s=asked_s)
    assert then is not Then.WAIT or (idempotent and tries.waited < RETRIES and asked_s <= wait_s < left_s)
    assert then is not Then.RENEW or (outcome is Outcome.UNAUTHORISED and not tries.renewed)
    assert (then is Then.TAKE) == (outcome is Outcome.ANSWERED)


def test_the_table_says_what_follows_everything() -> None:
    assert TABLE.keys() == {(outcome, may) for outcome in Outcome for may in (True, False)}
    assert [retry_after(text) for text in (None, "", "7", "٧", "Wed, 21 Oct 2026 07:28:00 GMT", "9999999")] == [
        0.0, 0.0, 7.0, 0.0, 0.0, 120.0,
    ]  # fmt: skip


# ── lists ────────────────────────────────────────────────────────────────────────────────────────


def paged(pages: dict[str, object]) -> Answer:
    async def answer(request: Request) -> Response:
        return JSONResponse(pages[(await request.json()).get("cursor", "")])

    return answer


async def everything(line: Gateway) -> list[int]:
    return [each async for each in line.pages("/list", {}, int)]


async def test_a_list_is_followed_to_its_end(clock: ManualClock) -> None:
    pages: dict[str, object] = {
        "": {"items": [1, 2], "next": "a"},
        "a": {"items": [], "next": "b"},
        "b": {"items": [3]},
    }
    async with system(clock, paged(pages)) as (line, _, __):
        assert await everything(line) == [1, 2, 3]


@pytest.mark.parametrize(
    "pages",
    [
        {"": {"items": [1], "next": "a"}, "a": {"items": [2], "next": "a"}},
        {"": {"items": ["one"]}},
        {"": {"things": []}},
        {"": []},
    ],
)
async def test_a_list_that_goes_in_circles_or_is_none(clock: ManualClock, pages: dict[str, object]) -> None:
    async with system(clock, paged(pages)) as (line, _, __):
        with pytest.raises(GatewayError, match="garbage"):
            await everything(line)


# ── written before it leaves ─────────────────────────────────────────────────────────────────────


async def test_purpose_basis_and_session_stand_in_the_log_before_the_call(ledger: Ledger, clock: ManualClock) -> None:
    audit = Audit(ledger, clock)
    written: list[GroundedEntry] = []

    async def answer(_: Request) -> Response:
        async with ledger.reading() as connection:
            written.extend(
                msgspec.json.decode(row.body, type=GroundedEntry)
                for row in await connection.execute(sa.select(audit_log))
            )
        return JSONResponse({})

    async with system(clock, answer, name="DAGR", grounds=Grounds(audit, BASES)) as (line, _, __):
        await line.post("/dagr/x", {}, dict, reason=ASKING)
    assert [(each.action, each.purpose, each.basis, each.consultation_id, each.source) for each in written] == [
        ("state.call", "consultation", "GDPR 6(1)(e)", ASKING.session, "DAGR/dagr/x")
    ]
    assert await audit.verify() == 1


@pytest.mark.parametrize(
    "reason",
    [
        None,
        Asking(purpose="", session="s"),
        Asking(purpose="consultation", session=""),
        Asking(purpose="curiosity", session="s"),
    ],
)
async def test_no_session_no_purpose_no_basis_no_data(
    ledger: Ledger, clock: ManualClock, reason: Asking | None
) -> None:
    answer, seen = answers()
    async with system(clock, answer, grounds=Grounds(Audit(ledger, clock), BASES)) as (line, _, tokens):
        with pytest.raises(GatewayError, match="groundless"):
            await line.post("/x", {}, dict, reason=reason)
    assert (seen, tokens) == ([], [])


async def test_what_cannot_be_logged_is_not_sent(clock: ManualClock) -> None:
    class Full:
        async def record(self, entry: GroundedEntry) -> None:
            raise AuditUnavailable

    answer, seen = answers()
    async with system(clock, answer, grounds=Grounds(Full(), BASES)) as (line, _, tokens):
        with pytest.raises(AuditUnavailable):
            await line.post("/x", {}, dict, reason=ASKING)
    assert (seen, tokens) == ([], [])


async def test_an_answer_that_is_no_text_is_garbage(clock: ManualClock) -> None:
    async def answer(_: Request) -> Response:
        return PlainTextResponse(b"\xff\xfe\x00{")

    async with system(clock, answer) as (line, _, __):
        with pytest.raises(GatewayError, match="garbage"):
            await line.post("/x", {}, dict, idempotent=True)
