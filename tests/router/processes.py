"""Two web processes that share one index, driven step by step: for the state machine and the scenarios."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from kernel.clock import SystemClock
from kernel.feed import MemoryFeed
from kernel.ids import AgencyId
from kernel.redis import open_redis
from router.core import AgencyCore
from router.index import Decision
from router.model import Directory, GroupRules, Ring
from router.replicated import ReplicatedIndex
from router.restore_core import Ledgered
from router.shared import MemoryIndex, SharedIndex
from router.shared_redis import RedisIndex
from router.step import Step
from tests.router.directory import BENEFITS, DIRECTORY, PENSIONS, TWO, VSAA

T = TypeVar("T")

#: two sessions of benefits at once, circles that widen, one officer who takes two at a time, one who signs
RULED: Directory = replace(
    DIRECTORY,
    agency=replace(DIRECTORY.agency, channels=3),
    groups={
        BENEFITS: replace(
            DIRECTORY.groups[BENEFITS],
            rules=GroupRules(
                channels=2,
                preferred_hold_s=15.0,
                rings=(Ring(min_level=2), Ring(after_s=20.0), Ring(after_s=40.0, groups=(BENEFITS, PENSIONS))),
            ),
        ),
        PENSIONS: DIRECTORY.groups[PENSIONS],
    },
    officers={
        **DIRECTORY.officers,
        TWO: replace(DIRECTORY.officers[TWO], levels={BENEFITS: 3, PENSIONS: 3}, capacity=2, skills=("sign",)),
    },
)


def new_core() -> AgencyCore:
    return AgencyCore(RULED, offer_timeout_s=20.0, wrap_up_s=120.0)


class Time(Protocol):
    now: float

    @property
    def wall_ms(self) -> int: ...


class MachineClock:
    def __init__(self, time: Time) -> None:
        self._time = time

    def mono(self) -> float:
        return self._time.now

    def wall_ms(self) -> int:
        return self._time.wall_ms


class Processes:
    """``url``: of a Redis, or None for the twin in memory."""

    def __init__(self, time: Time, *, url: str | None = None, prefix: str = "") -> None:
        self._loop = asyncio.new_event_loop()
        self._door = None
        shared: SharedIndex = MemoryIndex()
        if url is not None:
            self._door = self._run(_opened(url))
            shared = RedisIndex(self._door, f"{prefix}{secrets.token_hex(4)}")
        self._known = Ledgered(epoch=1, requests=[], working=[], busy_visits=set(), waits={})
        self._indexes = [
            ReplicatedIndex(
                MachineClock(time),
                MemoryFeed(origin),
                self._load,
                shared,
                origin,
                offer_timeout_s=20.0,
                wrap_up_s=120.0,
            )
            for origin in ("one", "two")
        ]
        for index in self._indexes:
            self._run(index.direct({VSAA: RULED}))

    @property
    def cores(self) -> list[AgencyCore]:
        return [index.cores[VSAA] for index in self._indexes]

    def decide(self, decision: Callable[[AgencyCore], Step], second: bool) -> Step:
        one, other = reversed(self._indexes) if second else self._indexes
        step = self._run(one.decide(VSAA, lambda core, now, wall_ms: decision(core)))
        # the other one has heard of it when it is asked the next time
        self._run(other.decide(VSAA, _nothing))
        return step

    def rebuild(self, known: Ledgered) -> None:
        self._known = known
        for index in self._indexes:
            self._run(index.rebuild(VSAA)) if index is self._indexes[0] else self._run(index.decide(VSAA, _nothing))

    def close(self) -> None:
        if self._door is not None:
            self._run(self._door.close())
        self._loop.close()

    async def _load(self, _agency_id: AgencyId) -> Ledgered:
        return self._known

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)


async def _opened(url: str) -> Any:
    return open_redis(url, SystemClock(), timeout_s=10.0)


def _nothing(core: AgencyCore, now: float, wall_ms: int) -> Step:
    return Step(now, wall_ms)


NOTHING: Decision = _nothing
