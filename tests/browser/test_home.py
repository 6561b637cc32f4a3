"""A client who comes from home, on a telephone: the link, the door, the conversation, and nothing of it afterwards."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows, demo_at
from tests.browser.session_papers import three_pages
from tests.browser.session_table import moves
from tests.browser.test_main_job import RECEIVED, grows, part, ring_up
from tests.browser.test_workstations import MEDIA_MS

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


#: the photograph that was shown, as it was made anew
DRAWN = """() => document.querySelector('[data-testid="document-view"] img')?.naturalWidth === 400"""
#: what this page sounded and told outside of it
TOLD = """
window.told = {sounds: 0, notices: []};
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.told.sounds += 1; return start.apply(this, when); };
window.Notification = class extends Notification {
  constructor(title, options) { super(title, options); window.told.notices.push(options.body); }
};
"""


async def phone(windows: Windows, link: str) -> Page:
    page = await windows.blank("home", width=360, height=740)
    address, _, code = link.partition("#")
    await page.goto(f"{address}?diagnostics#{code}")
    return page


def a_photograph() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (400, 300), "#b9c6d6").save(picture, "JPEG")
    return picture.getvalue()


async def test_from_home(windows: Windows) -> None:
    clerk = await windows.open("clerk-grobina")
    await clerk.context.grant_permissions(["notifications"])
    await clerk.add_init_script(TOLD)
    await clerk.reload()
    officer = await windows.open("officer-vsaa-1")
    await ring_up(clerk, officer, "vsaa-1", "")
    # from now on the clerk is seen, whatever window they look at
    await clerk.wait_for_function("() => window.told.sounds > 0")
    await moves(clerk, 1)

    # the clerk makes a link; what opens it stands in the fragment alone
    await part(clerk, "link-make").click()
    link = await part(clerk, "link-address").input_value()
    assert "/home#" in link
    home = await phone(windows, link)
    await expect(part(home, "home-start")).to_be_visible()
    assert not await home.evaluate(WIDER)
    await clerk.evaluate("window.told.sounds = 0")
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
    # heard and told outside of the page, again and again until somebody opens
    await clerk.wait_for_function("() => window.told.notices.length > 1 && window.told.sounds > 2", timeout=MEDIA_MS)
    assert set(await clerk.evaluate("window.told.notices")) == {"Pie durvīm gaida: Klients"}
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
    await home.locator('input[type="file"]').set_input_files(
        {"name": "Jāņa izziņa.jpg", "mimeType": "image/jpeg", "buffer": a_photograph()}
    )
    for page in (clerk, officer, home):
        await expect(part(page, "chat-log")).to_contain_text("Pievienots dokuments: dokuments-")
        await expect(page.locator("body")).not_to_contain_text("Jāņa")
    assert not await home.evaluate(WIDER)
    await officer.locator('[data-testid^="show-document-"]').click()
    for page in (clerk, officer, home):
        await expect(part(page, "document-view")).to_have_attribute("data-state", "open")
        await page.wait_for_function(DRAWN)
    assert not await home.evaluate(WIDER)
    await part(officer, "document-hide").click()
    # what an official sends in the chat can be taken along on one's own device
    await officer.get_by_test_id("document-file").last.set_input_files(
        {"name": "lēmums.pdf", "mimeType": "application/pdf", "buffer": three_pages()}
    )
    pdf = part(home, "documents").locator("li", has_text=".pdf")
    async with home.expect_download() as taken:
        await pdf.locator('[data-testid^="save-document-"]').click()
    assert (await (await taken.value).path()).read_bytes().startswith(b"%PDF-")
    await expect(pdf.locator('[data-testid^="remove-document-"]')).to_have_count(0)

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
    await ring_up(clerk, officer, "vsaa-1", "")
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
