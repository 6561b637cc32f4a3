"""The grant model: one envelope, bases first, the rest by weighted counts, to the cent. Pure. See ``docs/grants.md``.

All money is in whole cents and all weights in thousandths, so that the arithmetic is exact: shares are fractions until
the one rounding at the end, which is by largest remainder (Hamilton) and makes the parts sum to what was shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated

import msgspec

CONSULTATION, APPLICATION, REMOTE = "consultation", "application", "remote"
KINDS = (CONSULTATION, APPLICATION, REMOTE)
POINT_KINDS = ("centre", "library", "brigade")
USUAL_KINDS = {
    "PAK_01": CONSULTATION,
    "PAK_02": CONSULTATION,
    "PAK_03": CONSULTATION,
    "PAK_04": APPLICATION,
    "PAK_05": CONSULTATION,
    "PAK_06": REMOTE,
}

Cents = Annotated[int, msgspec.Meta(ge=0, le=10**13)]
Milli = Annotated[int, msgspec.Meta(ge=0, le=10**7)]


class GrantSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A set of parameters. ``caps``: the most that one point of a kind may get, bases included; no entry, no cap.

    ``kinds`` says as what a served client of each service code counts; a code that is missing counts nothing.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    envelope: Cents
    bases: dict[str, Cents]
    weights: dict[str, Milli]
    caps: dict[str, Cents] = {}
    kinds: dict[str, str] = msgspec.field(default_factory=lambda: dict(USUAL_KINDS))


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """What one point did in the period: ``counts`` by kind of service."""

    point_id: str
    name: str
    kind: str
    counts: dict[str, int]


class PointGrant(msgspec.Struct, frozen=True, kw_only=True):
    """One point's grant with every number that led to it.

    ``weighted``: Σ weight·count in thousandths. ``exact``: the share before rounding, in ten-thousandths of a cent,
    rounded down; shown, never summed. ``rounded_up``: got one of the cents that were left. ``capped``: stopped there.
    """

    point_id: str
    name: str
    kind: str
    counts: dict[str, int]
    base: int
    weighted: int
    exact: int
    rounded_up: bool
    capped: bool
    share: int
    grant: int


class Grants(msgspec.Struct, frozen=True, kw_only=True):
    """``left`` is what nobody could be given: no service was counted, or everybody stands at the cap."""

    points: tuple[PointGrant, ...]
    envelope: int
    bases: int
    shared: int
    left: int
    weighted: int


class BasesExceedEnvelope(Exception):
    """``missing`` cents."""

    def __init__(self, missing: int) -> None:
        super().__init__(missing)
        self.missing = missing


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    point_id: str
    name: str
    first: int
    second: int
    difference: int


def problems_of(parameters: GrantSet) -> list[str]:
    """Fields at fault: names that no point or service has, a set that could never share."""
    wrong = [f"bases.{kind}" for kind in parameters.bases if kind not in POINT_KINDS]
    wrong += [f"weights.{kind}" for kind in parameters.weights if kind not in KINDS]
    wrong += [f"caps.{kind}" for kind in parameters.caps if kind not in POINT_KINDS]
    wrong += [f"kinds.{pak}" for pak, kind in parameters.kinds.items() if kind not in KINDS]
    wrong += [
        f"caps.{kind}"
        for kind, cap in parameters.caps.items()
        if kind in POINT_KINDS and cap < parameters.bases.get(kind, 0)
    ]
    if not any(parameters.weights.values()):
        wrong.append("weights")
    return wrong


def run(parameters: GrantSet, counted: Sequence[Counted]) -> Grants:
    """Raises `BasesExceedEnvelope`. The order of ``counted`` does not matter; the result is in order of id.

    A point at its cap keeps the cap, and what it cannot take goes to the others by the same weights, until nobody
    else is over. The caps that bind can only grow in number, so this ends after at most as many rounds as points.
    """
    points = sorted(counted, key=lambda point: point.point_id)
    bases = {point.point_id: parameters.bases.get(point.kind, 0) for point in points}
    rest = parameters.envelope - sum(bases.values())
    if rest < 0:
        raise BasesExceedEnvelope(-rest)
    weighted = {
        point.point_id: sum(parameters.weights.get(kind, 0) * count for kind, count in point.counts.items())
        for point in points
    }
    room = {
        point.point_id: parameters.caps[point.kind] - bases[point.point_id]
        for point in points
        if point.kind in parameters.caps
    }
    exact, capped = _filled(rest, weighted, room)
    to_share = rest if _takers(weighted, capped) else sum(room[point_id] for point_id in capped)
    shares, lucky = _rounded(exact, to_share, capped, room)
    made = tuple(
        PointGrant(
            point_id=point.point_id,
            name=point.name,
            kind=point.kind,
            counts=point.counts,
            base=bases[point.point_id],
            weighted=weighted[point.point_id],
            exact=int(exact[point.point_id] * 10_000),
            rounded_up=point.point_id in lucky,
            capped=point.point_id in capped,
            share=shares[point.point_id],
            grant=bases[point.point_id] + shares[point.point_id],
        )
        for point in points
    )
    shared = sum(shares.values())
    return Grants(
        points=made,
        envelope=parameters.envelope,
        bases=sum(bases.values()),
        shared=shared,
        left=rest - shared,
        weighted=sum(weighted.values()),
    )


def compare(first: Grants, second: Grants) -> tuple[Difference, ...]:
    """Point by point, the largest change first; a point that only one has counts as nothing in the other."""
    names = {point.point_id: point.name for grants in (first, second) for point in grants.points}
    one, two = ({point.point_id: point.grant for point in grants.points} for grants in (first, second))
    made = [
        Difference(
            point_id=point_id,
            name=name,
            first=one.get(point_id, 0),
            second=two.get(point_id, 0),
            difference=two.get(point_id, 0) - one.get(point_id, 0),
        )
        for point_id, name in names.items()
    ]
    return tuple(sorted(made, key=lambda each: (-abs(each.difference), each.point_id)))


def _takers(weighted: Mapping[str, int], capped: set[str]) -> bool:
    return any(weight for point_id, weight in weighted.items() if point_id not in capped)


def _filled(rest: int, weighted: Mapping[str, int], room: Mapping[str, int]) -> tuple[dict[str, Fraction], set[str]]:
    """Exact shares in cents, and who stands at the cap."""
    capped: set[str] = set()
    while True:
        free = {point_id: weight for point_id, weight in weighted.items() if point_id not in capped}
        total = sum(free.values())
        left = rest - sum(room[point_id] for point_id in capped)
        exact = {point_id: Fraction(room[point_id]) for point_id in capped}
        exact |= {
            point_id: Fraction(left * weight, total) if total else Fraction(0) for point_id, weight in free.items()
        }
        over = {point_id for point_id in free if point_id in room and exact[point_id] > room[point_id]}
        if not over:
            return exact, capped
        capped |= over


def _rounded(
    exact: Mapping[str, Fraction], total: int, capped: set[str], room: Mapping[str, int]
) -> tuple[dict[str, int], set[str]]:
    """Whole cents that sum to ``total``: rounded down, the cents left over to the largest remainders, ties by id.

    No cent goes over a cap: whoever is not capped has an exact share of at most its room, which is whole.
    """
    shares = {point_id: int(share) for point_id, share in exact.items()}
    left = total - sum(shares.values())
    order = sorted(
        (point_id for point_id in exact if point_id not in capped and exact[point_id] > shares[point_id]),
        key=lambda point_id: (shares[point_id] - exact[point_id], point_id),
    )
    lucky = set(order[:left])
    return {point_id: share + (point_id in lucky) for point_id, share in shares.items()}, lucky
