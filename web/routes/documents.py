"""Documents of a session: send, show, look, put away, keep with the case. Whoever is inside may; outsiders never."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response

from consultation.document_core import MAX_BYTES
from kernel.ids import parse_id
from kernel.session_errors import DocumentTooLarge
from web.endpoint import IN_SESSION, Call, Endpoint
from web.routes.moderation import OnBody
from web.routes.sessions import session_of

#: whatever is in a document, a page that opened it would have no script, no form, no origin
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ShowBody(msgspec.Struct, forbid_unknown_fields=True):
    document_id: str | None


async def add(call: Call) -> Any:
    call.house.limit("upload", call.principal.id)
    return await call.house.depth.documents.add(call.principal, session_of(call), call.raw_body)


async def content(call: Call) -> Response:
    found, body = await call.house.depth.documents.content(call.principal, session_of(call), _document(call))
    named = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return Response(body, media_type=found.media_type, headers=HEADERS | named)


async def remove(call: Call) -> None:
    await call.house.depth.documents.remove(call.principal, session_of(call), _document(call))


async def keep(call: Call) -> None:
    await call.house.depth.documents.keep(call.principal, session_of(call), _document(call), call.body.on)


async def show(call: Call) -> None:
    document_id = None if call.body.document_id is None else parse_id(call.body.document_id)
    await call.house.depth.documents.show(call.principal, session_of(call), document_id)


def _document(call: Call) -> str:
    return parse_id(call.path("document_id"))


_ONE = "/api/sessions/{id}/documents/{document_id}"
ROUTES = (
    Endpoint(
        method="POST",
        path="/api/sessions/{id}/documents",
        handler=add,
        allow=IN_SESSION,
        status=201,
        body_limit=MAX_BYTES,
        raw=True,
        too_large=DocumentTooLarge,
    ),
    Endpoint(method="GET", path=_ONE, handler=content, allow=IN_SESSION),
    Endpoint(method="DELETE", path=_ONE, handler=remove, allow=IN_SESSION),
    Endpoint(method="POST", path=f"{_ONE}/keep", handler=keep, allow=IN_SESSION, body=OnBody),
    Endpoint(method="POST", path="/api/sessions/{id}/shown", handler=show, allow=IN_SESSION, body=ShowBody),
)
