"""What a person must not lose on the way: the focus, the conversation, the chat, the truth of a countdown."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.test_main_job import OTHERS_MOVE, grows, part, person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

FOCUS = "document.activeElement.tagName + ' ' + document.activeElement.innerText"


async def tab_to(page: Page, name: str) -> None:
    """By keyboard alone, as far as it takes."""
    await page.keyboard.press("Tab")
    for _ in range(80):
        if await page.evaluate("document.activeElement.dataset.testid ?? ''") == name:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached by keyboard")


async def focus(page: Page, text: str) -> None:
    """The focus is on something that says ``text``."""
    await page.wait_for_function("text => document.activeElement.innerText.includes(text)", arg=text)


async def test_by_keyboard_on_a_small_screen_the_focus_is_never_lost(windows: Windows) -> None:
    officer = await windows.open("officer-vsaa-2")
    await part(officer, "availability-available").click()
    kiosk = await windows.open("kiosk-grobina")
    await part(kiosk, "kiosk-start").click()
    clerk = await windows.open("clerk-grobina", width=360, height=740)

    await tab_to(clerk, "request-group")
    await clerk.keyboard.type("Pensijas")
    await expect(part(clerk, "request-group")).to_have_value("vsaa-pensijas")
    await part(clerk, "request-workstation").select_option("grobina-1")
    await tab_to(clerk, "request-submit")
    await clerk.keyboard.press("Enter")
    await expect(part(officer, "offer-accept")).to_be_focused()
    await officer.keyboard.press("Tab")
    await officer.keyboard.press("Tab")
    await expect(part(officer, "offer-accept")).to_be_focused()  # nothing behind the offer can be reached
    await officer.keyboard.press("Enter")
    # the form is gone; the conversation is in sight and has the focus
    await focus(clerk, "Pensijas")
    await clerk.wait_for_function(OTHERS_MOVE, arg=1)

    await tab_to(clerk, "authorise")
    await clerk.keyboard.press("Enter")
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2)
    await clerk.evaluate("scrollTo(0, 0)")  # pictures out of sight are paused
    await clerk.wait_for_function(OTHERS_MOVE, arg=2)
    await tab_to(clerk, f"remove-{await person(clerk, 'citizen')}")
    await clerk.keyboard.press("Enter")
    await tab_to(clerk, "confirm")
    await clerk.keyboard.press("Enter")
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()
    await focus(clerk, "Dalībnieki")

    await tab_to(clerk, "end-session")
    await clerk.keyboard.press("Enter")
    await tab_to(clerk, "confirm")
    await clerk.keyboard.press("Enter")
    await expect(part(clerk, "session-ended")).to_be_visible()
    assert await clerk.evaluate("document.activeElement !== document.body"), await clerk.evaluate(FOCUS)
    await focus(officer, "Pēcapstrāde")
    await tab_to(officer, "wrap-up-outcome-solved")
    await officer.keyboard.press("Enter")
    await tab_to(officer, "wrap-up-finish")
    await officer.keyboard.press("Enter")
    await focus(officer, "Mana pieejamība")
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_the_conversation_goes_on(windows: Windows) -> None:
    officer = await windows.open("officer-vid-2")
    await part(officer, "availability-available").click()
    kiosk = await windows.open("kiosk-adazi")
    await part(kiosk, "kiosk-start").click()
    clerk = await windows.open("clerk-adazi")
    await part(clerk, "dial-vid-2").click()
    await part(clerk, "request-workstation").select_option("adazi-1")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    await part(clerk, "authorise").click()
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2)
    await part(kiosk, "chat-input").fill("Labdien!")
    await part(kiosk, "chat-send").click()
    await expect(part(officer, "chat-log")).to_contain_text("Labdien!")

    # the clerk looks something up: still there, still heard, and the way back is in sight
    await clerk.get_by_role("link", name="Reģistrs").click()
    await expect(part(clerk, "session-runs")).to_be_visible()
    await officer.wait_for_timeout(500)
    await grows(officer)
    await expect(part(clerk, "stage")).to_have_attribute("data-phase", "connected")
    await part(clerk, "session-runs").get_by_role("button").click()
    await clerk.wait_for_function(OTHERS_MOVE, arg=2)
    await expect(part(clerk, "chat-log")).to_contain_text("Labdien!")

    # the citizen's page is reloaded: back in the conversation without a touch
    await kiosk.reload()
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2)

    # the officer opens a second tab: it takes over, the first one says where the conversation is and can have it back
    second = await officer.context.new_page()
    await second.goto(f"{windows.url}/officer")
    await second.wait_for_function(OTHERS_MOVE, arg=2)
    await expect(part(officer, "stage")).to_contain_text("citā logā")
    await expect(part(officer, "chat-log")).to_contain_text("Labdien!")
    await second.close()
    await part(officer, "rejoin").click()
    await officer.wait_for_function(OTHERS_MOVE, arg=2)
    await expect(part(officer, "chat-log")).to_contain_text("Labdien!")

    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_a_wrong_clock_still_counts_down_right(windows: Windows) -> None:
    officer = await windows.open("officer-nva-1")
    await officer.add_init_script("const now = Date.now; Date.now = () => now() + 3_600_000")
    await officer.reload()
    await part(officer, "availability-available").click()
    clerk = await windows.open("clerk-grobina")
    await part(clerk, "dial-nva-1").click()
    await part(clerk, "request-submit").click()
    await expect(part(officer, "offer").get_by_role("timer")).to_contain_text("1")  # 19 … 10 seconds, not 0
    await part(officer, "offer-decline").click()
    await part(officer, "decline-other").click()
    await part(officer, "availability-offline").click()
    await clerk.locator('[data-testid^="withdraw-"]').click()
    await part(clerk, "withdraw-clerk").click()
