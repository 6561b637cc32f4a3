"""AVIS' work environments and the citizen's panel: granted, put in order, blocked; on a desk and on a phone."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.test_accessibility import looks_well

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]


WIDGETS = (
    "benefits",
    "consultations",
    "eaddress",
    "means",
    "me",
    "open_now",
    "powers",
    "programmes",
    "suggestions",
    "used",
    "viewed",
)


async def test_a_benefit_is_granted_and_put_first(windows: Windows) -> None:
    page = await windows.open("grantor-aluksne")
    await page.get_by_test_id("grant").click()
    await page.locator("#field-name-lv").fill("Piens skolēniem")
    await page.locator("#field-name-en").fill("Milk for pupils")
    await page.locator("#field-value").fill("25")
    await page.locator("#field-include").fill("food/milk")
    await page.locator("#trial-price").fill("1,35")
    await page.get_by_test_id("preview").click()
    await expect(page.get_by_test_id("previewed")).to_contain_text("2 saņēmēji")
    await expect(page.get_by_test_id("previewed")).to_contain_text("0,34")
    await looks_well(page, "granting")
    await page.get_by_test_id("instruction-save").click()
    await expect(page.get_by_test_id("instruction-1")).to_contain_text("Melnraksts")
    # the handle, Enter, arrow, Enter
    await page.get_by_test_id("instruction-1").get_by_role("button", name="Augstāk").click()
    await expect(page.get_by_test_id("instruction-0")).to_contain_text("Piens skolēniem")
    await page.get_by_test_id("instruction-0").get_by_role("button", name="Iedarbināt").click()
    await page.get_by_test_id("confirm").click()
    await expect(page.get_by_test_id("instruction-0")).to_contain_text("Spēkā")
    await looks_well(page, "instructions")
    await page.get_by_test_id("avis-tab-avisGroups").click()
    await page.locator("#members-pupils").fill("140310-00212\nnav kods")
    await page.get_by_test_id("import-pupils").click()
    await expect(page.get_by_test_id("import-report")).to_contain_text("2. rinda: nepareizs personas kods")
    await looks_well(page, "recipients")
    for tab in ("avisSums", "avisSystems"):
        await page.get_by_test_id(f"avis-tab-{tab}").click()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await looks_well(page, tab)
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_the_merchant_and_the_administrator(windows: Windows) -> None:
    page = await windows.open("provider-veikals")
    await expect(page.get_by_test_id("outlet-veikals-aluksne")).to_be_visible()
    await looks_well(page, "outlets")
    await page.get_by_test_id("avis-tab-avisSystems").click()
    await page.locator("#system-name").fill("Kase 1")
    await page.get_by_test_id("system-add").click()
    await expect(page.get_by_test_id("secret")).to_contain_text("Atslēga")
    for tab in ("avisSales", "avisSums", "programmes"):
        await page.get_by_test_id(f"avis-tab-{tab}").click()
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await looks_well(page, tab)
    administrator = await windows.open("avis-administrator")
    await expect(administrator.get_by_test_id("health")).to_have_attribute("data-well", "true")
    await administrator.get_by_test_id("check-all").press("Enter")
    await expect(administrator.get_by_test_id("health")).to_have_attribute("data-due", "0")
    await expect(administrator.get_by_test_id("health")).to_contain_text("Visas pārbaudes ir sekmīgas")
    await looks_well(administrator, "health")
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_the_citizens_panel(windows: Windows) -> None:
    page = await windows.open("citizen-2")
    for name in WIDGETS:
        await expect(page.get_by_test_id(f"widget-{name}")).to_have_attribute("data-state", "loaded")
    await looks_well(page, "panel")
    await page.get_by_test_id("means-block").click()
    await expect(page.get_by_test_id("widget-means")).to_contain_text("Bloķēts")
    await page.get_by_test_id("arrange").click()
    await page.get_by_test_id("arrange-viewed").get_by_role("button", name="Augstāk").click()
    await page.get_by_test_id("arrange-used").get_by_role("button", name="Paslēpt").click()
    await looks_well(page, "arranging")
    await page.reload()
    await expect(page.get_by_test_id("widget-viewed")).to_be_visible()
    await expect(page.get_by_test_id("widget-used")).to_have_count(0)

    # one source fails: it says so, the others stand
    await page.route("**/api/panel/benefits", lambda route: route.fulfill(status=503, json={"error": {}}))
    await page.reload()
    await expect(page.get_by_test_id("widget-benefits")).to_have_attribute("data-state", "down")
    await expect(page.get_by_test_id("widget-means")).to_have_attribute("data-state", "loaded")
    await looks_well(page, "a source that fails")
    windows.complaints[:] = [each for each in windows.complaints if "503" not in each]
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_in_a_companys_name_booked_and_with_consent(windows: Windows) -> None:
    page = await windows.open("citizen-4")
    await page.get_by_test_id("book-open").click()
    await page.locator("#book-group").select_option(label="Pabalsti ģimenēm")
    await page.locator("#book-place").select_option(index=1)
    await page.get_by_test_id("slot-picker").locator("[data-testid^='slot-']").nth(3).click()
    await looks_well(page, "booking")
    await page.get_by_test_id("book").click()
    await expect(page.get_by_test_id("coming")).to_contain_text("Pabalsti ģimenēm")
    await page.get_by_test_id("appointment-cancel").click()
    await page.get_by_test_id("confirm").click()
    await expect(page.get_by_test_id("coming").get_by_role("listitem")).to_have_count(0)

    await page.get_by_test_id("suggest-consent").click()
    await page.get_by_label("Dzīvesvietas maiņa").check()
    await expect(page.get_by_test_id("suggested")).to_contain_text("pēc jūsu izvēlētās situācijas")
    await looks_well(page, "suggestions")
    await page.get_by_test_id("suggest-withdraw").click()
    await expect(page.get_by_test_id("suggest-consent")).to_be_visible()

    # another name is another panel; what is about the person alone is not there
    await page.get_by_test_id("identity-select").select_option("49999991011")
    await expect(page.get_by_test_id("identity")).to_have_attribute("data-company", "49999991011")
    await expect(page.get_by_test_id("widget-me")).to_contain_text("Autobusu pārvadātājs")
    await expect(page.get_by_test_id("widget-benefits")).to_have_count(0)
    await page.get_by_test_id("eaddress-activate").click()
    await expect(page.get_by_test_id("eaddress-status")).to_have_attribute("data-state", "active")
    await looks_well(page, "a company")
    # the right ends: the next call says so, and the panel is the person's own again
    await page.route(
        "**/api/panel/powers",
        lambda route: route.fulfill(
            status=409,
            json={"error": {"code": "identity_ended", "details": {"reason": "authorisation_revoked"}}},
        ),
    )
    await page.get_by_test_id("identity-select").select_option("")
    await page.get_by_test_id("identity-select").select_option("49999991011")
    await expect(page.get_by_test_id("identity-dropped")).to_contain_text("Pilnvarojums ir atsaukts")
    await expect(page.get_by_test_id("identity")).to_have_attribute("data-company", "")
    await expect(page.get_by_test_id("widget-benefits")).to_have_attribute("data-state", "loaded")
    windows.complaints[:] = [each for each in windows.complaints if "409" not in each]
    assert not windows.complaints, "\n".join(windows.complaints)
