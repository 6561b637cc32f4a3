"""Token buckets: how often somebody may do something. Pure; times are monotonic seconds."""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Rate:
    """``burst`` calls at once, refilled evenly over ``per_s`` seconds."""

    burst: int
    per_s: float = 60.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Limiter:
    """One bucket per key. A key that has not been seen for a full refill is as good as new and may be forgotten."""

    def __init__(self, rate: Rate, *, keep: int = 50_000) -> None:
        self._rate = rate
        self._keep = keep
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> int | None:
        """None when allowed, else the whole seconds until the next call may pass."""
        per_token = self._rate.per_s / self._rate.burst
        bucket = self._buckets.pop(key, None)
        if bucket is None:
            bucket = _Bucket(float(self._rate.burst), now)
        bucket.tokens = min(float(self._rate.burst), bucket.tokens + max(0.0, now - bucket.at) / per_token)
        bucket.at = now
        # most recently used last, so that the oldest is forgotten first
        self._buckets[key] = bucket
        if len(self._buckets) > self._keep:
            self._buckets.popitem(last=False)
        if bucket.tokens >= 1.0:
            bucket.tokens -= 1.0
            return None
        return max(1, math.ceil((1.0 - bucket.tokens) * per_token))

    def give_back(self, key: str) -> None:
        """What was taken does not count after all."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.tokens = min(float(self._rate.burst), bucket.tokens + 1.0)

    def __len__(self) -> int:
        return len(self._buckets)


@dataclass(frozen=True, slots=True)
class Limits:
    """The rates in force. Everybody in the demo shares one loopback address, hence `for_demo`."""

    sign_in_account: Rate = Rate(5)
    sign_in_address: Rate = Rate(20)
    join: Rate = Rate(10)
    request: Rate = Rate(60)
    upload: Rate = Rate(20)
    bridge: Rate = Rate(30)
    supervise: Rate = Rate(60)
    #: calls of devices that are not known yet, by address: a point's workstations may share one
    device: Rate = Rate(120)
    #: inputs for a workstation that an official was lent
    control: Rate = Rate(1200)
    #: programs: wrong secrets, and cards that nobody knows
    token_client: Rate = Rate(10)
    token_address: Rate = Rate(60)
    card_client: Rate = Rate(30)
    card_address: Rate = Rate(120)

    def limiters(self) -> dict[str, Limiter]:
        return {field.name: Limiter(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def for_demo(cls) -> Limits:
        return cls(sign_in_account=Rate(30), sign_in_address=Rate(600), join=Rate(30), device=Rate(1200))
