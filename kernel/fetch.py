"""One exchange over HTTP that is bounded in time and size, whoever answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx

MAX_ANSWER = 4 * 1024 * 1024


class FetchFailed(Exception):
    """``reason``: slow, huge, unreachable. Holds nothing of what was sent or came."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def fetch(
    http: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    timeout_s: float,
    limit: int = MAX_ANSWER,
    form: Mapping[str, str] | None = None,
    auth: httpx.Auth | None = None,
) -> tuple[int, bytes]:
    """(status, body). Raises `FetchFailed`."""
    content = bytearray()
    try:
        async with asyncio.timeout(timeout_s):
            async with http.stream(method, url, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT) as answer:
                async for chunk in answer.aiter_bytes():
                    content += chunk
                    if len(content) > limit:
                        raise FetchFailed("huge")
                return answer.status_code, bytes(content)
    except TimeoutError:
        raise FetchFailed("slow") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise FetchFailed("unreachable") from None
