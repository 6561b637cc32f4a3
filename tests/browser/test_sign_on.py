"""A clerk signs in by the state's sign-on in Chromium and reaches the console; a refusal is a page with words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Windows, demo_at

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]
CLERK = "Grobiņas VPVKAC darbinieks"


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    # whatever needs a fresh sign-in asks for one
    with demo_at(fresh_sign_in_s="0.001") as url:
        yield url


@pytest.mark.parametrize("way", ["oidc", "wsfed"])
async def test_a_clerk_signs_in_and_out(windows: Windows, way: str) -> None:
    page = await windows.blank("clerk")
    await page.goto(f"{windows.url}/sign-in")
    await page.get_by_test_id(f"sign-on-{way}").click()
    await page.get_by_role("button", name=CLERK).click()
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


@pytest.mark.parametrize("way", ["oidc", "wsfed"])
async def test_signing_in_afresh_leads_back_to_what_was_typed(windows: Windows, way: str) -> None:
    page = await windows.blank("clerk", width=360, height=740)
    await page.goto(f"{windows.url}/sign-in")
    await page.get_by_test_id(f"sign-on-{way}").click()
    await page.get_by_role("button", name=CLERK).click()
    await page.wait_for_url(f"{windows.url}/clerk")

    async def asks_for_it() -> None:
        await page.get_by_test_id("enrol-find").press("Enter")
        await page.get_by_test_id("sign-again").press("Enter")
        # who is signed in there is asked all the same
        await expect(page.get_by_role("heading", name="Vienotā pieteikšanās (demo)")).to_be_visible()

    await page.goto(f"{windows.url}/workstations")
    await page.get_by_test_id("enrol-code").fill("BCDF-GHJK")
    await asks_for_it()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("button", name=CLERK).click()
    await page.wait_for_url(f"{windows.url}/workstations")
    await expect(page.get_by_test_id("enrol-code")).to_have_value("BCDF-GHJK")
    if way == "oidc":
        # whoever thinks better of it is where they were, and reads why nothing came of it
        await asks_for_it()
        await page.get_by_role("button", name="Atcelt").click()
        await page.wait_for_url(f"{windows.url}/workstations?problem=sign_on_refused")
        await expect(page.get_by_test_id("sign-on-problem")).to_be_focused()
        await expect(page.get_by_test_id("enrol-code")).to_have_value("BCDF-GHJK")
    assert [each for each in windows.complaints if "403" not in each] == []


async def test_who_signs_out_there_is_signed_out_here(windows: Windows) -> None:
    """By the back channel. WS-Federation's way needs a cookie in another site's page, which a private window blocks."""
    page = await windows.blank("clerk")
    await page.goto(f"{windows.url}/sign-in")
    await page.get_by_test_id("sign-on-oidc").click()
    await expect(page.get_by_role("heading", name="Vienotā pieteikšanās (demo)")).to_be_visible()
    there = page.url.partition("/vpm/")[0] + "/vpm"
    await page.get_by_role("button", name=CLERK).click()
    await page.locator('[data-testid="connection"][data-state="open"]').wait_for(state="attached")
    other = await page.context.new_page()
    await other.goto(f"{there}/sign-out")
    await expect(other.get_by_role("heading", name="Jūs esat izrakstījies")).to_be_visible()
    # the console learns of it by itself
    await expect(page.get_by_test_id("sign-on-oidc")).to_be_visible()
    assert windows.complaints == []
