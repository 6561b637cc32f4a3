"""Compile the relay's modules with mypyc: the same sources, the same tests, two thirds of the processor time.

    python -m scripts.compile_media

Needs a C compiler and Python's headers here, not where the result runs: the folder it prints can be copied beside an
interpreter of the same version. `media` uses it as long as its sources are those that were compiled.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from mypyc.build import mypycify
from setuptools import setup

import media

SOURCES = Path(media.__file__).parent
#: the package decides what is used; what the others implement may have interpreted implementations, too
STAY = {"__init__.py", "api.py"}
CONFIG = SOURCES.parent / "pyproject.toml"


def main() -> int:
    stamp = media.NATIVE / "sources"
    if media.COMPILED:
        print(f"up to date: {media.NATIVE}")
        return 0
    with tempfile.TemporaryDirectory(prefix="klatiene-native-") as folder:
        staged = Path(folder) / "media"
        shutil.copytree(SOURCES, staged, ignore=lambda _folder, names: [n for n in names if not n.endswith(".py")])
        paths = sorted(f"media/{path.name}" for path in staged.glob("*.py") if path.name not in STAY)
        os.chdir(folder)
        options = ["--config-file", str(CONFIG), "--strict", "--no-warn-unused-configs"]
        built = Path(folder) / "built"
        setup(
            name="klatiene-media",
            packages=[],
            ext_modules=mypycify([*options, *paths], group_name="media.native", opt_level="3", strip_asserts=False),
            script_args=["--quiet", "build_ext", "--build-lib", str(built)],
        )
        shutil.rmtree(media.NATIVE, ignore_errors=True)
        shutil.copytree(built, media.NATIVE)
        # last, so that half a build is none
        stamp.write_text(media.digest_of_sources())
    print(f"compiled: {media.NATIVE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
