"""Which media node a room lives on. Pure.

A node itself says what rooms it holds; nothing is written down, so that several web processes agree without asking each
other, and a restart forgets nothing. A room stays where it is while that node lives. A new room, and one whose node is
gone, goes to the living node with the fewest people. When none lives for certain, one that was merely slow is tried
before people are sent away: on an overloaded machine all of them miss looks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

#: a node that missed so many looks in a row is taken for dead
MISSES = 2


@dataclass(slots=True)
class NodeState:
    """What was last seen of a node: the people in each of its rooms."""

    rooms: Mapping[str, int] = field(default_factory=dict)
    missed: int = 0
    #: it said that it takes no new rooms; forgotten when it is gone
    leaving: bool = False
    #: nobody listens at its address: no second look is needed
    gone: bool = False

    @property
    def alive(self) -> bool:
        return self.missed < MISSES and not self.gone

    @property
    def people(self) -> int:
        return sum(self.rooms.values())

    def answered(self, rooms: Mapping[str, int]) -> None:
        self.rooms, self.missed, self.gone = rooms, 0, False

    def silent(self, looks: int = 1) -> None:
        """No answer to a look; it may be dead, or slow."""
        self.missed += looks

    def refused(self) -> None:
        """Its process ended; a node that is dead holds no rooms any more."""
        self.rooms, self.leaving, self.gone = {}, False, True


def holder(nodes: Sequence[NodeState], room: str) -> int | None:
    """The living node that holds the room; with two of them the one where more people are."""
    held = [n for n, node in enumerate(nodes) if node.alive and room in node.rooms]
    return max(held, key=lambda n: nodes[n].rooms[room], default=None)


def place(nodes: Sequence[NodeState], room: str, tried: Collection[int] = ()) -> int | None:
    """Where the room is or should be opened, but for those that were ``tried``; None when nobody is left."""
    found = holder(nodes, room)
    if found is not None and found not in tried:
        return found
    open_ = [n for n, node in enumerate(nodes) if not node.leaving and not node.gone and n not in tried]
    living = [n for n in open_ if nodes[n].alive]
    if living:
        return min(living, key=lambda n: (nodes[n].people, len(nodes[n].rooms), n))
    return max(open_, key=lambda n: nodes[n].rooms.get(room, -1), default=None)
