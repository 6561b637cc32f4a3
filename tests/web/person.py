"""Somebody signed in to a running server: calls over real HTTP, a live channel that answers its pings."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

WAIT_S = 20.0


class Person:
    """``cookie`` and ``csrf`` may be changed by a test that wants to be refused."""

    def __init__(self, url: str, account: str, *, signed_in: Person | None = None) -> None:
        """``signed_in``: the same sign-in, at another address of the service."""
        self.url = url
        self._elsewhere = signed_in
        self.account = account
        headers = {"origin": url, "accept-language": "en"}
        # a connection is given up before the server gives it up, which it does after five seconds
        limits = httpx.Limits(keepalive_expiry=2.0)
        self.http = httpx.Client(base_url=url, timeout=WAIT_S, headers=headers, limits=limits)
        self.cookie = ""
        self.csrf = ""
        self.me: dict[str, Any] = {}
        self._heard: list[dict[str, Any]] = []
        self._news = threading.Condition(threading.RLock())
        self._listener: threading.Thread | None = None
        self._socket: Any = None
        self._open = ExitStack()

    def __enter__(self) -> Self:
        try:
            self._sign_in()
        except BaseException:
            self.http.close()
            raise
        return self

    def _sign_in(self) -> None:
        if self._elsewhere is not None:
            self.me, self.csrf, self.cookie = self._elsewhere.me, self._elsewhere.csrf, self._elsewhere.cookie
            return
        answer = self.http.post("/api/demo/sign-in", json={"account_id": self.account})
        assert answer.status_code == 200, answer.text
        self.me = answer.json()
        self.csrf = self.me["csrf_token"]
        # over plain HTTP a client keeps no Secure cookie by itself; browsers make an exception for localhost
        self.cookie = answer.headers["set-cookie"].split(";")[0]

    def __exit__(self, *_: object) -> None:
        self._open.close()
        if self._listener is not None:
            self._listener.join(WAIT_S)
        self.http.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """``headers`` are written with underscores; an empty one is not sent."""
        sent = {"cookie": self.cookie, "x-csrf-token": self.csrf, "origin": self.url}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = self.http.build_request(
            method, path, json=body, headers={name: value for name, value in sent.items() if value}
        )
        for name, value in sent.items():
            if not value:
                request.headers.pop(name, None)
        return self.http.send(request)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.call("POST", path, body, **headers)

    def request(self, group_id: str, **more: Any) -> httpx.Response:
        """Ask for an officer of a group."""
        body = {
            "pak": "PAK_01",
            "group_id": group_id,
            "language": "lv",
            "priority": "normal",
            "client": {"kind": "anonymous"},
            **more,
        }
        return self.post("/api/requests", body, idempotency_key=uuid.uuid4().hex)

    # ── the live channel ─────────────────────────────────────────────────────────────────────────

    def ticket(self) -> str:
        return str(self.post("/api/ws-ticket").json()["ticket"])

    def live_url(self, ticket: str) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/ws?ticket={ticket}"

    def go_live(self, *, tab: str = "", resume: tuple[str, int] | None = None, ticket: str = "") -> Self:
        """``resume``: epoch and number to go on after."""
        url = f"{self.live_url(ticket or self.ticket())}&tab={tab}"
        if resume is not None:
            url += f"&epoch={resume[0]}&after={resume[1]}"
        channel = connect(url, origin=self.url)
        self._socket = self._open.enter_context(channel)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.wait_for(lambda message: message["t"] == "snapshot")
        return self

    def is_live(self) -> bool:
        return self._listener is not None and self._listener.is_alive()

    def wait_for(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The newest message that is wanted, as soon as there is one."""

        def newest() -> dict[str, Any] | None:
            return next((message for message in reversed(self._heard) if wanted(message)), None)

        with self._news:
            found = self._news.wait_for(newest, WAIT_S)
        assert found, f"{self.account} did not hear it; heard {[m['t'] for m in self._heard]}"
        return found

    def has_heard(self, kind: str) -> bool:
        with self._news:
            return any(message.get("type") == kind for message in self._heard)

    def wait_until_closed(self, code: int) -> None:
        assert self._listener is not None
        self._listener.join(WAIT_S)
        assert self._socket.close_code == code

    def wait_for_offer(self, request_id: str) -> dict[str, Any]:
        """The OfferView with which a request rings at this officer."""

        def rings(message: dict[str, Any]) -> bool:
            offer = message.get("data", {}).get("offer") if message.get("type") == "offer.changed" else None
            return bool(offer) and offer["request_id"] == request_id

        return dict(self.wait_for(rings)["data"]["offer"])

    def heard(self, kind: str) -> list[dict[str, Any]]:
        """Messages of a kind (``t``), oldest first."""
        with self._news:
            return [message for message in self._heard if message["t"] == kind]

    def indicator_of(self, officer_id: str) -> str | None:
        """What was last shown of an officer."""
        with self._news:
            for message in reversed(self._heard):
                if message["t"] == "snapshot":
                    officers = message["state"].get("officers", [message["state"].get("officer") or {}])
                    return next((str(each["indicator"]) for each in officers if each.get("id") == officer_id), None)
                changed = {"officer.changed": lambda data: [data], "overview.changed": lambda data: data["officers"]}
                for card in changed.get(message.get("type", ""), lambda _: [])(message.get("data")):
                    if card["id"] == officer_id:
                        return str(card["indicator"])
        return None

    def wait_for_indicator(self, officer_id: str, *indicators: str, wait_s: float = WAIT_S) -> None:
        """Until one of them is shown."""
        with self._news:
            seen = self._news.wait_for(lambda: self.indicator_of(officer_id) in indicators, wait_s)
        assert seen, f"{self.account} sees {officer_id} as {self.indicator_of(officer_id)}"

    def _listen(self) -> None:
        try:
            for text in self._socket:
                message = json.loads(text)
                if message["t"] == "ping":
                    self._socket.send(json.dumps({"t": "pong", "n": message["n"]}))
                    continue
                with self._news:
                    self._heard.append(message)
                    self._news.notify_all()
        except ConnectionClosed:
            return
