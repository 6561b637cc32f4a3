"""A session in depth, as its people meet it: the moderator's hand, the door, a second official, the hand-back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows, demo_at
from tests.browser.session_identity import PERSON, SECRET, identity_and_a_power_that_is_revoked
from tests.browser.session_papers import papers_sound_alone_and_one_microphone
from tests.browser.session_table import Table, arrives, end, is_silent, moves, three_talk
from tests.browser.test_main_job import grows, part, person

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

#: which connection to the media node this page has, and whether it is up
CONNECTION = "() => window.klatiene?.room?.localParticipant?.sid ?? null"


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    with demo_at(notary_secret=SECRET) as url:
        yield url


async def test_a_session_in_depth(windows: Windows) -> None:
    """One after the other, in one conversation."""
    table = await three_talk(windows, applied_for)
    windows.complaints[:] = [each for each in windows.complaints if "status of 409" not in each]
    await the_moderators_hand(windows, table)
    await papers_sound_alone_and_one_microphone(windows, table)
    await identity_and_a_power_that_is_revoked(windows, table)
    await end(table, table.officer)
    await table.clerk.get_by_role("link", name="Reģistrs").click()
    await expect(table.clerk.locator('[data-testid^="case-row-"]').first).to_contain_text("PAK_04")
    assert not windows.complaints, "\n".join(windows.complaints)


async def applied_for(clerk: Page) -> None:
    """A service of VID is applied for on the client's behalf (PAK_04): not before both conditions are checked."""
    await part(clerk, "request-pak").select_option("PAK_04")
    await part(clerk, "client-identified").check()
    await part(clerk, "client-code").fill(PERSON)
    refused = part(clerk, "request-form").locator('.problem[data-code="conditions_not_met"]')
    await part(clerk, "request-submit").click()
    await expect(refused).to_contain_text("Pārbaudiet abus nosacījumus")
    await part(clerk, "pak-04-eid").check()
    await part(clerk, "request-submit").click()
    await expect(refused).to_be_focused()
    # both are said to be so, and the client has just shown an eID
    await part(clerk, "pak-04-delegated").check()
    await clerk.locator("#request-method").select_option("eid")
    await part(clerk, "request-submit").click()
    await expect(refused).to_be_focused()
    await clerk.locator("#request-method").select_option("driving_licence")
    await part(clerk, "request-submit").click()
    await expect(refused).to_have_count(0)


