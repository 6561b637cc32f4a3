"""Whatever happens in whatever order, the router's promises hold after every step: one model, on each kind of index."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from msgspec.structs import replace

from kernel.errors import KlatieneError
from kernel.ids import ConsultationId, OfficerId
from kernel.messages import LeaseState, Priority
from router.core import AgencyCore
from router.model import Request, RequestState, head_start_us
from router.restore_core import Ledgered, Working, restore
from router.step import Patch, Step
from tests.facts import facts_of
from tests.router.directory import BENEFITS, ONE, PENSIONS, THREE, TWO
from tests.router.processes import Processes, new_core

OFFICER_IDS = (ONE, TWO, THREE)


class Direct:
    """One process. A second core only takes over the records that changed, and every step is taken back once and made
    again, as one that lost a race is."""

    def __init__(self, machine: Router) -> None:
        self._machine = machine
        self.cores = [new_core(), new_core()]

    def decide(self, decision: Callable[[AgencyCore], Step], second: bool) -> Step:
        now, wall_ms = self._machine.now, self._machine.wall_ms
        core, replica = self.cores
        before = (dict(core.requests), dict(core.leases))
        lost = decision(core)
        core.take_back(lost)
        assert (core.requests, core.leases) == before
        step = decision(core)
        assert (step.requests, step.leases, step.due) == (lost.requests, lost.leases, lost.due)
        replica.patch(Patch.redo(step), now, wall_ms)
        return step

    def rebuild(self, known: Ledgered) -> None:
        now, wall_ms, standing = self._machine.now, self._machine.wall_ms, self.cores[0].leases
        self.cores = [new_core(), new_core()]
        for core in self.cores:
            restore(core, known, standing, now, wall_ms)

    def close(self) -> None:
        """Nothing to close."""


class Router(RuleBasedStateMachine):
    backend: ClassVar[Callable[[Router], Direct | Processes]] = Direct

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0
        self.made: list[ConsultationId] = []
        self.scores: dict[ConsultationId, int] = {}
        self.gone: set[ConsultationId] = set()
        self.epoch = 1
        self.index = type(self).backend(self)

    def teardown(self) -> None:
        self.index.close()

    @property
    def core(self) -> AgencyCore:
        return self.index.cores[0]

    def decide(self, decision: Callable[[AgencyCore], Step]) -> Step:
        # one process, then the other
        step = self.index.decide(decision, second=len(self.made) % 2 == 1)
        self.gone |= {key for key, (_, after) in step.requests.items() if after is None}
        return step

    @property
    def wall_ms(self) -> int:
        return round(self.now * 1000)

    @rule(
        group_id=st.sampled_from([BENEFITS, PENSIONS]),
        priority=st.sampled_from(Priority),
        officer_id=st.sampled_from(OFFICER_IDS),
        wish=st.sampled_from([{}, {"language": "ru"}, {"skills": ("sign",)}, {"level": 2}, "direct", "preferred"]),
    )
    def create(self, group_id: str, priority: Priority, officer_id: OfficerId, wish: Any) -> None:
        facts: dict[str, Any] = {f"{wish}_officer_id": officer_id} if isinstance(wish, str) else wish
        made = facts_of(len(self.made) + 1, group_id=group_id, priority=priority, created_at_ms=self.wall_ms, **facts)
        score = self.core.records.next_us(self.wall_ms) - head_start_us(priority)
        self.made.append(made.consultation_id)
        self.scores[made.consultation_id] = score
        self.decide(lambda core: core.place(Request(facts=made, score=score), self.now, self.wall_ms))

    @rule(officer_id=st.sampled_from(OFFICER_IDS), online=st.booleans(), ready=st.booleans())
    def stand(self, officer_id: OfficerId, online: bool, ready: bool) -> None:
        self.decide(
            lambda core: core.stand(
                officer_id, online=online, ready=online and ready, reason=None, now=self.now, wall_ms=self.wall_ms
            )
        )

    @precondition(lambda self: self.made)
    @rule(officer_id=st.sampled_from(OFFICER_IDS), data=st.data(), older=st.integers(0, 1), accept=st.booleans())
    def answer(self, officer_id: OfficerId, data: st.DataObject, older: int, accept: bool) -> None:
        """Of the right officer or another, of this ringing or an earlier one."""
        chosen = data.draw(st.sampled_from(self.made))
        ringing = self.core.lease(officer_id).ringing
        if ringing is not None and data.draw(st.booleans()):
            chosen = ringing
        request = self.core.requests.get(chosen)
        version = (request.version if request else 1) - older
        allowed = ringing == chosen and not older
        try:
            if accept:
                self.decide(lambda core: core.accept(officer_id, chosen, version, self.now, self.wall_ms))
            else:
                self.decide(lambda core: core.decline(officer_id, chosen, version, self.now, self.wall_ms))
        except KlatieneError:
            assert not allowed
            return
        assert allowed

    @precondition(lambda self: self.made)
    @rule(data=st.data(), how=st.sampled_from(["drop", "pause", "resume", "move", "follow", "refuse", "force"]))
    def meddle(self, data: st.DataObject, how: str) -> None:
        """The ledger's word, a visit, a supervisor."""
        chosen = data.draw(st.sampled_from(self.made))
        officer_id = data.draw(st.sampled_from(OFFICER_IDS))
        now, wall_ms = self.now, self.wall_ms
        request = self.core.requests.get(chosen)
        if how == "drop":
            self.decide(lambda core: core.drop(chosen, now, wall_ms))
        elif how in ("pause", "resume"):
            self.decide(lambda core: core.pause(chosen, "visit" if how == "pause" else None, now, wall_ms))
        elif how == "move" and request is not None:
            facts = replace(request.facts, group_id=data.draw(st.sampled_from([BENEFITS, PENSIONS])))
            self.decide(lambda core: core.amend(chosen, facts, request.score, now, wall_ms))
        elif how == "follow":
            self.decide(lambda core: core.follow_accept(chosen, officer_id, 1, now, wall_ms))
        elif how == "refuse":
            self.decide(lambda core: core.refuse_accept(officer_id, chosen, now, wall_ms))
        elif how == "force":
            try:
                self.decide(lambda core: core.force(officer_id, chosen, now, wall_ms))
            except KlatieneError:
                return

    @rule(officer_id=st.sampled_from(OFFICER_IDS), finish=st.booleans())
    def work(self, officer_id: OfficerId, finish: bool) -> None:
        slots = self.core.lease(officer_id).slots
        if slots and slots[0].wrap_s is None:
            self.decide(lambda core: core.release(slots[0].consultation_id, officer_id, self.now, self.wall_ms))
        elif slots and finish:
            self.decide(lambda core: core.finish_wrap_up(officer_id, slots[0].consultation_id, self.now, self.wall_ms))

    @rule(seconds=st.sampled_from([0.0, 1.0, 20.0, 60.0, 200.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.decide(lambda core: core.tick(self.now, self.wall_ms))

    @rule()
    def rebuild(self) -> None:
        """From what the ledger would hold: open requests and who works, nothing of who rang."""
        ledgered = [
            Request(facts=each.facts, score=each.score)
            if each.state is RequestState.OFFERED
            else replace(each, paused=None, declined={})
            for each in self.core.requests.values()
        ]
        working = [
            Working(
                officer_id=officer_id,
                consultation_id=slot.consultation_id,
                group_id=slot.group_id,
                since_ms=slot.since_ms,
                released_ms=None if slot.wrap_s is None else slot.since_ms,
            )
            for officer_id, lease in self.core.leases.items()
            for slot in lease.slots
        ]
        self.epoch += 1
        known = Ledgered(epoch=self.epoch, requests=ledgered, working=working, busy_visits=set(), waits={})
        self.index.rebuild(known)
        self.decide(lambda core: core.match(self.now, self.wall_ms))

    # ── promises ─────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def every_request_is_in_exactly_one_state(self) -> None:
        lanes = self.core.records.lanes
        queued = [key[1] for group_id in (BENEFITS, PENSIONS) for key in lanes.of_group(group_id)]
        assert len(queued) == len(set(queued))
        for made in self.made:
            request = self.core.requests.get(made)
            assert (request is None) == (made in self.gone)
            if request is not None:
                waits = request.state is RequestState.QUEUED and request.paused is None
                assert waits == (made in queued)

    @invariant()
    def one_officer_a_request_and_one_request_a_slot(self) -> None:
        leases = self.core.leases
        rung = [lease.ringing for lease in leases.values() if lease.ringing is not None]
        served = [slot.consultation_id for lease in leases.values() for slot in lease.slots if slot.wrap_s is None]
        assert len(rung) == len(set(rung))
        assert len(served) == len(set(served))
        assert not set(rung) & set(served)
        offered = {each.id for each in self.core.requests.values() if each.state is RequestState.OFFERED}
        accepted = {each.id for each in self.core.requests.values() if each.state is RequestState.ACCEPTED}
        assert (set(rung), set(served)) == (offered, accepted)
        for request in self.core.requests.values():
            if request.state is RequestState.QUEUED:
                assert request.officer_id is None
            else:
                assert request.officer_id is not None

    @invariant()
    def nobody_is_idle_while_somebody_waits_for_them(self) -> None:
        core, lanes = self.core, self.core.records.lanes
        for officer_id in OFFICER_IDS:
            if core.lease(officer_id).state is not LeaseState.AVAILABLE:
                continue
            for request in core.requests.values():
                lane = core.records.lane_of(request)
                if lane is None or not core.channel_free(request):
                    continue
                assert officer_id not in lanes.able(lanes.effective(lane)) or officer_id in request.declined

    @invariant()
    def channels_are_counted_right(self) -> None:
        engaged = [each.group_id for each in self.core.requests.values() if each.state is not RequestState.QUEUED]
        assert {group: count for group, count in self.core.records.engaged.items() if count} == {
            group: engaged.count(group) for group in set(engaged)
        }

    @invariant()
    def places_never_change_and_queues_are_in_order(self) -> None:
        for request in self.core.requests.values():
            assert request.score == self.scores[request.id]
        for group_id in (BENEFITS, PENSIONS):
            keys = self.core.records.lanes.of_group(group_id)
            assert keys == sorted(keys)

    @invariant()
    def every_process_has_the_same_picture(self) -> None:
        first, second = self.index.cores
        assert first.requests == second.requests
        assert first.leases == second.leases
        for request in first.requests.values():
            assert (first.records.lane_of(request) is None) == (second.records.lane_of(request) is None)


TestRouter = Router.TestCase
TestRouter.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("kind", "examples"), [("memory", 25), ("standalone", 10), ("cluster", 10)])
def test_the_same_model_on_several_processes(
    kind: str, examples: int, redis_prefix: str, request: pytest.FixtureRequest
) -> None:
    """Two processes decide in turn on one shared index: in memory, one Redis, a Redis Cluster of six nodes."""
    url = {"standalone": "redis_alone", "cluster": "redis_cluster"}.get(kind)
    server = request.getfixturevalue(url).url if url is not None else None

    class Shared(Router):
        backend = partial(Processes, url=server, prefix=redis_prefix)

    chosen = settings(max_examples=examples, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(Shared, settings=chosen)
