"""A clerk finds a public service by keyboard; what can be asked for follows from it. A manager compares a point."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Windows

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.mark.parametrize("width", [1280, 360])
async def test_a_service_is_found_by_keyboard(windows: Windows, width: int) -> None:
    page = await windows.open("clerk-grobina", width=width)
    field = page.get_by_test_id("request-service")
    await expect(field).to_have_attribute("role", "combobox")
    await field.focus()
    await page.keyboard.type("gimenes")
    option = page.get_by_role("option", name="Ģimenes valsts pabalsts")
    await expect(option).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(field).to_have_value("Ģimenes valsts pabalsts")
    await expect(page.get_by_test_id("request-service-paks")).to_be_visible()
    await page.get_by_test_id("request-service-clear").click()
    await expect(field).to_have_value("")
    assert windows.complaints == []


async def test_a_point_is_compared_with_what_its_municipality_says(windows: Windows) -> None:
    page = await windows.open("network-manager")
    await page.goto(f"{windows.url}/network/points")
    await page.get_by_role("row", name="Zeltiņu bibliotēka").get_by_role("button").first.click()
    await page.get_by_test_id("municipal-ask").click()
    await page.get_by_test_id("municipal-take-phone").click()
    await expect(page.get_by_test_id("municipal-take-phone")).to_have_count(0)
    assert windows.complaints == []
