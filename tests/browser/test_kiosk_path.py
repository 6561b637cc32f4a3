"""The whole way of a client at a workstation by keyboard alone: every stop has a name in Latvian, fits a phone's width
and a zoom of 200 %, and axe has nothing to say against it at AA."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Windows
from tests.browser.flowing import flow_now, flows
from tests.browser.session_papers import three_pages
from tests.browser.session_table import moves
from tests.browser.test_accessibility import OVERFLOW, looks_well
from tests.browser.test_main_job import OTHERS_MOVE, part, person, ring_up
from tests.browser.test_workstations import MEDIA_MS, lend

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

NAME = "Lasītava, dators 7"
AA = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
#: a phone, and a screen of 1280 × 900 at 200 %
SIZES = {"360 px": (360, 740), "200 %": (640, 450)}
#: what can be reached by Tab and has no name, and what stands beyond the edge
NAMELESS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, [tabindex="0"]')]
  .filter((each) => each.offsetParent && !each.disabled)
  .filter((each) => !(each.getAttribute('aria-label') || each.labels?.length || each.innerText?.trim()
    || document.getElementById(each.getAttribute('aria-labelledby') ?? '')?.innerText))
  .map((each) => each.outerHTML.slice(0, 120))"""
#: touch targets of the kiosk, in CSS pixels
TOUCH = 64
TOO_SMALL = """(least) => [...document.querySelectorAll('main button, main a.button, main select, main input')]
  .filter((each) => each.offsetParent && each.type !== 'checkbox' && each.getBoundingClientRect().height < least - 0.5)
  .map((each) => `${each.dataset.testid ?? each.innerText} ${each.getBoundingClientRect().height}`)"""


async def good(page: Page, where: str) -> None:
    """At this stop: names, room for a finger, no sideways scrolling at either size, nothing against AA."""
    assert await page.evaluate("document.documentElement.lang") == "lv", where
    assert await page.evaluate(NAMELESS) == [], where
    assert await page.evaluate(TOO_SMALL, TOUCH) == [], where
    before = page.viewport_size
    assert before is not None
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        assert await page.evaluate(OVERFLOW) <= 0, f"{where} scrolls sideways at {size}"
    found = (await Axe().run(page, options=AA)).response["violations"]
    assert [f"{each['id']} {node['target']}" for each in found for node in each["nodes"]] == [], where
    await page.set_viewport_size(before)


async def reach(page: Page, test_id: str, name: str) -> None:
    """By Tab alone to what is called that."""
    target = part(page, test_id)
    await expect(target).to_have_accessible_name(name)
    for _ in range(60):
        if await page.evaluate("document.activeElement?.dataset.testid ?? ''") == test_id:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{test_id} cannot be reached by keyboard")


async def press(page: Page, test_id: str, name: str) -> None:
    await reach(page, test_id, name)
    await page.keyboard.press("Enter")


