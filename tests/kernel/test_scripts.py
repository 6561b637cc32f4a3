"""Every Lua script of the house keeps the contract of `kernel.scripts`."""

import re
from pathlib import Path

import pytest

from kernel.scripts import Script, ScriptInvalid, load_scripts, parse_script

ROOT = Path(__file__).parent.parent.parent
GOOD = """\
--[[
take: takes something
and more

KEYS
  1 head      hash
  2 log       stream
ARGV
  1 epoch     the epoch
     as a number
  2+ rest     whatever
RETURNS {code, epoch}
  ok          done
  behind      not done
EVENTS
  log         one entry
--]]
return {'ok', 1}
"""
CODES = {"ok": None, "behind": lambda values: KeyError(values[0])}


def test_a_header_is_read() -> None:
    script = parse_script(GOOD, CODES)
    assert (script.name, script.keys, script.argv) == ("take", ("head", "log"), ("epoch", "rest"))
    assert (script.open_ended, script.codes, script.events) == (True, ("ok", "behind"), ("log",))
    assert script.body == "return {'ok', 1}\n"


def test_codes_become_answers_or_errors() -> None:
    script = parse_script(GOOD, CODES)
    assert script.result([b"ok", 7]).values == [7]
    with pytest.raises(KeyError, match="8"):
        script.result([b"behind", 8])
    with pytest.raises(ScriptInvalid):
        script.result([b"other"])


@pytest.mark.parametrize(
    ("what", "instead"),
    [
        ("--[[\n", "-- "),
        ("EVENTS\n  log         one entry\n", ""),
        ("  2 log  ", "  3 log  "),
        ("  2 log  ", "  2+ log "),
        ("  1 epoch ", "  1+ epoch"),
        ("  2 log       stream\n", "".join(f"  {n} k\n" for n in range(2, 7))),
        ("  behind  ", "  unknown "),
        ("RETURNS {code, epoch}", "RETURNS a number"),
        ("  log         one", "  other       one"),
    ],
)
def test_a_broken_header_is_refused(what: str, instead: str) -> None:
    assert what in GOOD
    with pytest.raises(ScriptInvalid):
        parse_script(GOOD.replace(what, instead), CODES)


# ── the house's own scripts ──────────────────────────────────────────────────────────────────────


class AnyCode(dict[str, None]):
    def __contains__(self, _: object) -> bool:
        return True

    def keys(self) -> "AnyCode":  # type: ignore[override]
        return self

    def __rsub__(self, codes: set[str]) -> set[str]:
        return set()


def house_scripts() -> list[Script]:
    paths = [path for path in ROOT.glob("*/lua/*.lua") if not path.parts[len(ROOT.parts)].startswith(".")]
    return [parse_script(path.read_text(encoding="utf-8"), AnyCode()) for path in sorted(paths)]


each = pytest.mark.parametrize("script", house_scripts(), ids=lambda script: script.name)


#: declares a key and an argument and leaves them alone: it measures what a call costs
IDLE = {"noop"}


def numbers(pattern: str, text: str) -> set[int]:
    return {int(found) for found in re.findall(pattern, text)}


def code_of(script: Script) -> str:
    """Without comments."""
    return re.sub(r"--(?!\[\[).*", "", script.body)


@each
def test_keys_are_those_declared(script: Script) -> None:
    text = code_of(script)
    used, named = numbers(r"\bKEYS\[(\d+)\]", text), set(range(1, len(script.keys) + 1))
    assert used <= named
    assert used == named or script.name in IDLE, "a key that nobody touches"
    assert re.findall(r"\bKEYS\b(?!\[\d+\])", text) == [], "a key chosen at run time cannot be checked"
    assert re.findall(r"KEYS\[\d+\]\s*\.\.|\.\.\s*KEYS", text) == [], "no key is built in a script"


@each
def test_arguments_are_those_declared(script: Script) -> None:
    text = code_of(script)
    used = numbers(r"\bARGV\[(\d+)\]", text)
    named = set(range(1, len(script.argv) + 1))
    assert used <= named
    chosen = re.findall(r"\bARGV\b(?!\[\d+\])", text)
    assert bool(chosen) == script.open_ended
    unread = named - used - ({len(script.argv)} if script.open_ended else set())
    assert not unread or script.name in IDLE, "an argument that nobody reads"


@each
def test_commands_touch_declared_keys_only(script: Script) -> None:
    text = code_of(script)
    assert "pcall" not in text, "a failure must not be passed over"
    calls = re.findall(r"redis\.call\(\s*'([A-Z]+)'\s*,?\s*([^,)]*)", text)
    assert len(calls) == text.count("redis.call"), "commands are written out"
    assert [call for call in calls if call[0] != "TIME" and not re.fullmatch(r"KEYS\[\d+\]", call[1].strip())] == []


@each
def test_codes_are_those_declared(script: Script) -> None:
    returned = re.findall(r"\breturn\s+(.+)", re.sub(r"(?s)\blocal function.*?\nend\n", "", code_of(script)))
    assert returned
    found = [re.match(r"\{'([a-z_]+)'", value) for value in returned]
    assert all(found), "each return is a list that begins with a code"
    assert {match[1] for match in found if match} == set(script.codes)


@each
def test_events_are_appended_to_what_is_declared(script: Script) -> None:
    appended = numbers(r"redis\.call\('XADD',\s*KEYS\[(\d+)\]", code_of(script))
    assert {script.keys[number - 1] for number in appended} == set(script.events)


def test_names_are_unique() -> None:
    names = [script.name for script in house_scripts()]
    assert names
    assert len(names) == len(set(names))


def test_a_file_must_bear_its_scripts_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "somewhere" / "lua").mkdir(parents=True)
    (tmp_path / "somewhere" / "__init__.py").touch()
    (tmp_path / "somewhere" / "lua" / "give.lua").write_text(GOOD)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ScriptInvalid, match="calls itself take"):
        load_scripts("somewhere", CODES)
