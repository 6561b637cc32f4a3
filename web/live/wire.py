"""``/ws``: Origin, ticket, then the socket until either side ends it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from kernel.errors import KlatieneError, OriginRefused
from web.endpoint import refuse
from web.languages import preferred
from web.live.socket import say_goodbye, ticket_of

if TYPE_CHECKING:
    from web.wiring import House

#: longest name a tab may give itself
TAB = 64


class LiveWebSocket(WebSocketsSansIOProtocol):
    """Lets the application write frames that it made once for many, and cut off a peer that reads nothing: a polite
    close would wait behind what is unread. The `web.live.socket.Wire` of the scope."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions["klatiene.wire"] = self

    def write(self, data: bytes) -> None:
        if not (self.close_sent or self.transport.is_closing()):
            self.transport.write(data)

    def abort(self) -> None:
        self.transport.abort()

    async def send(self, message: Any) -> None:
        await super().send(message)
        if self.close_sent:
            # uvicorn logs an error for a handshake that was refused with an answer of one's own
            self.handshake_complete = True


async def live(house: House, websocket: WebSocket) -> None:
    language = preferred(websocket.headers.get("accept-language"))
    if websocket.headers.get("origin") not in house.origins:
        request_id = websocket.scope.get("klatiene.request_id", "")
        await websocket.send_denial_response(refuse(OriginRefused(), language, request_id))
        return
    await websocket.accept()
    try:
        signed_in = await house.tickets.redeem(ticket_of(websocket))
        after = websocket.query_params.get("after", "")
        async with house.hub.attach(
            signed_in,
            tab=websocket.query_params.get("tab", "")[:TAB] or secrets.token_hex(8),
            epoch=websocket.query_params.get("epoch", ""),
            after=int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None,
        ) as socket:
            await socket.serve(websocket, house.hub.heard)
    except KlatieneError as error:
        await say_goodbye(websocket, error.ws_close, error, language)
    except WebSocketDisconnect:
        return
