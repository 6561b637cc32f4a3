from __future__ import annotations

from kernel.ids import WorkstationId
from presence.peers_core import BELIEVED_S
from web.live.workstations_core import Workstations

KIOSK, OTHER = WorkstationId("zeltini-1"), WorkstationId("anna-1")


def test_a_page_on_one_process_is_online_on_both() -> None:
    here, there = Workstations("a"), Workstations("b")
    [said] = here.moved(KIOSK, True, 1)
    assert here.moved(KIOSK, True, 2) == [], "a second page says nothing new"
    assert there.hear(said, 0.0) == {KIOSK}
    assert there.is_online(KIOSK)
    [gone] = here.moved(KIOSK, False, 3)
    assert there.hear(gone, 0.0) == {KIOSK}
    assert there.hear(said, 0.0) == set(), "an older word does not count"
    assert not there.is_online(KIOSK)


def test_what_was_lost_is_mended_by_what_is_held() -> None:
    here, there = Workstations("a"), Workstations("b")
    here.moved(KIOSK, True, 1)
    assert there.hear(here.held(2), 0.0) == {KIOSK}
    here.moved(KIOSK, False, 3)
    here.moved(OTHER, True, 4)
    assert there.hear(here.held(5), 0.0) == {KIOSK, OTHER}
    assert (there.is_online(KIOSK), there.is_online(OTHER)) == (False, True)


def test_a_process_that_ends_takes_its_pages_along() -> None:
    here, there = Workstations("a"), Workstations("b")
    there.hear(here.moved(KIOSK, True, 1)[0], 0.0)
    assert there.reviewed({"a", "b"}, 1000.0) == set()
    assert there.reviewed({"b"}, BELIEVED_S - 0.1) == set(), "it may be new"
    assert there.reviewed({"b"}, BELIEVED_S) == {KIOSK}
    assert not there.is_online(KIOSK)
    there.hear(here.held(2), 0.0)
    assert there.lost("a") == {KIOSK}
