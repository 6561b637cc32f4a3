"""A client who comes from home, on a telephone: the link, the door, the conversation, and nothing of it afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows, demo_at
from tests.browser.session_table import moves
from tests.browser.test_main_job import RECEIVED, grows, part

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

WIDER = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"
#: whatever this browser kept: its key and token, drafts, caches
KEPT = """async () => {
  const kept = await new Promise((done) => {
    const asked = indexedDB.open('klatiene-home', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore('kept');
    asked.onsuccess = () => {
      const all = asked.result.transaction('kept').objectStore('kept').getAll();
      all.onsuccess = () => { asked.result.close(); done(all.result.length); };
    };
  });
  return {kept, stored: localStorage.length + sessionStorage.length, caches: (await caches.keys()).length};
}"""


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    with demo_at(home_agencies="vsaa") as url:
        yield url


async def phone(windows: Windows, link: str) -> Page:
    page = await windows.blank("home", width=360, height=740)
    address, _, code = link.partition("#")
    await page.goto(f"{address}?diagnostics#{code}")
    return page


async def test_from_home(windows: Windows) -> None:
    clerk = await windows.open("clerk-grobina")
    officer = await windows.open("officer-vsaa-1")
    await part(officer, "availability-available").click()
    await expect(part(clerk, "indicator-vsaa-1")).to_have_attribute("data-state", "available")
    await part(clerk, "dial-vsaa-1").click()
    await part(clerk, "request-workstation").select_option("")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    await moves(clerk, 1)

    # the clerk makes a link; what opens it stands in the fragment alone
    await part(clerk, "link-make").click()
    link = await part(clerk, "link-address").input_value()
    assert "/home#" in link
    home = await phone(windows, link)
    await expect(part(home, "home-start")).to_be_visible()
    assert not await home.evaluate(WIDER)
    await part(home, "home-open").click()
    await expect(part(home, "home-waiting")).to_be_visible()
    assert "#" not in home.url
    await expect(part(home, "door-place")).to_contain_text("1.")
    assert await home.evaluate(RECEIVED) is None, "who waits before the door has no room at all"
    assert not await home.evaluate(WIDER)

    # nowhere else: the page says what to do
    other = await phone(windows, link)
    await part(other, "home-open").click()
    await expect(part(other, "home-problem")).to_have_attribute("data-code", "link_used")
    await expect(part(other, "home-problem")).to_contain_text("jaunu saiti")

    # the door says where they come from, and the moderator opens it: three people, by what arrives
    knock = clerk.locator('[data-testid^="knock-"][data-role="citizen"]')
    await expect(knock).to_contain_text("no mājām")
    await clerk.locator('[data-testid^="admit-"]').click()
    for page in (clerk, officer, home):
        await moves(page, 2)
        await grows(page)
    await expect(part(clerk, "home-link")).to_have_attribute("data-state", "in")
    assert not await home.evaluate(WIDER)

    # chat, and a file from their own telephone
    await part(home, "chat-input").fill("Labdien no mājām!")
    await part(home, "chat-send").click()
    await expect(part(officer, "chat-log")).to_contain_text("no mājām")
    await expect(home.locator('input[type="file"]')).to_have_count(1)

    # loaded anew in the middle of it: the device is known, the place is kept
    await home.reload()
    await moves(home, 2)
    await grows(home)

    # the end forgets: on this device nothing is left, and the link leads nowhere
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(home, "home-ended")).to_be_visible(timeout=15_000)
    assert await home.evaluate(KEPT) == {"kept": 0, "stored": 0, "caches": 0}
    assert await home.evaluate("() => window.klatiene?.room ?? null") is None
    await home.reload()
    await expect(part(home, "home-ended")).to_be_visible()
    again = await phone(windows, link)
    await part(again, "home-open").click()
    await expect(part(again, "home-problem")).to_have_attribute("data-code", "link_over")
    await part(officer, "wrap-up-outcome-solved").click()
    await part(officer, "wrap-up-finish").click()
    complaints = [each for each in windows.complaints if "status of 403" not in each and "status of 410" not in each]
    assert not complaints, "\n".join(complaints)


async def test_taken_back(windows: Windows) -> None:
    """By the officer: the client's media ends, the page says so and forgets."""
    clerk = await windows.open("clerk-grobina")
    officer = await windows.open("officer-vsaa-1")
    await part(officer, "availability-available").click()
    await part(clerk, "dial-vsaa-1").click()
    await part(clerk, "request-workstation").select_option("")
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    await moves(officer, 1)
    await part(officer, "link-make").click()
    home = await phone(windows, await part(officer, "link-address").input_value())
    await part(home, "home-open").click()
    await clerk.locator('[data-testid^="admit-"]').click()
    for page in (clerk, officer, home):
        await moves(page, 2)
    await part(officer, "link-revoke").click()
    await expect(part(home, "home-closed")).to_be_visible(timeout=15_000)
    await moves(officer, 1)
    assert (await home.evaluate(KEPT))["kept"] == 0
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
