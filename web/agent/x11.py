"""Mouse and keys of an X screen, through its XTEST extension."""

from __future__ import annotations

from Xlib import XK, X, display
from Xlib.ext import xtest

from web.agent.hands_core import Button, Deed, Key, Move

_LEVEL_SHIFT = ("", "Shift_L", "ISO_Level3_Shift")


class NoKeyboard(Exception):
    """The X server has no XTEST, so that nothing could be moved."""


class Screen:
    def __init__(self, name: str | None = None) -> None:
        """``name`` as in ``DISPLAY``. Raises `NoKeyboard`, or what Xlib says when there is no such screen."""
        self._display = display.Display(name)
        if not self._display.query_extension("XTEST"):
            raise NoKeyboard
        root = self._display.screen()
        #: keysym → a key of no use until now, for letters that the keyboard does not have
        self._lent: dict[int, int] = {}
        self.width, self.height = int(root.width_in_pixels), int(root.height_in_pixels)

    def do(self, deeds: list[Deed]) -> None:
        for deed in deeds:
            match deed:
                case Move(x, y):
                    xtest.fake_input(self._display, X.MotionNotify, x=x, y=y)
                case Button(number, down):
                    xtest.fake_input(self._display, X.ButtonPress if down else X.ButtonRelease, number)
                case Key(name, down):
                    self._press(name, down)
        self._display.flush()

    def close(self) -> None:
        self._display.close()

    def _press(self, name: str, down: bool) -> None:
        keysym = _keysym(name)
        found = list(self._display.keysym_to_keycodes(keysym)) if keysym else []
        if keysym and not found:
            found = [(self._lend(keysym), 0)]
        for code, level in sorted(found, key=lambda each: each[1]):
            if not code or level >= len(_LEVEL_SHIFT):
                continue
            # whose key it is decides whether it repeats, not this keyboard
            repeat = X.AutoRepeatModeOff if down else X.AutoRepeatModeDefault
            self._display.change_keyboard_control(key=code, auto_repeat_mode=repeat)
            helper = self._code(_LEVEL_SHIFT[level]) if down else None
            if helper is not None:
                xtest.fake_input(self._display, X.KeyPress, helper)
            xtest.fake_input(self._display, X.KeyPress if down else X.KeyRelease, code)
            if helper is not None:
                xtest.fake_input(self._display, X.KeyRelease, helper)
            return

    def _lend(self, keysym: int) -> int:
        """A key that has the letter from now on; 0 when the keyboard has none to spare."""
        if keysym not in self._lent:
            first = self._display.display.info.min_keycode
            count = self._display.display.info.max_keycode - first + 1
            mapping = self._display.get_keyboard_mapping(first, count)
            spare = (first + at for at, keysyms in enumerate(mapping) if not any(keysyms))
            code = next((each for each in spare if each not in self._lent.values()), 0)
            if code:
                self._display.change_keyboard_mapping(code, [[keysym, keysym]])
                self._display.sync()
            self._lent[keysym] = code
        return self._lent[keysym]

    def _code(self, name: str) -> int | None:
        if not name:
            return None
        return int(self._display.keysym_to_keycode(_keysym(name))) or None


def _keysym(name: str) -> int:
    """By its name, or as the keysym of a character: Latin-1 as it is, others by their code point (X11 §A.2)."""
    if len(name) > 1:
        return int(XK.string_to_keysym(name))
    code = ord(name)
    known = int(XK.string_to_keysym(name))
    return known or (code if 0x20 <= code <= 0xFF else 0x01000000 | code)
