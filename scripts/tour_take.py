"""What `scripts.tour` takes pictures with: a window a person, a drawn camera, small files."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass, field
from pathlib import Path

from fpdf import FPDF
from PIL import Image, ImageDraw
from playwright.async_api import Browser, Locator, Page, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/img/tour"
PAGE = ROOT / "docs/tour.md"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--use-fake-device-for-media-stream=device-count=3",
    "--use-fake-ui-for-media-stream",
    "--auto-accept-this-tab-capture",
]
#: a busy machine takes its time
WAIT_MS = 120_000
expect.set_options(timeout=WAIT_MS)
CALM_MS = 30_000
CALM = """() => !document.querySelector('[data-testid="line-notice"], [data-line="slow"], [data-line="lost"]')"""
WIDE, PHONE = (1280, 860), (390, 780)
MOST_BYTES = 60_000


def somebody(path: Path) -> None:
    """What the cameras see: a drawn head and shoulders, nobody's. Chromium plays JPEGs one after the other."""
    picture = Image.new("RGB", (960, 540), "#b9c6d6")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 380, 960, 540), fill="#a3b2c4")
    pen.ellipse((290, 330, 670, 760), fill="#3f5673")
    pen.ellipse((385, 110, 575, 340), fill="#8a6f5c")
    frame = io.BytesIO()
    picture.save(frame, "JPEG", quality=85)
    path.write_bytes(frame.getvalue() * 10)


@dataclass
class Tour:
    browser: Browser
    url: str
    shown: list[tuple[str, str, str]] = field(default_factory=list)

    async def open(self, account: str, size: tuple[int, int] = WIDE) -> Page:
        page = await self.blank(size)
        await page.goto(f"{self.url}/?account={account}")
        await page.locator('[data-testid="connection"][data-state="open"]').wait_for(state="attached")
        return page

    async def blank(self, size: tuple[int, int] = WIDE) -> Page:
        context = await self.browser.new_context(viewport={"width": size[0], "height": size[1]}, locale="lv")
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        return page

    async def take(self, page: Page, name: str, text: str, *, top: str | None = None) -> None:
        """A picture of what is in sight; ``top`` is scrolled to first."""
        if top is None:
            await page.evaluate("scrollTo(0, 0)")
        else:
            await page.locator(top).first.evaluate("each => each.scrollIntoView({block: 'start'})")
        await page.evaluate("document.fonts.ready")
        with contextlib.suppress(PlaywrightTimeout):
            # a machine that was busy for a moment is no weak line
            await page.wait_for_function(CALM, timeout=CALM_MS)
        picture = Image.open(io.BytesIO(await page.screenshot(animations="disabled", timeout=WAIT_MS)))
        PICTURES.mkdir(parents=True, exist_ok=True)
        path = PICTURES / f"{name}.webp"
        for quality in (82, 70, 55, 40):
            picture.convert("RGB").save(path, "WEBP", quality=quality, method=6)
            if path.stat().st_size <= MOST_BYTES:
                break
        self.shown.append((name, text, path.name))
        print(f"{name}: {path.stat().st_size // 1000} KB", flush=True)


def part(page: Page, name: str) -> Locator:
    return page.get_by_test_id(name)


def at(name: str) -> str:
    return f'[data-testid="{name}"]'


OTHERS_MOVE = """(count) => {
  const videos = [...document.querySelectorAll('[data-testid^="tile-"]:not(.mine) video')];
  return videos.length >= count && videos.every(each => each.videoWidth > 0 && !each.paused);
}"""


async def see(page: Page, others: int) -> None:
    await part(page, "stage").scroll_into_view_if_needed()
    await page.wait_for_function(OTHERS_MOVE, arg=others)


def paper() -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=28)
    for number in (1, 2):
        made.add_page()
        made.cell(text=f"Iesniegums, {number}. lapa")
    return bytes(made.output())
