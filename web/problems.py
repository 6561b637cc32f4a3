"""Every refusal in one shape: `docs/api.md`, *Errors*. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from kernel.error_texts import text_of
from kernel.errors import BodyInvalid, KlatieneError


def problem(error: KlatieneError, language: str, request_id: str) -> dict[str, Any]:
    """The ``error`` object that people and programs read."""
    message, hint = text_of(error.code or "internal", language)
    body: dict[str, Any] = {
        "code": error.code or "internal",
        "message": message,
        "hint": hint,
        "retryable": error.retryable,
        "request_id": request_id,
    }
    if error.field:
        body["field"] = error.field
    if error.details:
        body["details"] = error.details
    return body


def headers(error: KlatieneError) -> dict[str, str]:
    if error.http not in (429, 503):
        return {}
    return {"retry-after": str(error.retry_after_s or 2)}


def unreadable(error: msgspec.MsgspecError) -> BodyInvalid:
    """The field at fault, out of msgspec's words; the value itself is never repeated."""
    text = str(error)
    if "unknown field `" in text:
        return BodyInvalid(field=text.split("unknown field `", 1)[1].split("`", 1)[0])
    if "required field `" in text:
        return BodyInvalid(field=text.split("required field `", 1)[1].split("`", 1)[0])
    if "`$." in text:
        return BodyInvalid(field=text.rsplit("`$.", 1)[1].rstrip("`"))
    return BodyInvalid()