async def the_moderators_hand(windows: Windows, table: Table) -> None:
    clerk, officer, kiosk = table.clerk, table.officer, table.kiosk
    of_citizen, of_officer = await person(clerk, "citizen"), await person(clerk, "officer")
    await expect(part(clerk, "client-seen")).to_contain_text("VID")
    # nobody comes from home where no agency wants it
    await expect(part(clerk, "home-link")).to_have_count(0)

    # put back before the door: no media at all reaches the workstation or leaves it, and it says why
    await part(clerk, f"more-{of_citizen}").click()
    await part(clerk, f"hold-{of_citizen}").click()
    await expect(part(kiosk, "outside")).to_have_attribute("data-held", "true")
    await kiosk.wait_for_function("() => !window.klatiene?.room || window.klatiene.room.state === 'disconnected'")
    assert await kiosk.locator("video, audio").count() == 0
    await moves(officer, 1)
    await is_silent(officer, of_citizen, "microphone", "camera")
    await part(clerk, "lobby-message").fill("Vienu mirkli, meklējam dokumentu.")
    await part(clerk, "lobby-message-send").click()
    await expect(part(kiosk, "door-message")).to_contain_text("meklējam dokumentu")
    # let in again: back without a touch
    await part(clerk, f"admit-{of_citizen}").click()
    await moves(kiosk, 2)
    await grows(kiosk)
    await arrives(officer, of_citizen, "microphone", "camera")

    # the officer's voice taken away, then the picture: what is left goes on, and only their own hand gives it back
    await part(clerk, f"more-{of_officer}").click()
    for kind, source, other, button in (
        ("audio", "microphone", "camera", "toggle-mic"),
        ("video", "camera", "microphone", "toggle-camera"),
    ):
        await arrives(kiosk, of_officer, source)
        await part(clerk, f"mute-{kind}-{of_officer}").click()
        await expect(part(officer, "banned")).to_be_visible()
        await expect(part(officer, button)).to_be_disabled()
        await is_silent(kiosk, of_officer, source)
        await arrives(kiosk, of_officer, other)
        await part(clerk, f"ask-{kind}-{of_officer}").click()
        await expect(part(officer, f"asked-{kind}")).to_be_visible()
        await is_silent(kiosk, of_officer, source)
        await part(officer, "asked-yes").click()
        await expect(part(officer, button)).to_have_attribute("aria-pressed", "true")
        await expect(part(officer, f"asked-{kind}")).to_have_count(0)
        await moves(kiosk, 2)
        await arrives(kiosk, of_officer, source)

    # one face large for all; the share stopped; another name
    await part(clerk, f"spotlight-{of_officer}").click()
    for page in (clerk, officer, kiosk):
        await expect(page.locator(f'.tile.large[data-testid="tile-{of_officer}"]')).to_be_visible()
    await part(clerk, f"spotlight-{of_officer}").click()
    await part(officer, "toggle-share").click()
    await expect(kiosk.locator(".tile.screen video")).to_be_visible()
    await arrives(kiosk, of_officer, "screen_share")
    await part(clerk, f"screen-{of_officer}").click()
    await expect(kiosk.locator(".tile.screen")).to_have_count(0)
    await is_silent(kiosk, of_officer, "screen_share")
    await part(clerk, f"rename-{of_officer}").click()
    await clerk.locator(f'[id="name-{of_officer}"]').fill("Nodokļu speciāliste")
    await part(clerk, f"rename-save-{of_officer}").click()
    await expect(part(kiosk, f"tile-{of_officer}")).to_contain_text("Nodokļu speciāliste")

    # the role goes to the officer and comes back; meanwhile the clerk cannot mute
    await part(clerk, f"hand-over-{of_officer}").click()
    await expect(part(officer, "lock")).to_be_visible()
    await expect(part(clerk, f"mute-audio-{of_officer}")).to_have_count(0)
    await part(officer, "lock").click()
    await expect(part(clerk, "locked")).to_be_visible()
    await part(clerk, "take-back").click()
    await expect(part(officer, "lock")).to_have_count(0)
    await part(clerk, "lock").click()
    await expect(part(officer, "locked")).to_have_count(0)

    await by_keys_alone(clerk)

    # the clerk's browser goes away: place and role are kept, nobody else has the buttons
    await clerk.goto("about:blank")
    of_clerk = officer.locator('[data-testid^="participant-"][data-role="clerk"]')
    await expect(of_clerk).to_have_attribute("data-state", "left")
    await expect(of_clerk).to_contain_text("vieta saglabāta")
    await expect(part(officer, "lock")).to_have_count(0)
    await grows(kiosk)
    await arrives(kiosk, of_officer, "microphone", "camera")
    await clerk.goto(f"{windows.url}/?account=clerk-grobina&diagnostics")
    await moves(clerk, 2)
    await expect(part(clerk, "lock")).to_be_visible()


async def by_keys_alone(clerk: Page) -> None:
    """One key each; nothing happens while somebody types, or where they are switched off."""
    await clerk.locator("h2").first.focus()
    await clerk.evaluate("document.activeElement.blur()")
    await clerk.keyboard.press("m")
    await expect(part(clerk, "toggle-mic")).to_have_attribute("aria-pressed", "false")
    await expect(part(clerk, "toggle-mic")).to_have_attribute("title", "Īsinājumtaustiņš: M")
    await clerk.keyboard.press("m")
    await expect(part(clerk, "toggle-mic")).to_have_attribute("aria-pressed", "true")
    await clerk.keyboard.press("t")
    await expect(part(clerk, "chat-input")).to_be_focused()
    await clerk.keyboard.type("km?")
    await expect(part(clerk, "chat-input")).to_have_value("km?")
    await expect(part(clerk, "toggle-mic")).to_have_attribute("aria-pressed", "true")
    await part(clerk, "chat-input").fill("")
    await clerk.evaluate("document.activeElement.blur()")
    await clerk.keyboard.press("?")
    await expect(clerk.get_by_role("alertdialog")).to_contain_text("Ieslēgt vai izslēgt savu mikrofonu")
    await part(clerk, "shortcuts-on").uncheck()
    await clerk.keyboard.press("Escape")
    await clerk.evaluate("document.activeElement.blur()")
    await clerk.keyboard.press("m")
    await clerk.keyboard.press("?")
    await part(clerk, "shortcuts-on").check()
    await clerk.keyboard.press("Escape")
    await expect(part(clerk, "toggle-mic")).to_have_attribute("aria-pressed", "true")


