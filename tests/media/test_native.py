"""Compiled modules are used when they were made of exactly these sources, and not otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import media

ASK = "import sys; sys.prefix = sys.argv[1]; import media; print(media.COMPILED, media.__path__[0])"


def ask(prefix: Path) -> list[str]:
    """What an interpreter that lives there would use."""
    command = [sys.executable, "-c", ASK, str(prefix)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout.split()


@pytest.mark.parametrize("current", [True, False])
def test_compiled_modules_are_used_only_for_the_sources_they_were_made_of(tmp_path: Path, current: bool) -> None:
    folder = tmp_path / media.NATIVE.relative_to(sys.prefix)
    (folder / "media").mkdir(parents=True)
    (folder / "sources").write_text(media.digest_of_sources() if current else "of another day")
    used, first = ask(tmp_path)
    assert used == str(current)
    assert (Path(first) == folder / "media") is current


def test_without_a_compiler_nothing_is_missing(tmp_path: Path) -> None:
    used, first = ask(tmp_path)
    assert used == "False"
    assert Path(first) == Path(media.__file__).parent
