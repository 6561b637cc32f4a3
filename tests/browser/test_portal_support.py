"""Portal support (PAK_05): the official asks for the screen, sees it, and the register has it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.session_table import moves
from tests.browser.test_main_job import grows, part
from tests.browser.test_workstations import show_screen

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

#: pictures of the client's screen arrive here
SCREEN = """() => {
  const video = document.querySelector('[data-testid="steer"] video');
  return Boolean(video && video.videoWidth > 0 && !video.paused);
}"""


async def test_portal_support_with_the_screen(windows: Windows) -> None:
    clerk = await windows.open("clerk-grobina")
    officer = await windows.open("officer-vraa-1")
    kiosk = await windows.open("kiosk-zeltini")
    await part(officer, "availability-available").click()
    await part(clerk, "request-group").select_option("vraa-portals")
    await part(clerk, "request-pak").select_option("PAK_05")
    await part(clerk, "request-workstation").select_option("zeltini-1")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click(timeout=30_000)
    await part(kiosk, "kiosk-start").click()
    await clerk.locator('[data-testid^="admit-"]').click(timeout=30_000)
    for page in (clerk, officer, kiosk):
        # three pages that draw pictures and decode them, on whatever machine this is
        page.set_default_timeout(45_000)
        await moves(page, 2)

    # the clerk is offered to show the screen; the official asks for it, and the clerk allows with one click
    await expect(part(clerk, "portal-support")).to_be_visible()
    await part(officer, "wish-view").click()
    await expect(part(clerk, "wish")).to_have_attribute("data-level", "view")
    await part(clerk, "wish-yes").click()
    await show_screen(kiosk)
    await officer.wait_for_function(SCREEN)
    await grows(officer)
    # the client's own button ends it at once
    await part(kiosk, "control-stop").click()
    await expect(part(officer, "steer")).to_have_count(0)

    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await part(officer, "wrap-up-outcome-solved").click(timeout=30_000)
    await part(officer, "wrap-up-finish").click()

    # the register says who saw the screen
    await clerk.get_by_role("link", name="Reģistrs").click()
    parts = clerk.locator('[data-testid^="case-parts-"]').first
    await parts.locator("summary").click()
    await expect(parts).to_contain_text("redzēja klienta ekrānu")
    await expect(parts).to_contain_text("VRAA speciālists 1")
    assert not windows.complaints, "\n".join(windows.complaints)
