"""*Control* from end to end: the officer sees the client's whole screen, clicks and types; a real window gets it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout
from Xlib.protocol import event as x_event

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Windows
from tests.browser.test_main_job import OTHERS_MOVE, part, person, ring_up
from tests.browser.test_workstations import MEDIA_MS, lend, show_screen
from tests.x_screen import Window, x_screen

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

WIDTH, HEIGHT = 1024, 768
WORKSTATION = "Grobiņas darba vieta 1"
#: where the window is on the client's screen, and a colour that nothing else has
X, Y, SIDE, COLOUR = 760, 520, 200, 0xC000C0
MIDDLE = ((X + SIDE / 2) / WIDTH, (Y + SIDE / 2) / HEIGHT)
#: two seconds, and what a busy test machine adds
STOPPED_MS = 2_000 + 3_000
TYPED = "paldies"
WHEEL_DOWN, WHEEL_STEPS = 5, 2

SHOWS = """([x, y]) => {
  const video = document.querySelector('[data-testid="steer-surface"] video');
  if (!video || !video.videoWidth) return false;
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0);
  const [red, green, blue] = pen.getImageData(x * canvas.width, y * canvas.height, 1, 1).data;
  return red > 140 && green < 60 && blue > 140;
}"""
#: what getStats counts of pictures of that screen
SCREEN_FRAMES = """async () => {
  const {subscriber, publisher} = window.klatiene.room.engine.pcManager;
  const wanted = document.querySelector('[data-testid="steer-surface"] video').srcObject.getVideoTracks()[0].id;
  let frames = 0;
  for (const side of [subscriber, publisher]) for (const row of (await side?.getStats())?.values() ?? [])
    if (row.type === 'inbound-rtp' && row.trackIdentifier === wanted) frames += row.framesDecoded;
  return frames;
}"""
STEER = """async (session) => {
  const {csrf_token} = await (await fetch('/api/me')).json();
  const input = {kind: 'desktop', acts: [{do: 'key', key: 'x', down: true}]};
  const answer = await fetch(`/api/sessions/${session}/control/input`, {
    method: 'POST',
    headers: {'content-type': 'application/json', 'x-csrf-token': csrf_token},
    body: JSON.stringify({input}),
  });
  return [answer.status, (await answer.json()).error?.code];
}"""


@pytest.fixture
def screen() -> Iterator[str]:
    with x_screen(WIDTH, HEIGHT) as name:
        yield name


@asynccontextmanager
async def kiosk_on(screen: str, windows: Windows, account: str) -> AsyncIterator[Page]:
    """The client's browser on that screen, in the way it is started at a contact point."""
    place = ["--kiosk", "--window-position=0,0", f"--window-size={WIDTH},{HEIGHT}"]
    shares = "--auto-select-desktop-capture-source=Entire screen"
    # what the fake prompt gives instead of a screen is a test picture
    given = ("--auto-accept-this-tab-capture", "--use-fake-ui-for-media-stream")
    arguments = [each for each in ARGUMENTS if each not in given]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*arguments, *place, shares],
            headless=False,
            env={**os.environ, "DISPLAY": screen},
        )
        try:
            context = await browser.new_context(no_viewport=True, locale="lv", permissions=["camera", "microphone"])
            page = await context.new_page()
            page.set_default_timeout(15_000)
            await page.goto(f"{windows.url}/?account={account}&diagnostics")
            yield page
        finally:
            await browser.close()


@asynccontextmanager
async def agent_on(screen: str, windows: Windows, clerk: Page, state: Path) -> AsyncIterator[None]:
    """The workstation's agent, enrolled by the clerk at their console."""
    words = ["agent", "--url", windows.url, "--point", "grobina", "--name", WORKSTATION, "--state", str(state)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web.cli", *words, stdout=asyncio.subprocess.PIPE, env={**os.environ, "DISPLAY": screen}
    )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        code, number = line.rsplit(":", 1)[1].split()
        await clerk.get_by_role("link", name="Klientu darba vietas").click()
        await part(clerk, "enrol-code").fill(code)
        await part(clerk, "enrol-code").press("Enter")
        await expect(part(clerk, "enrol-found")).to_contain_text("palīgprogramma")
        await part(clerk, "enrol-check").fill(number)
        await part(clerk, "enrol-check").press("Enter")
        await expect(part(clerk, "enrol-done")).to_be_visible()
        await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
        yield
    finally:
        process.terminate()
        await process.wait()


