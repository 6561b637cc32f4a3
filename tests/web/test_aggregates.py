"""What clerks are shown of groups and officers: many at once as one frame; who resumes misses none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from kernel.clock import ManualClock
from kernel.feed import MemoryFeed, Numbered
from kernel.identity import Principal, SignedIn
from kernel.ids import AccountId, AgencyId, GroupId, OfficerId
from kernel.messages import Bilingual, Indicator, IndicatorChanged, Role
from router.model import Group, Officer
from web.live import core, frames
from web.live.aggregates import Aggregates, Built, Key
from web.live.core import Show
from web.live.hub import SLICE, Hub
from web.live.socket import PING_S, Socket
from web.live.workstations_core import Workstations
from web.metrics import Metrics
from web.register import Register

GROUP = GroupId("benefits")


class Stage:
    """A hub with one clerk, and a door through which spread frames go."""

    def __init__(self) -> None:
        self.seq = 0
        self.sent: list[tuple[str, Any]] = []
        self.door = asyncio.Event()
        self.door.set()
        self.rests = 0

    def hears(self, audience: str) -> bool:
        return audience == core.CLERKS

    async def bodies(self, show: Show) -> list[tuple[str, bytes]]:
        return [(audience, frames.body(show.type, show.key)) for audience in show.audiences if self.hears(audience)]

    def deliver(self, built: Iterable[Built], seq: int) -> None:
        for _, bodies in built:
            for _, body in bodies:
                self._show(body)

    async def spread(self, audience: str, key: Key, of: bytes) -> None:
        assert self.hears(audience)
        await self.door.wait()
        self._show(of)

    async def rest_after(self, work: Awaitable[None]) -> None:
        await work
        self.rests += 1

    def _show(self, body: bytes) -> None:
        message = json.loads(b"{" + body)
        self.sent.append((message["type"], message["data"]))


class Views:
    def __init__(self) -> None:
        self.groups_asked = 0

    async def show(self, show: Show) -> Any:
        return {"id": show.key}

    def group_moves(self, group_id: GroupId) -> dict[str, Any]:
        self.groups_asked += 1
        return {"id": group_id}

    def officer_moves(self, officer_id: OfficerId) -> dict[str, Any] | None:
        return None if officer_id == "o-left" else {"id": officer_id}

    async def waiting_in(self, group_id: GroupId) -> list[Show]:
        return []

    def forget(self, kind: str, key: str) -> None: ...


def register() -> Register:
    made = Register()
    officers = [Officer(OfficerId(f"o-{n}"), AgencyId("a"), f"VSAA {n}", ("lv",), levels={GROUP: 1}) for n in range(5)]
    group = Group(GROUP, AgencyId("a"), Bilingual("Pabalsti", "Benefits"), ("PAK_02",))
    made.load(officers=officers, groups=[group], hosts=[], workstations=[], versions={})
    return made


def changed(stage: Stage, aggregates: Aggregates, officer: str) -> list[Show]:
    stage.seq += 1
    event = IndicatorChanged(
        at_ms=0, officer_id=OfficerId(officer), indicator=Indicator.AVAILABLE, reason=None, since_ms=0
    )
    return aggregates.take(core.changes(event, register()))


def overview(*officers: str) -> dict[str, Any]:
    return {"groups": [{"id": GROUP}], "officers": [{"id": each} for each in officers]}


class Door:
    busy = False

    def is_busy(self) -> bool:
        return self.busy

    def came(self) -> None: ...


def hub_of(views: Views, clock: ManualClock, door: Door) -> Hub:
    return Hub(
        MemoryFeed("epoch"),
        views=views,  # type: ignore[arg-type]
        directory=register(),
        presence=None,  # type: ignore[arg-type]
        workstations=Workstations("process"),
        door=door,
        clock=clock,
        metrics=Metrics(),
    )


async def test_while_consoles_wait_at_the_door_groups_are_shown_once_a_second() -> None:
    clock, views, door = ManualClock(), Views(), Door()
    hub = hub_of(views, clock, door)

    async def shown_after(seconds: float) -> int:
        clock.advance(seconds)
        before = views.groups_asked
        moved = IndicatorChanged(
            at_ms=0, officer_id=OfficerId("o-0"), indicator=Indicator.AVAILABLE, reason=None, since_ms=0
        )
        await hub.handle(Numbered(1, moved))
        await hub.flush_groups()
        return views.groups_asked - before

    assert [await shown_after(0.2) for _ in range(3)] == [1, 1, 1]
    door.busy = True
    assert [await shown_after(0.2) for _ in range(5)] == [0, 0, 0, 0, 1]
    door.busy = False
    assert await shown_after(0.2) == 1


class Line:
    """A console's connection that takes everything."""

    flows = True
    unpacks = False

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.frames.append(data)

    def tell(self, socket: Socket | None) -> None: ...

    def abort(self) -> None: ...


