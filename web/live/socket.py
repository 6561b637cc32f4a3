"""One console's live channel: a bounded outbox, pings, what is heard. The hub decides what goes in.

No task waits for a console: its connection says what comes (`Socket.said`), that there is room again (`drain`), and
that it is over (`ended`). With thousands of consoles that is most of what one costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from kernel.errors import KlatieneError, TokenInvalid
from kernel.identity import Principal, SignedIn
from web.live import frames
from web.live.outbox_core import Outbox

PING_S = 5.0
PONG_LIMIT_S = 10.0
#: a peer that does not even read our goodbye is cut off
GOODBYE_S = 1.0

NO_PONG = 4408
REPLACED = 4409
SIGNED_OUT = 4401
TOO_SLOW = 1013
ILL_FORMED = 4400


class Wire(Protocol):
    """The connection beneath. What is written goes out in order; while it does not flow the peer reads too slowly."""

    flows: bool
    #: whether the peer takes deflated messages
    unpacks: bool

    def write(self, data: bytes) -> None: ...

    def tell(self, socket: Socket | None) -> None:
        """From now on say to a socket what happens; also what came before."""

    def abort(self) -> None: ...


class Socket:
    """``device_id`` names the tab; ``position`` is the number of the last frame that was put in."""

    def __init__(
        self,
        signed_in: SignedIn,
        wire: Wire,
        *,
        device_id: str,
        audiences: frozenset[str],
        now: float,
        position: int,
        on_heard: Callable[[Socket], None],
    ) -> None:
        self.principal: Principal = signed_in.principal
        self.session_hash = signed_in.session_hash
        self.device_id = device_id
        self.audiences = audiences
        self.position = position
        #: frames are held back until the snapshot has gone out
        self.held: list[tuple[tuple[str, str], bytes]] | None = []
        self.outbox = Outbox()
        self.close_code: int | None = None
        self._wire = wire
        self._on_heard = on_heard
        self._over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pings = 0
        self._ping_at = now
        self._waiting_since: float | None = None

    # ── what the hub says ────────────────────────────────────────────────────────────────────────

    def send(self, key: tuple[str, str], frame: bytes, framed: bytes | None = None) -> None:
        """``framed``: the same with its header, where it was made once for many."""
        if self.close_code is not None:
            return
        if self.held is not None:
            self.held.append((key, frame))
        else:
            self._put(key, frame, framed)

    def release(self, first: list[tuple[tuple[str, str], bytes]]) -> None:
        """Send ``first``, then what was held back meanwhile."""
        held, self.held = self.held or [], None
        for key, frame in first + held:
            self.send(key, frame)

    @property
    def unpacks(self) -> bool:
        return self._wire.unpacks

    def close(self, code: int) -> None:
        if self.close_code is None:
            self.close_code = code
            self.outbox.clear()
            self.ended()

    def tick(self, now: float) -> None:
        """Ping when it is time; give up on a peer whose answer is overdue."""
        if self._waiting_since is not None:
            if now - self._waiting_since >= PONG_LIMIT_S:
                self.close(NO_PONG)
        elif now - self._ping_at >= PING_S:
            self._pings += 1
            self._ping_at = self._waiting_since = now
            # pings do not wait behind the snapshot
            self._put(("ping", ""), frames.ping(self._pings))

    def pong(self, number: int) -> None:
        if number == self._pings:
            self._waiting_since = None

    def _put(self, key: tuple[str, str], frame: bytes, framed: bytes | None = None) -> None:
        if self._wire.flows and not self.outbox.size:
            self._wire.write(framed or frames.framed(frame))
        elif not self.outbox.put(key, frame):
            self.close(TOO_SLOW)

    # ── what the wire says ───────────────────────────────────────────────────────────────────────

    def said(self, text: bytes) -> None:
        if self.close_code is not None:
            return
        try:
            self.pong(frames.decode(text).n)
        except msgspec.MsgspecError:
            self.close(ILL_FORMED)
            return
        self._on_heard(self)

    def drain(self) -> None:
        """There is room again."""
        while self._wire.flows and (frame := self.outbox.take()) is not None:
            self._wire.write(frames.framed(frame))

    def ended(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    async def serve(self, websocket: WebSocket) -> None:
        """Until either side ends it. The caller has accepted the WebSocket."""
        self._wire.tell(self)
        self.drain()
        try:
            await self._over
        finally:
            self._wire.tell(None)
        if self.close_code is not None:
            await say_goodbye(websocket, self.close_code)


async def say_goodbye(
    websocket: WebSocket, code: int, error: KlatieneError | None = None, language: str = "lv"
) -> None:
    """Close with a code; a peer that reads nothing is cut off instead of waited for."""
    try:
        async with asyncio.timeout(GOODBYE_S):
            if error is not None:
                await websocket.send_text(frames.error(error, language).decode())
            await websocket.close(code)
            return
    except TimeoutError:
        pass
    except (RuntimeError, WebSocketDisconnect):
        return
    wire_of(websocket).abort()


def wire_of(websocket: WebSocket) -> Wire:
    wire: Wire = websocket.scope["extensions"]["klatiene.wire"]
    return wire


def ticket_of(websocket: WebSocket) -> str:
    ticket = websocket.query_params.get("ticket", "")
    if not 16 <= len(ticket) <= 128:
        raise TokenInvalid
    return ticket
