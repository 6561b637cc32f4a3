"""``/ws``: Origin, ticket, then the socket until either side ends it."""

from __future__ import annotations

import os
import secrets
from asyncio.transports import BaseTransport
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame
from websockets.http11 import Request

from kernel.errors import KlatieneError, OriginRefused
from web.endpoint import refuse
from web.languages import preferred
from web.live import deflate
from web.live.socket import ILL_FORMED, Socket, say_goodbye, ticket_of, wire_of

if TYPE_CHECKING:
    from web.wiring import House

#: longest name a tab may give itself
TAB = 64
#: nothing is remembered from message to message: neither a window for each console here, nor what others were told
DEFLATE = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)


class LiveWebSocket(WebSocketsSansIOProtocol):
    """The `web.live.socket.Wire` of the scope: lets the application write frames that it made once for many, hear what
    comes without a task that waits for it, and cut off a peer that reads nothing, behind whose unread frames a polite
    close would wait."""

    flows = True
    unpacks = False
    _console: Socket | None = None
    #: where frames can be written past the transport; -1: they cannot
    _fd = -1

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.conn.available_extensions = [DEFLATE]

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        if transport.get_extra_info("sslcontext") is None:
            self._fd = transport.get_extra_info("socket").fileno()

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if self.response.status_code == 101:
            extensions: dict[str, Any] = self.scope["extensions"]
            extensions["klatiene.wire"] = self
            self.unpacks = any(
                isinstance(each, PerMessageDeflate) and each.local_max_window_bits >= deflate.WINDOW_BITS
                for each in self.conn.extensions
            )

    # ── the Wire ─────────────────────────────────────────────────────────────────────────────────

    def write(self, data: bytes) -> None:
        """Straight into the kernel as long as nothing waits in the transport, which keeps the rest in order.

        A transport that is not closing has not given back its socket, so the descriptor is still its own.
        """
        transport = self.transport
        if self.close_sent or transport.is_closing():
            return
        if self._fd >= 0 and not transport.get_write_buffer_size():
            try:
                written = os.write(self._fd, data)
            except OSError:
                # full, or broken: the transport will wait, or find the same and end as it should
                written = 0
            if written == len(data):
                return
            data = data[written:]
        transport.write(data)

    def tell(self, socket: Socket | None) -> None:
        self._console = socket
        while socket is not None and not self.queue.empty():
            # came before anybody listened
            message = self.queue.get_nowait()
            if message["type"] == "websocket.receive":
                socket.said((message.get("text") or "").encode())
            elif message["type"] == "websocket.disconnect":
                socket.ended()
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def send_receive_event_to_app(self) -> None:
        if self._console is None:
            super().send_receive_event_to_app()
        elif not self.close_sent:
            if self.curr_msg_data_type == "text":
                self._console.said(b"".join(self.frames))
            else:
                self._console.close(ILL_FORMED)
            self.frames = []

    def pause_writing(self) -> None:
        super().pause_writing()
        self.flows = False

    def resume_writing(self) -> None:
        super().resume_writing()
        self.flows = True
        if self._console is not None:
            self._console.drain()

    def handle_close(self, event: Frame) -> None:
        super().handle_close(event)
        self._end()

    def handle_parser_exception(self) -> None:
        super().handle_parser_exception()
        self._end()

    def shutdown(self) -> None:
        super().shutdown()
        self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._end()

    def _end(self) -> None:
        if self._console is not None:
            self._console.ended()

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
            wire_of(websocket),
            tab=websocket.query_params.get("tab", "")[:TAB] or secrets.token_hex(8),
            epoch=websocket.query_params.get("epoch", ""),
            after=int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None,
        ) as socket:
            await socket.serve(websocket)
    except KlatieneError as error:
        await say_goodbye(websocket, error.ws_close, error, language)
    except WebSocketDisconnect:
        return
