"""A camera over a document at the client's workstation: a second picture beside the face, ended and forgotten."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows, becomes
from tests.browser.flowing import flow_now, flows
from tests.browser.session_table import moves, three_talk
from tests.browser.test_main_job import part, person
from tests.browser.test_workstations import MEDIA_MS

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

#: whatever this page opens from now on, to see that it is let go
RECORD = """() => {
  window.opened = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    window.opened.push(...stream.getTracks());
    return stream;
  };
}"""
LIVE = "() => window.opened.filter(each => each.readyState === 'live').length"
#: the cameras that are shown, by device
DEVICES = """() => [...window.klatiene.room.localParticipant.trackPublications.values()]
  .filter(each => each.kind === 'video')
  .map(each => each.track.mediaStreamTrack.getSettings().deviceId)"""
MAY_SHARE = "() => window.klatiene.room.localParticipant.permissions.canPublishSources.includes(3)"
PAPER = '.tile.screen[data-kind="paper"]'
PAPER_MOVES = f"""() => {{
  const video = document.querySelector('{PAPER} video');
  return video !== null && video.videoWidth > 0 && !video.paused;
}}"""


async def shows(page: Page) -> None:
    await expect(page.locator(PAPER)).to_have_count(1)
    # what is scrolled out of sight is not sent
    await page.locator(PAPER).scroll_into_view_if_needed()
    await page.wait_for_function(PAPER_MOVES, timeout=MEDIA_MS)


async def test_a_paper_beside_the_face(windows: Windows) -> None:
    table = await three_talk(windows)
    clerk, officer, kiosk = table.clerk, table.officer, table.kiosk
    client = await person(officer, "citizen")
    await kiosk.evaluate(RECORD)
    await expect(part(kiosk, "toggle-share")).to_have_count(0)

    # one touch: both cameras, and what the client shows is seen by the client, too
    button = part(kiosk, "document-camera")
    await expect(button).to_have_accessible_name("Rādīt dokumentu")
    await button.click()
    for page in (kiosk, officer, clerk):
        await shows(page)
        await expect(page.locator(PAPER)).to_contain_text("Dokumentu kamera")
    await moves(officer, 2)
    await flows(officer, client, "microphone", "camera", "paper")
    await flows(clerk, client, "microphone", "camera", "paper")
    devices = await kiosk.evaluate(DEVICES)
    assert len(devices) == len(set(devices)) == 2, "two cameras, not one twice"
    assert not await kiosk.evaluate(MAY_SHARE), "the screen is not lent by that"

    # the face goes off and on by itself, the paper stays
    await part(kiosk, "toggle-camera").click()
    await expect(part(kiosk, "toggle-camera")).to_have_attribute("aria-pressed", "false")
    await expect(officer.locator(f'[data-testid="tile-{client}"] video')).to_have_count(0)
    await flows(officer, client, "paper")
    await part(kiosk, "toggle-camera").click()
    await flows(officer, client, "camera", "paper")

    # ended by the same button: the picture is gone everywhere, and that camera is let go
    await expect(button).to_have_accessible_name("Nerādīt dokumentu")
    await button.click()
    for page in (kiosk, officer, clerk):
        await expect(page.locator(PAPER)).to_have_count(0)
    await becomes(kiosk, "() => window.opened.filter(each => each.readyState === 'live').length <= 1")
    assert len(await kiosk.evaluate(DEVICES)) == 1
    await flows(officer, client)

    # the moderator stops the client's pictures: both
    await button.click()
    await shows(officer)
    await part(clerk, f"mute-video-{client}").click()
    for page in (kiosk, officer):
        await expect(page.locator(PAPER)).to_have_count(0)
    await expect(button).to_be_disabled()
    assert not await flow_now(officer, client, "camera")
    await part(clerk, f"mute-video-{client}").click()
    await expect(button).to_be_enabled()

    # sound alone takes the paper off as well, and the end lets every camera go
    await button.click()
    await shows(officer)
    await part(kiosk, "audio-only").click()
    await expect(officer.locator(PAPER)).to_have_count(0)
    await part(kiosk, "audio-only").click()
    await button.click()
    await shows(officer)
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()
    await becomes(kiosk, f"() => ({LIVE})() === 0")
    await expect(kiosk.locator("video, audio")).to_have_count(0)
    await part(kiosk, "kiosk-home").click()
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    assert await kiosk.evaluate("typeof window.opened") == "undefined", "loaded anew"
    assert not windows.complaints, "\n".join(windows.complaints)
