"""The relay: ICE-lite, DTLS/SRTP, RTP forwarding without decoding. Facts: ``docs/media.md``.

``make native`` compiles these very sources (mypyc). What it made is used when it was made of exactly what lies here;
whoever edits a module or has no compiler runs Python.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

#: where ``make native`` puts it: beside the interpreter that it was made for
NATIVE = Path(sys.prefix) / "klatiene-native" / str(sys.implementation.cache_tag)


def digest_of_sources() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()


def _is_current() -> bool:
    try:
        return (NATIVE / "sources").read_text() == digest_of_sources()
    except OSError:
        return False


#: are the compiled modules in use?
COMPILED = _is_current()
if COMPILED:
    __path__.insert(0, str(NATIVE / "media"))
