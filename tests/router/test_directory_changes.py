"""The directory changes while requests wait and ring: who came, who left."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from kernel.ids import ConsultationId, OfficerId
from kernel.messages import OfferClosed
from router.model import Officer, Ring
from tests.router.desk import Desk
from tests.router.directory import BENEFITS, DIRECTORY, ONE, PENSIONS, TWO, VSAA
from tests.router.test_rules import ruled, with_officer


def test_officers_that_are_added_at_run_time_are_rung() -> None:
    desk = Desk(replace(DIRECTORY, officers={}))
    request: ConsultationId = desk.create()
    new = OfficerId("vsaa-9")
    officer = Officer(new, VSAA, "VSAA speciālists 9", ("lv",), levels={BENEFITS: 1})
    desk.core.direct(replace(DIRECTORY, officers={new: officer}), desk.now, desk.wall_ms)
    desk.stand(new)
    assert desk.ringing_at(new) == request


def test_an_officer_who_leaves_the_group_rings_no_longer() -> None:
    desk = Desk()
    desk.stand(ONE)
    request = desk.create()
    desk.stand(TWO)
    assert desk.ringing_at(ONE) == request
    step = desk.core.direct(with_officer(desk.core.directory, ONE, levels={PENSIONS: 1}), desk.now, desk.wall_ms)
    assert [event.why for event in step.events if isinstance(event, OfferClosed)] == ["officer_gone"]
    assert desk.ringing_at(ONE) is None
    assert desk.ringing_at(TWO) == request, "whoever is still there is asked at once"


def test_an_officer_whom_a_wider_circle_includes_goes_on_ringing() -> None:
    desk = ruled(rings=(Ring(), Ring(after_s=60, groups=(BENEFITS, PENSIONS))))
    desk.stand(ONE)
    request = desk.create()
    desk.core.direct(with_officer(desk.core.directory, ONE, levels={PENSIONS: 1}), desk.now, desk.wall_ms)
    assert desk.ringing_at(ONE) == request


@pytest.mark.parametrize("levels", [{}, {PENSIONS: 1}])
def test_a_direct_dial_rings_on_as_long_as_the_officer_serves_anybody(levels: dict[Any, int]) -> None:
    desk = Desk()
    desk.stand(ONE)
    request = desk.create(direct_officer_id=ONE)
    desk.core.direct(with_officer(desk.core.directory, ONE, levels=levels), desk.now, desk.wall_ms)
    assert (desk.ringing_at(ONE) == request) is bool(levels)
    assert (desk.queue() == [request]) is not bool(levels)
