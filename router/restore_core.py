"""An agency's live index made anew from what the ledger holds. Pure.

Offers that rang are queued again at their places: nobody is ringing after a rebuild. Who is there and willing is not in
the ledger; it is taken over from the index that is replaced, and presence mends the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from kernel.ids import ConsultationId, GroupId, OfficerId
from router.core import AgencyCore
from router.model import Lease, Request, RequestState, Slot
from router.step import Patch, Step

#: A request's offers are numbered from here on in each epoch, so that an answer to an older ringing is known as such.
OFFERS_PER_EPOCH = 1_000_000


class Working(msgspec.Struct, frozen=True, kw_only=True):
    """An officer in a session (``released_ms`` None) or in wrap-up since then."""

    officer_id: OfficerId
    consultation_id: ConsultationId
    group_id: GroupId
    since_ms: int
    released_ms: int | None


class Ledgered(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger knows of an agency's open requests. ``waits``: the latest connected waits of each group;
    ``declined``: request → officer → when, of those who are still spared it."""

    epoch: int
    requests: list[Request]
    working: list[Working]
    busy_visits: set[str]
    waits: dict[GroupId, list[int]]
    declined: dict[ConsultationId, dict[OfficerId, int]] = {}


def restore(core: AgencyCore, known: Ledgered, standing: Mapping[OfficerId, Lease], now: float, wall_ms: int) -> Step:
    """Fill an empty ``core``; ``standing``: the leases of the index that is replaced. The step says which leases people
    see differently now."""
    for group_id, waits in known.waits.items():
        for waited_ms in waits:
            core.records.estimates.connected(group_id, waited_ms)
    core.patch(Patch({each.id: _restored(each, known) for each in known.requests}, {}), now, wall_ms)
    # what people saw before is where the difference starts from
    core.patch(Patch({}, dict(standing)), now, wall_ms)
    step = Step(now, wall_ms)
    slots = _slots(core, known.working, wall_ms)
    for officer_id in core.directory.officers:
        lease = core.lease(officer_id)
        rested = msgspec.structs.replace(lease, ringing=None, slots=slots.get(officer_id, ()))
        core.set_lease(officer_id, rested, step)
    core.records.dirty.clear()
    core.records.freed.clear()
    return step


def _restored(request: Request, known: Ledgered) -> Request:
    version = max(request.version, known.epoch * OFFERS_PER_EPOCH)
    if request.state is RequestState.ACCEPTED:
        return request
    paused = "visit" if request.facts.visit_id in known.busy_visits else None
    declined = known.declined.get(request.id, {})
    return Request(facts=request.facts, score=request.score, version=version, paused=paused, declined=declined)


def _slots(core: AgencyCore, working: Iterable[Working], wall_ms: int) -> dict[OfficerId, tuple[Slot, ...]]:
    found: dict[OfficerId, tuple[Slot, ...]] = {}
    for each in working:
        slot = Slot(consultation_id=each.consultation_id, group_id=each.group_id, since_ms=each.since_ms)
        if each.released_ms is not None:
            seconds = core.wrap_up_in(slot)
            left_s = seconds - (wall_ms - each.released_ms) / 1000
            if left_s <= 0:
                continue
            slot = msgspec.structs.replace(
                slot,
                wrap_s=min(left_s, seconds),
                until_ms=each.released_ms + round(seconds * 1000),
                since_ms=each.released_ms,
            )
        found[each.officer_id] = (*found.get(each.officer_id, ()), slot)
    return found
