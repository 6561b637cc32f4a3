"""Workstations as people meet them: enrolled beside a clerk, opened for one session, checked, steered, wiped."""

from __future__ import annotations

import contextlib

import pytest
from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

from tests.browser.conftest import Windows
from tests.browser.test_accessibility import looks_well
from tests.browser.test_main_job import OTHERS_MOVE, part, ring_up

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

#: first pictures on a machine that has much else to do
MEDIA_MS = 45_000
NAME = "Lasītava, dators 1"


async def enrolled_kiosk(windows: Windows, clerk: Page, *, place: str, name: str) -> Page:
    """A page that a clerk has just enrolled; the clerk's page is back at the console."""
    kiosk = await windows.blank("kiosk")
    await enrol_at(windows, clerk, kiosk, place=place, name=name, looked_at=True)
    return kiosk


async def enrol_at(
    windows: Windows, clerk: Page, kiosk: Page, *, place: str, name: str, looked_at: bool = False
) -> None:
    await kiosk.goto(f"{windows.url}/kiosk")
    await part(kiosk, "enrol-place").select_option(place)
    await part(kiosk, "enrol-name").fill(name)
    if looked_at:
        await looks_well(kiosk, "kiosk, enrolling")
    await part(kiosk, "enrol-ask").click()
    code = await part(kiosk, "enrol-user-code").inner_text()
    number = await part(kiosk, "enrol-number").inner_text()
    if looked_at:
        await looks_well(kiosk, "kiosk, code")

    await clerk.get_by_role("link", name="Klientu darba vietas").click()
    await part(clerk, "enrol-code").fill(code)
    await part(clerk, "enrol-code").press("Enter")
    await expect(part(clerk, "enrol-found")).to_contain_text(name)
    if looked_at:
        await looks_well(clerk, "clerk, enrolling")
    await part(clerk, "enrol-check").fill(number)
    await part(clerk, "enrol-check").press("Enter")
    await expect(part(clerk, "enrol-done")).to_contain_text(name)
    await expect(part(kiosk, "kiosk-start")).to_be_visible()


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
    await ring_up(clerk, officer, "vzd-1", NAME + " (Ādažu VPVKAC)")
    await part(clerk, "authorise").click()
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2, timeout=MEDIA_MS)

    # let go: cut off at once, in the middle of the session
    await clerk.get_by_role("link", name="Klientu darba vietas").click()
    await row.locator('[data-testid^="let-go-"]').click()
    await part(clerk, "confirm").click()
    await expect(kiosk.locator("video")).to_have_count(0, timeout=10_000)
    await expect(part(kiosk, "enrol-place")).to_be_visible()
    await kiosk.reload()
    await expect(part(kiosk, "enrol-place")).to_be_visible()
    # the officials are left in the session: others need them
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await part(officer, "wrap-up-outcome-solved").click()
    await part(officer, "wrap-up-finish").click()
    assert not windows.complaints, "\n".join(windows.complaints)


async def three_talk(windows: Windows, *, point: str, workstation: str, officer_id: str) -> tuple[Page, Page, Page]:
    """Clerk, officer and kiosk of a running session."""
    clerk = await windows.open(f"clerk-{point}")
    officer = await windows.open(f"officer-{officer_id}")
    kiosk = await windows.open(f"kiosk-{point}")
    await part(kiosk, "kiosk-start").click()
    await ring_up(clerk, officer, officer_id, workstation)
    await part(clerk, "authorise").click()
    await kiosk.wait_for_function(OTHERS_MOVE, arg=2, timeout=MEDIA_MS)
    return clerk, officer, kiosk


#: everything a browser keeps of a page, as text: storage, caches, address, history, and the page itself
KEPT = """async () => {
  const found = [location.href, document.documentElement.outerHTML, document.title, JSON.stringify(history.state)];
  for (const store of [localStorage, sessionStorage]) found.push(JSON.stringify(store));
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const asked of await cache.keys()) {
      const answer = await cache.match(asked);
      found.push(name, asked.url, JSON.stringify([...answer.headers]), await answer.text());
    }
  }
  for (const {name} of await indexedDB.databases()) {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
    });
    for (const store of database.objectStoreNames) found.push(await new Promise((resolve) => {
      const all = database.transaction(store).objectStore(store).getAll();
      all.onsuccess = () => resolve(JSON.stringify(all.result));
    }));
    database.close();
  }
  found.push(performance.getEntriesByType('resource').map((each) => each.name).join(' '));
  return found.join('\\n');
}"""
SECRET = "Mana slimības lapa"
#: the page is kept for a start without a line, and what it asks for goes by the worker that keeps it
SHELL_KEPT = """async () => {
  const worker = await navigator.serviceWorker.ready;
  return worker.active?.state === 'activated' && navigator.serviceWorker.controller !== null;
}"""
#: every address in every cache, as a path
CACHED = """async () => {
  const found = [];
  for (const name of await caches.keys())
    for (const asked of await (await caches.open(name)).keys())
      found.push([name, asked.url.replace(location.origin, '')]);
  return found;
}"""


