"""Lua scripts are files with a contract in their header, read and checked when the process starts.

::

    --[[
    name: what it does, in one sentence that may go on
    over several lines

    KEYS
      1 head      hash: …
      2 log       stream: …
    ARGV
      1 epoch     …
      2+ changes  the last may stand for many
    RETURNS {code, epoch, version}
      ok          …
      behind      …
    EVENTS
      log         one entry per …       (or: none)
    --]]

A script names every key it touches (at most five, all of one hash tag, so that it runs in a Cluster), builds none, and
returns a list that begins with one of its codes. What each code means to the caller is said once, in the map given to
`load_scripts`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

MAX_KEYS = 5

Refusal = Callable[[list[Any]], Exception]
"""Makes the error of a code from the values that came with it."""

Codes = Mapping[str, Refusal | None]
"""What each result code means: an error, or None for an answer."""

_HEADER = re.compile(r"\A--\[\[\n(?P<name>[a-z_]+): (?P<text>.*?)\n\n(?P<sections>KEYS\n.*?)\n--\]\]\n", re.DOTALL)
_SECTION = re.compile(r"^(KEYS|ARGV|RETURNS|EVENTS)(.*)\n((?:[ ]{2}.*\n?)*)", re.MULTILINE)
_NUMBERED = re.compile(r"^  (\d+)(\+?) ([a-z_]+)\b")
_NAMED = re.compile(r"^  ([a-z_]+)\b")


class ScriptInvalid(Exception):
    """A script's header breaks the contract above."""


@dataclass(frozen=True)
class Result:
    code: str
    values: list[Any]


@dataclass(frozen=True)
class Script:
    name: str
    keys: tuple[str, ...]
    argv: tuple[str, ...]
    open_ended: bool
    """Whether the last argument stands for any number of them."""
    codes: tuple[str, ...]
    events: tuple[str, ...]
    text: str
    body: str
    sha: str
    refusals: Codes

    def result(self, answer: Any) -> Result:
        """Raises the error of the code that the script returned."""
        code = answer[0].decode()
        if code not in self.codes:
            raise ScriptInvalid(f"{self.name} returned {code}, which its header does not name")
        refusal = self.refusals[code]
        if refusal is not None:
            raise refusal(answer[1:])
        return Result(code, answer[1:])


def parse_script(text: str, refusals: Codes) -> Script:
    header = _HEADER.match(text)
    if header is None:
        raise ScriptInvalid("no header")
    name = header["name"]
    sections = {title: (rest.strip(), lines) for title, rest, lines in _SECTION.findall(header["sections"] + "\n")}
    if list(sections) != ["KEYS", "ARGV", "RETURNS", "EVENTS"]:
        raise ScriptInvalid(f"{name}: sections must be KEYS, ARGV, RETURNS, EVENTS")
    keys, endless_keys = _numbered(name, "KEYS", sections["KEYS"][1])
    argv, open_ended = _numbered(name, "ARGV", sections["ARGV"][1])
    if not 1 <= len(keys) <= MAX_KEYS or endless_keys:
        raise ScriptInvalid(f"{name}: 1 to {MAX_KEYS} keys, each of its own")
    returns, codes = sections["RETURNS"][0], _named(sections["RETURNS"][1])
    if not returns.startswith("{code") or not codes:
        raise ScriptInvalid(f"{name}: RETURNS must be a list that begins with a code, and name every code")
    if unknown := set(codes) - refusals.keys():
        raise ScriptInvalid(f"{name}: nobody says what {', '.join(sorted(unknown))} means")
    events = _named(sections["EVENTS"][1])
    if not events or not set(events) <= {*keys, "none"}:
        raise ScriptInvalid(f"{name}: EVENTS must name keys, or none")
    return Script(
        name=name,
        keys=keys,
        argv=argv,
        open_ended=open_ended,
        codes=codes,
        events=tuple(event for event in events if event != "none"),
        text=text,
        body=text[header.end() :],
        sha=hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(),
        refusals=refusals,
    )


def load_scripts(package: str, refusals: Codes) -> dict[str, Script]:
    """The scripts in the ``lua`` folder of a package, by name. Raises `ScriptInvalid`."""
    found = {}
    for file in sorted(files(package).joinpath("lua").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".lua"):
            script = parse_script(file.read_text(encoding="utf-8"), refusals)
            if f"{script.name}.lua" != file.name:
                raise ScriptInvalid(f"{package}/lua/{file.name} calls itself {script.name}")
            found[script.name] = script
    return found


#: the kernel's own scripts; none of their codes is an error
KERNEL_CODES: Codes = dict.fromkeys(("alive", "new", "kept", "buried", "unknown"))


def _numbered(name: str, title: str, lines: str) -> tuple[tuple[str, ...], bool]:
    found = [_NUMBERED.match(line) for line in lines.splitlines() if not line.startswith("   ")]
    if not all(found):
        raise ScriptInvalid(f"{name}: {title} must be numbered")
    matches = [match for match in found if match is not None]
    if [int(match[1]) for match in matches] != list(range(1, len(matches) + 1)):
        raise ScriptInvalid(f"{name}: {title} must be numbered from 1")
    if any(match[2] for match in matches[:-1]):
        raise ScriptInvalid(f"{name}: only the last of {title} may be open-ended")
    return tuple(match[3] for match in matches), bool(matches and matches[-1][2])


def _named(lines: str) -> tuple[str, ...]:
    return tuple(match[1] for line in lines.splitlines() if (match := _NAMED.match(line)))


KERNEL = load_scripts("kernel", KERNEL_CODES)
