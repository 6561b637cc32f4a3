"""A person of the public API, for programs: HTTP calls, and the live channel as a state."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection, connect

TIMEOUT_S = 10.0
KEEPALIVE_S = 2.0

T = TypeVar("T")


class Refused(Exception):
    """The server said no: ``status`` and the stable ``code`` of docs/errors.md (empty when it gave none)."""

    def __init__(self, status: int, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}" if code else f"HTTP {status}")
        self.status = status
        self.code = code
        self.details = details or {}


class Person:
    """One signed-in account. The cookie is kept by hand: over plain HTTP no client keeps a Secure one."""

    def __init__(self, http: httpx.AsyncClient, url: str, me: dict[str, Any], cookie: str) -> None:
        self._http = http
        self._url = url
        self._headers = {"cookie": cookie, "x-csrf-token": str(me["csrf_token"]), "origin": url}
        self.me = me

    @property
    def principal(self) -> dict[str, Any]:
        return dict(self.me["principal"])

    async def get(self, path: str, **query: str | int) -> Any:
        return await self._call("GET", path, params=query)

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return await self._call("POST", path, json=body, headers=headers)

    async def request_officer(self, **fields: Any) -> dict[str, Any]:
        """``RequestView``; the key makes a repeated call the same request."""
        body = {"language": "lv", "priority": "normal", "client": {"kind": "anonymous"}, **fields}
        return dict(await self.post("/api/requests", body, **{"idempotency-key": uuid.uuid4().hex}))

    async def sign_out(self) -> None:
        with contextlib.suppress(Refused, httpx.HTTPError):
            await self.post("/api/sign-out")

    @asynccontextmanager
    async def live(self) -> AsyncIterator[Channel]:
        """The live channel, open and with its snapshot, for as long as the context."""
        ticket = (await self.post("/api/ws-ticket"))["ticket"]
        parts = urlsplit(self._url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        async with connect(f"{scheme}://{parts.netloc}/ws?ticket={ticket}", origin=self._url) as line:  # type: ignore[arg-type]
            channel = Channel()
            reader = asyncio.create_task(channel.read(line))
            try:
                await channel.until(lambda state: state or None)
                yield channel
            finally:
                reader.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reader

    async def _call(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> Any:
        answer = await self._http.request(method, path, headers={**self._headers, **(headers or {})}, **more)
        return content_of(answer)


class Channel:
    """The last state the server told: the snapshot's parts, and each event's view under its name (``offer``,
    ``session``, ``wrap_up``, ``authorisation``), requests and officers by id."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self._news = asyncio.Condition()
        self._closed = False

    async def until(self, found: Callable[[dict[str, Any]], T | None], timeout_s: float | None = TIMEOUT_S) -> T:
        """The first thing ``found`` in the state; ``timeout_s`` None waits for ever.

        Raises `TimeoutError`, or `ConnectionError` when the line ends.
        """
        async with asyncio.timeout(timeout_s), self._news:
            while (value := found(self.state)) is None:
                if self._closed:
                    raise ConnectionError("the live channel ended")
                await self._news.wait()
            return value

    async def read(self, line: ClientConnection) -> None:
        try:
            async for text in line:
                message = json.loads(text)
                if message["t"] == "ping":
                    await line.send(json.dumps({"t": "pong", "n": message["n"]}))
                    continue
                async with self._news:
                    self._apply(message)
                    self._news.notify_all()
        finally:
            self._closed = True
            async with self._news:
                self._news.notify_all()

    def _apply(self, message: dict[str, Any]) -> None:
        if message["t"] == "snapshot":
            self.state = {"ready": True, **message["state"]}
            for many in ("requests", "officers"):
                self.state[many] = {each["id"]: each for each in self.state.get(many, ())}
        elif message["t"] == "event":
            kind, data = message["type"].split(".")[0], message["data"]
            match kind:
                case "officer" | "request":
                    self.state.setdefault(f"{kind}s", {})[data["id"]] = data
                case "overview":
                    for each in data["officers"]:
                        self.state.setdefault("officers", {}).setdefault(each["id"], {}).update(each)
                case "offer":
                    self.state["offer"] = data["offer"]
                case "wrap_up":
                    self.state["wrap_up"] = data["wrap_up"]
                case _:
                    self.state[kind] = data


def content_of(answer: httpx.Response) -> Any:
    """The answer's content. Raises `Refused`."""
    if answer.status_code == httpx.codes.NO_CONTENT:
        return None
    try:
        content = answer.json()
    except ValueError:
        content = None
    if answer.is_success:
        return content
    error = content.get("error", {}) if isinstance(content, dict) else {}
    details = error.get("details")
    raise Refused(answer.status_code, str(error.get("code", "")), str(error.get("message", "")), details)


@asynccontextmanager
async def server(url: str) -> AsyncIterator[httpx.AsyncClient]:
    """Connections to the server at ``url``, whose own address is the Origin."""
    async with httpx.AsyncClient(
        base_url=url,
        timeout=TIMEOUT_S,
        headers={"accept-language": "en", "origin": url},
        trust_env=False,
        # given up well before the server does, which would meet a request half-way
        limits=httpx.Limits(keepalive_expiry=KEEPALIVE_S),
    ) as http:
        yield http


async def sign_in(http: httpx.AsyncClient, account: str) -> Person:
    """A demo account, signed in. Raises `Refused`; 404 where the demo sign-in is off."""
    answer = await http.post("/api/demo/sign-in", json={"account_id": account})
    me = content_of(answer)
    cookie = answer.headers["set-cookie"].split(";")[0]
    return Person(http, str(http.base_url).rstrip("/"), me, cookie)
