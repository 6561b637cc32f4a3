"""The outermost layer of every answer: request id, security headers, one log line, metrics.

Neither the log nor the metrics ever see a query string: tickets and tokens travel there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel.clock import Clock
from kernel.ids import new_id
from web.metrics import Metrics

log = structlog.get_logger("http")

_PERMISSIONS = "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=(), usb=()"
_NO_STORE = [(b"cache-control", b"no-store")]
_ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}")


def content_security_policy(origins: Iterable[str], media_urls: Iterable[str]) -> str:
    """No inline script, no third party; sockets only to ourselves and the media nodes."""
    own_sockets = [f"{'wss' if o.startswith('https:') else 'ws'}://{urlsplit(o).netloc}" for o in sorted(origins)]
    nodes: list[str] = []
    for media in map(urlsplit, media_urls):
        schemes = ("wss", "https") if media.scheme in ("wss", "https") else ("ws", "http")
        nodes += [f"{scheme}://{media.netloc}" for scheme in schemes if media.netloc]
    connect = " ".join(["'self'", *own_sockets, *dict.fromkeys(nodes)])
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            # components position themselves with style attributes; style sheets are ours alone
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "media-src 'self' blob: mediastream:",
            f"connect-src {connect}",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )


class Edge:
    def __init__(self, app: ASGIApp, *, policy: str, clock: Clock, metrics: Metrics, secure: bool) -> None:
        self._app = app
        self._clock = clock
        self._metrics = metrics
        headers = {
            "content-security-policy": policy,
            "permissions-policy": _PERMISSIONS,
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "x-frame-options": "DENY",
        }
        if secure:
            headers["strict-transport-security"] = "max-age=63072000; includeSubDomains"
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = new_id(self._clock.wall_ms())
        scope["klatiene.request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            if scope["type"] == "http":
                await self._serve(scope, receive, send, request_id)
            else:
                await self._app(scope, receive, send)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")

    async def _serve(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started = time.perf_counter()
        status = 500
        api = scope["path"].startswith(("/api/", "/hooks/"))

        async def decorated(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = message["headers"]
                if api:
                    answered = [each for each in answered if each[0] != b"cache-control"] + _NO_STORE
                # an answer may be stricter by itself
                has = {name for name, _ in answered}
                ours = [each for each in self._headers if each[0] not in has]
                message["headers"] = [*answered, *ours, (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, decorated)
        finally:
            elapsed = time.perf_counter() - started
            route = scope.get("klatiene.route", "other")
            self._metrics.request(scope["method"], route, status, elapsed)
            if route != "other" or status >= 400:
                log.info(
                    "request",
                    method=scope["method"],
                    path=_ID.sub("/{id}", scope["path"]) if status < 400 else scope["path"],
                    status=status,
                    ms=round(elapsed * 1000, 1),
                )
