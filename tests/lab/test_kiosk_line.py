"""A client's workstation behind the lab's line, clerk and officer beside the service: the real pages of all three.

Nobody at the workstation touches anything: it says what happens, and comes back by itself.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import becomes
from tests.browser.flowing import flow_now, flows
from tests.browser.session_table import moves
from tests.browser.test_main_job import part, person, ring_up
from tests.browser.test_workstations import KEPT, MEDIA_MS, SECRET, SHELL_KEPT, enrol_at
from tests.lab.bridge import Quality
from tests.lab.house import LabHouse
from tests.lab.network import PERFECT

pytestmark = [pytest.mark.namespaces, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(300)]

NAME = "Bibliobuss, dators 1"
OUTAGE_S = 10.0
#: resumed within three seconds, half a second in which a flow is seen, and what a busy test machine adds
BACK_S = 3.0 + 0.5 + 4.5
#: the worker waits four seconds for a line that swallows everything, the page eight for its first answer
OWN_WORDS_MS = 40_000
DOWN = Quality(down=True)

#: every touch of a page from now on; gone when the page is loaded anew
LISTEN = """() => {
  window.touched = [];
  for (const name of ['pointerdown', 'mousedown', 'touchstart', 'keydown', 'click'])
    addEventListener(name, () => window.touched.push(name), {capture: true});
}"""
SESSION = "async (id) => (await fetch(`/api/sessions/${id}`)).json()"
STATIONS = "async () => (await fetch('/api/workstations')).json()"


def audited(var: Path, *actions: str) -> list[tuple[str, str]]:
    """(action, outcome) of the audit log, oldest first."""
    ledger = sqlite3.connect(f"file:{var / 'klatiene.db'}?mode=ro", uri=True)
    try:
        rows = [json.loads(body) for (body,) in ledger.execute("SELECT body FROM audit_log ORDER BY id")]
    finally:
        ledger.close()
    return [(row["action"], row["outcome"]) for row in rows if row["action"] in actions]


async def enrolled_of(clerk: Page, name: str) -> dict[str, Any]:
    """What the register says of the workstation and its device."""
    listed = (await clerk.evaluate(STATIONS))["workstations"]
    found = next(each for each in listed if each["name"] == name)
    return {"id": found["id"], "devices": [(each["kind"], each["enrolled_at_ms"]) for each in found["devices"]]}


async def test_a_workstation_comes_back_by_itself(house: LabHouse) -> None:
    line, near, far, var = house.line, house.near, house.far, house.var
    clerk, officer = await far.open("clerk-grobina"), await far.open("officer-vsaa-1")
    kiosk = await near.blank("kiosk")
    for page in (clerk, officer, kiosk):
        page.set_default_timeout(MEDIA_MS)
    await kiosk.goto(f"{near.url}/kiosk?diagnostics")
    await enrol_at(near, clerk, kiosk, place="grobina", name=NAME)
    device = await enrolled_of(clerk, NAME)
    assert len(device["devices"]) == 1

    # switched on where there is no line: our own words, and the start by itself when there is one. Packets disappear
    # without a word, as they do in the fields; a browser that is offline would know it at once
    await becomes(kiosk, SHELL_KEPT)
    line.both(DOWN)
    await kiosk.reload(wait_until="commit")
    await expect(part(kiosk, "kiosk-no-line")).to_contain_text("nav savienojuma", timeout=OWN_WORDS_MS)
    line.both(PERFECT)
    await expect(part(kiosk, "kiosk-start")).to_be_visible(timeout=OWN_WORDS_MS)

    # opened for one session; three people see and hear each other
    await kiosk.evaluate("sessionStorage.setItem('diagnostics', '1')")
    await part(kiosk, "kiosk-start").click()
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    await ring_up(clerk, officer, "vsaa-1", device["id"])
    await part(clerk, "authorise").click()
    for page in (clerk, officer, kiosk):
        await moves(page, 2)
    who = {role: await person(clerk, role) for role in ("clerk", "officer", "citizen")}
    ways = [(page, who[role]) for page, role in ((kiosk, "clerk"), (kiosk, "officer"))]
    ways += [(page, who["citizen"]) for page in (clerk, officer)]
    for page, identity in ways:
        await flows(page, identity)
    session_id = await part(kiosk, "session").get_attribute("data-session")
    before = await clerk.evaluate(SESSION, session_id)
    opened = audited(var, "workstation.authorise", "workstation.redeem", "workstation.revoke")
    assert opened == [("workstation.authorise", "ok"), ("workstation.redeem", "ok")]
    for page in (clerk, officer, kiosk):
        await page.evaluate(LISTEN)

    # ten seconds without a line: said in words at the workstation, while the others go on
    line.both(DOWN)
    down = time.monotonic()
    await expect(part(kiosk, "stage")).to_have_attribute("data-phase", "reconnecting")
    told_s = time.monotonic() - down
    await expect(part(kiosk, "stage").get_by_role("status")).to_contain_text("Savienojums pārtrūcis")
    assert not await flow_now(officer, who["citizen"])
    await flows(officer, who["clerk"])
    await asyncio.sleep(max(0.0, down + OUTAGE_S - time.monotonic()))
    line.both(PERFECT)

    # sound and picture flow again, all ways, without anybody's hand
    begun = time.monotonic()
    await asyncio.gather(*(flows(page, identity, within_s=BACK_S) for page, identity in ways))
    print(f"told after {told_s:.1f} s, back after {time.monotonic() - begun:.1f} s")
    for page in (clerk, officer, kiosk):
        await expect(part(page, "stage")).to_have_attribute("data-phase", "connected")
        await expect(page.locator('[data-testid^="tile-"]')).to_have_count(3)
        assert await page.evaluate("window.touched") == [], "nobody touched it, and it is the same page"
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "open", timeout=30_000)

    # the same session with the same people in the same roles; nobody opened the workstation again
    assert {role: await person(clerk, role) for role in who} == who
    assert await clerk.evaluate(SESSION, session_id) == before
    assert await part(kiosk, "session").get_attribute("data-session") == session_id
    await expect(part(clerk, "workstation")).to_have_attribute("data-state", "in_session")
    assert audited(var, "workstation.authorise", "workstation.redeem", "workstation.revoke") == opened
    assert await enrolled_of(clerk, NAME) == device

    # and what is said afterwards arrives
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()


async def test_a_conversation_cut_for_good_is_forgotten(house: LabHouse) -> None:
    """The line does not come back and the client goes: nothing is left in sight, and the next start says what is."""
    line, near, far = house.line, house.near, house.far
    clerk, officer = await far.open("clerk-grobina"), await far.open("officer-vsaa-1")
    kiosk = await near.blank("kiosk")
    for page in (clerk, officer, kiosk):
        page.set_default_timeout(MEDIA_MS)
    await enrol_at(near, clerk, kiosk, place="grobina", name=NAME)
    await becomes(kiosk, SHELL_KEPT)
    await kiosk.clock.install()
    await part(kiosk, "kiosk-start").click()
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    await ring_up(clerk, officer, "vsaa-1", (await enrolled_of(clerk, NAME))["id"])
    await part(clerk, "authorise").click()
    for page in (clerk, officer, kiosk):
        await moves(page, 2)
    await part(kiosk, "chat-input").fill(SECRET)
    await part(kiosk, "chat-send").click()
    await expect(part(officer, "chat-log")).to_contain_text(SECRET)

    line.both(DOWN)
    await expect(part(kiosk, "stage")).to_have_attribute("data-phase", "reconnecting", timeout=30_000)
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "lost", timeout=60_000)
    assert SECRET in await kiosk.content()
    await kiosk.clock.fast_forward(121_000)
    await expect(part(kiosk, "kiosk-no-line")).to_be_visible(timeout=OWN_WORDS_MS)
    assert SECRET not in await kiosk.evaluate(KEPT)

    # the line is back: the clerk's session still has its place for the workstation
    line.both(PERFECT)
    await expect(part(kiosk, "kiosk-no-line")).to_have_count(0, timeout=OWN_WORDS_MS)
    await moves(kiosk, 2)
    assert SECRET not in await kiosk.content()