async def taught(clerk: Page) -> None:
    """A training (PAK_03) is asked for."""
    await part(clerk, "request-pak").select_option("PAK_03")
    await part(clerk, "client-identified").check()
    await part(clerk, "client-code").fill(PERSON)
    await part(clerk, "request-submit").click()


async def test_a_specialist_a_transfer_and_the_hand_back(windows: Windows) -> None:
    table = await three_talk(windows, taught)
    clerk, officer, kiosk = table.clerk, table.officer, table.kiosk
    of_citizen, of_officer = await person(clerk, "citizen"), await person(clerk, "officer")
    second = await windows.open("officer-vsaa-1")
    await part(second, "availability-available").click()
    await expect(part(second, "indicator-vsaa-1")).to_have_attribute("data-state", "available")
    connection = await kiosk.evaluate(CONNECTION)

    # the officer calls somebody in: the moderator's door is between, in order of coming, and is not opened
    await call(officer, "not-sufficient")
    await part(second, "offer-accept").click()
    await expect(part(second, "door-place")).to_contain_text("1.")
    await expect(part(second, "client-card")).not_to_contain_text("Identitāti pārbaudīja")
    knock = clerk.locator('[data-testid^="knock-"][data-role="specialist"]')
    await expect(knock).to_contain_text("VSAA speciālists 1")
    await clerk.evaluate("document.activeElement.blur()")
    await clerk.keyboard.press("d")
    await expect(knock.locator('[data-testid^="admit-"]')).to_be_focused()
    await part(clerk, "lobby-message").fill("Vēl brīdi.")
    await part(clerk, "lobby-message-send").click()
    await expect(part(second, "door-message")).to_contain_text("Vēl brīdi.")
    await part(clerk, "lobby-message-clear").click()
    await expect(part(second, "door-message")).to_have_count(0)
    assert await second.locator("video, audio").count() == 0
    await knock.locator('[data-testid^="refuse-"]').click()
    await expect(part(officer, "official-call")).to_have_attribute("data-state", "failed")
    await expect(part(officer, "official-call")).to_contain_text("neielaida")
    await wrapped_up(second, "vsaa-1", "referred")

    # not sufficient: a specialist of another agency joins the same session, everybody stays, and reads what it is about
    await call(clerk, "not-sufficient", "Jautājums par slimības lapu.")
    await expect(part(second, "offer")).to_contain_text("kas jau notiek")
    await expect(part(second, "offer")).not_to_contain_text("slimības")
    await part(second, "offer-accept").click()
    for page in (clerk, officer, kiosk, second):
        await moves(page, 3)
    of_second = await person(clerk, "specialist")
    await arrives(kiosk, of_second, "microphone", "camera")
    await arrives(second, of_citizen, "microphone", "camera")
    await expect(part(second, "call-note-shown")).to_contain_text("slimības lapu")
    await expect(kiosk.locator("body")).not_to_contain_text("slimības lapu")

    # the officials confer: the client is outside, hears nothing and is heard by nobody, and comes back by itself
    await part(officer, "confer").click()
    await expect(part(kiosk, "outside")).to_have_attribute("data-private", "true")
    assert await kiosk.locator("video, audio").count() == 0
    await moves(second, 2)
    await is_silent(second, of_citizen, "microphone", "camera")
    await arrives(second, of_officer, "microphone", "camera")
    await arrives(officer, of_second, "microphone")
    await part(officer, "confer").click()
    await moves(kiosk, 3)
    await arrives(kiosk, of_officer, "microphone")
    assert await kiosk.evaluate(CONNECTION) != connection

    # the specialist has said what there was to say
    await part(second, "leave-session").click()
    await part(second, "confirm").click()
    await wrapped_up(second, "vsaa-1", "partly")
    await moves(kiosk, 2)

    # the officer wants to pass the session on, and is declined: all is as it was
    connection = await kiosk.evaluate(CONNECTION)
    await call(officer, "transfer")
    await part(second, "offer-decline").click()
    await second.locator('[data-testid^="decline-"]').first.click()
    await expect(part(officer, "official-call")).to_have_attribute("data-state", "failed")
    await expect(part(clerk, "official-call")).to_contain_text("kā iepriekš")
    await arrives(kiosk, of_officer, "microphone", "camera")

    # what was taught, by the officer who taught it; the clerk sees it
    await part(officer, "training-service").fill("EDS: gada ienākumu deklarācija")
    await part(officer, "training-alone").check()
    await part(officer, "training-save").click()
    await expect(part(clerk, "training")).to_contain_text("gada ienākumu deklarācija")

    # passed on by the clerk: the workstation stays connected all the while; identity and note travel
    await part(second, "availability-available").click()
    await expect(part(second, "indicator-vsaa-1")).to_have_attribute("data-state", "available")
    of_clerk = await person(clerk, "clerk")
    await call(clerk, "transfer", "Deklarācija iesniegta, jāpārrēķina pabalsts.")
    await part(second, "offer-accept").click()
    await expect(part(officer, "wrap-up")).to_be_visible()
    for page in (clerk, kiosk, second):
        await moves(page, 2)
    await arrives(kiosk, of_clerk, "microphone", "camera")
    await arrives(kiosk, await person(clerk, "officer"), "microphone", "camera")
    await is_silent(kiosk, of_officer, "microphone", "camera")
    assert await kiosk.evaluate(CONNECTION) == connection
    await expect(part(second, "verified")).to_have_attribute("data-method", "id_card")
    await expect(part(second, "call-note-shown")).to_contain_text("jāpārrēķina pabalsts")
    await expect(part(second, "training")).to_contain_text("gada ienākumu deklarācija")

    # papers: the official waits outside, the clerk and the client go on, then all three again
    await part(second, "hand-back").click()
    await part(second, "hand-back-what").select_option("signature")
    await second.locator("#hand-back-note").fill("Divi paraksti.")
    await part(second, "hand-back-go").click()
    await expect(part(clerk, "handed-back")).to_have_attribute("data-what", "signature")
    await expect(part(clerk, "handed-back")).to_contain_text("Divi paraksti.")
    await expect(part(kiosk, "handed-back")).to_be_visible()
    await moves(kiosk, 1)
    await arrives(kiosk, of_clerk, "microphone", "camera")
    assert await second.locator("video, audio").count() == 0
    await part(clerk, "resume").click()
    for page in (clerk, kiosk, second):
        await moves(page, 2)
    await arrives(second, of_citizen, "microphone", "camera")
    assert await kiosk.evaluate(CONNECTION) == connection

    await end(table, officer, second)
    await the_register_has_everybodys_part(clerk)
    assert not windows.complaints, "\n".join(windows.complaints)