async def nothing_kept(page: Page, *secrets: str) -> None:
    kept = await page.evaluate(KEPT)
    assert [secret for secret in secrets if secret in kept] == []
    assert await page.locator("video, audio").count() == 0


async def test_nothing_is_left_for_the_next_citizen(windows: Windows) -> None:
    clerk, officer, kiosk = await three_talk(windows, point="adazi", workstation="adazi-1", officer_id="lad-1")
    await part(kiosk, "lang-en").click()
    session_id = await part(kiosk, "session").get_attribute("data-session")
    assert session_id
    await part(kiosk, "chat-input").fill(SECRET)
    await part(kiosk, "chat-send").click()
    await expect(part(officer, "chat-log")).to_contain_text(SECRET)
    await part(kiosk, "chat-input").fill(SECRET + ", uzmetums")
    assert SECRET in await kiosk.evaluate(KEPT)

    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()
    await part(kiosk, "kiosk-thanks").get_by_role("button").click()
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    assert await kiosk.evaluate("document.documentElement.lang") == "lv"
    await nothing_kept(kiosk, SECRET, session_id)
    # the way back leads to what was there before the first citizen, the way forward to a clean page
    await kiosk.go_back()
    assert SECRET not in await kiosk.content()
    await kiosk.go_forward()
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    await nothing_kept(kiosk, SECRET, session_id)

    # somebody goes away without a word: asked, then wiped
    await kiosk.goto(f"{windows.url}/kiosk")
    await kiosk.clock.install()
    await part(kiosk, "kiosk-start").click()
    await part(kiosk, "kiosk-have-code").click()
    await part(kiosk, "kiosk-code").fill("123")
    await kiosk.clock.fast_forward(105_000)
    await expect(part(kiosk, "still-there")).to_be_visible()
    # by a key: a pointer on its way there is a sign of life already, and takes the question away
    await part(kiosk, "still-there").get_by_role("button").press("Enter")
    await expect(part(kiosk, "still-there")).to_have_count(0)
    await expect(part(kiosk, "kiosk-code")).to_have_value("123")
    await kiosk.clock.fast_forward(121_000)
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_a_check_tells_what_is_weak(windows: Windows) -> None:
    kiosk = await windows.open("kiosk-zeltini")
    await part(kiosk, "kiosk-start").click()
    await part(kiosk, "kiosk-check").click()
    check = part(kiosk, "check")
    await expect(check).to_have_attribute("data-step", "camera")
    await kiosk.wait_for_function("() => document.querySelector('video.preview')?.videoWidth > 0")
    await looks_well(kiosk, "check, camera")
    await part(kiosk, "check-yes").click()
    # the test's microphone beeps
    await expect(check).to_have_attribute("data-step", "microphone")
    await part(kiosk, "check-yes").click()
    await expect(check).to_have_attribute("data-step", "speaker")
    await part(kiosk, "check-play").click()
    await part(kiosk, "check-no").click()
    await expect(part(kiosk, "check-result")).to_have_attribute("data-weak", "speaker_not_heard", timeout=40_000)
    await expect(part(kiosk, "check-result")).to_contain_text("UDP")
    assert await kiosk.locator("video").count() == 0, "the camera is let go"
    await looks_well(kiosk, "check, result")
    await part(kiosk, "check-done").click()
    await expect(part(kiosk, "kiosk-check")).to_be_visible()

    supervisor = await windows.open("supervisor-vsaa")
    await expect(part(supervisor, "check-zeltini-1")).to_have_attribute("data-weak", "speaker_not_heard")
    await looks_well(supervisor, "board with checks")
    assert not windows.complaints, "\n".join(windows.complaints)


SHOWN = """() => {
  const video = document.querySelector('[data-testid="steer-surface"] video');
  return video !== null && video.videoWidth > 0;
}"""


async def lend(clerk: Page, level: str) -> None:
    await part(clerk, "lend-level").select_option(level)
    await part(clerk, "lend-go").click()
    await expect(part(clerk, "lend")).to_have_attribute("data-level", level)


