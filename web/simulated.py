"""Officers who are not there in person: they answer by themselves, so that one person alone sees it all."""

from __future__ import annotations

import asyncio
import contextlib
import random

import httpx
import structlog
from websockets.exceptions import WebSocketException

from web.client import Channel, Person, Refused, server, sign_in
from web.seat import Seat

log = structlog.get_logger("simulated")

#: long enough to see the ringing, short enough not to wait
ANSWER_AFTER_S = 2.0
WRAP_UP_S = 4.0
MAX_BACKOFF_S = 15.0


async def run_simulated(url: str) -> None:
    """Every simulated account of the demo at work, until cancelled."""
    async with server(url) as http:
        accounts = (await http.get("/api/demo/accounts")).json()["accounts"]
        names = [account["id"] for account in accounts if account["simulated"]]
        await asyncio.gather(*(_keep_working(http, name, hue) for hue, name in enumerate(names)))


async def _keep_working(http: httpx.AsyncClient, account: str, number: int) -> None:
    """One officer; when the server goes away the work begins anew, later each time."""
    failures = 0
    while True:
        try:
            person = await sign_in(http, account)
            async with person.live() as channel:
                await person.post("/api/presence", {"choice": "available"})
                failures = 0
                await _work(person, channel, hue=60 + number * 17 % 140)
        except (Refused, httpx.HTTPError, WebSocketException, OSError, TimeoutError) as error:
            failures += 1
            log.info("simulated_officer_away", account=account, why=type(error).__name__)
        await asyncio.sleep(min(MAX_BACKOFF_S, 0.5 * 2**failures) * random.uniform(0.5, 1.5))  # noqa: S311  (jitter)


async def _work(person: Person, channel: Channel, *, hue: int) -> None:
    """Answer, talk until the session is over, finish the record. Raises `ConnectionError` when the line ends."""
    while True:
        session_id = await channel.until(_next_session, timeout_s=None)
        session = channel.state.get("session")
        if session and session["id"] == session_id and session["state"] != "ended":
            await _talk(person, channel, session_id, hue)
        elif (offer := channel.state.get("offer")) and offer["request_id"] == session_id:
            await _answer(person, channel, offer["request_id"], offer["version"])
        else:
            await asyncio.sleep(WRAP_UP_S)
            await person.post("/api/wrap-up", {"session_id": session_id, "outcome": "solved"})
            channel.state["wrap_up"] = None


def _next_session(state: dict[str, object]) -> str | None:
    """What asks for the officer now: a running session, an offer, or a wrap-up."""
    session, offer, wrap_up = (state.get(name) for name in ("session", "offer", "wrap_up"))
    if isinstance(session, dict) and session["state"] != "ended":
        return str(session["id"])
    if isinstance(offer, dict):
        return str(offer["request_id"])
    return str(wrap_up["session_id"]) if isinstance(wrap_up, dict) else None


async def _answer(person: Person, channel: Channel, request_id: str, version: int) -> None:
    await asyncio.sleep(ANSWER_AFTER_S)
    try:
        accepted = await person.post(f"/api/offers/{request_id}/accept", {"version": version})
        expected = accepted["session_id"]
        await channel.until(lambda state: (state.get("session") or {}).get("id") == expected or None)
    except Refused:
        # withdrawn while it rang: nothing to answer any more
        channel.state["offer"] = None


async def _talk(person: Person, channel: Channel, session_id: str, hue: int) -> None:
    seat = Seat(hue=hue, watch=False)
    try:
        await channel.until(lambda state: _may_enter(state, session_id), timeout_s=None)
        ticket = await person.post(f"/api/sessions/{session_id}/join")
        await seat.join(ticket["url"], ticket["token"])
        await channel.until(lambda state: _is_over(state, session_id), timeout_s=None)
    except Refused as refused:
        log.info("simulated_officer_not_in", code=refused.code)
        await asyncio.sleep(1.0)
    finally:
        with contextlib.suppress(Exception):
            await seat.leave()


def _may_enter(state: dict[str, object], session_id: str) -> bool | None:
    """Whoever waits before the door, or is held, comes in when the moderator says so."""
    session = state.get("session")
    return True if not isinstance(session, dict) or session["id"] != session_id or not session.get("door") else None


def _is_over(state: dict[str, object], session_id: str) -> bool | None:
    session = state.get("session")
    return True if not isinstance(session, dict) or session["id"] != session_id or session["state"] == "ended" else None
