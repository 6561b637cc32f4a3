"""``klatiene selftest``: a whole consultation without people, over the public API and the media node."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from web.client import Channel, Person, Refused, server, sign_in
from web.seat import Seat
from web.selftest_core import Report, Step, address, line

CLERK, OFFICER, KIOSK = "clerk-grobina", "officer-vsaa-1", "kiosk-zeltini"
OFFICER_ID, WORKSTATION_ID = "vsaa-1", "zeltini-1"
STEP_S = 15.0
#: a microphone that the moderator muted may be heard so long, for what is on its way
MUTED_AFTER_S = 1.0


class Failed(Exception):
    """A step did not hold; the report says which."""


async def run_selftest(url: str, *, as_json: bool) -> int:
    """The exit code: 0 when every step held, 1 otherwise. Prints each step as it ends, or the report as JSON."""
    # the SDK complains of every line that the end of a session cuts
    logging.getLogger("livekit").setLevel(logging.CRITICAL)
    say: Callable[[str], None] = (lambda _: None) if as_json else _print
    test = Selftest(address(url), say)
    try:
        await test.run()
    except Failed:
        pass
    finally:
        await test.close()
    _print(test.report.as_json() if as_json else test.report.conclusion())
    return test.report.exit_code


class Selftest:
    def __init__(self, url: str, say: Callable[[str], None]) -> None:
        self.report = Report(url)
        self._say = say
        self._stack = AsyncExitStack()

    async def close(self) -> None:
        await self._stack.aclose()

    async def run(self) -> None:
        """Raises `Failed` after the step that did not hold."""
        async with self._step("server is ready") as note:
            http = await self._stack.enter_async_context(server(self.report.url))
            answer = await http.get("/readyz")
            if answer.status_code != httpx.codes.OK:
                raise RuntimeError(answer.text[:200])
            note("ledger and media node answer")
        async with self._step("clerk, officer and workstation signed in"):
            clerk, to_clerk = await self._person(http, CLERK)
            officer, to_officer = await self._person(http, OFFICER)
            kiosk, to_kiosk = await self._person(http, KIOSK)
        async with self._step("officer is available"):
            await officer.post("/api/presence", {"choice": "available"})
            self._stack.push_async_callback(officer.post, "/api/presence", {"choice": "offline"})
            await to_clerk.until(lambda state: _indicator(state) == "available" or None)
        async with self._step("request acknowledged") as note:
            request = await clerk.request_officer(pak="PAK_06", officer_id=OFFICER_ID, workstation_id=WORKSTATION_ID)
            note(request["ticket"])
        session_id = request["id"]
        async with self._step("offer delivered"):
            offer = await to_officer.until(lambda state: _offer_of(state, session_id))
        async with self._step("accepted"):
            accepted_at = time.monotonic()
            await officer.post(f"/api/offers/{session_id}/accept", {"version": offer["version"]})
        self._stack.push_async_callback(_end, clerk, session_id)

        at_clerk, at_officer, at_kiosk = Seat(hue=90), Seat(hue=150), Seat(hue=120)
        async with self._step("clerk and officer joined"):
            c, o = await asyncio.gather(
                self._join(clerk, session_id, at_clerk), self._join(officer, session_id, at_officer)
            )
        async with self._step("pictures between clerk and officer"):
            await asyncio.gather(
                at_clerk.until(lambda: o in at_clerk.first_frame, STEP_S),
                at_officer.until(lambda: c in at_officer.first_frame, STEP_S),
            )
            slower = max(at_clerk.first_frame[o], at_officer.first_frame[c])
            self.report.first_frame_ms = round((slower - accepted_at) * 1000, 1)
        async with self._step("workstation waits unseen") as note:
            await to_kiosk.until(lambda state: state.get("session") or None)
            note(await _refusal(kiosk.post(f"/api/sessions/{session_id}/join")))
            if to_kiosk.state["session"].get("participants"):
                raise RuntimeError("the waiting workstation was told who is in the session")
        async with self._step("authorised and joined"):
            await clerk.post(
                f"/api/sessions/{session_id}/authorisation", {"workstation_id": WORKSTATION_ID, "delivery": "push"}
            )
            code = (await to_kiosk.until(lambda state: state.get("authorisation")))["code"]
            ticket = await kiosk.post("/api/authorisations/redeem", {"code": code})
            await self._enter(at_kiosk, ticket)
            w = ticket["identity"]
        async with self._step("first picture at each of the others"):
            seats = ((at_clerk, {o, w}), (at_officer, {c, w}), (at_kiosk, {c, o}))
            await asyncio.gather(*(_sees(seat, others) for seat, others in seats))
        async with self._step("voices at each of the others"):
            await asyncio.gather(*(_hears(seat, others) for seat, others in seats))
        async with self._step("message heard by the others"):
            await at_kiosk.say(b'{"id":"1","text":"selftest","at_ms":0}')
            await asyncio.gather(*(_told(seat, w) for seat in (at_clerk, at_officer)))
        async with self._step("moderation refused to the officer") as note:
            note(await _refusal(officer.post(_mute_path(session_id, c), {"kind": "audio", "muted": True})))
        async with self._step("muted"):
            await clerk.post(_mute_path(session_id, o), {"kind": "audio", "muted": True})
            await asyncio.gather(*(_silent(seat, o) for seat in (at_clerk, at_kiosk)))
        async with self._step("ended"):
            await clerk.post(f"/api/sessions/{session_id}/end", {})
            await asyncio.gather(*(asyncio.wait_for(seat.over.wait(), STEP_S) for seat, _ in seats))
        async with self._step("wrap-up finished"):
            await to_officer.until(lambda state: state.get("wrap_up"))
            await officer.post("/api/wrap-up", {"session_id": session_id, "outcome": "solved"})
            await to_clerk.until(lambda state: _indicator(state) == "available" or None)
        async with self._step("recorded") as note:
            row = await _recorded(clerk, session_id)
            note(f"{row['pak']}, {row['agency_name']}, {row['duration_s']} s, {row['outcome']}")

    @asynccontextmanager
    async def _step(self, name: str) -> AsyncIterator[Callable[[str], None]]:
        """Times what is done within; whatever goes wrong there fails this step and ends the test."""
        noted: list[str] = []
        started = time.monotonic()
        problem: Exception | None = None
        try:
            async with asyncio.timeout(STEP_S * 2):
                yield noted.append
        except Exception as error:
            problem = error
            waited = f"nothing within {time.monotonic() - started:.0f} s"
            noted.append(str(error) or (waited if isinstance(error, TimeoutError) else type(error).__name__))
        step = Step(name, problem is None, round((time.monotonic() - started) * 1000, 1), "; ".join(noted))
        self.report.steps.append(step)
        self._say(line(step))
        if problem is not None:
            raise Failed from problem

    async def _person(self, http: httpx.AsyncClient, account: str) -> tuple[Person, Channel]:
        person = await sign_in(http, account)
        self._stack.push_async_callback(person.sign_out)
        return person, await self._stack.enter_async_context(person.live())

    async def _join(self, person: Person, session_id: str, seat: Seat) -> str:
        ticket = await _when_ready(lambda: person.post(f"/api/sessions/{session_id}/join"))
        await self._enter(seat, ticket)
        return str(ticket["identity"])

    async def _enter(self, seat: Seat, ticket: dict[str, Any]) -> None:
        self._stack.push_async_callback(seat.leave)
        await seat.join(ticket["url"], ticket["token"])


async def _when_ready(call: Callable[[], Awaitable[Any]]) -> Any:
    """The session is opened a moment after the accept; until then the server says `session_not_ready`."""
    while True:
        try:
            return await call()
        except Refused as refused:
            if refused.code != "session_not_ready":
                raise
            await asyncio.sleep(0.02)


async def _sees(seat: Seat, others: set[str]) -> None:
    await seat.until(lambda: others <= set(seat.first_frame), STEP_S)


async def _hears(seat: Seat, others: set[str]) -> None:
    await seat.until(lambda: others <= set(seat.loud), STEP_S)


async def _told(seat: Seat, sender: str) -> None:
    await seat.until(lambda: any(who == sender and b"selftest" in text for who, text in seat.heard), STEP_S)


async def _silent(seat: Seat, identity: str) -> None:
    """Told that the microphone is muted, and really nothing is heard from it after a moment."""
    await seat.until(lambda: (identity, "audio") in seat.muted, STEP_S)
    await asyncio.sleep(MUTED_AFTER_S)
    if seat.loud[identity] > time.monotonic() - MUTED_AFTER_S / 2:
        raise RuntimeError("a muted microphone is still heard")


async def _recorded(clerk: Person, session_id: str) -> dict[str, Any]:
    async with asyncio.timeout(STEP_S):
        while True:
            rows = (await clerk.get("/api/cases", limit=20))["cases"]
            found = [row for row in rows if row["session_id"] == session_id]
            if found and found[0]["outcome"] == "solved" and found[0]["duration_s"] is not None:
                return dict(found[0])
            await asyncio.sleep(0.1)


async def _refusal(call: Awaitable[Any]) -> str:
    """The code with which the server refuses; raises when it does not."""
    try:
        await call
    except Refused as refused:
        return refused.code
    raise RuntimeError("was allowed")


async def _end(clerk: Person, session_id: str) -> None:
    """Whatever failed: no session of the test stays open."""
    try:
        await clerk.post(f"/api/sessions/{session_id}/end", {})
    except (Refused, httpx.HTTPError):
        return


def _indicator(state: dict[str, Any]) -> str | None:
    card = state.get("officers", {}).get(OFFICER_ID)
    return None if card is None else str(card["indicator"])


def _offer_of(state: dict[str, Any], session_id: str) -> dict[str, Any] | None:
    offer = state.get("offer")
    return offer if offer and offer["request_id"] == session_id else None


def _mute_path(session_id: str, identity: str) -> str:
    return f"/api/sessions/{session_id}/participants/{identity}/mute"


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201