async def show_screen(kiosk: Page) -> None:
    """The banner is there; where the browser wants a touch before it shows the screen, there is a button for it."""
    await expect(part(kiosk, "control-banner")).to_be_visible()
    shown = kiosk.locator('[data-testid="control-banner"][data-sharing="true"]')
    await expect(shown.or_(part(kiosk, "control-show"))).to_be_visible()
    with contextlib.suppress(PlaywrightTimeout):
        # gone when the browser showed the screen by itself meanwhile
        await part(kiosk, "control-show").click(timeout=5_000)
    await expect(shown).to_be_visible(timeout=MEDIA_MS)


async def test_a_workstation_is_lent_to_the_officer_and_taken_back(windows: Windows) -> None:
    clerk, officer, kiosk = await three_talk(windows, point="grobina", workstation="grobina-1", officer_id="ur-1")
    await expect(part(officer, "steer")).to_have_count(0)

    # view: the officer sees the screen, and can do nothing with it
    await lend(clerk, "view")
    await show_screen(kiosk)
    await expect(part(kiosk, "control-banner")).to_contain_text("UR speciālists 1")
    await officer.wait_for_function(SHOWN, timeout=MEDIA_MS)
    await expect(part(officer, "steer-open")).to_have_count(0)
    for page, name in ((clerk, "clerk, lent"), (officer, "officer, lent"), (kiosk, "kiosk, lent")):
        await looks_well(page, name)

    # the client's button ends it at once
    await part(kiosk, "control-stop").click()
    await expect(part(officer, "steer")).to_have_count(0, timeout=2_000)
    await expect(officer.locator(".tile.screen")).to_have_count(0)
    await expect(part(clerk, "lend")).to_have_attribute("data-level", "none")
    await expect(part(kiosk, "control-banner")).to_have_count(0)

    # guide: pointing, marking, letters, language, an address of the list
    await lend(clerk, "guide")
    await show_screen(kiosk)
    await officer.wait_for_function(SHOWN, timeout=MEDIA_MS)
    surface = part(officer, "steer-surface")
    await surface.scroll_into_view_if_needed()
    box = await surface.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await officer.mouse.move(*middle)
    await officer.mouse.down()
    await officer.mouse.move(middle[0] + box["width"] / 4, middle[1] + box["height"] / 4, steps=10)
    await expect(part(kiosk, "guide-pointer")).to_be_visible()
    await officer.mouse.up()
    await expect(part(kiosk, "guide-mark")).to_be_visible()
    await part(officer, "steer-zoom-larger").click()
    await kiosk.wait_for_function("() => document.documentElement.dataset.text === 'larger'")
    await part(officer, "steer-language-en").click()
    await kiosk.wait_for_function("() => document.documentElement.lang === 'en'")
    await part(officer, "steer-address").fill("https://latvija.gov.lv/Pakalpojumi")
    await part(officer, "steer-open").click()
    await expect(part(kiosk, "guide-open").get_by_role("link")).to_have_attribute(
        "href", "https://latvija.gov.lv/Pakalpojumi"
    )
    await part(officer, "steer-address").fill("https://example.org/")
    await part(officer, "steer-open").click()
    await expect(officer.locator('.problem[data-code="address_not_allowed"]')).to_be_visible()

    # the clerk takes it back
    await part(clerk, "lend-stop").click()
    await expect(part(officer, "steer")).to_have_count(0, timeout=2_000)
    await expect(part(kiosk, "guide-open")).to_have_count(0)
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(kiosk, "kiosk-thanks")).to_be_visible()
    windows.complaints[:] = [each for each in windows.complaints if "status of 403" not in each]
    assert not windows.complaints, "\n".join(windows.complaints)


async def test_one_notebook_is_the_clerks_and_the_clients(windows: Windows) -> None:
    """A brigade's clerk carries the workstation: both in one browser, the sign-in of one and the key of the other."""
    clerk = await windows.open("clerk-grobina")
    kiosk = await clerk.context.new_page()
    await enrol_at(windows, clerk, kiosk, place="mobila", name="Brigādes dators")
    await part(kiosk, "kiosk-start").click()
    await expect(part(kiosk, "kiosk-waiting")).to_be_visible()
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    chosen = part(clerk, "request-workstation").locator("option", has_text="Brigādes dators")
    await expect(chosen).not_to_contain_text("nav tiešsaistē")
    await kiosk.reload()
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    await clerk.reload()
    await expect(part(clerk, "request-submit")).to_be_visible()
