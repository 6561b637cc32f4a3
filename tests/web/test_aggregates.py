"""What clerks are shown of officers: many at once as one frame, one alone as before; who resumes misses none."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kernel.ids import AgencyId, GroupId, OfficerId
from kernel.messages import Bilingual, Indicator, IndicatorChanged
from router.model import Group, Officer
from web.live import core, frames
from web.live.aggregates import Aggregates, Built
from web.live.core import Show
from web.register import Register

GROUP = GroupId("benefits")


class Stage:
    """A hub with one clerk."""

    def __init__(self) -> None:
        self.seq = 0
        self.sent: list[tuple[str, Any]] = []

    def hears(self, audience: str) -> bool:
        return audience == core.CLERKS

    async def bodies(self, show: Show) -> list[tuple[str, str]]:
        return [(audience, frames.body(show.type, show.key)) for audience in show.audiences if self.hears(audience)]

    def deliver(self, built: Iterable[Built], seq: int) -> None:
        for _, bodies in built:
            for _, body in bodies:
                message = json.loads("{" + body)
                self.sent.append((message["type"], message["data"]))


class Views:
    async def show(self, show: Show) -> Any:
        return {"id": show.key}

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


async def test_a_crowd_of_officers_is_one_frame() -> None:
    stage = Stage()
    aggregates = Aggregates(stage, Views(), register())
    for n in range(5):
        at_once = changed(stage, aggregates, f"o-{n}")
        own = (core.for_officer(f"o-{n}"), core.for_agency("a"))
        assert [show.audiences for show in at_once] == [own], "the officer and the supervisor need not wait"
    await aggregates.flush_groups()
    changed(stage, aggregates, "o-1")
    await aggregates.flush_groups()
    await aggregates.flush_groups()
    assert [message for message in stage.sent if message[0] != "group.changed"] == [
        ("officers.changed", [{"id": f"o-{n}"} for n in range(5)]),
        ("officer.changed", {"id": "o-1"}),
    ]


async def test_whoever_resumes_gets_the_officers_shown_since() -> None:
    stage = Stage()
    aggregates = Aggregates(stage, Views(), register())
    changed(stage, aggregates, "o-1")
    await aggregates.flush_groups()
    before = stage.seq
    changed(stage, aggregates, "o-2")
    changed(stage, aggregates, "o-3")
    await aggregates.flush_groups()
    missed = await aggregates.missed(frozenset({core.CLERKS}), before + 1)
    officers = [key for key, _ in missed if key[0] == "officer.changed"]
    assert officers == [("officer.changed", "o-2"), ("officer.changed", "o-3")]
