"""``klatiene agent``: enrols once beside a clerk, then waits for what an official does, and lets go when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
import structlog
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from web.agent.hands_core import Deed, Hands
from web.client import Refused
from web.device import Device, new_key

log = structlog.get_logger("agent")

TIMEOUT_S = 10.0
AGAIN_S = 3.0
#: what came later was meant for a moment that is over
STALE_MS = 5_000
#: the service pings every five seconds: a line that says nothing is none, and what is held down is let go
QUIET_S = 12.0


class Screen(Protocol):
    width: int
    height: int

    def do(self, deeds: list[Deed]) -> None: ...


class Kept:
    """What outlives the program: the key and the refresh token, in a file that only its owner reads."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, url: str) -> Device | None:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        key = serialization.load_pem_private_key(kept["key"].encode(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or kept["url"] != url:
            return None
        return Device(url, key, saved=kept["saved"])

    def save(self, device: Device) -> None:
        pem = device.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        text = json.dumps({"url": device.url, "key": pem.decode(), "saved": device.saved})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(self._path)

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)


class Agent:
    def __init__(self, url: str, kept: Kept, screen: Screen, say: Callable[[str], None]) -> None:
        self._url = url
        self._kept = kept
        self._screen = screen
        self._hands = Hands(screen.width, screen.height)
        self._say = say
        self.listening = asyncio.Event()

    async def run(self, *, point_id: str, name: str) -> None:
        """Until it is cancelled, or let go by a clerk (raises `Refused` with ``enrolment_revoked``)."""
        async with httpx.AsyncClient(base_url=self._url, timeout=TIMEOUT_S) as http:
            device = self._kept.load(self._url) or await self._enrol(http, point_id, name)
            while True:
                try:
                    await self._listen(http, device)
                except Refused as refused:
                    if refused.code == "enrolment_revoked":
                        self._kept.forget()
                        raise
                    log.warning("agent_refused", code=refused.code)
                except (httpx.HTTPError, OSError, WebSocketException) as error:
                    log.warning("agent_line_lost", error=type(error).__name__)
                finally:
                    self.listening.clear()
                    self._screen.do(self._hands.let_go())
                await asyncio.sleep(AGAIN_S)

    async def _enrol(self, http: httpx.AsyncClient, point_id: str, name: str) -> Device:
        device = Device(self._url, new_key())
        started = await device.start(http, point_id=point_id, name=name, kind="agent")
        self._say(f"{started['user_code']}  {started['number']}")
        wait_s = float(started["interval"])
        while True:
            await asyncio.sleep(wait_s)
            try:
                await device.collect(http, started["device_code"])
                break
            except Refused as refused:
                if refused.code not in ("authorization_pending", "slow_down"):
                    raise
                wait_s += 2.0 if refused.code == "slow_down" else 0.0
        self._kept.save(device)
        return device

    async def _listen(self, http: httpx.AsyncClient, device: Device) -> None:
        await self._renew(http, device)
        ticket = (await device.call(http, "POST", "/api/ws-ticket"))["ticket"]
        parts = urlsplit(self._url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        async with connect(f"{scheme}://{parts.netloc}/ws?ticket={ticket}", origin=self._url) as line:  # type: ignore[arg-type]
            ahead_ms = 0.0
            while True:
                try:
                    text = await asyncio.wait_for(line.recv(), QUIET_S)
                except TimeoutError:
                    return
                message = json.loads(text)
                match message.get("t"):
                    case "hello":
                        ahead_ms = float(message["server_time_ms"]) - device.now_s() * 1000
                    case "snapshot":
                        self.listening.set()
                    case "ping":
                        await line.send(json.dumps({"t": "pong", "n": message["n"]}))
                    case "event":
                        self._heed(message, device.now_s() * 1000 + ahead_ms)

    async def _renew(self, http: httpx.AsyncClient, device: Device) -> None:
        """A token for this line; what the refresh needs is kept before it is sent and after it is answered."""
        device.saved.setdefault("attempt", os.urandom(16).hex())
        self._kept.save(device)
        await device.refresh(http)
        self._kept.save(device)

    def _heed(self, message: dict[str, Any], now_ms: float) -> None:
        match message:
            case {"type": "control.input", "data": {"at_ms": at_ms, "input": {"kind": "desktop", "acts": list(acts)}}}:
                if now_ms - at_ms <= STALE_MS:
                    self._screen.do(self._hands.take(acts))
            case {"type": "control.stopped"}:
                self._screen.do(self._hands.let_go())


async def run_agent(url: str, *, point_id: str, name: str, state: str) -> int:
    """The exit code: 1 when the enrolment was refused or has ended."""
    from web.agent.x11 import Screen as XScreen  # noqa: PLC0415  (only where there is an X server)

    screen = XScreen()

    def say(text: str) -> None:
        print(f"Code and number for the clerk (Client workstations): {text}", flush=True)  # noqa: T201

    agent = Agent(url.rstrip("/"), Kept(Path(state)), screen, say)
    try:
        with contextlib.closing(screen):
            await agent.run(point_id=point_id, name=name)
    except Refused as refused:
        print(f"The agent stops: {refused}", flush=True)  # noqa: T201
    return 1
