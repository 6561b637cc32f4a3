"""What is weak about a workstation, and which is shown first."""

from __future__ import annotations

import msgspec
import pytest

from consultation.checks import DAY_MS, KEEP_DAYS, Checks
from consultation.checks_core import Check, Line, weaknesses
from consultation.service import MediaAccess
from kernel.clock import ManualClock
from kernel.errors import NotAllowed
from kernel.identity import Principal
from kernel.ids import AccountId, PointId, WorkstationId
from kernel.ledger import Ledger
from kernel.messages import Role
from kernel.tokens import verify_media_grant

GOOD = Check(
    camera="ok",
    microphone="ok",
    speaker="ok",
    line=Line(transport="udp", up_kbps=1500, down_kbps=8000, loss=0.0, rtt_ms=20),
)
ACCESS = MediaAccess(url="ws://node", api_key="klatiene", secret="s" * 32)


class Node:
    async def open_room(self, room: str) -> str:
        assert room.startswith("check-")
        return "ws://elsewhere"


def kiosk(name: str, point: str = "zeltini") -> Principal:
    return Principal(
        id=AccountId(f"kiosk-{name}"),
        role=Role.WORKSTATION,
        name=name,
        point_id=PointId(point),
        workstation_id=WorkstationId(name),
    )


def line(**more: object) -> Check:
    return msgspec.structs.replace(GOOD, line=msgspec.structs.replace(GOOD.line, **more))


def test_what_is_weak() -> None:
    assert weaknesses(GOOD) == ()
    assert weaknesses(line(transport="tcp", loss=0.06)) == ("line_lossy", "line_tcp")
    assert weaknesses(line(up_kbps=599, down_kbps=999, rtt_ms=301)) == ("line_slow_up", "line_slow_down", "line_far")
    # without a line nothing else about it is known; what stops a conversation comes first
    blind = msgspec.structs.replace(line(transport="none", up_kbps=0), camera="missing", microphone="silent")
    assert weaknesses(blind) == ("line_none", "microphone_silent", "camera_missing")


@pytest.fixture
def checks(ledger: Ledger, clock: ManualClock) -> Checks:
    return Checks(ledger, clock, Node(), ACCESS)  # type: ignore[arg-type]


async def test_the_weak_come_first_and_old_checks_go(checks: Checks, clock: ManualClock) -> None:
    await checks.record(kiosk("a"), line(loss=0.2))
    clock.advance(1)
    await checks.record(kiosk("a"), GOOD)
    assert await checks.record(kiosk("b", "liepna"), line(transport="none")) == ("line_none",)
    found = await checks.latest()
    assert [(each["workstation_id"], each["checks"], each["weak_checks"]) for each in found] == [
        ("b", 1, 1),
        ("a", 2, 1),
    ]
    assert [each["workstation_id"] for each in await checks.latest([PointId("zeltini")])] == ["a"]
    clock.advance(KEEP_DAYS * DAY_MS / 1000 + 1)
    await checks.forget()
    assert await checks.latest() == []


async def test_a_check_of_the_line_meets_nobody(checks: Checks, clock: ManualClock) -> None:
    up, down = await checks.line(kiosk("a"))
    assert up.url == down.url == "ws://elsewhere"
    sends, receives = (
        verify_media_grant(each.token, {ACCESS.api_key: ACCESS.secret}, clock.wall_ms() / 1000) for each in (up, down)
    )
    assert sends.room == receives.room != (await checks.line(kiosk("a")))[0].room
    assert (sends.can_publish, sends.can_subscribe) == (True, False)
    assert (receives.can_publish, receives.can_subscribe) == (False, True)


async def test_only_a_workstation_is_checked(checks: Checks) -> None:
    with pytest.raises(NotAllowed):
        await checks.record(Principal(id=AccountId("c"), role=Role.CLERK, name="c"), GOOD)