async def comes_to_sight(officer: Page, window: Window) -> None:
    """In front: a browser that was touched comes there a moment later where no window manager keeps it back."""
    deadline = time.monotonic() + MEDIA_MS / 1000
    while True:
        window.take_keyboard()
        try:
            await officer.wait_for_function(SHOWS, arg=MIDDLE, timeout=3_000)
            return
        except PlaywrightTimeout:
            assert time.monotonic() < deadline, "the officer does not see the window"


async def test_the_officer_works_at_the_clients_screen_until_the_client_stops_it(
    windows: Windows, screen: str, tmp_path: Path
) -> None:
    clerk = await windows.open("clerk-grobina")
    officer = await windows.open("officer-vsaa-1")
    async with (
        kiosk_on(screen, windows, "kiosk-grobina") as kiosk,
        agent_on(screen, windows, clerk, tmp_path / "agent.json"),
    ):
        await part(kiosk, "kiosk-start").click()
        await ring_up(clerk, officer, "vsaa-1", "grobina-1")
        await part(clerk, "authorise").click()
        await kiosk.wait_for_function(OTHERS_MOVE, arg=2, timeout=MEDIA_MS)
        session = await part(officer, "session").get_attribute("data-session")

        with contextlib.closing(Window(screen, x=X, y=Y, width=SIDE, height=SIDE, colour=COLOUR)) as window:
            # nothing before it is lent
            assert await officer.evaluate(STEER, session) == [403, "control_not_granted"]
            await person(clerk, "officer")
            await lend(clerk, "control")
            await show_screen(kiosk)
            await expect(part(kiosk, "control-banner")).to_contain_text("VSAA speciālists 1 vada šo datoru")

            # the whole screen, beyond the browser's page, is what the officer sees
            surface = part(officer, "steer-surface")
            await surface.evaluate("(each) => each.scrollIntoView({block: 'center'})")
            await comes_to_sight(officer, window)
            assert await officer.evaluate(SCREEN_FRAMES) > 0

            # where the officer clicks is where the mouse is pressed; what is typed arrives there
            box = await surface.bounding_box()
            assert box is not None
            at = (box["x"] + MIDDLE[0] * box["width"], box["y"] + MIDDLE[1] * box["height"])
            await officer.mouse.click(*at)
            pressed = await asyncio.to_thread(window.next, x_event.ButtonPress)
            assert abs(pressed.event_x - SIDE / 2) <= 4
            assert abs(pressed.event_y - SIDE / 2) <= 4
            # faster than a line answers: each key comes, in its order
            await officer.keyboard.type(TYPED)
            typed = [await asyncio.to_thread(window.letter) for _ in TYPED]
            assert "".join(map(chr, typed)) == TYPED
            await officer.mouse.wheel(0, WHEEL_STEPS * 60)
            for _ in range(WHEEL_STEPS):
                turned = await asyncio.to_thread(window.next, x_event.ButtonPress)
                assert turned.detail == WHEEL_DOWN
                await asyncio.to_thread(window.next, x_event.ButtonRelease)

            # the client's button, always in the banner: over at once, for the picture and for the hand
            await part(kiosk, "control-stop").click()
            await expect(part(officer, "steer")).to_have_count(0, timeout=STOPPED_MS)
            await expect(part(kiosk, "control-banner")).to_have_count(0)
            await expect(officer.locator(".tile.screen")).to_have_count(0)
            await expect(part(clerk, "lend")).to_have_attribute("data-level", "none")
            assert await officer.evaluate(STEER, session) == [403, "control_not_granted"]
            assert window.is_silent()
        await part(clerk, "end-session").click()
        await part(clerk, "confirm").click()
        await expect(part(kiosk, "kiosk-thanks")).to_be_visible()
    windows.complaints[:] = [each for each in windows.complaints if "status of 403" not in each]
    assert not windows.complaints, "\n".join(windows.complaints)
