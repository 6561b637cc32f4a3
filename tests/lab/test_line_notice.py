"""A clerk on a bad line: both consoles say whose it is and what helps, and the words go when the line is good again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import async_playwright, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Windows
from tests.browser.session_table import moves
from tests.browser.test_main_job import part, person
from tests.lab.bridge import Quality
from tests.lab.calls import MEDIA_PORT, SIGNAL_PORT, start, wait_for_port
from tests.lab.network import PERFECT, SERVER, Host, Network, environment, network

pytestmark = [pytest.mark.namespaces, pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(300)]

PORT = 8080
#: the demo makes its ledger first
READY_S = 120.0
#: browsers trust pages of localhost; here that name leads to the other end of the line
NAME = "clerk.localhost"
URL = f"http://{NAME}:{PORT}"
#: the node looks every two seconds, the console waits four of trouble and eight of calm; the rest is a busy machine's
TOLD_MS = 40_000


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[Network, Windows, Windows]]:
    """The whole demo at one end of the line; the clerk's browser at the other, the officer's beside the demo."""
    with network() as lab:
        async with AsyncExitStack() as stack:
            words = ["demo", "--no-simulated", "--var", str(tmp_path / "var"), "--host", SERVER, "--port", str(PORT)]
            words += ["--media-port", str(SIGNAL_PORT), "--media-udp-port", str(MEDIA_PORT), "--log-level", "ERROR"]
            given = {
                "MEDIA_HOST": SERVER,
                "MEDIA_ADDRESSES": SERVER,
                "MEDIA_URL": f"ws://{SERVER}:{SIGNAL_PORT}",
            }
            environ = environment(**{f"KLATIENE_{name}": value for name, value in given.items()})
            start(
                stack, lab.server.command(sys.executable, "-m", "web.cli", *words), environ, stdout=subprocess.DEVNULL
            )
            wait_for_port(lab.server, PORT, READY_S)
            playwright = await stack.enter_async_context(async_playwright())

            async def browser(host: Host) -> Windows:
                opened = await playwright.chromium.launch(
                    executable_path=host.wrapper(tmp_path, CHROMIUM),
                    args=[*ARGUMENTS, f"--host-resolver-rules=MAP {NAME} {SERVER}"],
                )
                stack.push_async_callback(opened.close)
                return Windows(opened, URL)

            yield lab, await browser(lab.client), await browser(lab.server)


async def test_a_bad_line_is_said_with_what_helps(house: tuple[Network, Windows, Windows]) -> None:
    lab, near, far = house
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
