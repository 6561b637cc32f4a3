"""Webhooks as LiveKit sends them: JSON signed by a token that carries the body's hash.

One queue per address keeps the order; a receiver that is down delays its own queue only, and when that is full the
oldest events are dropped and counted (``num_dropped``).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections import deque
from typing import Any

import httpx
import structlog
from google.protobuf import json_format
from livekit.protocol import webhook

from kernel.clock import Clock
from kernel.tokens import MediaGrant, mint_media_grant

QUEUE = 1_000
TRIES = 6
TIMEOUT_S = 5.0

log = structlog.get_logger("webhooks")


class WebhookSender:
    def __init__(self, urls: tuple[str, ...], api_key: str, secret: str, clock: Clock) -> None:
        self._api_key = api_key
        self._secret = secret
        self._clock = clock
        self._queues: dict[str, deque[Any]] = {url: deque() for url in urls}
        self._dropped = dict.fromkeys(urls, 0)
        self._wake = {url: asyncio.Event() for url in urls}
        self._idle = {url: asyncio.Event() for url in urls}
        for idle in self._idle.values():
            idle.set()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run(url), name="webhooks") for url in self._queues]

    def emit(self, name: str, room: Any, participant: Any = None, track: Any = None) -> None:
        """Queue an event; never waits."""
        if not self._queues:
            return
        event = webhook.WebhookEvent(
            event=name,
            id=f"EV_{secrets.token_hex(8)}",
            created_at=self._clock.wall_ms() // 1000,
            room=room,
            participant=participant,
            track=track,
        )
        for url, queue in self._queues.items():
            if len(queue) >= QUEUE:
                queue.popleft()
                self._dropped[url] += 1
            queue.append(event)
            self._idle[url].clear()
            self._wake[url].set()

    async def close(self) -> None:
        """Give what is queued a moment to leave."""
        try:
            async with asyncio.timeout(1):
                for idle in self._idle.values():
                    await idle.wait()
        except TimeoutError:
            pass
        for task in self._tasks:
            task.cancel()

    async def _run(self, url: str) -> None:
        queue, wake = self._queues[url], self._wake[url]
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            while True:
                await wake.wait()
                wake.clear()
                while queue:
                    event = queue[0]
                    event.num_dropped = self._dropped[url]
                    if await self._deliver(client, url, event):
                        self._dropped[url] = 0
                    if queue and queue[0] is event:
                        queue.popleft()
                self._idle[url].set()

    async def _deliver(self, client: httpx.AsyncClient, url: str, event: Any) -> bool:
        body = json_format.MessageToJson(event, indent=None).encode()
        for attempt in range(TRIES):
            try:
                answer = await client.post(
                    url,
                    content=body,
                    headers={"Content-Type": "application/webhook+json", "Authorization": self._sign(body)},
                )
                if answer.status_code < 300:
                    return True
                if answer.status_code < 500:
                    log.warning("webhook_refused", status=answer.status_code)
                    return False
            except httpx.HTTPError as error:
                log.info("webhook_waits", error=type(error).__name__)
            await asyncio.sleep(min(5.0, 0.1 * 2**attempt))
        return False

    def _sign(self, body: bytes) -> str:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        now_s = self._clock.wall_ms() // 1000
        return mint_media_grant(
            MediaGrant(identity="", sha256=digest),
            api_key=self._api_key,
            secret=self._secret,
            now_s=now_s,
            ttl_s=300,
            jti=secrets.token_hex(8),
        )
