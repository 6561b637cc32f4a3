"""What `klatiene media top` shows: two snapshots of a node become rates, and rates become lines. Pure.

A snapshot is what a node answers at ``/stats`` (`signaling.metrics.snapshot`): counters since its start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HEAD = ("room", "participant", "up kbit/s", "down kbit/s", "room for", "loss up/down", "jitter ms", "rtt ms", "layers")
LAYERS = {-1: "–", 0: "low", 1: "mid", 2: "high"}


@dataclass(frozen=True, slots=True)
class Person:
    """Rates in bit/s, losses as fractions, times in seconds; None: not known yet."""

    room: str
    identity: str
    connected: bool
    up_bps: float
    down_bps: float
    loss_up: float
    loss_down: float
    jitter_s: float | None
    rtt_s: float | None
    #: what the line down has room for; None while nothing speaks for a limit
    budget_bps: float | None
    #: the layer of each picture that is watched, "paused" when the line has no room for it
    layers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """``cpu_share`` of one processor; ``cpu_per_packet_s`` per forwarded packet, None while nothing flows.

    Rates are zero at the first look after it started.
    """

    url: str
    reached: bool
    compiled: bool = False
    draining: bool = False
    cpu_share: float = 0.0
    cpu_per_packet_s: float | None = None
    packets_in_per_s: float = 0.0
    packets_out_per_s: float = 0.0
    rooms: int = 0
    people: tuple[Person, ...] = ()


def read(url: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Node:
    """A node between two looks; None is a look that got no answer."""
    if after is None:
        return Node(url, reached=False)
    if before is None or after["cpu_s"] < before["cpu_s"]:
        # it is back, or another process than before: nothing to take a difference from
        before = after
    seconds = max(after["at_s"] - before["at_s"], 0.001)
    cpu = after["cpu_s"] - before["cpu_s"]
    out = after["packets_out"] - before["packets_out"]
    earlier = {
        (room["name"], person["identity"]): person for room in before["rooms"] for person in room["participants"]
    }
    people = tuple(
        _person(room["name"], earlier.get((room["name"], person["identity"])), person, seconds)
        for room in after["rooms"]
        for person in room["participants"]
    )
    return Node(
        url,
        reached=True,
        compiled=after["compiled"],
        draining=after["draining"],
        cpu_share=cpu / seconds,
        cpu_per_packet_s=cpu / out if out > 0 else None,
        packets_in_per_s=(after["packets_in"] - before["packets_in"]) / seconds,
        packets_out_per_s=out / seconds,
        rooms=len(after["rooms"]),
        people=people,
    )


def _person(room: str, before: Mapping[str, Any] | None, after: Mapping[str, Any], seconds: float) -> Person:
    octets = _octets(after) - (0 if before is None else _octets(before))
    jitters = [value for value in (after["jitter_up_s"], after["jitter_down_s"]) if value is not None]
    return Person(
        room,
        after["identity"],
        after["connected"],
        up_bps=sum(layer[2] for track in after["published"].values() for layer in track["layers"]),
        # a subscription that is new or gone would make nonsense of the difference
        down_bps=max(0.0, octets * 8 / seconds) if before is not None else 0.0,
        loss_up=after["loss_up"],
        loss_down=after["loss_down"],
        jitter_s=max(jitters, default=None),
        rtt_s=after["rtt_s"],
        budget_bps=after["budget_bps"],
        layers=tuple(
            "paused" if track["paused"] else LAYERS[track["quality"]]
            for track in after["subscribed"].values()
            if track["video"]
        ),
    )


def _octets(person: Mapping[str, Any]) -> int:
    return sum(track["octets"] for track in person["subscribed"].values())


def lines(nodes: Sequence[Node]) -> list[str]:
    """A table for a terminal: each node, then its people, room by room."""
    shown: list[str] = []
    for node in nodes:
        shown += [_headline(node), ""] if not node.people else [_headline(node), *_table(node.people), ""]
    return shown


def _headline(node: Node) -> str:
    if not node.reached:
        return f"{node.url}  no answer"
    each = "–" if node.cpu_per_packet_s is None else f"{node.cpu_per_packet_s * 1e6:.0f} µs"
    marks = [mark for mark, on in (("compiled", node.compiled), ("draining", node.draining)) if on]
    return "  ".join(
        [
            node.url,
            f"rooms {node.rooms}",
            f"people {len(node.people)}",
            f"cpu {node.cpu_share:.0%}",
            f"per forwarded packet {each}",
            f"packets/s {node.packets_in_per_s:.0f} in, {node.packets_out_per_s:.0f} out",
            *marks,
        ]
    )


def _table(people: Sequence[Person]) -> list[str]:
    rows = [HEAD, *(_row(person) for person in people)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(person: Person) -> tuple[str, ...]:
    if not person.connected:
        return (person.room, person.identity, *["–"] * (len(HEAD) - 3), "not connected")
    return (
        person.room,
        person.identity,
        f"{person.up_bps / 1000:.0f}",
        f"{person.down_bps / 1000:.0f}",
        "–" if person.budget_bps is None else f"{person.budget_bps / 1000:.0f}",
        f"{person.loss_up:.1%} / {person.loss_down:.1%}",
        _ms(person.jitter_s),
        _ms(person.rtt_s),
        ", ".join(person.layers) or "–",
    )


def _ms(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds * 1000:.0f}"
