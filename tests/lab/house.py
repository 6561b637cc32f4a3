"""The whole demo at one end of the lab's line; browsers at both ends open its real pages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM, Windows
from tests.lab.calls import MEDIA_PORT, SIGNAL_PORT, start, wait_for_port
from tests.lab.network import SERVER, Host, Network, environment, network

PORT = 8080
#: the demo makes its ledger first
READY_S = 120.0
#: browsers trust pages of localhost; here that name leads to the server's end of the line
NAME = "clerk.localhost"
URL = f"http://{NAME}:{PORT}"


@dataclass(frozen=True)
class LabHouse:
    """``near`` sits behind the line, ``far`` beside the demo; ``var`` is where the demo keeps its ledger."""

    line: Network
    near: Windows
    far: Windows
    var: Path


@asynccontextmanager
async def demo_house(folder: Path, **settings: str) -> AsyncIterator[LabHouse]:
    """``settings``: further ones of the demo, by name."""
    var = folder / "var"
    with network() as lab:
        async with AsyncExitStack() as stack:
            words = ["demo", "--no-simulated", "--var", str(var), "--host", SERVER, "--port", str(PORT)]
            words += ["--media-port", str(SIGNAL_PORT), "--media-udp-port", str(MEDIA_PORT), "--log-level", "ERROR"]
            given = {
                "MEDIA_HOST": SERVER,
                "MEDIA_ADDRESSES": SERVER,
                "MEDIA_URL": f"ws://{SERVER}:{SIGNAL_PORT}",
            } | settings
            environ = environment(**{f"KLATIENE_{name}": value for name, value in given.items()})
            start(
                stack, lab.server.command(sys.executable, "-m", "web.cli", *words), environ, stdout=subprocess.DEVNULL
            )
            wait_for_port(lab.server, PORT, READY_S)
            playwright = await stack.enter_async_context(async_playwright())

            async def browser(host: Host) -> Windows:
                opened = await playwright.chromium.launch(
                    executable_path=host.wrapper(folder, CHROMIUM),
                    args=[*ARGUMENTS, f"--host-resolver-rules=MAP {NAME} {SERVER}"],
                )
                stack.push_async_callback(opened.close)
                return Windows(opened, URL)

            yield LabHouse(lab, await browser(lab.client), await browser(lab.server), var)
