"""Workstations as people meet them: enrolled beside a clerk, opened for one session, checked, steered, wiped."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows
from tests.browser.test_accessibility import looks_well
from tests.browser.test_main_job import OTHERS_MOVE, part

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

NAME = "Lasītava, dators 1"


async def enrolled_kiosk(windows: Windows, clerk: Page, *, place: str, name: str) -> Page:
    """A page that a clerk has just enrolled; the clerk's page is back at the console."""
    kiosk = await windows.blank("kiosk")
    await kiosk.goto(f"{windows.url}/kiosk")
    await part(kiosk, "enrol-place").select_option(place)
    await part(kiosk, "enrol-name").fill(name)
    await looks_well(kiosk, "kiosk, enrolling")
    await part(kiosk, "enrol-ask").click()
    code = await part(kiosk, "enrol-user-code").inner_text()
    number = await part(kiosk, "enrol-number").inner_text()
    await looks_well(kiosk, "kiosk, code")

    await clerk.get_by_role("link", name="Klientu darba vietas").click()
    await part(clerk, "enrol-code").fill(code)
    await part(clerk, "enrol-code").press("Enter")
    await expect(part(clerk, "enrol-found")).to_contain_text(name)
    await looks_well(clerk, "clerk, enrolling")
    await part(clerk, "enrol-check").fill(number)
    await part(clerk, "enrol-check").press("Enter")
    await expect(part(clerk, "enrol-done")).to_contain_text(name)
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    return kiosk


async def test_an_enrolled_workstation_waits_joins_and_is_let_go(windows: Windows) -> None:
    clerk = await windows.open("clerk-adazi")
    officer = await windows.open("officer-vzd-1")
    kiosk = await enrolled_kiosk(windows, clerk, place="adazi", name=NAME)
    row = clerk.locator(f'[data-testid^="workstation-"][data-name="{NAME}"]')
    await expect(row).to_contain_text("klienta ekrāns")
    await looks_well(clerk, "clerk, workstations")

    # the key is kept by the browser and cannot be read; a reload finds it again
    exported = await kiosk.evaluate(
        """() => new Promise((resolve) => {
          const request = indexedDB.open('klatiene-device');
          request.onsuccess = () => {
            const kept = request.result.transaction('kept').objectStore('kept').get('device');
            kept.onsuccess = () => crypto.subtle.exportKey('jwk', kept.result.keys.privateKey)
              .then(() => resolve('read'), (error) => resolve(error.name));
          };
        })"""
    )
    assert exported == "InvalidAccessError"
    await kiosk.reload()
    await part(kiosk, "kiosk-start").click()

    # opened for one session with one click
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    await part(officer, "availability-available").click()
    await expect(part(clerk, "indicator-vzd-1")).to_have_attribute("data-state", "available")
    await part(clerk, "dial-vzd-1").click()
    await part(clerk, "request-workstation").select_option(label=NAME + " (Ādažu VPVKAC)")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    await clerk.wait_for_function(OTHERS_MOVE, arg=1)
    await part(clerk, "authorise").click()
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2)

    # let go: cut off at once, in the middle of the session
    await clerk.get_by_role("link", name="Klientu darba vietas").click()
    await row.locator('[data-testid^="let-go-"]').click()
    await part(clerk, "confirm").click()
    await expect(kiosk.locator("video")).to_have_count(0, timeout=10_000)
    await expect(part(kiosk, "enrol-place")).to_be_visible()
    await kiosk.reload()
    await expect(part(kiosk, "enrol-place")).to_be_visible()
    assert not windows.complaints, "\n".join(windows.complaints)
