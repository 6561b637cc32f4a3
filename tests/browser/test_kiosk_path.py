"""The whole way of a client at a workstation by keyboard alone: every stop has a name in Latvian, fits a phone's width
and a zoom of 200 %, and axe has nothing to say against it at AA."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.session_papers import three_pages
from tests.browser.test_accessibility import OVERFLOW
from tests.browser.test_main_job import OTHERS_MOVE, part
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
    await part(officer, "availability-available").click()
    await expect(part(clerk, "indicator-pmlp-1")).to_have_attribute("data-state", "available")
    await part(clerk, "dial-pmlp-1").click()
    await part(clerk, "request-workstation").select_option(label=f"{NAME} (Ādažu VPVKAC)")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
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
