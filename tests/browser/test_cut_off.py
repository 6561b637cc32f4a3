"""What is taken back is gone within its time: the client's media, an official's hand, a device's enrolment.

Measured where it counts: from the click to the last packet that came to the others, and to the last input accepted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Windows, becomes
from tests.browser.flowing import STUCK, STUCK_MS, click_at, cut_after_s, flows, watch
from tests.browser.session_table import moves
from tests.browser.test_main_job import part, person, ring_up
from tests.browser.test_workstations import KEPT, MEDIA_MS, enrolled_kiosk, lend, show_screen

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

NAME = "Lasītava, dators 3"
SECRET = "Mana slimības lapa"
#: an authorisation, and a device whose enrolment ends
CUT_S, DEVICE_S = 2.0, 10.0

#: inputs, one after the other, until ten were refused: (when sent, what was answered)
STEER = """async (id) => {
  const {csrf_token} = await (await fetch('/api/me')).json();
  const headers = {'content-type': 'application/json', 'x-csrf-token': csrf_token};
  const body = JSON.stringify({input: {kind: 'zoom', size: 'normal'}});
  const answers = [], end = Date.now() + 30000;
  while (answers.filter(([, status]) => status !== 204).length < 10 && Date.now() < end) {
    const sent = Date.now();
    const answer = await fetch(`/api/sessions/${id}/control/input`, {method: 'POST', headers, body});
    answers.push([sent, answer.status]);
    window.steered = answers.length;
    await new Promise(done => setTimeout(done, 40));
  }
  return answers;
}"""
#: a room shows itself to the test; the wipe takes this away with everything else
DIAGNOSTICS = "sessionStorage.setItem('diagnostics', '1')"
#: the enrolment's page says that it is over
LET_GO = "() => document.querySelector('.notice')?.textContent.includes('reģistrācija ir izbeigta') ? Date.now() : null"


async def last_accepted_s(officer: Page, session_id: str, taken_back: Callable[[], Awaitable[float]]) -> float:
    """How long after it was taken back an input was still accepted; before that all are, after it none."""
    steering = asyncio.create_task(officer.evaluate(STEER, session_id))
    await becomes(officer, "() => window.steered > 2")
    since_ms = await taken_back()
    answers: list[tuple[float, int]] = [(sent, status) for sent, status in await steering]
    accepted = [sent for sent, status in answers if status == 204]
    refused = [sent for sent, status in answers if status == 403]
    assert len(accepted) + len(refused) == len(answers), answers
    assert accepted[0] < since_ms, "it was lent"
    assert len(refused) == 10
    assert min(refused) > max(accepted), "refused once, refused for good"
    return max(0.0, (max(accepted) - since_ms) / 1000)


async def authorised(clerk: Page, officer: Page, kiosk: Page) -> str:
    """The workstation is in the session; its client's identity."""
    await part(clerk, "authorise").click()
    for page in (clerk, officer, kiosk):
        await moves(page, 2)
    client = await person(officer, "citizen")
    for page in (clerk, officer):
        await flows(page, client)
    return client


async def wiped(kiosk: Page) -> None:
    """Nothing is left of the client, who waits again; the next room shows itself, too."""
    await expect(part(kiosk, "kiosk-waiting")).to_be_visible()
    await becomes(kiosk, "() => sessionStorage.length === 0")
    await kiosk.evaluate(DIAGNOSTICS)


async def test_what_is_taken_back_is_gone(windows: Windows) -> None:
    clerk, officer = await windows.open("clerk-adazi"), await windows.open("officer-vsaa-1")
    kiosk = await enrolled_kiosk(windows, clerk, place="adazi", name=NAME)
    for page in (clerk, officer, kiosk):
        page.set_default_timeout(MEDIA_MS)
    await kiosk.evaluate(DIAGNOSTICS)
    await part(kiosk, "kiosk-start").click()
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    await ring_up(clerk, officer, "vsaa-1", f"{NAME} (Ādažu VPVKAC)")
    await moves(officer, 1)
    took: dict[str, float] = {}

    # the authorisation, while the workstation is lent, and its page does nothing any more by itself
    client = await authorised(clerk, officer, kiosk)
    session_id = str(await part(kiosk, "session").get_attribute("data-session"))
    await lend(clerk, "guide")
    await show_screen(kiosk)
    await flows(officer, client, "microphone", "camera", "screen_share")
    for page in (clerk, officer):
        await watch(page, client)
    await kiosk.evaluate(STUCK, STUCK_MS)
    at: list[float] = []

    async def revoked() -> float:
        at.append(await click_at(part(clerk, "revoke")))
        return at[0]

    took["input"] = await last_accepted_s(officer, session_id, revoked)
    took["from a page that is stuck, at the officer"] = await cut_after_s(officer, at[0])
    took["from a page that is stuck, at the clerk"] = await cut_after_s(clerk, at[0])

    # the other way, what the workstation is sent; and what somebody wrote there is gone
    await wiped(kiosk)
    client = await authorised(clerk, officer, kiosk)
    await part(kiosk, "lang-en").click()
    await part(kiosk, "chat-input").fill(SECRET)
    await part(kiosk, "chat-send").click()
    await expect(part(officer, "chat-log")).to_contain_text(SECRET)
    await part(kiosk, "chat-input").fill(f"{SECRET}, uzmetums")
    assert SECRET in await kiosk.evaluate(KEPT)
    await watch(kiosk, await person(officer, "clerk"), await person(officer, "officer"))
    for page in (clerk, officer):
        await watch(page, client)
    at_ms = await click_at(part(clerk, "revoke"))
    for where, page in (("workstation", kiosk), ("officer", officer), ("clerk", clerk)):
        took[f"at the {where}"] = await cut_after_s(page, at_ms)
    await expect(part(kiosk, "kiosk-waiting")).to_contain_text("jūs neviens neredz un nedzird")
    assert await kiosk.locator("video, audio").count() == 0
    assert SECRET not in await kiosk.evaluate(KEPT)
    await flows(officer, await person(officer, "clerk"))

    # the device itself, in the middle of a session; it says so, and nothing is left either
    await wiped(kiosk)
    client = await authorised(clerk, officer, kiosk)
    await part(kiosk, "chat-input").fill(SECRET)
    await watch(officer, client)
    await watch(kiosk, await person(officer, "clerk"), await person(officer, "officer"))
    await clerk.get_by_role("link", name="Klientu darba vietas").click()
    row = clerk.locator(f'[data-testid^="workstation-"][data-name="{NAME}"]')
    await row.locator('[data-testid^="let-go-"]').click()
    at_ms = await click_at(part(clerk, "confirm"))
    said_ms = await (await kiosk.wait_for_function(LET_GO)).json_value()
    took["page of a device let go"] = (float(said_ms) - at_ms) / 1000
    took["from a device let go"] = await cut_after_s(officer, at_ms)
    took["at a device let go"] = await cut_after_s(kiosk, at_ms)
    await expect(part(kiosk, "enrol-place")).to_be_visible()
    assert SECRET not in await kiosk.evaluate(KEPT)

    print({name: round(seconds, 2) for name, seconds in took.items()})
    for name, seconds in took.items():
        assert seconds <= (DEVICE_S if name == "page of a device let go" else CUT_S), name

    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    await part(clerk, "end-session").click()
    await part(clerk, "confirm").click()
    await expect(part(officer, "wrap-up")).to_be_visible()
    complaints = [each for each in windows.complaints if "status of 403" not in each]
    assert not complaints, "\n".join(complaints)
