"""Two processes, one picture: whatever is lost, doubled or out of order between them is mended by the next sweep."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.ids import OfficerId
from kernel.messages import (
    AwayReason,
    ChoiceMade,
    ConsolesChanged,
    ConsolesHeld,
    Event,
    Indicator,
    LeaseState,
    StandingChanged,
)
from presence.core import MOVE_S, RELOAD_S, SILENT_S, Choice, PresenceCore

OFFICERS = [OfficerId(f"vsaa-{n}") for n in range(3)]
NAMES = ("a", "b")


def started(process: str) -> PresenceCore:
    core = PresenceCore(process)
    for officer_id in OFFICERS:
        core.add(officer_id, Choice.AVAILABLE, None)
    return core


@dataclass
class World:
    """Both processes, the wire between them and the ledger of choices."""

    cores: dict[str, PresenceCore] = field(default_factory=lambda: {name: started(name) for name in NAMES})
    wire: list[tuple[str, Event]] = field(default_factory=list)
    open: set[tuple[str, OfficerId, str]] = field(default_factory=set)
    ledger: dict[OfficerId, ChoiceMade] = field(default_factory=dict)
    told: dict[OfficerId, StandingChanged] = field(default_factory=dict)
    now: float = 100.0

    @property
    def wall_ms(self) -> int:
        return round(self.now * 1000)

    def said(self, by: str, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, StandingChanged):
                self.told[event.officer_id] = event
            if event.travels:
                self.wire += [(other, event) for other in NAMES if other != by]

    def opens(self, process: str, officer_id: OfficerId, tab: str) -> None:
        self.open.add((process, officer_id, tab))
        self.said(process, self.cores[process].connected(officer_id, tab, self.now, self.wall_ms))

    def closes(self, process: str, officer_id: OfficerId, tab: str) -> None:
        self.open.discard((process, officer_id, tab))
        self.said(process, self.cores[process].disconnected(officer_id, tab, self.now, self.wall_ms))

    def chooses(self, process: str, officer_id: OfficerId, choice: Choice) -> None:
        before = self.ledger.get(officer_id)
        version = 1 if before is None else before.version + 1
        made = ChoiceMade(at_ms=0, officer_id=officer_id, choice=choice, reason=None, version=version)
        self.ledger[officer_id] = made
        self.said(process, [made, *self.takes(process, made, here=True)])

    def takes(self, process: str, made: ChoiceMade, *, here: bool = False) -> list[Event]:
        core = self.cores[process]
        return core.chosen(made.officer_id, made.choice, made.reason, made.version, self.wall_ms, here=here)

    def arrives(self, process: str, event: Event) -> None:
        core = self.cores[process]
        match event:
            case ConsolesChanged():
                self.said(process, core.consoles_changed(event, self.now, self.wall_ms))
            case ConsolesHeld():
                self.said(process, core.consoles_held(event, self.now, self.wall_ms))
            case ChoiceMade():
                self.said(process, self.takes(process, event))

    def passes(self, seconds: float) -> None:
        """Time, with consoles that answer their pings and a tick every second."""
        until = self.now + seconds
        while self.now < until:
            self.now += 1.0
            for process, officer_id, tab in self.open:
                self.cores[process].heard(officer_id, tab, self.now)
            for process, core in self.cores.items():
                self.said(process, core.tick(self.now, self.wall_ms))

    def sweeps(self) -> None:
        self.wire.clear()
        for process, core in self.cores.items():
            for made in self.ledger.values():
                self.said(process, self.takes(process, made))
            self.said(process, [core.held(self.wall_ms)])
        for process, event in self.wire:
            self.arrives(process, event)
        self.wire.clear()


officers = st.sampled_from(OFFICERS)
names = st.sampled_from(NAMES)
tabs = st.sampled_from(["t1", "t2"])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("opens"), names, officers, tabs),
        st.tuples(st.just("closes"), names, officers, tabs),
        st.tuples(st.just("chooses"), names, officers, st.sampled_from(list(Choice))),
        st.tuples(st.just("passes"), st.integers(1, 5)),
        # which of the waiting events arrives, and whether it stays on the wire to arrive again, or is lost
        st.tuples(st.just("arrives"), st.integers(0, 50), st.sampled_from(["once", "twice", "never"])),
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(steps)
def test_pictures_converge_after_a_sweep(script: list[tuple[object, ...]]) -> None:
    world = World()
    for what, *details in script:
        if what == "arrives":
            which, how = details
            if world.wire:
                assert isinstance(which, int)
                place = which % len(world.wire)
                process, event = world.wire[place] if how == "twice" else world.wire.pop(place)
                if how != "never":
                    world.arrives(process, event)
        else:
            getattr(world, str(what))(*details)
    world.sweeps()
    world.passes(RELOAD_S + 1)
    for officer_id in OFFICERS:
        seen = [core.indicator(officer_id)[:2] for core in world.cores.values()]
        assert seen[0] == seen[1]
        made = world.ledger.get(officer_id)
        choice = Choice.AVAILABLE if made is None else made.choice
        there = any(officer_id == console[1] for console in world.open)
        assert seen[0][0] == (Indicator(choice.value) if there else Indicator.OFFLINE)
    # the router followed what it was told last; whatever is wrong with that is told anew
    followed = [
        (each, *((told.online, told.ready) if (told := world.told.get(each)) is not None else (False, False)))
        for each in OFFICERS
    ]
    retold = world.cores["a"].contradictions(followed, frozenset(NAMES), 0)
    ready = {each: is_ready for each, _, is_ready in followed}
    ready |= {event.officer_id: event.ready for event in retold if isinstance(event, StandingChanged)}
    for officer_id in OFFICERS:
        assert ready[officer_id] == (world.cores["b"].indicator(officer_id)[0] is Indicator.AVAILABLE)


def settle(world: World) -> None:
    """Everything on the wire arrives in order."""
    while world.wire:
        world.arrives(*world.wire.pop(0))


def test_tabs_on_two_processes_are_one_officer() -> None:
    world, who = World(), OFFICERS[0]
    world.opens("a", who, "t1")
    settle(world)
    world.told.clear()
    world.opens("b", who, "t2")
    settle(world)
    world.closes("a", who, "t1")
    settle(world)
    world.passes(10)
    assert world.told == {}, "the router heard nothing, because nothing changed"
    assert [core.indicator(who)[0] for core in world.cores.values()] == [Indicator.AVAILABLE] * 2
    world.closes("b", who, "t2")
    settle(world)
    world.passes(RELOAD_S + 1)
    assert [core.indicator(who)[0] for core in world.cores.values()] == [Indicator.OFFLINE] * 2
    assert not world.told[who].online


def test_only_the_process_where_it_happened_tells_the_router() -> None:
    world, who = World(), OFFICERS[0]
    told = world.cores["a"].connected(who, "t1", world.now, 0)
    assert [type(event) for event in told if isinstance(event, StandingChanged)] == [StandingChanged]
    world.said("a", told)
    [(process, event)] = world.wire
    assert isinstance(event, ConsolesChanged)
    heard = world.cores[process].consoles_changed(event, world.now, 0)
    assert heard
    assert not any(isinstance(each, (StandingChanged, ConsolesChanged)) for each in heard)


def test_consoles_of_a_dead_process_are_gone_within_fifteen_seconds_and_one_tells() -> None:
    world, moves, stays_away = World(), *OFFICERS[:2]
    for who in (moves, stays_away):
        world.opens("a", who, "t1")
    settle(world)
    survivor = world.cores["b"]
    died_at, world.open = world.now, set()
    del world.cores["a"]
    # the registry says so after five to six seconds
    world.now += 6
    world.said("b", survivor.lost("a", world.now, world.wall_ms, leads=True))
    assert survivor.indicator(stays_away)[0] is Indicator.AVAILABLE, "its consoles may come here"
    world.now += MOVE_S - 1
    world.opens("b", moves, "t1")
    world.told.clear()
    while survivor.indicator(stays_away)[0] is not Indicator.OFFLINE:
        world.passes(1)
    assert world.now - died_at <= 15
    assert set(world.told) == {stays_away}
    assert survivor.indicator(moves)[0] is Indicator.AVAILABLE


def test_late_words_of_a_dead_process_revive_nobody_for_long() -> None:
    world, who = World(), OFFICERS[0]
    survivor = world.cores["b"]
    survivor.lost("a", world.now, 0, leads=True)
    late = ConsolesHeld(at_ms=0, process="a", number=7, officer_ids=(who,))
    survivor.consoles_held(late, world.now, 0)
    assert survivor.indicator(who)[0] is Indicator.AVAILABLE
    world.now += SILENT_S
    survivor.reviewed({"b"}, world.now, 0, leads=True)
    world.cores = {"b": survivor}
    world.passes(MOVE_S + 1)
    assert survivor.indicator(who)[0] is Indicator.OFFLINE


def test_a_new_process_takes_nobody_off_before_it_heard_everybody() -> None:
    newcomer, who = started("a"), OFFICERS[0]
    live = frozenset({"a", "b", "c"})
    assert newcomer.lease_is(who, LeaseState.BUSY, 0), "it is shown as the router's index has it"
    assert newcomer.indicator(who)[0] is Indicator.BUSY
    believed = [(who, True, True), (OFFICERS[1], True, True)]
    newcomer.consoles_held(ConsolesHeld(at_ms=0, process="b", number=1, officer_ids=(who,)), 0.0, 0)
    assert newcomer.contradictions(believed, live, 0) == []
    newcomer.consoles_held(ConsolesHeld(at_ms=0, process="c", number=0, officer_ids=()), 0.0, 0)
    retold = newcomer.contradictions(believed, live, 0)
    assert [(e.officer_id, e.online) for e in retold if isinstance(e, StandingChanged)] == [(OFFICERS[1], False)]


def test_not_answering_has_a_reason_everywhere() -> None:
    world, who = World(), OFFICERS[0]
    world.opens("a", who, "t1")
    world.chooses("b", who, Choice.AWAY)
    settle(world)
    assert [core.indicator(who)[:2] for core in world.cores.values()] == [(Indicator.AWAY, AwayReason.OTHER)] * 2