async def call(page: Page, why: str, note: str = "") -> None:
    """The official of VSAA is called by name, to join or to take over."""
    await part(page, why).click()
    await part(page, "call-whom").select_option("officer/vsaa-1")
    await part(page, "call-note").fill(note)
    await part(page, "call-official").click()


async def wrapped_up(page: Page, officer_id: str, outcome: str) -> None:
    await part(page, f"wrap-up-outcome-{outcome}").click()
    await part(page, "wrap-up-finish").click()
    await expect(part(page, f"indicator-{officer_id}")).to_have_attribute("data-state", "available")


async def the_register_has_everybodys_part(clerk: Page) -> None:
    """Each official's result beside the own part, and what was taught."""
    await clerk.get_by_role("link", name="Reģistrs").click()
    row = clerk.locator('[data-testid^="case-row-"]').first
    await expect(row).to_contain_text("PAK_03")
    parts = row.locator('[data-testid^="case-parts-"]')
    await parts.locator("summary").click()
    lines = parts.locator("li")
    await expect(lines).to_have_count(4)
    for line, said in zip(
        await lines.all(),
        (
            r"VID speciālists 1.*atbildēja.*Atrisināts",
            r"VSAA speciālists 1.*pieaicināts.*Daļēji atrisināts",
            r"VSAA speciālists 1.*pārņēma.*Atrisināts",
            r"gada ienākumu deklarācija.*patstāvīgi",
        ),
        strict=True,
    ):
        await expect(line).to_have_text(re.compile(said))
