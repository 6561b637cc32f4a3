"""A client's workstation behind the lab's line: nobody touches anything, it says what is, and goes on by itself."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import becomes
from tests.browser.test_main_job import part
from tests.browser.test_workstations import SHELL_KEPT, enrol_at
from tests.lab.bridge import Quality
from tests.lab.house import LabHouse
from tests.lab.network import PERFECT

pytestmark = [pytest.mark.namespaces, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(300)]

NAME = "Bibliobuss, dators 1"
#: the worker waits four seconds for a line that swallows everything, the page eight for its first answer
OWN_WORDS_MS = 40_000


async def test_switched_on_without_a_line(house: LabHouse) -> None:
    """Packets disappear without a word, as they do in the fields; a browser that is offline would know it at once."""
    line, near, far = house.line, house.near, house.far
    clerk = await far.open("clerk-grobina")
    kiosk = await near.blank("kiosk")
    await enrol_at(near, clerk, kiosk, place="grobina", name=NAME)
    await becomes(kiosk, SHELL_KEPT)

    line.both(Quality(down=True))
    await kiosk.reload(wait_until="commit")
    await expect(part(kiosk, "kiosk-no-line")).to_contain_text("nav savienojuma", timeout=OWN_WORDS_MS)
    line.both(PERFECT)
    await expect(part(kiosk, "kiosk-start")).to_be_visible(timeout=OWN_WORDS_MS)
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "open", timeout=OWN_WORDS_MS)
