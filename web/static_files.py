"""The built UI, served from memory: hashed assets for ever, the page itself with an ETag, text compressed once."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

APP = Path(__file__).parent / "static" / "app"

_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
_TEXT = ("text/", "application/javascript", "application/json", "image/svg", "application/manifest")
_UNBUILT = b"""<!doctype html><html lang="lv"><meta charset="utf-8"><title>Kl\xc4\x81tiene</title>
<h1>Kl\xc4\x81tiene</h1><p lang="lv">Lietotne v\xc4\x93l nav uzb\xc5\xabv\xc4\x93ta: <code>make ui</code>.</p>
<p lang="en">The application has not been built yet: <code>make ui</code>.</p></html>"""


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    packed: bytes | None
    media_type: str
    etag: str
    immutable: bool


class StaticFiles:
    """Serves ``root``; a build that changes on the disk is seen at the next request for the page."""

    def __init__(self, root: Path = APP) -> None:
        self._root = root.resolve()
        self._files: dict[str, _File] = {}
        self._built = 0.0

    def page(self, request: Request) -> Response:
        """The application's page, for every address that is a view of it."""
        self._refresh()
        file = self._load("index.html")
        if file is None:
            return Response(_UNBUILT, media_type="text/html")
        return self._send(request, file)

    def asset(self, request: Request, path: str) -> Response | None:
        file = self._load(path)
        return None if file is None else self._send(request, file)

    def _refresh(self) -> None:
        try:
            built = (self._root / "index.html").stat().st_mtime
        except OSError:
            built = 0.0
        if built != self._built:
            self._files.clear()
            self._built = built

    def _load(self, path: str) -> _File | None:
        if path in self._files:
            return self._files[path]
        target = (self._root / path).resolve()
        if not target.is_relative_to(self._root) or not target.is_file() or target.name.startswith("."):
            return None
        body = target.read_bytes()
        media_type = mimetypes.guess_type(target.name)[0] or "application/octet-stream"
        packed = gzip.compress(body, 9, mtime=0) if media_type.startswith(_TEXT) and len(body) > 512 else None
        file = _File(
            body=body,
            packed=packed if packed is not None and len(packed) < len(body) else None,
            media_type=media_type,
            etag=f'"{hashlib.sha256(body).hexdigest()[:24]}"',
            immutable=path.startswith("assets/") and _HASHED.search(target.name) is not None,
        )
        self._files[path] = file
        return file

    def _send(self, request: Request, file: _File) -> Response:
        headers = {
            "etag": file.etag,
            "vary": "accept-encoding",
            "cache-control": "public, max-age=31536000, immutable" if file.immutable else "no-cache",
        }
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = file.body
        if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body = file.packed
            headers["content-encoding"] = "gzip"
        return Response(body, headers=headers, media_type=file.media_type)
