"""Who the client is and for whom they act: checked by the clerk, seen by the officer, dropped when revoked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.conftest import Windows, demo_at
from tests.browser.test_main_job import part
from tests.browser.test_session_depth import end, moves, three_talk
from web.startup import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]

SECRET = "the-notary-of-the-identity-test-only"
#: invented: nobody has it
PERSON, COMPANY = "020101-00013", "49999991007"


@pytest.fixture(scope="module")
def jpp_url() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module")
def demo_url(jpp_url: str) -> Iterator[str]:
    with ExitStack() as stack:
        yield stack.enter_context(demo_at(jpp_url=jpp_url, jpp_secret=SECRET))


def revoke_at_the_notary(jpp_url: str) -> None:
    with httpx.Client(base_url=jpp_url) as notary:
        grant = {"grant_type": "client_credentials"}
        token = notary.post("/token", data=grant, auth=("klatiene", SECRET)).json()["access_token"]
        revoked = notary.post("/jpp/notary/authorisations/A-1/revoke", headers={"authorization": f"Bearer {token}"})
        assert revoked.status_code == 204


async def test_identity_and_a_power_that_is_revoked(windows: Windows, jpp_url: str) -> None:
    table = await three_talk(windows)
    clerk, officer, kiosk = table.clerk, table.officer, table.kiosk

    # the client shows a document in the middle of it; the officer sees it as verified, and no code anywhere
    await part(clerk, "identify").click()
    await part(clerk, "identify-code").fill(PERSON)
    await part(clerk, "identify-method").select_option("id_card")
    await part(clerk, "identify-save").click()
    for page in (clerk, officer):
        await expect(part(page, "verified")).to_have_attribute("data-level", "substantial")
        await expect(part(page, "verified")).to_contain_text("personas apliecība")
        assert "00013" not in await page.locator("body").inner_text()

    # acting for a company, as the register says
    await clerk.locator("#reg-no").fill(COMPANY)
    await clerk.locator("#reg-no").press("Enter")
    for page in (clerk, officer):
        await expect(part(page, "acting-for")).to_have_attribute("data-allowed", "true")

    # the notary revokes it: the banner shows on both sides, the conversation goes on with a private person
    revoke_at_the_notary(jpp_url)
    for page in (clerk, officer):
        await expect(part(page, "power-dropped")).to_have_attribute("data-why", "powerRevoked", timeout=30_000)
        await expect(part(page, "acting-for")).to_have_attribute("data-allowed", "false")
    await moves(kiosk, 2)
    await part(clerk, "private-person").click()
    await expect(part(officer, "power-dropped")).to_have_count(0)

    await end(table, officer)
    await clerk.goto(f"{windows.url}/cases")
    row = clerk.locator('[data-testid^="case-row-"]').first
    await expect(row).not_to_contain_text(COMPANY)
    assert not windows.complaints, "\n".join(windows.complaints)
