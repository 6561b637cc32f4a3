"""The register by keyboard, and the pages that count: reports, grants, indicators."""

from __future__ import annotations

import re
import time

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.test_accessibility import looks_well

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


async def visit(page: Page, link: str) -> None:
    await page.get_by_role("link", name=link, exact=True).click()


async def test_a_client_is_entered_by_keyboard_in_seconds(windows: Windows) -> None:
    clerk = await windows.open("clerk-grobina")
    await visit(clerk, "Reģistrs")
    await expect(clerk.get_by_role("heading", name="Reģistrs", level=1).or_(clerk.locator("h1").last)).to_be_visible()
    began = time.monotonic()
    await clerk.keyboard.press("n")
    await expect(clerk.locator("#entry-pak")).to_be_focused()
    await clerk.keyboard.press("ArrowDown")
    for text in ("", "7", "Dzīvesvietas deklarēšana"):
        await clerk.keyboard.press("Tab")
        if text:
            await clerk.keyboard.press("ControlOrMeta+a")
            await clerk.keyboard.type(text)
    await clerk.keyboard.press("Enter")
    await expect(clerk.get_by_test_id("entry-saved")).to_contain_text("PAK_02")
    assert time.monotonic() - began < 20
    row = clerk.locator('[data-testid^="case-row-"]').first
    await expect(row).to_contain_text("Dzīvesvietas deklarēšana")
    await looks_well(clerk, "an entry made")

    # the same again is asked about, and told apart when it is another client
    await clerk.keyboard.press("Enter")
    await clerk.get_by_test_id("entry-save").click()
    await expect(clerk.get_by_test_id("entry-twin")).to_be_visible()
    await looks_well(clerk, "a duplicate asked about")
    await clerk.get_by_test_id("entry-despite").click()
    await expect(clerk.locator('[data-testid^="case-row-"]')).to_have_count(2)

    # corrected, and what it said before is there
    await row.get_by_role("button", name="Labot").click()
    await row.locator("select").select_option("partly")
    await row.get_by_role("button", name="Saglabāt").click()
    await row.get_by_role("button", name="Iepriekšējās redakcijas").click()
    await expect(row).to_contain_text("Atrisināts")
    await looks_well(clerk, "an entry with its history")
    assert not [each for each in windows.complaints if "409" not in each], "\n".join(windows.complaints)


async def test_the_network_manager_calculates_a_grant(windows: Windows) -> None:
    manager = await windows.open("network-manager")
    await expect(manager.get_by_test_id("indicators")).to_contain_text("RR4")
    await looks_well(manager, "indicators")
    await visit(manager, "Dotācijas")
    await manager.locator("details.options > summary").click()
    await manager.locator("#grant-envelope").fill("desmit")
    await manager.locator("#grant-name").fill("Paraugs")
    await manager.get_by_test_id("grant-save").click()
    await expect(manager.locator("#grant-envelope")).to_be_focused()
    await manager.locator("#grant-envelope").fill("10000")
    await manager.get_by_test_id("grant-save").click()
    await manager.get_by_test_id("grant-keep").click()
    result = manager.get_by_test_id("grant-result")
    await result.get_by_test_id("grant-row-grobina").get_by_role("button").click()
    await expect(result).to_contain_text("Svērtais skaits")
    await looks_well(manager, "a grant with its steps")
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_a_supervisor_reads_a_report(windows: Windows) -> None:
    clerk, supervisor = await windows.open("clerk-adazi"), await windows.open("supervisor-vid")
    await clerk.get_by_test_id("request-group").select_option("vid-iin")
    await clerk.get_by_test_id("request-submit").click()
    await clerk.locator('[data-testid^="withdraw-"]').first.click()
    await clerk.get_by_test_id("withdraw-clerk").click()
    await expect(clerk.locator('[data-testid^="request-"][data-state]')).to_have_count(0)
    await visit(supervisor, "Pārskati")
    await supervisor.locator("#report-by").select_option("group")
    await expect(supervisor.get_by_test_id("report-table")).to_contain_text("Iedzīvotāju ienākuma nodoklis")
    await supervisor.get_by_test_id("behind-show").click()
    await expect(supervisor.get_by_test_id("behind-table")).to_contain_text(re.compile("Ādažu VPVKAC"))
    await looks_well(supervisor, "a report")
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_anybody_reads_the_open_data_and_is_answered(windows: Windows) -> None:
    manager = await windows.open("network-manager")
    context = await windows.browser.new_context(viewport={"width": 1280, "height": 900}, locale="lv")
    stranger = await context.new_page()
    await stranger.goto(f"{windows.url}/data")
    await stranger.get_by_test_id("set-contact-points").wait_for()
    await stranger.locator("#quality-text").fill("Kokneses bibliotēkas darba laiks ir novecojis.")
    await stranger.get_by_test_id("quality-send").click()
    await expect(stranger.get_by_test_id("quality-mine")).to_contain_text("gaida atbildi")
    await looks_well(stranger, "open data")
    await visit(manager, "Atvērtie dati")
    await manager.get_by_label("Atbilde", exact=True).last.fill("Izlabots, paldies.")
    await manager.get_by_test_id("quality-answer").click()
    await expect(manager.get_by_test_id("quality-answer")).to_have_count(0)
    await looks_well(manager, "reports of data quality")
    await visit(manager, "Kontaktpunkti")
    await manager.get_by_test_id("point-mobila").get_by_role("button").click()
    await expect(manager.get_by_test_id("point-form")).to_contain_text("Brigādes pieturas")
    await looks_well(manager, "contact points")
    await stranger.reload()
    await expect(stranger.get_by_test_id("quality-mine")).to_contain_text("Izlabots, paldies.")
    await context.close()
    assert not windows.complaints, "\n".join(windows.complaints)