async def test_the_whole_way_by_keyboard(windows: Windows) -> None:
    clerk = await windows.open("clerk-adazi")
    officer = await windows.open("officer-pmlp-1")
    kiosk = await windows.blank("kiosk")
    await kiosk.goto(f"{windows.url}/kiosk?diagnostics")

    # enrolled
    await expect(part(kiosk, "enrol-place")).to_be_visible()
    await good(kiosk, "enrolling")
    await reach(kiosk, "enrol-place", "Kontaktpunkts")
    while await part(kiosk, "enrol-place").input_value() != "adazi":
        await kiosk.keyboard.press("ArrowDown")
    await expect(part(kiosk, "enrol-place")).to_have_value("adazi")
    await reach(kiosk, "enrol-name", "Darba vietas nosaukums")
    await kiosk.keyboard.type(NAME)
    await press(kiosk, "enrol-ask", "Parādīt kodu")
    code, number = await part(kiosk, "enrol-user-code").inner_text(), await part(kiosk, "enrol-number").inner_text()
    await good(kiosk, "the code")
    await clerk.get_by_role("link", name="Klientu darba vietas").click()
    await part(clerk, "enrol-code").fill(code)
    await part(clerk, "enrol-code").press("Enter")
    await part(clerk, "enrol-check").fill(number)
    await part(clerk, "enrol-check").press("Enter")
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    await good(kiosk, "the start")

    # the start, and the check of camera, microphone, loudspeaker and line
    await press(kiosk, "kiosk-start", "Pieskarieties, lai sāktu")
    await good(kiosk, "waiting")
    await press(kiosk, "kiosk-check", "Kameras un skaņas pārbaude")
    await kiosk.wait_for_function("() => document.querySelector('video.preview')?.videoWidth > 0")
    await good(kiosk, "the camera's check")
    await press(kiosk, "check-yes", "Jā, redzu sevi")
    await expect(part(kiosk, "check")).to_have_attribute("data-step", "microphone")
    await expect(part(kiosk, "check-yes")).to_be_enabled()
    await good(kiosk, "the microphone's check")
    await press(kiosk, "check-yes", "Turpināt")
    await expect(part(kiosk, "check")).to_have_attribute("data-step", "speaker")
    await press(kiosk, "check-play", "Atskaņot")
    await good(kiosk, "the loudspeaker's check")
    await press(kiosk, "check-yes", "Dzirdu")
    await expect(part(kiosk, "check-result")).to_be_visible(timeout=40_000)
    await good(kiosk, "the check's result")
    await press(kiosk, "check-done", "Gatavs")
    await expect(part(kiosk, "kiosk-waiting")).to_be_visible()

    # the official answers; the clerk lets the client in
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    await ring_up(clerk, officer, "pmlp-1", f"{NAME} (Ādažu VPVKAC)")
    await expect(part(kiosk, "outside")).to_be_visible()
    await good(kiosk, "before the door")
    await part(clerk, "authorise").click()
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2, timeout=MEDIA_MS)
    await good(kiosk, "the conversation")

    # microphone, camera, sound alone, chat
    await press(kiosk, "toggle-mic", "Izslēgt mikrofonu")
    await expect(part(kiosk, "toggle-mic")).to_have_accessible_name("Ieslēgt mikrofonu")
    await kiosk.keyboard.press("Enter")
    await press(kiosk, "audio-only", "Tikai skaņa")
    await expect(part(kiosk, "audio-only-now")).to_be_visible()
    await good(kiosk, "sound alone")
    await press(kiosk, "audio-only", "Atkal ar attēlu")
    await reach(kiosk, "chat-input", "Rakstiet ziņu")
    await kiosk.keyboard.type("Paldies!")
    await kiosk.keyboard.press("Enter")
    await expect(part(officer, "chat-log")).to_contain_text("Paldies!")

    # a document, then the workstation lent, and the button that ends it
    choose = part(officer, "documents").get_by_test_id("document-file")
    await choose.set_input_files({"name": "lapa.pdf", "mimeType": "application/pdf", "buffer": three_pages()})
    await officer.locator('[data-testid^="show-document-"]').click()
    await expect(part(kiosk, "document-view")).to_have_attribute("data-state", "open")
    await good(kiosk, "a document")
    await part(officer, "document-hide").click()
    await lend(clerk, "view")
    await expect(part(kiosk, "control-banner")).to_have_role("alert")
    await expect(part(kiosk, "control-banner")).to_contain_text("PMLP speciālists 1 redz jūsu ekrānu")
    await good(kiosk, "lent")
    await press(kiosk, "control-stop", "Nerādīt vairs")
    await expect(part(kiosk, "control-banner")).to_have_count(0)
    assert await kiosk.evaluate("document.activeElement !== document.body"), "the focus is lost"

    # the way out is asked about, taken back, and taken
    await press(kiosk, "kiosk-leave", "Beigt sarunu")
    await expect(part(kiosk, "confirm")).to_have_accessible_name("Jā, beigt")
    await good(kiosk, "the question before the end")
    await kiosk.keyboard.press("Escape")
    await expect(part(kiosk, "kiosk-leave")).to_be_focused()
    await kiosk.keyboard.press("Enter")
    await press(kiosk, "confirm", "Jā, beigt")
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()
    await good(kiosk, "thanked")
    await press(kiosk, "kiosk-home", "Uz sākumu")
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    assert "Paldies!" not in await kiosk.content(), "wiped"

    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    assert not windows.complaints, "\n".join(windows.complaints)


@asynccontextmanager
async def chromium_without(windows: Windows, argument: str) -> AsyncIterator[Windows]:
    """A browser that lacks what this argument gives the others."""
    given = [each for each in ARGUMENTS if not each.startswith(argument)]
    browser = await windows.browser.browser_type.launch(executable_path=CHROMIUM, args=given)
    try:
        yield replace(windows, browser=browser)
    finally:
        await browser.close()


