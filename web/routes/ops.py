"""For those who run the service: alive, ready, numbers. No people, no data."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import structlog

from kernel.errors import KlatieneError, NotAllowed, Unavailable
from web import numbers
from web.endpoint import Call, Endpoint, Reply

log = structlog.get_logger("ops")

READY_S = 2.0


async def alive(call: Call) -> Any:
    return {"status": "ok"}


async def ready(call: Call) -> Any:
    """503 while the ledger cannot serve; a media node that is away is reported, but new requests are still taken."""
    checks = {"ledger": await _holds(call.house.ledger.ping()), "media": await _holds(call.house.media_reachable())}
    return Reply({"status": "ok" if all(checks.values()) else "failing", "checks": checks}, _status(checks))


def _status(checks: dict[str, bool]) -> int:
    return 200 if all(checks.values()) else 503


async def _holds(check: Any) -> bool:
    try:
        async with asyncio.timeout(READY_S):
            await check
    except (KlatieneError, TimeoutError, OSError):
        return False
    return True


async def metrics(call: Call) -> Any:
    peer = call.request.client.host if call.request.client else ""
    proxied = call.request.headers.get("x-forwarded-for") is not None
    if proxied or not _is_loopback(peer):
        raise NotAllowed
    try:
        await numbers.take(call.house, call.house.metrics)
    except Unavailable:
        # the ledger is away: what this process knows by itself is told all the same
        log.warning("metrics_without_ledger")
    return Reply(call.house.metrics.page(), 200, media_type="text/plain; version=0.0.4; charset=utf-8")


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


ROUTES = (
    Endpoint(method="GET", path="/healthz", handler=alive, allow="anyone"),
    Endpoint(method="GET", path="/readyz", handler=ready, allow="anyone"),
    Endpoint(method="GET", path="/metrics", handler=metrics, allow="anyone"),
)
