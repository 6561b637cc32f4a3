"""Clerk, officer and the client at a workstation, in one session; what is said of their pictures."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.test_main_job import OTHERS_MOVE, part


async def moves(page: Page, others: int) -> None:
    """The others' pictures move here; what is scrolled out of sight is not sent."""
    await part(page, "stage").scroll_into_view_if_needed()
    await page.wait_for_function(OTHERS_MOVE, arg=others)


@dataclass
class Table:
    clerk: Page
    officer: Page
    kiosk: Page


async def three_talk(windows: Windows) -> Table:
    """Clerk, officer and the client at a workstation, all in the room."""
    clerk = await windows.open("clerk-grobina")
    officer = await windows.open("officer-vsaa-1")
    kiosk = await windows.open("kiosk-zeltini")
    await part(officer, "availability-available").click()
    await expect(part(clerk, "indicator-vsaa-1")).to_have_attribute("data-state", "available")
    await part(clerk, "dial-vsaa-1").click()
    await part(clerk, "request-workstation").select_option("zeltini-1")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    await moves(clerk, 1)
    # the client touches the screen and knocks; the clerk opens the door
    await part(kiosk, "kiosk-start").click()
    knock = clerk.locator('[data-testid^="knock-"][data-role="citizen"]')
    await expect(knock).to_be_visible()
    await expect(part(kiosk, "door-place")).to_contain_text("1.")
    await clerk.locator('[data-testid^="admit-"]').click()
    for page in (clerk, officer, kiosk):
        await moves(page, 2)
    await expect(part(clerk, "door")).to_have_count(0)
    return Table(clerk, officer, kiosk)


async def end(table: Table, *officers: Page) -> None:
    await part(table.clerk, "end-session").click()
    await part(table.clerk, "confirm").click()
    await expect(part(table.kiosk, "kiosk-thanks")).to_be_visible()
    for officer in officers:
        await part(officer, "wrap-up-outcome-solved").click()
        await part(officer, "wrap-up-finish").click()
        await expect(part(officer, "wrap-up")).to_have_count(0)
