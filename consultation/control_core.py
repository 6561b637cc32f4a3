"""Control of the client's workstation, decided. Pure.

A clerk lends an official one level for a time: **view** (its screen is shared into the session), **guide** (and point,
mark, offer an address, change text size and language) or **control** (and move its mouse, press its keys). The
invariant: it stands only while all of this is true: nobody stopped it, its time has not run out, that official is in
the room, and so is the very page of the client to which it was lent. Nothing has to be remembered to take it away.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from kernel.device_errors import AddressNotAllowed, ControlNotGranted
from kernel.errors import BodyInvalid, WorkstationNotAuthorised

if TYPE_CHECKING:
    from collections.abc import Iterable

    from consultation.model import Participant, Session

LONGEST_S = 1_800


class Level(enum.StrEnum):
    VIEW = "view"
    GUIDE = "guide"
    CONTROL = "control"


_RANK = {level: rank for rank, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class Control:
    """``identity`` and ``name`` are the official's; ``connection`` is the client's page as it was when it was lent."""

    level: Level
    identity: str
    name: str
    by: str
    from_ms: int
    until_ms: int
    connection: str


# ── what may be sent ─────────────────────────────────────────────────────────────────────────────

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""Of the screen's width or height, from its left or top."""


class Highlight(msgspec.Struct, frozen=True, tag="highlight", tag_field="kind", forbid_unknown_fields=True):
    x: Share
    y: Share
    w: Share
    h: Share


class Open(msgspec.Struct, frozen=True, tag="open", tag_field="kind", forbid_unknown_fields=True):
    """The client is offered the address, and opens it by a touch."""

    address: Annotated[str, msgspec.Meta(max_length=500)]


class Zoom(msgspec.Struct, frozen=True, tag="zoom", tag_field="kind", forbid_unknown_fields=True):
    size: Literal["normal", "large", "larger"]


class Speak(msgspec.Struct, frozen=True, tag="language", tag_field="kind", forbid_unknown_fields=True):
    language: Literal["lv", "en"]


class Move(msgspec.Struct, frozen=True, tag="move", tag_field="do", forbid_unknown_fields=True):
    x: Share
    y: Share


class Button(msgspec.Struct, frozen=True, tag="button", tag_field="do", forbid_unknown_fields=True):
    """``number`` as X counts: 1 left, 2 middle, 3 right; 4 and 5 turn the wheel."""

    x: Share
    y: Share
    number: Annotated[int, msgspec.Meta(ge=1, le=5)]
    down: bool


class Key(msgspec.Struct, frozen=True, tag="key", tag_field="do", forbid_unknown_fields=True):
    """``key`` as browsers name it: one character, or a name like ``Enter``."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=24)]
    down: bool


class Desktop(msgspec.Struct, frozen=True, tag="desktop", tag_field="kind", forbid_unknown_fields=True):
    acts: Annotated[tuple[Move | Button | Key, ...], msgspec.Meta(min_length=1, max_length=100)]


Input = Highlight | Open | Zoom | Speak | Desktop

#: input → the least level; whatever is not here is not accepted
NEEDS: dict[type[msgspec.Struct], Level] = {
    Highlight: Level.GUIDE,
    Open: Level.GUIDE,
    Zoom: Level.GUIDE,
    Speak: Level.GUIDE,
    Desktop: Level.CONTROL,
}


def must_be_allowed(address: str, allowed: Iterable[str]) -> None:
    """Same host and a path below one of the list's. Raises `AddressNotAllowed`."""
    wanted = urlsplit(address)
    if wanted.scheme != "https" or wanted.username or wanted.password or wanted.port:
        raise AddressNotAllowed(field="address")
    for each in map(urlsplit, allowed):
        below = wanted.path == each.path or wanted.path.startswith(each.path.rstrip("/") + "/")
        if wanted.netloc == each.netloc and below and "/.." not in wanted.path:
            return
    raise AddressNotAllowed(field="address")


# ── who may ──────────────────────────────────────────────────────────────────────────────────────


def make(
    official: Participant, client: Participant | None, level: Level, seconds: int, *, by: str, wall_ms: int
) -> Control:
    """Raises `WorkstationNotAuthorised` while the client is not in the room."""
    if client is None or not client.connection:
        raise WorkstationNotAuthorised
    if not 0 < seconds <= LONGEST_S:
        raise BodyInvalid(field="seconds")
    return Control(level, official.identity, official.name, by, wall_ms, wall_ms + seconds * 1000, client.connection)


def stands(session: Session, official: Participant | None, client: Participant | None, wall_ms: int) -> bool:
    """Whether the session's control is in force now. Both participants are those in the room, or None."""
    control = session.control
    return (
        control is not None
        and wall_ms < control.until_ms
        and official is not None
        and official.identity == control.identity
        and client is not None
        and client.connection == control.connection
    )


def must_allow(control: Control | None, identity: str, given: Input) -> Control:
    """Raises `ControlNotGranted` unless this official may do this now; ``control`` is the one in force, if any."""
    needed = NEEDS.get(type(given))
    if control is None or control.identity != identity or needed is None or _RANK[control.level] < _RANK[needed]:
        raise ControlNotGranted
    return control
