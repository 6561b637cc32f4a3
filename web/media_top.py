"""`klatiene media top`: what every media node does now, looked at again and again."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from dataclasses import asdict
from typing import Any

import httpx

from kernel.settings import Settings
from kernel.tokens import MediaGrant, mint_media_grant
from web.media_top_core import Node, lines, read

LOOK_S, TOKEN_S, PATIENCE_S = 2.0, 60, 3.0
CLEAR = "\x1b[H\x1b[2J"


async def run_media_top(settings: Settings, *, once: bool, as_json: bool) -> int:
    """Until it is interrupted, or once; 1 when no node answered."""
    urls = settings.media_api_urls or (settings.media_api_url,)
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        before = await _look(http, settings, urls)
        while True:
            await asyncio.sleep(LOOK_S)
            after = await _look(http, settings, urls)
            nodes = [read(url, before[url], after[url]) for url in urls]
            before = after
            _show(nodes, as_json=as_json, clear=not once and not as_json)
            if once:
                return 0 if any(node.reached for node in nodes) else 1


async def _look(http: httpx.AsyncClient, settings: Settings, urls: tuple[str, ...]) -> dict[str, Any]:
    answers = await asyncio.gather(*(_ask(http, settings, url) for url in urls))
    return dict(zip(urls, answers, strict=True))


async def _ask(http: httpx.AsyncClient, settings: Settings, url: str) -> Any:
    token = mint_media_grant(
        MediaGrant(identity="top", room_list=True),
        api_key=settings.media_key,
        secret=settings.media_secret,
        now_s=int(time.time()),
        ttl_s=TOKEN_S,
        jti=secrets.token_hex(8),
    )
    try:
        answer = await http.get(f"{url}/stats", headers={"Authorization": f"Bearer {token}"})
        return answer.raise_for_status().json()
    except (httpx.HTTPError, json.JSONDecodeError):
        return None


def _show(nodes: list[Node], *, as_json: bool, clear: bool) -> None:
    text = json.dumps({"nodes": [asdict(node) for node in nodes]}) if as_json else "\n".join(lines(nodes))
    sys.stdout.write((CLEAR if clear else "") + text + "\n")
    sys.stdout.flush()
