"""Every view by axe (WCAG 2.2 A and AA), in light and dark, and at a phone's width without sideways scrolling."""

from __future__ import annotations

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"


async def looks_well(page: Page, name: str) -> None:
    """No serious finding in either theme; nothing beyond the edge of a phone."""
    for theme in ("light", "dark"):
        await page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        found = (await Axe().run(page, options=OPTIONS)).response["violations"]
        serious = [
            f"{name}, {theme}: {each['id']} {node['target']} {node.get('failureSummary', '')}"
            for each in found
            if each["impact"] in ("serious", "critical")
            for node in each["nodes"]
        ]
        assert not serious, "\n".join(serious)
    size = page.viewport_size
    assert size is not None
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await page.evaluate(OVERFLOW) <= 0, f"{name} scrolls sideways at 360 px"
    await page.set_viewport_size(size)


async def test_every_view_is_accessible(windows: Windows) -> None:
    officer = await windows.open("officer-pmlp-1")
    await looks_well(officer, "officer, idle")
    supervisor = await windows.open("supervisor-vid")
    await looks_well(supervisor, "board")
    kiosk = await windows.open("kiosk-grobina")
    await looks_well(kiosk, "kiosk, start")
    await kiosk.get_by_test_id("kiosk-start").click()
    await kiosk.get_by_test_id("kiosk-have-code").click()
    await looks_well(kiosk, "kiosk, waiting")

    clerk = await windows.open("clerk-grobina")
    await looks_well(clerk, "clerk, idle")
    await clerk.get_by_test_id("request-group").select_option("pmlp-dzivesvieta")
    await clerk.get_by_test_id("request-workstation").select_option("grobina-1")
    await clerk.get_by_test_id("client-identified").check()
    await clerk.get_by_test_id("client-code").fill("030205-00111")
    await clerk.get_by_test_id("request-submit").click()
    await expect(clerk.locator('[data-testid^="request-"][data-state]')).to_be_visible()
    await looks_well(clerk, "clerk, waiting")

    await officer.get_by_test_id("availability-available").click()
    await expect(officer.get_by_test_id("offer")).to_be_visible()
    await looks_well(officer, "offer")
    await officer.get_by_test_id("offer-accept").click()
    await expect(clerk.locator(".tile video")).to_have_count(2)
    await clerk.get_by_test_id("authorise").click()
    await expect(kiosk.locator(".tile video")).to_have_count(3)
    await officer.get_by_test_id("show-benefits").click()
    await expect(officer.get_by_test_id("benefits")).to_be_visible()
    await clerk.locator("#reg-no").fill("49999991007")
    await clerk.locator("#reg-no").press("Enter")
    await expect(clerk.get_by_test_id("acting-for")).to_be_visible()
    for page, name in ((clerk, "clerk, session"), (officer, "officer, session"), (kiosk, "kiosk, session")):
        await looks_well(page, name)

    await clerk.get_by_test_id("end-session").click()
    await looks_well(clerk, "question before the end")
    await clerk.get_by_test_id("confirm").click()
    await expect(officer.get_by_test_id("wrap-up")).to_be_visible()
    await looks_well(officer, "wrap-up")
    await expect(kiosk.get_by_test_id("kiosk-thanks")).to_be_visible()
    await looks_well(kiosk, "kiosk, thanks")
    await clerk.goto(f"{windows.url}/cases")
    await expect(clerk.locator('[data-testid^="case-row-"]').first).to_be_visible()
    await looks_well(clerk, "register")
    await clerk.goto(f"{windows.url}/accessibility")
    await looks_well(clerk, "accessibility")


async def test_everything_is_said_in_english_too(windows: Windows) -> None:
    clerk = await windows.open("clerk-adazi")
    await clerk.get_by_test_id("lang-en").click()
    assert await clerk.evaluate("document.documentElement.lang") == "en"
    await expect(clerk.get_by_test_id("request-submit")).to_contain_text("Send")
    await clerk.get_by_test_id("request-submit").click()
    await expect(clerk.locator("#request-group-error")).to_be_visible()
    await expect(clerk.get_by_test_id("request-group")).to_be_focused()
