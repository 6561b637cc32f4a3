"""What an official's acts mean for a mouse and a keyboard. Pure.

The invariant: whatever was pressed is known, so that all of it can be let go at once, whenever control ends. A key that
the keyboard does not have is dropped; nothing is ever made of several acts, least of all a command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: browser's name of a key → X keysym's name; a key that is one character is its own
KEYS = {
    "Enter": "Return",
    "Backspace": "BackSpace",
    "Delete": "Delete",
    "Insert": "Insert",
    "Escape": "Escape",
    "Home": "Home",
    "End": "End",
    "PageUp": "Prior",
    "PageDown": "Next",
    "ArrowLeft": "Left",
    "ArrowRight": "Right",
    "ArrowUp": "Up",
    "ArrowDown": "Down",
    "Shift": "Shift_L",
    "Control": "Control_L",
    "Alt": "Alt_L",
    "AltGraph": "ISO_Level3_Shift",
    **{f"F{number}": f"F{number}" for number in range(1, 13)},
}
#: keys that change what others mean; held down they say it once
MODIFIERS = frozenset({"Shift_L", "Control_L", "Alt_L", "ISO_Level3_Shift"})
#: held together with these a key may leave the kiosk: another desktop, another program, another console
NEVER_WITH = frozenset({"Control_L", "Alt_L"})
LEAVING = frozenset({"Delete", "BackSpace", "Escape", *(f"F{number}" for number in range(1, 13))})


@dataclass(frozen=True, slots=True)
class Move:
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Button:
    number: int
    down: bool


@dataclass(frozen=True, slots=True)
class Key:
    """``name`` is a keysym's, or the character itself."""

    name: str
    down: bool


Deed = Move | Button | Key


@dataclass(slots=True)
class Hands:
    """``width`` and ``height`` are the screen's, in pixels."""

    width: int
    height: int
    buttons: set[int] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    def take(self, acts: list[dict[str, Any]]) -> list[Deed]:
        """What is to be done for acts as `consultation.control_core` describes them."""
        return [deed for act in acts for deed in self._one(act)]

    def let_go(self) -> list[Deed]:
        """Everything that is held down, released."""
        deeds: list[Deed] = [Button(number, False) for number in sorted(self.buttons)]
        deeds += [Key(name, False) for name in sorted(self.keys)]
        self.buttons.clear()
        self.keys.clear()
        return deeds

    def _one(self, act: dict[str, Any]) -> list[Deed]:
        match act:
            case {"do": "move", "x": x, "y": y}:
                return [self._at(x, y)]
            case {"do": "button", "x": x, "y": y, "number": int(number), "down": bool(down)}:
                return [self._at(x, y), *self._button(number, down)]
            case {"do": "key", "key": str(key), "down": bool(down)}:
                return self._key(KEYS.get(key, key if len(key) == 1 else ""), down)
        return []

    def _at(self, x: float, y: float) -> Move:
        return Move(round(x * (self.width - 1)), round(y * (self.height - 1)))

    def _button(self, number: int, down: bool) -> list[Deed]:
        if down == (number in self.buttons):
            return []
        (self.buttons.add if down else self.buttons.discard)(number)
        return [Button(number, down)]

    def _key(self, name: str, down: bool) -> list[Deed]:
        if not name or (not down and name not in self.keys):
            return []
        if down and name in LEAVING and len(self.keys & NEVER_WITH) > 0:
            return []
        if down and name in self.keys:
            # repeated as it repeats at the official's: here a release that is late on a slow line would make letters
            return [] if name in MODIFIERS else [Key(name, False), Key(name, True)]
        (self.keys.add if down else self.keys.discard)(name)
        return [Key(name, down)]
