"""Signed reports of the media node (LiveKit webhooks): the token in ``Authorization`` carries the body's SHA-256."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from google.protobuf.json_format import Parse, ParseError
from livekit.protocol.webhook import WebhookEvent

from kernel.errors import BodyInvalid, TokenInvalid
from kernel.tokens import verify_media_grant
from web.endpoint import Call, Endpoint

LIMIT = 256 * 1024


async def media(call: Call) -> Any:
    settings = call.house.settings
    token = call.request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    now_s = call.house.clock.wall_ms() / 1000
    grant = verify_media_grant(token, {settings.media_key: settings.media_secret}, now_s)
    digest = base64.b64encode(hashlib.sha256(call.raw_body).digest()).decode()
    if not grant.sha256 or not hmac.compare_digest(grant.sha256, digest):
        raise TokenInvalid
    try:
        event = Parse(call.raw_body, WebhookEvent(), ignore_unknown_fields=True)
    except (ParseError, UnicodeDecodeError):
        raise BodyInvalid from None
    await call.house.consultation.on_webhook(event)
    return {}


ROUTES = (
    Endpoint(
        method="POST",
        path="/hooks/media",
        handler=media,
        allow="anyone",
        browser=False,
        csrf=False,
        body_limit=LIMIT,
    ),
)
