"""Which media node a room lives on. Pure.

A node itself says what rooms it holds; nothing is written down, so that several web processes agree without asking each
other, and a restart forgets nothing. A room stays where it is while that node lives. A new room, and one whose node is
gone, goes to the living node with the fewest people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

    @property
    def alive(self) -> bool:
        return self.missed < MISSES

    @property
    def people(self) -> int:
        return sum(self.rooms.values())

    def answered(self, rooms: Mapping[str, int]) -> None:
        self.rooms, self.missed = rooms, 0

    def silent(self) -> None:
        """No answer to a look; a node that is dead holds no rooms any more."""
        self.missed += 1
        if not self.alive:
            self.rooms, self.leaving = {}, False


def holder(nodes: Sequence[NodeState], room: str) -> int | None:
    """The living node that holds the room; with two of them the one where more people are."""
    held = [n for n, node in enumerate(nodes) if node.alive and room in node.rooms]
    return max(held, key=lambda n: nodes[n].rooms[room], default=None)


def place(nodes: Sequence[NodeState], room: str) -> int | None:
    """Where the room is or should be opened; None when no node lives."""
    found = holder(nodes, room)
    if found is not None:
        return found
    living = [n for n, node in enumerate(nodes) if node.alive and not node.leaving]
    return min(living, key=lambda n: (nodes[n].people, len(nodes[n].rooms), n), default=None)
