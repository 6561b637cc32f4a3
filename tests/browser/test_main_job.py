"""The main job, as four people meet it: a clerk reaches an officer, three people talk, the visit is recorded."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Windows, becomes

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

RECEIVED = """async () => {
  const room = window.klatiene?.room;
  if (!room) return null;
  const found = {packets: 0, frames: 0, audio: 0};
  const {subscriber, publisher} = room.engine.pcManager ?? {};
  const reports = [await subscriber?.getStats(), await publisher?.getStats()];
  for (const stats of reports) for (const row of stats?.values() ?? []) {
    if (row.type !== 'inbound-rtp') continue;
    found.packets += row.packetsReceived ?? 0;
    if (row.kind === 'video') found.frames += row.framesDecoded ?? 0;
    if (row.kind === 'audio') found.audio += row.packetsReceived ?? 0;
  }
  return found;
}"""

OTHERS_MOVE = """(count) => {
  const videos = [...document.querySelectorAll('[data-testid^="tile-"]:not(.mine) video')];
  return videos.length === count && videos.every(each => each.videoWidth > 0 && !each.paused);
}"""


def part(page: Page, name: str) -> Locator:
    return page.get_by_test_id(name)


async def received(page: Page) -> dict[str, int]:
    found = await page.evaluate(RECEIVED)
    assert found is not None
    return dict(found)


async def grows(page: Page) -> None:
    """Pictures and sound go on arriving at this page."""
    before = await received(page)
    more = f"(before) => ({RECEIVED})().then(now => now.frames > before.frames && now.audio > before.audio)"
    await becomes(page, more, before)


async def person(page: Page, role: str) -> str:
    """The identity in the room of the one with that role."""
    row = page.locator(f'[data-testid^="participant-"][data-role="{role}"]')
    await expect(row).to_have_attribute("data-state", "joined")
    return (await row.get_attribute("data-testid") or "").removeprefix("participant-")


async def ring_up(clerk: Page, officer: Page, officer_id: str, workstation: str) -> None:
    """The officer is available, is dialled for a client at a workstation (its id or what the form calls it; empty: at
    none) and answers."""
    await part(officer, "availability-available").click()
    await expect(part(clerk, f"indicator-{officer_id}")).to_have_attribute("data-state", "available")
    await part(clerk, f"dial-{officer_id}").click()
    await part(clerk, "request-workstation").select_option(workstation)
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()


async def two_talk(windows: Windows, *, patience_ms: float = 15_000) -> tuple[Page, Page]:
    """The windows of a clerk who rang up an officer, and of the officer, who see each other."""
    officer = await windows.open("officer-vid-2")
    await part(officer, "availability-available").click()
    clerk = await windows.open("clerk-adazi")
    await part(clerk, "dial-vid-2").click()
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    for page in (clerk, officer):
        page.set_default_timeout(patience_ms)
        await page.wait_for_function(OTHERS_MOVE, arg=1)
    return clerk, officer


async def test_three_people_talk_and_the_visit_is_recorded(windows: Windows) -> None:
    supervisor = await windows.open("supervisor-vsaa")
    clerk = await windows.open("clerk-grobina")
    officer = await windows.open("officer-vsaa-1")
    kiosk = await windows.open("kiosk-zeltini")

    # the officer becomes available: the clerk sees it without reloading
    indicator = part(clerk, "indicator-vsaa-1")
    await expect(indicator).to_have_attribute("data-state", "offline")
    await part(officer, "availability-available").click()
    await expect(indicator).to_have_attribute("data-state", "available")
    await expect(part(supervisor, "board-tile-available")).to_contain_text("1 /")

    # the citizen touches the screen and waits
    await part(kiosk, "kiosk-start").click()
    await expect(part(kiosk, "kiosk-waiting")).to_be_visible()

    # a request to the group; the officer's console rings
    await part(clerk, "request-group").select_option("vsaa-pabalsti")
    await part(clerk, "request-pak").select_option("PAK_02")
    await part(clerk, "request-workstation").select_option("zeltini-1")
    await part(clerk, "request-submit").click()
    await expect(part(officer, "offer")).to_be_visible()
    await expect(indicator).to_have_attribute("data-state", "ringing")
    await expect(part(officer, "offer-accept")).to_be_focused()
    await officer.keyboard.press("Enter")

    # officer and clerk are in the session, the workstation waits unseen
    for page in (clerk, officer):
        await page.wait_for_function(OTHERS_MOVE, arg=1)
        await grows(page)
    await expect(part(kiosk, "kiosk-waiting")).to_be_visible()
    assert await kiosk.evaluate(RECEIVED) is None, "the waiting workstation has no room at all"
    assert await kiosk.locator("video, audio").count() == 0
    await expect(part(supervisor, "board-tile-in_session")).to_contain_text("1")

    # authorised with one click: three people see and hear each other
    await part(clerk, "authorise").click()
    for page in (clerk, officer, kiosk):
        await page.wait_for_function(OTHERS_MOVE, arg=2)
        await grows(page)

    # chat
    await part(kiosk, "chat-input").fill("Labdien!")
    await part(kiosk, "chat-send").click()
    for page in (clerk, officer, kiosk):
        await expect(part(page, "chat-log")).to_contain_text("Labdien!")

    # the officer shares a screen
    await part(officer, "toggle-share").click()
    for page in (clerk, kiosk):
        await expect(page.locator(".tile.screen video")).to_be_visible()
    await part(officer, "toggle-share").click()
    await expect(clerk.locator(".tile.screen")).to_have_count(0)

    # the clerk mutes the officer: nobody hears them, and they cannot lift it by themselves
    of_officer = await person(clerk, "officer")
    await part(clerk, f"mute-audio-{of_officer}").click()
    await expect(part(officer, "banned")).to_be_visible()
    await expect(part(officer, "toggle-mic")).to_be_disabled()
    await expect(part(clerk, f"mute-audio-{of_officer}")).to_have_attribute("aria-pressed", "true")
    await part(clerk, f"mute-audio-{of_officer}").click()
    await expect(part(officer, "toggle-mic")).to_be_enabled()

    # the clerk removes the citizen, who is thanked and sees nothing any more
    of_citizen = await person(clerk, "citizen")
    await part(clerk, f"remove-{of_citizen}").click()
    await part(clerk, "confirm").click()
    await expect(kiosk.locator("video")).to_have_count(0)
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()

    # the end: wrap-up, then available again
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(officer, "wrap-up")).to_be_visible()
    await expect(indicator).to_have_attribute("data-state", "wrap_up")
    await part(officer, "wrap-up-outcome-solved").click()
    await part(officer, "wrap-up-finish").click()
    await expect(indicator).to_have_attribute("data-state", "available")
    await expect(part(supervisor, "board-tile-answered")).to_contain_text("1")

    # the register shows the visit
    await clerk.goto(f"{windows.url}/cases")
    row = clerk.locator('[data-testid^="case-row-"]').first
    await expect(row).to_contain_text("PAK_02")
    await expect(row).to_contain_text("VSAA")
    await expect(row).to_contain_text("Atrisināts")
    await expect(row).to_contain_text("0:")

    assert not windows.complaints, "\n".join(windows.complaints)


async def test_direct_call_by_code_and_revoked(windows: Windows) -> None:
    clerk = await windows.open("clerk-adazi")
    officer = await windows.open("officer-vid-1")
    kiosk = await windows.open("kiosk-adazi")
    await part(officer, "availability-available").click()
    await expect(part(clerk, "indicator-vid-1")).to_have_attribute("data-state", "available")
    await part(kiosk, "kiosk-start").click()

    await part(clerk, "dial-vid-1").click()
    await part(clerk, "request-workstation").select_option("adazi-1")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    await clerk.wait_for_function(OTHERS_MOVE, arg=1)

    await part(clerk, "show-code").click()
    code = (await part(clerk, "authorise-code").inner_text()).strip()
    await part(kiosk, "kiosk-have-code").click()
    await part(kiosk, "kiosk-code").fill(code)
    await part(kiosk, "kiosk-code-send").click()
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2)

    # the citizen leaves by themselves: thanked, nothing of them is left, and may be let in again
    await part(kiosk, "chat-input").fill("Manas domas")
    await part(kiosk, "kiosk-leave").click()
    await part(kiosk, "confirm").click()
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()
    assert await kiosk.evaluate("sessionStorage.length") == 0
    await expect(part(clerk, "workstation")).to_have_attribute("data-state", "waiting")
    await kiosk.get_by_test_id("kiosk-thanks").get_by_role("button").click()
    await part(kiosk, "kiosk-start").click()
    await part(clerk, "authorise").click()
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2)

    # taken back: the media is cut and the citizen sees a screen that helps
    await part(clerk, "revoke").click()
    await expect(kiosk.locator("video")).to_have_count(0, timeout=2_000)

    await part(officer, "leave-session").click()
    await part(officer, "confirm").click()
    await expect(part(officer, "wrap-up")).to_be_visible()
    await expect(part(clerk, "session-ended")).to_be_visible()
