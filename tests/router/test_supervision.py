"""A supervisor's hand on the queues: what it does, what it is refused, who is told, and what the audit log keeps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from kernel.audit import Audit
from kernel.audit_core import AuditEntry
from kernel.clock import ManualClock
from kernel.errors import (
    AuditUnavailable,
    ClientElsewhere,
    GroupClosed,
    GroupUnknown,
    NotAllowed,
    OfficerBusy,
    OfficerUnknown,
    OtherAgency,
    RequestClosed,
)
from kernel.ids import GroupId, OfficerId
from kernel.ledger import Ledger, Transaction
from kernel.messages import (
    Choice,
    DirectoryChanged,
    Priority,
    RequestAmended,
    Role,
    SupervisorActed,
)
from router.reconcile import Reconciler
from tests.router.supervised import FAMILY, ONE, PENSIONS, TAX, TWO, VID, VID_ONE, VSAA, House, hand, supervised


@pytest.fixture
async def house(ledger: Ledger, clock: ManualClock) -> House:
    return await supervised(ledger, clock)


# ── queues ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_closed_queue_serves_who_waits_and_sends_the_next_elsewhere(house: House) -> None:
    first = await house.waits(1)
    await house.supervision.set_open(hand(), FAMILY, False)
    await house.router.reload_directory()
    assert (await house.router.status(first)).facts.group_id == FAMILY
    second = await house.waits(2)
    assert (await house.router.status(second)).facts.group_id == PENSIONS, "the group's rule for when it is closed"
    await house.stands(ONE)
    assert house.rings(ONE) == "1"

    await house.supervision.set_open(hand(), FAMILY, True)
    await house.router.reload_directory()
    assert (await house.router.status(await house.waits(3))).facts.group_id == FAMILY
    assert [event.version for event in await house.told(DirectoryChanged)] == [1, 2]
    acted = await house.told(SupervisorActed)
    assert [(event.action, event.group_id) for event in acted] == [("queue_closed", FAMILY), ("queue_opened", FAMILY)]
    assert [entry.action for entry in await house.audited()] == ["supervisor.queue_closed", "supervisor.queue_opened"]


async def test_a_queue_without_a_rule_refuses_while_closed(house: House) -> None:
    await house.supervision.set_open(hand(), PENSIONS, False)
    await house.router.reload_directory()
    with pytest.raises(GroupClosed):
        await house.waits(1, group_id=PENSIONS)


async def test_closing_what_is_closed_tells_nobody(house: House) -> None:
    await house.supervision.set_open(hand(), FAMILY, True)
    assert await house.told(SupervisorActed) == []
    assert await house.told(DirectoryChanged) == []


# ── moving ───────────────────────────────────────────────────────────────────────────────────────


async def test_moved_within_the_agency_it_keeps_its_place_and_rings_there(house: House) -> None:
    await house.stands(ONE)
    request = await house.waits(1)
    await house.waits(2, group_id=PENSIONS)
    assert house.rings(ONE) == "1"
    moved = await house.supervision.move(hand(), request, PENSIONS)
    assert house.rings(ONE) is None, "whoever it rang at is left in peace"
    assert moved.facts.topic.lv == PENSIONS
    assert house.order(PENSIONS) == ["1", "2"], "it has waited longer"
    [acted] = await house.told(SupervisorActed)
    assert (acted.action, acted.facts.group_id, acted.rung_officer_id) == ("moved", PENSIONS, ONE)
    [amended] = await house.told(RequestAmended)
    assert (amended.why, amended.by, amended.from_group_id) == ("moved", "supervisor-vsaa", FAMILY)
    [entry] = await house.audited()
    assert (entry.consultation_id, entry.subject, entry.correlation) == (request, PENSIONS, "call-1")


async def test_moved_to_another_agency_and_no_longer_ones_own(house: House) -> None:
    request = await house.waits(1, preferred_officer_id=ONE)
    moved = await house.supervision.move(hand(), request, TAX)
    assert (moved.facts.agency_id, moved.facts.preferred_officer_id) == (VID, None)
    assert house.order(FAMILY) == []
    assert house.order(TAX) == ["1"]
    await house.stands(VID_ONE)
    assert house.rings(VID_ONE) == "1"
    with pytest.raises(OtherAgency):
        await house.supervision.move(hand(), request, FAMILY)
    assert [entry.outcome for entry in await house.audited()] == ["ok", "other_agency"]
    back = await house.supervision.move(hand("vid"), request, FAMILY)
    assert back.facts.agency_id == VSAA
    assert house.rings(VID_ONE) is None


async def test_a_move_survives_a_restart(house: House) -> None:
    request = await house.waits(1)
    await house.supervision.move(hand(), request, TAX)
    again = House(house.ledger, house.clock)
    await again.router.start()
    assert again.order(TAX) == ["1"]
    assert again.order(FAMILY) == []


async def test_what_somebody_has_accepted_is_not_moved(house: House) -> None:
    await house.stands(ONE)
    request = await house.waits(1)
    await house.accepts(ONE)
    for deed in (
        lambda: house.supervision.move(hand(), request, PENSIONS),
        lambda: house.supervision.prioritise(hand(), request, Priority.URGENT),
        lambda: house.supervision.force(hand(), request, ONE),
        # also what would change nothing
        lambda: house.supervision.move(hand(), request, FAMILY),
        lambda: house.supervision.prioritise(hand(), request, Priority.NORMAL),
    ):
        with pytest.raises(RequestClosed):
            await deed()
    assert await house.told(SupervisorActed) == []


async def test_a_move_into_nowhere(house: House) -> None:
    request = await house.waits(1)
    with pytest.raises(GroupUnknown):
        await house.supervision.move(hand(), request, GroupId("nowhere"))
    assert house.order(FAMILY) == ["1"]


async def test_an_index_that_missed_it_follows_later(house: House) -> None:
    request, other = await house.waits(1), await house.waits(2)
    asleep = House(house.ledger, house.clock)
    await asleep.router.start()
    await house.supervision.move(hand(), request, PENSIONS)
    await house.supervision.prioritise(hand(), other, Priority.URGENT)
    await house.supervision.prioritise(hand(), request, Priority.RAISED)
    assert asleep.order(FAMILY) == ["1", "2"]
    reconciler = Reconciler(asleep.ledger, asleep.index)
    for _ in range(2):
        await reconciler.run_once()
    assert (asleep.order(FAMILY), asleep.order(PENSIONS)) == (["2"], ["1"])
    for group_id, each in ((FAMILY, other), (PENSIONS, request)):
        theirs, ours = (core.index.cores[VSAA].requests[each] for core in (house, asleep))
        assert (theirs.score, theirs.facts, theirs.group_id) == (ours.score, ours.facts, group_id)


# ── priority ─────────────────────────────────────────────────────────────────────────────────────


async def test_raised_it_passes_as_if_it_had_been_made_so_and_can_be_put_back(house: House) -> None:
    await house.waits(1)
    request = await house.waits(2)
    before = house.index.cores[VSAA].requests[request].score
    raised = await house.supervision.prioritise(hand(), request, Priority.RAISED)
    assert raised.facts.priority is Priority.RAISED
    assert before - house.index.cores[VSAA].requests[request].score == 300_000_000
    assert house.order(FAMILY) == ["2", "1"]
    await house.supervision.prioritise(hand(), request, Priority.NORMAL)
    assert house.order(FAMILY) == ["1", "2"]
    assert house.index.cores[VSAA].requests[request].score == before
    assert [event.action for event in await house.told(SupervisorActed)] == ["raised", "lowered"]
    again = House(house.ledger, house.clock)
    await again.router.start()
    assert again.order(FAMILY) == ["1", "2"]


async def test_raising_what_rings_disturbs_nobody(house: House) -> None:
    await house.stands(ONE)
    request = await house.waits(1)
    offer = house.router.officer_offer(ONE)
    await house.supervision.prioritise(hand(), request, Priority.URGENT)
    now = house.router.officer_offer(ONE)
    assert offer is not None
    assert now is not None
    assert now.version == offer.version
    assert now.facts.priority is Priority.URGENT


# ── assigning ────────────────────────────────────────────────────────────────────────────────────


async def test_forced_it_rings_over_capacity_and_the_officer_answers(house: House) -> None:
    await house.stands(ONE)
    await house.waits(1)
    await house.accepts(ONE)
    request = await house.waits(2, group_id=PENSIONS)
    status = await house.supervision.force(hand(), request, ONE)
    assert status.next.code == "ringing"
    offer = house.router.officer_offer(ONE)
    assert offer is not None
    assert offer.forced
    await house.accepts(ONE)
    [acted] = await house.told(SupervisorActed)
    assert (acted.action, acted.officer_id, acted.officer_name) == ("forced", ONE, "VSAA 1")
    [entry] = await house.audited()
    assert (entry.action, entry.subject, entry.consultation_id) == ("supervisor.forced", ONE, request)


async def test_forced_elsewhere_while_it_rings(house: House) -> None:
    await house.stands(ONE)
    await house.stands(TWO, ready=False)
    request = await house.waits(1)
    await house.supervision.force(hand(), request, TWO)
    assert (house.rings(ONE), house.rings(TWO)) == (None, "1")
    [acted] = await house.told(SupervisorActed)
    assert acted.rung_officer_id == ONE
    await house.supervision.force(hand(), request, TWO)
    assert len(await house.told(SupervisorActed)) == 1, "again is the same"


async def test_who_rings_already_or_is_not_there_cannot_be_forced(house: House) -> None:
    await house.stands(ONE)
    await house.waits(1)
    second = await house.waits(2)
    for officer_id in (ONE, TWO):
        with pytest.raises(OfficerBusy):
            await house.supervision.force(hand(), second, officer_id)
    assert await house.told(SupervisorActed) == []
    assert house.order(FAMILY) == ["2"]


async def test_a_client_who_is_elsewhere_is_not_forced(house: House) -> None:
    visit = "00000000-0000-4000-8000-00000000000a"
    await house.stands(VID_ONE)
    await house.waits(1, group_id=TAX, visit_id=visit)
    second = await house.waits(2, visit_id=visit)
    await house.accepts(VID_ONE)
    await house.stands(ONE)
    with pytest.raises(ClientElsewhere):
        await house.supervision.force(hand(), second, ONE)


# ── officers ─────────────────────────────────────────────────────────────────────────────────────


def chosen(into: list[str], what: str) -> Callable[[], Awaitable[None]]:
    async def choose() -> None:
        into.append(what)

    return choose


async def test_an_officers_state_is_changed_in_the_open(house: House) -> None:
    done: list[str] = []
    await house.supervision.set_choice(hand(), ONE, Choice.AWAY, chosen(done, "away"))
    assert done == ["away"]
    [acted] = await house.told(SupervisorActed)
    assert (acted.action, acted.officer_id, acted.choice) == ("officer_state", ONE, Choice.AWAY)
    [entry] = await house.audited()
    assert (entry.actor, entry.subject) == ("supervisor-vsaa", ONE)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────


async def test_whatever_is_of_another_agency_is_refused_and_audited(house: House) -> None:
    request = await house.waits(1)
    own = await house.waits(2, group_id=TAX)
    done: list[str] = []
    other = hand("vid")
    for deed in (
        lambda: house.supervision.set_open(other, FAMILY, False),
        lambda: house.supervision.move(other, request, TAX),
        lambda: house.supervision.prioritise(other, request, Priority.URGENT),
        lambda: house.supervision.force(other, request, VID_ONE),
        lambda: house.supervision.force(other, own, ONE),
        lambda: house.supervision.set_choice(other, ONE, Choice.OFFLINE, chosen(done, "offline")),
        lambda: house.supervision.request(other, request, "explanation_read"),
        lambda: house.supervision.own_group(other, FAMILY, "queue_read"),
    ):
        with pytest.raises(OtherAgency):
            await deed()
    entries = await house.audited()
    assert [entry.outcome for entry in entries] == ["other_agency"] * 8
    assert {entry.actor for entry in entries} == {"supervisor-vid"}
    assert await house.told(SupervisorActed) == []
    assert done == []
    assert await house.audit.verify() == 8


@pytest.mark.parametrize("role", [Role.CLERK, Role.OFFICER, Role.WORKSTATION, Role.CITIZEN])
async def test_other_roles_have_no_hand_here(house: House, role: Role) -> None:
    request = await house.waits(1)
    with pytest.raises(NotAllowed):
        await house.supervision.prioritise(hand(role=role), request, Priority.URGENT)
    with pytest.raises(NotAllowed):
        await house.supervision.set_open(hand(role=role), FAMILY, False)
    assert house.order(FAMILY) == ["1"]


async def test_an_officer_who_is_unknown(house: House) -> None:
    request = await house.waits(1)
    with pytest.raises(OfficerUnknown):
        await house.supervision.force(hand(), request, OfficerId("nobody"))


async def test_what_cannot_be_audited_is_not_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(self: Audit, entry: AuditEntry, tx: Transaction | None = None) -> None:
        raise AuditUnavailable(retry_after_s=2)

    request = await house.waits(1)
    await house.stands(TWO)
    done: list[str] = []
    monkeypatch.setattr(Audit, "record", full)
    for deed in (
        lambda: house.supervision.set_open(hand(), FAMILY, False),
        lambda: house.supervision.move(hand(), request, PENSIONS),
        lambda: house.supervision.prioritise(hand(), request, Priority.URGENT),
        lambda: house.supervision.force(hand(), request, TWO),
        lambda: house.supervision.set_choice(hand(), ONE, Choice.AWAY, chosen(done, "away")),
    ):
        with pytest.raises(AuditUnavailable):
            await deed()
    await house.router.reload_directory()
    group = house.router.group(FAMILY)
    assert group is not None
    assert group.open
    assert house.order(FAMILY) == ["1"]
    assert house.rings(TWO) is None
    assert done == []
    assert await house.told(SupervisorActed) == []


# ── visits ───────────────────────────────────────────────────────────────────────────────────────

VISIT = "00000000-0000-4000-8000-0000000000aa"


async def test_a_visit_is_served_at_one_place_at_a_time_whatever_comes_in_between(house: House) -> None:
    await house.stands(ONE)
    await house.stands(VID_ONE)
    first = await house.waits(1, visit_id=VISIT)
    await house.accepts(ONE)
    # asked for while the first is in session already
    second = await house.waits(2, group_id=TAX, visit_id=VISIT)
    assert (await house.router.status(second)).next.code == "visit"
    assert house.rings(VID_ONE) is None
    # left and come back, moved there and back: still in the other session
    await house.router.withdraw(second, "citizen_left")
    await house.router.come_back(second)
    await house.supervision.move(hand("vid"), second, PENSIONS)
    await house.supervision.move(hand(), second, TAX)
    assert (await house.router.status(second)).next.code == "visit"
    await house.releases(ONE, first)
    assert house.rings(VID_ONE) == "2"
