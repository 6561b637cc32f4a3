"""A clerk on a bad line: both consoles say whose it is and what helps, and the words go when the line is good again."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.session_table import moves
from tests.browser.test_main_job import part, person
from tests.lab.bridge import Quality
from tests.lab.house import LabHouse
from tests.lab.network import PERFECT

pytestmark = [pytest.mark.namespaces, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(300)]

#: the node looks every two seconds, the console waits four of trouble and eight of calm; the rest is a busy machine's
TOLD_MS = 40_000


async def test_a_bad_line_is_said_with_what_helps(house: LabHouse) -> None:
    lab, near, far = house.line, house.near, house.far
    officer = await far.open("officer-vid-2")
    await part(officer, "availability-available").click()
    clerk = await near.open("clerk-adazi")
    await part(clerk, "dial-vid-2").click()
    await part(clerk, "request-submit").click()
    await part(officer, "offer-accept").click()
    for page in (clerk, officer):
        await moves(page, 1)
        await expect(part(page, "line-notice")).to_have_count(0)
    of_clerk = await person(officer, "clerk")

    lab.both(Quality(loss=0.25, delay_ms=20))
    mine, theirs = part(clerk, f"line-{of_clerk}"), part(officer, f"line-{of_clerk}")
    await expect(mine).to_have_attribute("data-line", "slow", timeout=TOLD_MS)
    await expect(mine).to_contain_text("Jūsu savienojums ir vājš")
    await expect(theirs).to_have_attribute("data-line", "slow", timeout=TOLD_MS)
    await expect(theirs).to_contain_text("Vājš savienojums")
    await expect(part(clerk, "line-notice")).to_have_attribute("role", "status")
    await part(clerk, "line-audio-only").click()
    await expect(part(clerk, "toggle-camera")).to_have_attribute("aria-pressed", "false")
    await expect(part(clerk, "line-audio-only")).to_have_count(0)

    lab.both(PERFECT)
    for page in (clerk, officer):
        await expect(part(page, "line-notice")).to_have_count(0, timeout=TOLD_MS)
