"""An administrator changes the agency while it is at work: what is saved is there for everybody at once."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.test_accessibility import looks_well

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


async def save(page: Page) -> None:
    """Look at what it means, then mean it."""
    await page.get_by_test_id("review").click()
    await page.get_by_test_id("confirm").click()
    await expect(page.get_by_test_id("preview")).to_have_count(0)
    await expect(page.get_by_test_id("save-bar")).to_have_attribute("data-dirty", "false")


async def test_a_new_group_rings_at_once(windows: Windows) -> None:
    admin = await windows.open("administrator-vid")
    clerk = await windows.open("clerk-adazi")
    officer = await windows.open("officer-vid-2")
    await officer.get_by_test_id("availability-available").click()

    # everything that is missing is said at once, and leads to its field
    await admin.get_by_test_id("group-add").click()
    await admin.locator("#field-name-lv").fill("Muita")
    await admin.get_by_test_id("review").click()
    await expect(admin.get_by_test_id("problems")).to_be_focused()
    await admin.get_by_test_id("problems").get_by_role("link").click()
    await expect(admin.locator("#field-name-en")).to_be_focused()
    await admin.locator("#field-name-en").fill("Customs")

    # what is typed survives a look elsewhere
    await admin.get_by_test_id("admin-tab-adminOfficers").click()
    await admin.get_by_test_id("leave-keep").click()
    await expect(admin.get_by_test_id("officer-vid-2")).to_be_visible()
    await admin.get_by_test_id("admin-tab-adminGroups").click()
    await admin.get_by_test_id("group-add").click()
    await expect(admin.locator("#field-name-lv")).to_have_value("Muita")

    await admin.get_by_test_id("level-vid-2").select_option("4")
    await admin.get_by_test_id("review").click()
    await expect(admin.get_by_test_id("preview")).to_contain_text("VID speciālists 2")
    await admin.get_by_test_id("confirm").click()
    await expect(admin.get_by_role("heading", level=1)).to_have_text("Muita")
    assert admin.url.endswith("/admin/groups/vid-muita")

    # nobody signs in again: the officer has the group, the clerk asks it, the officer's console rings
    await expect(officer.get_by_text("Muita")).to_be_visible()
    await clerk.get_by_test_id("request-group").select_option("vid-muita")
    await clerk.get_by_test_id("request-submit").click()
    await expect(officer.get_by_test_id("offer")).to_contain_text("Muita")

    # taken out again, with the one who waits in mind
    await admin.get_by_test_id("level-vid-2").select_option("0")
    await admin.get_by_test_id("review").click()
    await expect(admin.locator('[data-code="nobody_could_answer"]')).to_be_visible()
    await admin.keyboard.press("Escape")
    await admin.get_by_test_id("discard").click()
    await officer.get_by_test_id("offer-accept").click()
    await expect(clerk.locator(".tile video")).to_have_count(2)
    await clerk.get_by_test_id("end-session").click()
    await clerk.get_by_test_id("confirm").click()
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_two_administrators_lose_nothing(windows: Windows) -> None:
    one, two = (await windows.open("administrator-vsaa"), await windows.open("administrator-vsaa"))
    for page in (one, two):
        await page.get_by_test_id("group-vsaa-slimiba").click()
    await two.locator("#field-wrap_up_s").fill("45")
    await one.locator("#field-name-en").fill("Illness and disability")
    await one.locator("#field-rules-channels").fill("3")
    await save(one)
    # what the other changed arrives by itself, what is ours stays
    await expect(two.get_by_test_id("meanwhile")).to_be_visible()
    await expect(two.locator("#field-name-en")).to_have_value("Illness and disability")
    await expect(two.locator("#field-wrap_up_s")).to_have_value("45")
    await two.locator("#field-rules-channels").fill("5")
    await one.locator("#field-rules-channels").fill("4")
    await save(one)
    await expect(two.get_by_test_id("meanwhile").get_by_role("button")).to_have_count(2)
    await expect(two.get_by_test_id("review")).to_be_disabled()
    await two.get_by_test_id("meanwhile").get_by_role("button").first.click()
    await save(two)
    await expect(one.locator("#field-rules-channels")).to_have_value("5")
    await expect(one.locator("#field-wrap_up_s")).to_have_value("45")
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_rules_are_ordered_by_keyboard(windows: Windows) -> None:
    admin = await windows.open("administrator-vsaa")
    await admin.get_by_test_id("admin-tab-adminRules").click()
    await admin.get_by_test_id("rule-add").click()
    await admin.locator("#field-0-pak, #field-1-pak").select_option("PAK_06")
    await admin.locator("#field-1-group_id").select_option("vsaa-pensijas")
    await admin.get_by_test_id("rule-done").click()
    await admin.get_by_test_id("rule-0").focus()
    # to the handle; where it may go shows only once it was picked up
    for key in ("ArrowDown", "Tab", "Enter"):
        await admin.keyboard.press(key, delay=50)
    await expect(admin.locator(".react-aria-DropIndicator").first).to_be_attached()
    for key in ("ArrowUp", "ArrowUp", "Enter"):
        await admin.keyboard.press(key, delay=50)
    await expect(admin.get_by_test_id("rule-0")).to_contain_text("Pensijas")
    await save(admin)
    await admin.reload()
    await expect(admin.get_by_test_id("rule-0")).to_contain_text("PAK_06")
    # the plain buttons do the same
    await admin.get_by_test_id("rule-1").get_by_role("button", name="Augstāk").click()
    await expect(admin.get_by_test_id("rule-0")).to_contain_text("Jebkurš pieteikums")
    await admin.get_by_test_id("discard").click()
    await expect(admin.get_by_test_id("rule-0")).to_contain_text("PAK_06")
    # and so does the mouse
    rows = [admin.get_by_test_id(f"rule-{number}") for number in (0, 1)]
    await rows[0].drag_to(rows[1], target_position={"x": 200, "y": 50})
    await expect(rows[0]).to_contain_text("Jebkurš pieteikums")
    await admin.get_by_test_id("discard").click()
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_every_page_is_accessible(windows: Windows) -> None:
    admin = await windows.open("administrator-vid")
    await expect(admin.get_by_test_id("groups")).to_be_visible()
    await looks_well(admin, "groups")
    await admin.get_by_test_id("group-vid-iin").click()
    await admin.get_by_test_id("ring-add").click()
    await admin.locator("#field-rules-rings-1-after_s").fill("0")
    await admin.get_by_test_id("overflow-add").click()
    await admin.get_by_test_id("own-hours").check()
    await admin.locator("#exception-date").fill("2026-12-23")
    await admin.get_by_test_id("exception-add").click()
    await admin.get_by_test_id("review").click()
    await expect(admin.get_by_test_id("problems")).to_be_visible()
    await looks_well(admin, "group with problems")
    await admin.locator("#field-rules-rings-1-after_s").fill("30")
    await admin.get_by_test_id("review").click()
    await expect(admin.get_by_test_id("preview")).to_be_visible()
    await looks_well(admin, "preview")
    await admin.keyboard.press("Escape")
    await admin.get_by_test_id("admin-tab-adminRules").click()
    await expect(admin.get_by_test_id("leave")).to_be_visible()
    await looks_well(admin, "leaving")
    await admin.get_by_test_id("leave-discard").click()
    await expect(admin.get_by_test_id("rule-0")).to_be_visible()
    await looks_well(admin, "rules")
    await admin.get_by_test_id("rule-add").click()
    await looks_well(admin, "one rule")
    await admin.get_by_test_id("rule-done").click()
    await admin.get_by_test_id("discard").click()
    await admin.get_by_test_id("admin-tab-adminOfficers").click()
    await expect(admin.get_by_test_id("officer-vid-1")).to_be_visible()
    await looks_well(admin, "officers")
    await admin.get_by_test_id("officer-vid-1").click()
    await expect(admin.get_by_test_id("skill-sign")).to_be_visible()
    await looks_well(admin, "officer")
    await admin.get_by_test_id("admin-tab-adminAgency").click()
    await admin.get_by_test_id("own-hours").check()
    await looks_well(admin, "agency")
