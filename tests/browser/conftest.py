"""Real Chromium against a real server: one demo for the module, four windows that share nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from web.throwaway import throwaway_demo

CHROMIUM = "/usr/bin/chromium"
# of Chromium's invented cameras the second measures depths, which no encoder takes; so there is a third
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream=device-count=3",
    "--use-fake-ui-for-media-stream",
    "--auto-accept-this-tab-capture",
]

#: what is waited for comes at once; a machine that has much else to do may need longer
expect.set_options(timeout=15_000)

#: the question who is signed in, asked by a stranger; a device that asks whether it was confirmed; the call's library
#: on lines that the end of a session cuts
EXPECTED = re.compile(
    r"status of 40[01]|DataChannel error|data channel '\w+' closed unexpectedly|Tried to add a track for"
)


@dataclass
class Windows:
    """Opens one window per person, each with its own cookies, and collects what their consoles complain of."""

    browser: Browser
    url: str
    complaints: list[str] = field(default_factory=list)

    async def open(self, account: str, *, width: int = 1280, height: int = 900) -> Page:
        page = await self.blank(account, width=width, height=height)
        await page.goto(f"{self.url}/?account={account}&diagnostics")
        await page.locator('[data-testid="connection"][data-state="open"]').wait_for(state="attached")
        return page

    async def blank(self, account: str, *, width: int = 1280, height: int = 900) -> Page:
        """A window that went nowhere yet; ``account`` names it in complaints."""
        context = await self.browser.new_context(viewport={"width": width, "height": height}, locale="lv")
        page = await context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(f"{account}: {error}"))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{account}: {message.text}")
                if message.type == "error" and not EXPECTED.search(message.text)
                else None
            ),
        )
        page.set_default_timeout(15_000)
        return page


async def becomes(page: Page, question: str, arg: object = None, within_s: float = 30.0) -> None:
    """Asks until the page says yes. For questions with a promise, which `Page.wait_for_function` takes for a yes."""
    async with asyncio.timeout(within_s):
        while not await page.evaluate(question, arg):
            await page.wait_for_timeout(100)


@contextmanager
def demo_at(port: int | None = None, **settings: str) -> Iterator[str]:
    """The demo that these tests expect, with whatever else is set."""
    with throwaway_demo(port=port, wrap_up_s="120", offer_timeout_s="20", **settings) as url:
        yield url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def demo_url() -> Iterator[str]:
    with demo_at() as url:
        yield url


@pytest.fixture
async def windows(demo_url: str) -> AsyncIterator[Windows]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield Windows(browser, demo_url)
        finally:
            await browser.close()
