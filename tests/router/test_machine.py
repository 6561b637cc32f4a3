"""Whatever happens in whatever order, the router's promises hold after every step."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kernel.errors import KlatieneError
from kernel.ids import ConsultationId, OfficerId
from kernel.messages import LeaseState, Priority
from router.core import Claim, RouterCore, Step
from router.model import RequestState
from tests.facts import facts_of
from tests.router.directory import BENEFITS, GROUPS, OFFICERS, ONE, PENSIONS, THREE, TWO

OFFICER_IDS = st.sampled_from([ONE, TWO, THREE])
HOLDS = {LeaseState.RINGING, LeaseState.BUSY}


class Router(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.core = RouterCore(offer_timeout_s=20.0, wrap_up_s=120.0)
        self.core.direct(GROUPS, OFFICERS)
        self.now = 1_000.0
        self.made: list[ConsultationId] = []
        self.scores: dict[ConsultationId, int] = {}
        self.left: dict[ConsultationId, RequestState] = {}

    @property
    def wall_ms(self) -> int:
        return round(self.now * 1000)

    def after(self, step: Step) -> None:
        for request in step.requests.values():
            assert request.id not in self.left, "a request that left came back"
            if request.id not in self.core.requests:
                self.left[request.id] = request.state

    @rule(
        group_id=st.sampled_from([BENEFITS, PENSIONS]),
        language=st.sampled_from(["lv", "ru"]),
        priority=st.sampled_from(Priority),
        direct=st.none() | OFFICER_IDS,
    )
    def create(self, group_id: str, language: str, priority: Priority, direct: OfficerId | None) -> None:
        facts = facts_of(
            len(self.made) + 1,
            group_id=group_id,
            language=language,
            priority=priority,
            direct_officer_id=direct,
            created_at_ms=self.wall_ms,
        )
        self.made.append(facts.consultation_id)
        self.after(self.core.create(facts, self.now, self.wall_ms))
        self.scores[facts.consultation_id] = self.core.requests[facts.consultation_id].score

    @rule(officer_id=OFFICER_IDS, online=st.booleans(), ready=st.booleans())
    def stand(self, officer_id: OfficerId, online: bool, ready: bool) -> None:
        ready = online and ready
        self.after(
            self.core.stand(officer_id, online=online, ready=ready, reason=None, now=self.now, wall_ms=self.wall_ms)
        )

    @precondition(lambda self: self.made)
    @rule(officer_id=OFFICER_IDS, data=st.data(), older=st.integers(0, 1), accept=st.booleans())
    def answer(self, officer_id: OfficerId, data: st.DataObject, older: int, accept: bool) -> None:
        """Of the right officer or another, of this ringing or an earlier one."""
        chosen = data.draw(st.sampled_from(self.made))
        rings = self.core.leases[officer_id].state is LeaseState.RINGING
        if rings and data.draw(st.booleans()):
            chosen = self.core.leases[officer_id].consultation_id or chosen
        request = self.core.requests.get(chosen)
        version = (request.version if request else 1) - older
        allowed = (
            request is not None
            and request.state is RequestState.OFFERED
            and request.officer_id == officer_id
            and not older
        )
        try:
            if accept:
                step = self.core.accept(officer_id, chosen, version, self.wall_ms)
            else:
                step = self.core.decline(officer_id, chosen, version, self.now, self.wall_ms)
        except KlatieneError:
            assert not allowed
            return
        assert allowed
        self.after(step)

    @precondition(lambda self: self.made)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.made))
        try:
            self.after(self.core.withdraw(chosen, "citizen_left", self.now, self.wall_ms))
        except KlatieneError:
            request = self.core.requests.get(chosen)
            assert request is None or request.state is RequestState.ACCEPTED

    @rule(officer_id=OFFICER_IDS)
    def release(self, officer_id: OfficerId) -> None:
        lease = self.core.leases[officer_id]
        if lease.state is LeaseState.BUSY and lease.consultation_id is not None:
            self.after(self.core.release(lease.consultation_id, officer_id, self.now, self.wall_ms))

    @rule(officer_id=OFFICER_IDS)
    def finish(self, officer_id: OfficerId) -> None:
        lease = self.core.leases[officer_id]
        if lease.state is LeaseState.WRAP_UP and lease.consultation_id is not None:
            self.after(self.core.finish_wrap_up(officer_id, lease.consultation_id, self.now, self.wall_ms))

    @rule(seconds=st.sampled_from([0.0, 1.0, 20.0, 60.0, 200.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.after(self.core.tick(self.now, self.wall_ms))

    @rule()
    def restart(self) -> None:
        """As the shell rebuilds: open requests and who works, nothing of who rang."""
        working = [
            (officer_id, Claim(lease.consultation_id, officer_id, 0, "active"), None)
            if lease.state is LeaseState.BUSY
            else (officer_id, Claim(lease.consultation_id, officer_id, 0, "wrap_up"), lease.until)
            for officer_id, lease in self.core.leases.items()
            if lease.consultation_id is not None and lease.state in (LeaseState.BUSY, LeaseState.WRAP_UP)
        ]
        self.core.restore(list(self.core.requests.values()), working, self.now, self.wall_ms)
        self.after(self.core.match_all(self.now, self.wall_ms))

    # ── promises ─────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def every_request_is_in_exactly_one_state(self) -> None:
        queued = [each.id for group_id in (BENEFITS, PENSIONS) for each in self.core.waiting(group_id)]
        assert len(queued) == len(set(queued))
        for made in self.made:
            request = self.core.requests.get(made)
            assert (request is None) == (made in self.left)
            if request is not None:
                assert (request.state is RequestState.QUEUED) == (made in queued)

    @invariant()
    def one_officer_a_request_and_one_request_an_officer(self) -> None:
        held = [lease.consultation_id for lease in self.core.leases.values() if lease.state in HOLDS]
        assert None not in held
        assert len(held) == len(set(held))
        for request in self.core.requests.values():
            if request.state in (RequestState.OFFERED, RequestState.ACCEPTED):
                assert request.officer_id is not None
                lease = self.core.leases[request.officer_id]
                assert lease.state in HOLDS
                assert lease.consultation_id == request.id

    @invariant()
    def nobody_is_idle_while_somebody_waits_for_them(self) -> None:
        for officer in OFFICERS:
            if self.core.leases[officer.id].state is not LeaseState.AVAILABLE:
                continue
            for group_id in officer.levels:
                for request in self.core.waiting(group_id):
                    assert (
                        request.facts.language not in officer.languages
                        or request.excluded.get(officer.id, self.now) > self.now
                    )

    @invariant()
    def places_never_change_and_queues_are_in_order(self) -> None:
        for request in self.core.requests.values():
            assert request.score == self.scores[request.id]
        for group_id in (BENEFITS, PENSIONS):
            keys = [request.key for request in self.core.waiting(group_id)]
            assert keys == sorted(keys)


TestRouter = Router.TestCase
TestRouter.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
