"""Steps in a session: documents, the document camera, sound alone, one microphone, letters while they are typed."""

from __future__ import annotations

from fpdf import FPDF
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.flowing import flows
from tests.browser.session_table import Table, arrives, is_silent, moves
from tests.browser.test_main_job import part, person

DRAWN = """() => {
  const pages = [...document.querySelectorAll('[data-testid="document-view"] .pages canvas')];
  if (pages.length !== 3) return false;
  const last = pages[2];
  const {data} = last.getContext('2d').getImageData(0, 0, last.width, last.height);
  return data.some((value, index) => index % 4 === 0 && value < 128);
}"""
SCROLLED = "() => document.querySelector('[data-testid=\"document-view\"] .pages').scrollTop"


def three_pages() -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=40)
    for number in (1, 2, 3):
        made.add_page()
        made.cell(text=f"Lapa {number}")
    return bytes(made.output())


async def papers_sound_alone_and_one_microphone(windows: Windows, table: Table) -> None:
    clerk, officer, kiosk = table.clerk, table.officer, table.kiosk
    for page in (officer, kiosk):
        await moves(page, 2)

    # a document is before everybody's eyes, and scrolls along
    choose = part(clerk, "documents").get_by_test_id("document-file")
    await choose.set_input_files({"name": "Jānis.pdf", "mimeType": "application/pdf", "buffer": three_pages()})
    await clerk.locator('[data-testid^="show-document-"]').click()
    for page in (clerk, officer, kiosk):
        await expect(part(page, "document-view")).to_have_attribute("data-state", "open")
        await page.wait_for_function(DRAWN)
        await expect(part(page, "document-view")).not_to_contain_text("Jānis")
    pages = clerk.locator('[data-testid="document-view"] .pages')
    await pages.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    for page in (officer, kiosk):
        await page.wait_for_function(f"() => ({SCROLLED})() > 100")
    await part(officer, "document-hide").click()
    await expect(part(kiosk, "document-view")).to_have_count(0)

    # whatever it calls itself: by its content
    bad = {"name": "pase.pdf", "mimeType": "application/pdf", "buffer": b"<html><script>1</script></html>"}
    await choose.set_input_files(bad)
    await expect(part(clerk, "documents").locator('[data-code="document_refused"]')).to_be_visible()
    windows.complaints[:] = [each for each in windows.complaints if "422" not in each]

    # a second camera, over a paper: a second picture beside the first
    await part(clerk, "document-camera").click()
    await expect(officer.locator(".tile.screen video")).to_be_visible()
    await expect(officer.locator(".tile.screen")).to_contain_text("Dokumentu kamera")
    await flows(officer, await person(officer, "clerk"), "microphone", "camera", "paper")
    await part(clerk, "document-camera").click()
    await expect(officer.locator(".tile.screen")).to_have_count(0)

    # sound alone, by one button: no picture comes or goes, the voice does
    await part(kiosk, "audio-only").click()
    await expect(part(kiosk, "audio-only-now")).to_be_visible()
    await expect(kiosk.locator('[data-testid^="tile-"] video')).to_have_count(0)
    await officer.wait_for_function("() => document.querySelectorAll('.tile:not(.mine) video').length === 1")
    of_client = await person(clerk, "citizen")
    await is_silent(officer, of_client, "camera")
    await arrives(officer, of_client, "microphone")
    for each in (await person(clerk, "officer"), await person(clerk, "clerk")):
        await is_silent(kiosk, each, "camera")
        await arrives(kiosk, each, "microphone")
    await part(kiosk, "audio-only").click()
    await moves(kiosk, 2)
    await moves(officer, 2)
    await arrives(officer, of_client, "camera")

    # clerk and client side by side: one microphone and one loudspeaker, so that nothing echoes
    await part(clerk, "room-microphone").select_option(of_client)
    await expect(part(clerk, "room-quiet")).to_be_visible()
    await expect(part(clerk, "toggle-mic")).to_have_attribute("aria-pressed", "false")
    await clerk.wait_for_function("() => [...document.querySelectorAll('audio')].every(each => each.muted)")
    await expect(part(kiosk, "toggle-mic")).to_have_attribute("aria-pressed", "true")
    of_clerk = await person(clerk, "clerk")
    await is_silent(officer, of_clerk, "microphone")
    await arrives(officer, of_clerk, "camera")
    await arrives(officer, of_client, "microphone")
    await part(clerk, "room-microphone").select_option("")
    await expect(part(clerk, "toggle-mic")).to_have_attribute("aria-pressed", "true")
    await arrives(officer, of_clerk, "microphone")

    # for those who do not hear: letters while they are typed
    await part(officer, "typing-show").check()
    await part(officer, "chat-input").press_sequentially("Labd")
    await expect(part(kiosk, "typing")).to_contain_text("Labd")
    await part(officer, "chat-send").click()
    await expect(part(kiosk, "typing")).to_have_count(0)
    await expect(part(kiosk, "chat-log")).to_contain_text("Labd")