async def test_thousands_are_pinged_some_at_a_time() -> None:
    clock = ManualClock()
    hub = hub_of(Views(), clock, Door())
    lines = [Line() for _ in range(2 * SLICE + 1)]
    async with AsyncExitStack() as consoles:
        for number, line in enumerate(lines):
            clerk = Principal(id=AccountId(f"clerk-{number}"), role=Role.CLERK, name="")
            signed_in = SignedIn(principal=clerk, csrf_token="", session_hash=clerk.id)
            await consoles.enter_async_context(hub.attach(signed_in, line, tab="1", epoch="epoch", after=0))
            line.frames.clear()
        clock.advance(PING_S)
        ticking = asyncio.create_task(hub.tick())
        pinged = []
        while not ticking.done():
            await asyncio.sleep(0)
            pinged.append(sum(len(line.frames) for line in lines))
        assert pinged[:3] == [SLICE, 2 * SLICE, len(lines)]


async def test_a_crowd_of_officers_is_one_frame() -> None:
    stage = Stage()
    aggregates = Aggregates(stage, Views(), register())
    for n in range(5):
        at_once = changed(stage, aggregates, f"o-{n}")
        own = (core.for_officer(f"o-{n}"), core.for_agency("a"))
        assert [show.audiences for show in at_once] == [own], "the officer and the supervisor need not wait"
    await aggregates.flush_groups()
    changed(stage, aggregates, "o-1")
    changed(stage, aggregates, "o-1")
    await aggregates.flush_groups()
    await aggregates.flush_groups()
    assert stage.sent == [
        ("overview.changed", overview(*(f"o-{n}" for n in range(5)))),
        ("overview.changed", overview("o-1")),
    ]


async def test_others_get_their_turn_after_each_group() -> None:
    stage = Stage()
    aggregates = Aggregates(stage, Views(), register())
    aggregates.take(core.Changes(groups={GroupId(f"g-{n}") for n in range(3)}))
    await aggregates.flush_groups()
    assert stage.rests == 3


async def test_whoever_is_no_longer_there_is_left_out() -> None:
    stage = Stage()
    aggregates = Aggregates(stage, Views(), register())
    aggregates.take(core.Changes(shows=[Show("officer.changed", "o-left", (core.CLERKS,))]))
    await aggregates.flush_groups()
    assert stage.sent == []


async def test_whoever_resumes_gets_what_was_shown_since() -> None:
    stage = Stage()
    aggregates = Aggregates(stage, Views(), register())
    changed(stage, aggregates, "o-1")
    await aggregates.flush_groups()
    before = stage.seq
    changed(stage, aggregates, "o-2")
    changed(stage, aggregates, "o-3")
    await aggregates.flush_groups()
    assert await told_to_whoever_has(aggregates, before + 1) == overview("o-2", "o-3")
    assert await told_to_whoever_has(aggregates, stage.seq + 1) is None


async def test_whoever_resumes_while_it_is_on_its_way_gets_it() -> None:
    stage = Stage()
    aggregates = Aggregates(stage, Views(), register())
    changed(stage, aggregates, "o-1")
    stage.door.clear()
    telling = asyncio.create_task(aggregates.flush_groups())
    await asyncio.sleep(0)
    stage.seq += 7
    assert await told_to_whoever_has(aggregates, stage.seq) == overview("o-1")
    stage.door.set()
    await telling
    # some have heard of later events before this overview, so their number says nothing of it
    assert await told_to_whoever_has(aggregates, stage.seq) == overview("o-1")
    assert await told_to_whoever_has(aggregates, stage.seq + 1) is None


async def told_to_whoever_has(aggregates: Aggregates, seq: int) -> Any:
    missed = [of for key, of in await aggregates.missed(frozenset({core.CLERKS}), seq) if key[0] == "overview.changed"]
    return json.loads(b"{" + missed[0])["data"] if missed else None


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 1_000_000])
def test_a_frame_is_what_a_websocket_reader_takes(size: int) -> None:
    reader = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)
    reader.receive_data(frames.framed(b"x" * size))
    (frame,) = reader.events_received()
    assert isinstance(frame, Frame)
    assert (frame.opcode, frame.fin, bytes(frame.data)) == (Opcode.TEXT, True, b"x" * size)
