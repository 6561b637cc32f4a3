"""A workstation that moves: today's stop, spells without a line, and a start where there is none."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Route, expect

from kernel.clock import ManualClock
from tests.browser.conftest import Windows, becomes
from tests.browser.test_main_job import part
from tests.browser.test_workstations import CACHED, KEPT, SHELL_KEPT, enrol_at
from tests.router.test_calendar import at
from tests.web.running import Running, running_house

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

MONDAY = at("2026-11-23 08:00")
DAY_S = 86_400.0
NAME = "Bibliobuss"
#: what the shell may consist of; anything else in a cache is a leak
OF_THE_BUILD = re.compile(r"/kiosk|/favicon\.svg|/assets/[\w.-]+\.(js|css|woff2)")
LINE_LOST = re.compile("ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_RESET|WebSocket")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_house(tmp_path_factory.mktemp("house"), ManualClock(wall_ms=MONDAY)) as house:
        yield house


@pytest.fixture(scope="module")
def demo_url(running: Running) -> str:
    return running.url.replace("127.0.0.1", "localhost")


@asynccontextmanager
async def time_passes(running: Running) -> AsyncIterator[None]:
    """A second for each tenth of one: the device asks again and again whether it was confirmed."""

    async def pass_on() -> None:
        while True:
            await asyncio.sleep(0.1)
            running.clock.advance(1)

    passing = asyncio.create_task(pass_on())
    try:
        yield
    finally:
        passing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await passing


async def only_the_build_is_cached(kiosk: Page) -> None:
    found = await kiosk.evaluate(CACHED)
    assert len({name for name, _ in found}) == 1, found
    assert [path for _, path in found if not OF_THE_BUILD.fullmatch(path)] == []
    assert {"/kiosk", "/favicon.svg"} < {path for _, path in found}


async def test_a_van_without_a_line(windows: Windows, running: Running) -> None:
    clerk = await windows.open("clerk-grobina")
    kiosk = await windows.blank("kiosk")
    async with time_passes(running):
        await enrol_at(windows, clerk, kiosk, place="mobila", name=NAME)
    await expect(part(kiosk, "kiosk-stop")).to_contain_text("Pededze, 10:00–14:00")
    await expect(part(clerk, "enrol-done")).to_contain_text(NAME)
    await becomes(kiosk, SHELL_KEPT)
    await only_the_build_is_cached(kiosk)

    # between two villages, while somebody waits: said in words, and the clerk sees it
    await clerk.get_by_role("link", name="Darba vieta", exact=True).click()
    mine = part(clerk, "request-workstation").locator("option", has_text=NAME)
    await expect(mine).not_to_contain_text("nav tiešsaistē")
    await kiosk.clock.install()
    await part(kiosk, "kiosk-start").click()
    await part(kiosk, "kiosk-have-code").click()
    await part(kiosk, "kiosk-code").fill("908172")
    await kiosk.context.set_offline(True)
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "lost")
    await expect(part(kiosk, "connection")).to_contain_text("Savienojums pārtrūcis")
    await expect(mine).to_contain_text("nav tiešsaistē")
    # a short one: it goes on where it was, by itself
    await kiosk.context.set_offline(False)
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "open")
    await expect(part(kiosk, "kiosk-code")).to_have_value("908172")
    await expect(mine).not_to_contain_text("nav tiešsaistē")

    # a long one, and whoever waited has gone: nothing of them stays, and what stands there is true
    await kiosk.context.set_offline(True)
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "lost")
    await kiosk.clock.fast_forward(121_000)
    await expect(part(kiosk, "kiosk-no-line")).to_contain_text("Pašlaik nav savienojuma")
    assert "908172" not in await kiosk.evaluate(KEPT)
    # switched off and on where there is no line
    await kiosk.reload()
    await expect(part(kiosk, "kiosk-no-line")).to_contain_text("sāks darbu pati")
    await part(kiosk, "lang-en").click()
    await expect(part(kiosk, "kiosk-no-line")).to_contain_text("starts by itself")
    await only_the_build_is_cached(kiosk)

    # the next day, in the next village: the device's clock is a day behind by then, and its token long over
    running.clock.advance(DAY_S)
    running.do(running.house.stations.stops.refresh())
    await kiosk.context.set_offline(False)
    await expect(part(kiosk, "kiosk-start")).to_be_visible()
    await expect(part(kiosk, "kiosk-stop")).to_contain_text("Mālupe, 10:00–14:00")
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "open")
    # at midnight a screen that was left on is told by itself
    running.clock.advance(DAY_S)
    running.do(running.house.stations.stops.refresh())
    await expect(part(kiosk, "kiosk-stop")).to_contain_text("Kalncempji, 10:00–14:00")
    await part(kiosk, "kiosk-start").click()
    await expect(part(kiosk, "kiosk-waiting")).to_be_visible()

    # the line is lost again in the very moment in which the token is renewed: nobody has to enrol anew
    lost = asyncio.Event()

    async def lose(route: Route) -> None:
        lost.set()
        await route.abort("connectionreset")

    await kiosk.route("**/api/enrolment/token", lose, times=1)
    running.clock.advance(700)
    await kiosk.context.set_offline(True)
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "lost")
    await kiosk.context.set_offline(False)
    await asyncio.wait_for(lost.wait(), 15)
    await expect(part(kiosk, "connection")).to_have_attribute("data-state", "open")
    await expect(part(kiosk, "kiosk-waiting")).to_be_visible()
    complaints = [each for each in windows.complaints if not LINE_LOST.search(each)]
    assert not complaints, "\n".join(complaints)
