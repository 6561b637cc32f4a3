"""The agent on a real X server with a real window: moved only while a clerk has allowed it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from Xlib.protocol import event as x_event

from kernel.clock import ManualClock
from tests.web.person import WAIT_S, Person
from tests.web.running import Running, running_house
from tests.web.sessions import outcomes, written
from tests.x_screen import REPEATS_S, Window, x_screen
from web.agent.run import Agent, Kept
from web.agent.x11 import Screen
from web.device import Device, new_key

NAME = "Grobiņas darba vieta 1"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def x_server() -> Iterator[str]:
    with x_screen() as name:
        yield name


def key(name: str, down: bool) -> dict[str, Any]:
    return {"do": "key", "key": name, "down": down}


@pytest.fixture
def window(x_server: str) -> Iterator[Window]:
    opened = Window(x_server)
    yield opened
    opened.close()


@contextmanager
def running_agent(house: Running, state: Path, screen: Screen, clerk: Person) -> Iterator[Future[None]]:
    """Enrolled by the clerk, and listening; what is yielded is done when the agent has ended."""
    said: list[str] = []
    told = threading.Event()
    loop = asyncio.new_event_loop()

    def say(text: str) -> None:
        said.append(text)
        told.set()

    agent = Agent(house.url, Kept(state), screen, say)
    work = loop.create_task(agent.run(point_id="grobina", name=NAME))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        assert told.wait(WAIT_S)
        code, number = said[0].split()
        asked = clerk.post("/api/enrolment/look", {"user_code": code}).json()
        assert asked["kind"] == "agent"
        assert clerk.post(f"/api/enrolment/{asked['id']}/confirm", {"number": number}).status_code == 200
        asyncio.run_coroutine_threadsafe(agent.listening.wait(), loop).result(WAIT_S)
        yield asyncio.run_coroutine_threadsafe(_ended(work), loop)
    finally:
        loop.call_soon_threadsafe(work.cancel)
        asyncio.run_coroutine_threadsafe(_ended(work), loop).result(WAIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(WAIT_S)
        loop.close()


async def _ended(work: asyncio.Task[None]) -> None:
    await asyncio.wait([work])


def in_session(house: Running, clerk: Person, officer: Person, kiosk: Person) -> str:
    """A session in which all three are in the room, as the media node would say."""
    officer.go_live()
    officer.post("/api/presence", {"choice": "available"})
    clerk.go_live().wait_for_indicator("vsaa-1", "available")
    asked = clerk.request("vsaa-pabalsti", officer_id="vsaa-1", workstation_id="grobina-1").json()
    offer = officer.wait_for_offer(asked["id"])
    officer.post(f"/api/offers/{asked['id']}/accept", {"version": offer["version"]})
    clerk.wait_for(lambda each: each.get("type") == "session.changed" and each["data"]["id"] == asked["id"])
    given = clerk.post(
        f"/api/sessions/{asked['id']}/authorisation", {"workstation_id": "grobina-1", "delivery": "code"}
    ).json()
    # there is no node to join, but the place is the workstation's from now on
    assert kiosk.post("/api/authorisations/redeem", {"code": given["code"]}).status_code == 503
    session = clerk.get(f"/api/sessions/{asked['id']}").json()
    for person in session["participants"]:
        told = SimpleNamespace(
            event="participant_joined",
            room=SimpleNamespace(name=asked["id"]),
            participant=SimpleNamespace(identity=person["identity"], sid=f"PA_{person['role']}"),
        )
        house.do(house.house.consultation.on_webhook(told))
    return str(asked["id"])


def test_only_while_it_is_lent(tmp_path: Path, x_server: str, window: Window) -> None:
    click = {"do": "button", "x": 0.25, "y": 0.5, "number": 1}
    with (
        closing(Screen(x_server)) as screen,
        running_house(tmp_path / "house", ManualClock()) as house,
        Person(house.url, "clerk-grobina") as clerk,
        Person(house.url, "officer-vsaa-1") as officer,
        Person(house.url, "kiosk-grobina") as kiosk,
        running_agent(house, tmp_path / "agent.json", screen, clerk) as ended,
    ):
        session_id = in_session(house, clerk, officer, kiosk)
        path = f"/api/sessions/{session_id}/control"
        people = clerk.get(f"/api/sessions/{session_id}").json()["participants"]
        identity = next(each["identity"] for each in people if each["role"] == "officer")

        def steer(*acts: dict[str, Any]) -> str:
            answer = officer.post(f"{path}/input", {"input": {"kind": "desktop", "acts": acts}})
            return "" if answer.status_code == 204 else str(answer.json()["error"]["code"])

        def lend(level: str, who: Person = clerk) -> int:
            return who.post(path, {"identity": identity, "level": level, "seconds": 60}).status_code

        # nobody but the clerk lends, and less than control moves nothing
        assert steer(key("k", True)) == "control_not_granted"
        assert (lend("control", officer), lend("control", kiosk)) == (403, 403)
        assert lend("guide") == 200
        assert steer(key("k", True)) == "control_not_granted"

        assert lend("control") == 200
        assert steer({**click, "down": True}, {**click, "down": False}) == ""
        pressed = window.next(x_event.ButtonPress)
        assert (pressed.event_x, pressed.event_y, pressed.detail) == (200, 300, 1)
        assert steer(key("k", True), key("k", False), key("K", True), key("K", False)) == ""
        assert [window.letter(), window.letter()] == [ord("k"), ord("K")]
        # a letter that this keyboard does not have
        assert steer(key("ā", True), key("ā", False)) == ""
        assert window.letter() == 0x01000000 | ord("ā")
        window.rest()

        # let go late, as over a slow line: no letter comes of that
        assert steer(key("k", True)) == ""
        time.sleep(10 * REPEATS_S)
        assert steer(key("k", False), key("m", True), key("m", False)) == ""
        assert [window.letter(), window.letter()] == [ord("k"), ord("m")]
        window.rest()

        # stopped by the client with a key held down: it is let go, and nothing more is taken
        assert steer(key("k", True)) == ""
        assert window.letter() == ord("k")
        assert kiosk.call("DELETE", path).status_code == 204
        window.next(x_event.KeyRelease)
        assert steer(key("k", True)) == "control_not_granted"
        assert window.is_silent()

        # lent for a minute, and not a second longer
        assert lend("control") == 200
        assert steer({**click, "down": True}, {**click, "down": False}) == ""
        window.next(x_event.ButtonRelease)
        house.clock.advance(60)
        assert steer(key("k", True)) == "control_not_granted"
        assert window.is_silent()

        # all of it stands in the audit log: who lent, who stopped, what kind of input; never which key
        assert outcomes(house, "clerk-grobina", "control.lend.guide") == ["ok"]
        assert outcomes(house, "clerk-grobina", "control.lend.control") == ["ok", "ok"]
        assert outcomes(house, "officer-vsaa-1", "session.lend") == ["not_moderator"]
        assert outcomes(house, "kiosk-grobina", "control.stop") == ["ok"]
        assert outcomes(house, "officer-vsaa-1", "control.input") == ["control_not_granted"] * 4
        assert outcomes(house, "officer-vsaa-1", "control.input.desktop") == ["ok"] * 7
        kinds = {field for row in written(house, "control.input.desktop") for field in row["fields"]}
        assert kinds == {"button", "key"}

        # an agent may do nothing else, and ends when it is let go
        assert Kept(tmp_path / "agent.json").load(house.url)
        assert (tmp_path / "agent.json").stat().st_mode & 0o077 == 0
        assert clerk.post("/api/workstations/grobina-1/revoke").status_code == 204
        ended.result(WAIT_S)
    assert not (tmp_path / "agent.json").exists()


async def _ask(url: str) -> str:
    async with httpx.AsyncClient(base_url=url) as http:
        started = await Device(url, new_key()).start(http, point_id="grobina", name="Nav tādas", kind="agent")
    return str(started["user_code"])


def test_an_agent_belongs_to_a_workstation_that_is_there(tmp_path: Path) -> None:
    # the service's clock stands elsewhere than ours: the device learns that
    with running_house(tmp_path, ManualClock()) as house, Person(house.url, "clerk-grobina") as clerk:
        answer = clerk.post("/api/enrolment/look", {"user_code": asyncio.run(_ask(house.url))})
        assert answer.json()["error"]["code"] == "workstation_unknown"
