"""Alone with one window: a simulated officer answers by itself, with a moving picture and a voice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Windows
from tests.browser.test_main_job import OTHERS_MOVE, grows
from web.throwaway import throwaway_demo

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    with throwaway_demo(simulated=True) as url:
        yield url.replace("127.0.0.1", "localhost")


async def test_one_person_sees_a_whole_consultation(windows: Windows) -> None:
    clerk = await windows.open("clerk-grobina")
    indicator = clerk.get_by_test_id("indicator-nva-sim")
    await expect(indicator).to_have_attribute("data-state", "available", timeout=20_000)
    await expect(clerk.get_by_test_id("officer-row-nva-sim")).to_contain_text("simulēts")
    await clerk.get_by_test_id("request-group").select_option("nva-bezdarbnieks")
    await clerk.get_by_test_id("request-submit").click()
    await clerk.wait_for_function(OTHERS_MOVE, arg=1)
    await grows(clerk)
    await clerk.get_by_test_id("end-session").click()
    await clerk.get_by_test_id("confirm").click()
    await expect(indicator).to_have_attribute("data-state", "available", timeout=20_000)
    await clerk.goto(f"{windows.url}/cases")
    await expect(clerk.locator('[data-testid^="case-row-"]').first).to_contain_text("Atrisināts")
    assert not windows.complaints, "\n".join(windows.complaints)
