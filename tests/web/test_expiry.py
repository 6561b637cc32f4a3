"""What expires, over real sockets, with a clock that is moved instead of waited for."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from kernel.clock import ManualClock
from tests.web.person import WAIT_S, Person
from web import startup
from web.app import create_app
from web.live.tickets import TTL_S
from web.serve import web_server
from web.wiring import open_house


@dataclass(frozen=True)
class Server:
    url: str
    clock: ManualClock


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The control plane in a thread of its own; there is no media node."""
    settings = startup.read_settings(
        {}, demo=True, var=str(tmp_path), port=startup.free_port(), media_port=startup.free_port(), hold_s=1e6
    )
    clock = ManualClock()
    started = threading.Event()
    stop: list[Any] = []

    async def serve() -> None:
        async with open_house(settings, clock=clock) as house:
            served = web_server(create_app(house), settings)
            stop.append(served)
            # who connects from here on waits in the backlog until it serves
            listener = socket.create_server((settings.host, settings.port))
            started.set()
            await served.serve(sockets=[listener])

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(WAIT_S)
        yield Server(startup.own_url(settings), clock)
    finally:
        for served in stop:
            served.should_exit = True
        thread.join(WAIT_S)


def test_ticket_that_comes_too_late(server: Server) -> None:
    with Person(server.url, "clerk-grobina") as clerk:
        in_time, too_late = clerk.ticket(), clerk.ticket()
        server.clock.advance(TTL_S)
        with connect(clerk.live_url(in_time), origin=server.url) as channel:
            assert '"t":"hello"' in channel.recv(timeout=WAIT_S)
        server.clock.advance(0.1)
        with connect(clerk.live_url(too_late), origin=server.url) as channel:
            assert '"code":"token_expired"' in channel.recv(timeout=WAIT_S)
            with pytest.raises(ConnectionClosed) as closed:
                channel.recv(timeout=WAIT_S)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


def test_sign_in_that_was_not_used(server: Server) -> None:
    ten_hours = 10 * 3600
    with Person(server.url, "clerk-grobina") as clerk:
        server.clock.advance(ten_hours - 60)
        assert clerk.get("/api/me").status_code == 200, "using it prolongs it"
        server.clock.advance(ten_hours - 60)
        assert clerk.get("/api/me").status_code == 200
        server.clock.advance(ten_hours + 60)
        answer = clerk.get("/api/cases")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_signed_in")


def test_authorisation_code_that_is_too_old(server: Server) -> None:
    with ExitStack() as stack:
        clerk, officer, kiosk = (
            stack.enter_context(Person(server.url, account)).go_live()
            for account in ("clerk-grobina", "officer-vsaa-1", "kiosk-zeltini")
        )
        officer.post("/api/presence", {"choice": "available"})
        session_id = clerk.request("vsaa-pabalsti").json()["id"]
        offer = officer.wait_for_offer(session_id)
        officer.post(f"/api/offers/{session_id}/accept", {"version": offer["version"]})
        clerk.wait_for(lambda m: m.get("type") == "session.changed" and m["data"]["id"] == session_id)

        body = {"workstation_id": "zeltini-1", "delivery": "code"}
        code = clerk.post(f"/api/sessions/{session_id}/authorisation", body).json()["code"]
        server.clock.advance(121)
        answer = kiosk.post("/api/authorisations/redeem", {"code": code})
        assert (answer.status_code, answer.json()["error"]["code"]) == (410, "authorisation_expired")
        assert clerk.get(f"/api/sessions/{session_id}").json()["ended_at_ms"] is None
