"""Structured logs that never carry a token or a personal code.

Every event passes `scrub`: values under telling names are dropped, and text that looks like a personal code, a JWT or a
credential in a query string is masked wherever it stands — also inside an exception's message.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from kernel.private import Private

MASK = "…"

_SECRET_NAMES = frozenset(
    {
        *("authorization", "cookie", "set_cookie", "token", "access_token", "refresh_token", "id_token"),
        *("secret", "client_secret", "password", "ticket", "code", "personal_code", "join_request"),
        *("csrf", "csrf_token"),
    }
)
_PATTERNS = (
    # personas kods, old (DDMMYY-CNNNN, dash optional) and new (32… to 39…)
    re.compile(r"(?<![\dA-Fa-f-])\d{6}-\d{5}(?![\d-])"),
    re.compile(r"(?<![\dA-Fa-f-])3[2-9]\d{9}(?![\dA-Fa-f-])"),
    # compact JWS
    re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"),
    re.compile(r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"),
    re.compile(r"(?i)(?<=[?&])(?:access_token|join_request|ticket|code|token)=[^&\s\"']+"),
)


def scrub_text(text: str) -> str:
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return text


def scrub(value: Any, name: str = "") -> Any:
    """A copy of ``value`` that may be written down."""
    if name.lower() in _SECRET_NAMES or isinstance(value, Private):
        return MASK
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, dict):
        return {key: scrub(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [scrub(item) for item in value]
    return value


def _scrub_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in tuple(event):
        event[key] = scrub(event[key], key)
    return event


def configure_logging(*, level: str = "INFO", json: bool = False) -> None:
    """Send structlog and the standard library's logging through one scrubbed pipe to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _scrub_event,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        # what is not written is not scrubbed either
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("aioice", "aiortc", "httpx", "httpcore", "websockets", "uvicorn.access", "uvicorn.error", "livekit"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
