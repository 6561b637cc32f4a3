"""Steps in a session: who the client is and for whom they act; a power that is revoked drops."""

from __future__ import annotations

import httpx
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.session_table import Table, moves
from tests.browser.test_main_job import grows, part

SECRET = "the-notary-of-the-identity-test-only"
#: invented: nobody has it; a branch whose representatives are no residents
PERSON, COMPANY = "020101-00013", "49999991045"
PERIOD = {"valid_from": "2026-01-01", "valid_to": "2030-12-31"}
SCOPES = {"scopes": ["all_legal_person_eservices"]}


def at_the_notary(url: str, act: str, **more: object) -> None:
    """The demo's sworn notary submits a general power, authorises or revokes."""
    with httpx.Client(base_url=f"{url.replace('localhost', '127.0.0.1')}/registers") as notary:
        grant = {"grant_type": "client_credentials"}
        token = notary.post("/token", data=grant, auth=("notaru-is", SECRET)).json()["access_token"]
        body = {"notary": "notars-demo", "act_no": "N-1", **more}
        done = notary.post(f"/jpp/notary/{act}", json=body, headers={"authorization": f"Bearer {token}"})
        assert done.status_code == 200, done.text


async def identity_and_a_power_that_is_revoked(windows: Windows, table: Table) -> None:
    clerk, officer, kiosk = table.clerk, table.officer, table.kiosk

    # known by a driving licence, the client shows another document in the middle of it; the officer sees it as
    # verified, and no code anywhere
    for page in (clerk, officer):
        await expect(part(page, "verified")).to_have_attribute("data-level", "low")
    await part(clerk, "identify").click()
    await part(clerk, "identify-code").fill(PERSON)
    await part(clerk, "identify-method").select_option("id_card")
    await part(clerk, "identify-save").click()
    for page in (clerk, officer):
        await expect(part(page, "verified")).to_have_attribute("data-level", "substantial")
        await expect(part(page, "verified")).to_contain_text("personas apliecība")
        assert "00013" not in await page.locator("body").inner_text()

    # the clerk registers the client's card
    await part(clerk, "means-open").click()
    await clerk.locator("#session-means-token").fill("CARD-OF-THE-CLIENT")
    await clerk.locator("#session-means-token").press("Enter")
    await expect(part(clerk, "means-registered")).to_contain_text("Derīgs")

    # a general power of a non-resident's company, and the authorisation of a resident that rests on it
    at_the_notary(windows.url, "powers", reg_no=COMPANY, attorney=PERSON, **SCOPES, **PERIOD)
    at_the_notary(windows.url, "authorisations", **SCOPES, **PERIOD)
    await clerk.locator("#reg-no").fill(COMPANY)
    await clerk.locator("#reg-no").press("Enter")
    for page in (clerk, officer):
        await expect(part(page, "acting-for")).to_have_attribute("data-allowed", "true")

    await part(clerk, "eaddress-activate").click()
    await expect(part(clerk, "eaddress-active")).to_contain_text("E-adrese")

    # the notary revokes it: the banner shows on both sides, the conversation goes on with a private person
    at_the_notary(windows.url, "revoke")
    for page in (clerk, officer):
        await expect(part(page, "power-dropped")).to_have_attribute("data-why", "powerRevoked", timeout=30_000)
        await expect(part(page, "acting-for")).to_have_attribute("data-allowed", "false")
    await moves(kiosk, 2)
    await grows(kiosk)
    await part(clerk, "private-person").click()
    await expect(part(officer, "power-dropped")).to_have_count(0)