async def told_and_on(kiosk: Page, step: str, words: str) -> None:
    """This step of the check finds a fault, says what to do, and the next one can be gone to."""
    await expect(part(kiosk, "check")).to_have_attribute("data-step", step)
    await expect(part(kiosk, "check").get_by_role("alert")).to_contain_text(words)
    await looks_well(kiosk, f"check, {words}")
    await part(kiosk, "check-yes").click()


async def speaker_and_line(kiosk: Page, weak: str) -> None:
    await part(kiosk, "check-play").click()
    await part(kiosk, "check-yes").click()
    await expect(part(kiosk, "check-result")).to_have_attribute("data-weak", re.compile(weak), timeout=MEDIA_MS)
    await part(kiosk, "check-done").click()
    await expect(part(kiosk, "kiosk-waiting")).to_be_visible()


async def checked_without_a_microphone(kiosk: Page) -> None:
    """The browser may not use the microphone; the camera and the line are there."""
    await part(kiosk, "kiosk-start").click()
    await part(kiosk, "kiosk-check").click()
    await kiosk.wait_for_function("() => document.querySelector('video.preview')?.videoWidth > 0")
    await part(kiosk, "check-yes").click()
    await told_and_on(kiosk, "microphone", "nav atļauts izmantot mikrofonu. Pasauciet darbinieku.")
    await speaker_and_line(kiosk, "^microphone_denied")


async def checked_without_anything(kiosk: Page) -> None:
    """A computer without camera and microphone, from which nothing reaches the media node."""
    await kiosk.route("**/api/checks/line", lambda route: route.abort())
    await part(kiosk, "kiosk-start").click()
    await part(kiosk, "kiosk-check").click()
    await told_and_on(kiosk, "camera", "Kameras nav. Saruna notiks ar balsi")
    await told_and_on(kiosk, "microphone", "Mikrofona nav. Pievienojiet to vai pasauciet darbinieku.")
    await speaker_and_line(kiosk, "^line_none microphone_missing camera_missing$")


async def test_where_a_camera_or_a_microphone_is_denied_or_absent(windows: Windows) -> None:
    """Each weakness is told with what to do, at the workstation and to the supervisor; what works is used."""
    async with (
        chromium_without(windows, "--use-fake-ui") as asking,
        chromium_without(windows, "--use-fake-device") as bare,
    ):
        denied, absent = await asking.open("kiosk-adazi"), await bare.open("kiosk-grobina")
        await denied.context.grant_permissions(["camera"])
        await asyncio.gather(checked_without_a_microphone(denied), checked_without_anything(absent))
        supervisor = await windows.open("supervisor-vsaa")
        of_denied, of_absent = part(supervisor, "check-adazi-1"), part(supervisor, "check-grobina-1")
        await expect(of_denied).to_contain_text(re.compile("Ādažu VPVKAC.*mikrofons nav atļauts"))
        await expect(of_absent).to_contain_text(re.compile("Grobiņas.*nav mikrofona.*nav kameras"))
        await expect(of_absent).to_have_attribute("data-weak", "line_none microphone_missing camera_missing")

        # in a conversation: seen, not heard, told so, and able to write
        clerk, officer = await windows.open("clerk-adazi"), await windows.open("officer-ur-1")
        await ring_up(clerk, officer, "ur-1", "adazi-1")
        await part(clerk, "authorise").click()
        await moves(denied, 2)
        client, of_officer = await person(officer, "citizen"), await person(officer, "officer")
        await flows(officer, client, "camera")
        assert not await flow_now(officer, client, "microphone")
        await expect(part(denied, "device-none")).to_contain_text("jūs nedzird; varat rakstīt")
        await part(denied, "toggle-mic").click()
        await expect(part(denied, "toggle-mic")).to_have_attribute("aria-pressed", "false")
        await looks_well(denied, "a conversation without a microphone")
        await part(denied, "chat-input").fill("Mani nedzird.")
        await part(denied, "chat-send").click()
        await expect(part(officer, "chat-log")).to_contain_text("Mani nedzird.")

        # neither: they still see and hear the others
        await denied.context.clear_permissions()
        await denied.reload()
        await flows(denied, of_officer)
        await expect(part(denied, "device-none")).to_contain_text("Ne kamera, ne mikrofons")
        await expect(part(denied, "device-none")).to_contain_text("Darbinieks jums palīdzēs.")
        assert not await flow_now(officer, client, "camera")

        await part(clerk, "end-session").click()
        await part(clerk, "confirm").click()
        await expect(part(denied, "kiosk-thanks")).to_be_visible()
    complaints = [each for each in windows.complaints if "ERR_FAILED" not in each]
    assert not complaints, "\n".join(complaints)
