"""An X server of our own, and real windows on it that write down what they are given."""

from __future__ import annotations

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from Xlib import XK, X, display
from Xlib.protocol import event as x_event

ENDS_S = 20.0
#: what is done arrives within this, on a machine that has much else to do
COMES_S = 30.0
#: a key held down repeats almost at once, so that whatever is let go too late shows
REPEATS_S = 0.05


@contextmanager
def x_screen(width: int = 800, height: int = 600) -> Iterator[str]:
    """The name of an X screen."""
    reads, writes = os.pipe()
    repeats = ["-ardelay", str(round(REPEATS_S * 1000)), "-arinterval", "20"]
    screen = ["-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", *repeats]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writes), *screen], pass_fds=(writes,), stderr=subprocess.DEVNULL
    )
    os.close(writes)
    try:
        with os.fdopen(reads) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait(ENDS_S)


class Window:
    """Above all others, with the keyboard; of one colour (``0xRRGGBB``)."""

    def __init__(self, name: str, *, x: int = 0, y: int = 0, width: int = 800, height: int = 600, colour: int = 0):
        self._display = display.Display(name)
        root = self._display.screen().root
        mask = X.KeyPressMask | X.KeyReleaseMask | X.ButtonPressMask | X.ButtonReleaseMask
        self._window = root.create_window(
            x, y, width, height, 0, X.CopyFromParent, background_pixel=colour, override_redirect=True, event_mask=mask
        )
        self._window.map()
        self.take_keyboard()

    def take_keyboard(self) -> None:
        self._window.configure(stack_mode=X.Above)
        self._window.set_input_focus(X.RevertToParent, X.CurrentTime)
        self._display.sync()

    def next(self, kind: type[Any]) -> Any:
        """The next event of a kind."""
        deadline = time.monotonic() + COMES_S
        while True:
            while not self._display.pending_events():
                assert time.monotonic() < deadline, f"no {kind.__name__}"
                select.select([self._display], [], [], deadline - time.monotonic())
            found = self._display.next_event()
            if isinstance(found, x_event.MappingNotify):
                self._display.refresh_keyboard_mapping(found)
            if isinstance(found, kind):
                return found

    def letter(self) -> int:
        """The keysym of the next key that is pressed, but for Shift."""
        while True:
            found = self.next(x_event.KeyPress)
            keysym = int(self._display.keycode_to_keysym(found.detail, found.state & X.ShiftMask))
            if keysym != XK.XK_Shift_L:
                return keysym

    def rest(self) -> None:
        """Until the last key is let go."""
        self.next(x_event.KeyRelease)
        self._display.sync()
        while self._display.pending_events():
            self._display.next_event()

    def is_silent(self) -> bool:
        self._display.sync()
        return self._display.pending_events() == 0

    def close(self) -> None:
        self._display.close()
