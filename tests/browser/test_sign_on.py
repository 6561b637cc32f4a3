"""A clerk signs in by the state's sign-on in Chromium and reaches the console; a refusal is a page with words."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Windows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.mark.parametrize("way", ["oidc", "wsfed"])
async def test_a_clerk_signs_in_and_out(windows: Windows, way: str) -> None:
    page = await windows.blank("clerk")
    await page.goto(f"{windows.url}/sign-in")
    await page.get_by_test_id(f"sign-on-{way}").click()
    await page.get_by_role("button", name="Grobiņas VPVKAC darbinieks").click()
    await page.wait_for_url(f"{windows.url}/clerk")
    await expect(page.get_by_test_id("request-form")).to_be_visible()
    await page.locator('[data-testid="connection"][data-state="open"]').wait_for(state="attached")
    await page.get_by_role("button", name="Izrakstīties").click()
    await page.wait_for_url(f"{windows.url}/sign-in")
    await expect(page.get_by_test_id(f"sign-on-{way}")).to_be_visible()
    assert windows.complaints == []


async def test_somebody_without_a_role_reads_what_to_do(windows: Windows) -> None:
    page = await windows.blank("stranger", width=360, height=740)
    await page.goto(f"{windows.url}/sign-in")
    await page.get_by_test_id("sign-on-oidc").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Darbinieks bez lomas").click()
    problem = page.get_by_test_id("sign-on-problem")
    await expect(problem).to_be_focused()
    await expect(problem).to_contain_text("sign_on_no_role")
    await expect(problem).to_contain_text("administratoru")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_test_id("lang-en").click()
    assert windows.complaints == []
